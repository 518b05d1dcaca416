"""What the address of a download says of all releases."""

from __future__ import annotations

import pytest

from syncbot.layouts.tagging import around, github_release, pattern, tarballs
from syncbot.model.releases import Upstream
from syncbot.model.versions import normalise

ARCHIVES = {
    ("https://example.org/demo-VVV.tar.gz", "1.2.3"): "https://example.org/demo-@VERSION@.tar.gz",
    ("https://example.org/VVV/demo-VVV.zip", "1.2.3"): "https://example.org/@VERSION@/demo-@VERSION@.zip",
    ("https://example.org/demo/demo-VVV/demo-VVV.zip", "1.2.3"): (
        "https://example.org/demo/demo-@VERSION@/demo-@VERSION@.zip"
    ),
    ("https://example.org/VVVesr/source/demo-VVVesr.zip", "1.2.3"): (
        "https://example.org/@VERSION@esr/source/demo-@VERSION@esr.zip"
    ),
    ("https://example.org/11.2.3/demo-VVV.zip", "1.2.3"): "https://example.org/11.2.3/demo-@VERSION@.zip",
    ("https://example.org/v1.2/demo-VVV.tgz", "1.2.3"): "https://example.org/v1.2/demo-@VERSION@.tgz",
    ("https://example.org/demo-VVV-linux-x86_64.tar.gz", "1.2.3"): None,
    ("https://example.org/demo.tar.gz", "1.2.3"): None,
    ("https://example.org/demo-VVV", "1.2.3"): None,
    ("ftp://example.org/demo-VVV.tar.gz", "1.2.3"): None,
    ("https://example.org/demo-VVV.tar.gz", ""): None,
}


@pytest.mark.parametrize(("url", "version", "template"), [(*key, value) for key, value in ARCHIVES.items()])
def test_archives_on_a_page(url: str, version: str, template: str | None) -> None:
    found = tarballs(lambda at: url.replace("VVV", at), version)
    assert found == (None if template is None else Upstream("tarball", template))


def test_folders_by_line() -> None:
    found = tarballs(lambda at: f"https://example.org/v{'.'.join(at.split('.')[:2])}/demo-{at}.tar.xz", "1.2.3")
    assert found == Upstream("tarball", "https://example.org/v@LINE@/demo-@VERSION@.tar.xz")


TAGS = {"vVVV": "v2.0.1", "demo-1-VVV-final": "demo-1-2.0.1-final", "VVV": "2.0.1", "rel/VVV": "rel/2.0.1"}


@pytest.mark.parametrize(("form", "tag"), TAGS.items())
def test_what_stands_around_the_version_is_told_from_how_a_tag_is_written(form: str, tag: str) -> None:
    fixed = around(lambda at: form.replace("VVV", at), "1.2.3")
    assert fixed is not None
    found = normalise(tag, pattern=pattern(*fixed))
    assert found is not None
    assert found.text == "2.0.1"


def test_a_tag_that_does_not_change_says_nothing() -> None:
    assert around(lambda _at: "stable", "1.2.3") is None
    assert around(lambda _at: None, "1.2.3") is None


GITHUB = {
    "https://github.com/o/r/archive/refs/tags/v1.2.tar.gz": ("o/r", "v1.2"),
    "https://github.com/o/r/archive/1.2.zip": ("o/r", "1.2"),
    "https://github.com/o/r.git/releases/download/r-1.2/source.tar.xz": ("o/r", "r-1.2"),
    "https://github.com/o/r": None,
    "https://example.org/o/r/archive/1.2.zip": None,
}


@pytest.mark.parametrize(("url", "expected"), GITHUB.items())
def test_the_tag_of_a_release_on_github(url: str, expected: tuple[str, str] | None) -> None:
    assert github_release(url) == expected
