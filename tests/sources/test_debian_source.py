"""A Debian source package through apt, from a repository made here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from debian_apt import FILES, make_apt, make_repository

from syncbot.errors import DigestMismatch, InputError, UpstreamUnreachable
from syncbot.sources.debian_source import checked_packaging, fetch_source

from .making import quiet

has_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt is not on this machine")


@has_apt
def test_the_packaging_comes_checked_and_upstreams_files_do_not(tmp_path: Path) -> None:
    environ = make_apt(tmp_path / "apt", make_repository(tmp_path / "repository"))
    assert fetch_source("demo", environ, quiet) == FILES
    with pytest.raises(
        UpstreamUnreachable, match=r"does not fetch the source of other .*; check its name, and that apt"
    ):
        fetch_source("other", environ, quiet)


def test_a_file_that_is_not_what_the_description_says_is_refused(tmp_path: Path) -> None:
    made = make_repository(tmp_path / "repository")
    assert checked_packaging(made, "demo").name == "demo_1.0-1.debian.tar.gz"
    (made / "demo_1.0.orig.tar.gz").write_bytes(b"another")
    with pytest.raises(DigestMismatch, match=r"demo_1\.0\.orig\.tar\.gz has sha256 "):
        checked_packaging(made, "demo")


@pytest.mark.parametrize("name", ["", "-o", "a b", "../x", "Demo", "demo=1"])
def test_a_name_that_is_none_never_reaches_apt(name: str) -> None:
    with pytest.raises(InputError, match="is no name of a Debian source package"):
        fetch_source(name, {}, quiet)


def test_without_apt_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UpstreamUnreachable, match="there is no apt-get here"):
        fetch_source("demo", {"PATH": str(tmp_path)}, quiet)
