"""A Debian source package of several tarballs, tracked from the folder that has them."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from .world import FIX_TEN, A, B, Workspace, diff, numbered

CHANGELOG = """\
lib (1.0-3) unstable; urgency=medium

  * Add patches.

 -- A Person <person@example.org>  Tue, 02 Jan 2024 03:04:05 +0000
"""
IN_DATA = diff("data/b.c", B, numbered("b", l20="twenty"))


def archive(folder: Path, name: str, **files: str) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for file, content in files.items():
            info = tarfile.TarInfo(f"top/{file.replace('_', '.')}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    (folder / name).write_bytes(gzip.compress(made.getvalue(), mtime=0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archives"
    made.mkdir()
    archive(made, "lib_1.0.orig.tar.gz", a_c=A)
    archive(made, "lib_1.0.orig-data.tar.gz", b_c=B)
    archive(made, "lib_1.1+dfsg1.orig.tar.gz", a_c=numbered("a", l10="ten"))
    return made


@pytest.fixture
def packaging(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> Workspace:
    def captured() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    made = Workspace(tmp_path / "packaging", captured)
    files = {
        "debian/changelog": CHANGELOG,
        "debian/control": "Source: lib\nMaintainer: A Team <team@example.org>\n",
        "debian/patches/series": "ten.patch\ndata.patch\n",
        "debian/patches/ten.patch": FIX_TEN,
        "debian/patches/data.patch": IN_DATA,
        "syncbot.toml": f'layout = "debian"\n\n[packages.lib]\nupstream = "tarball:{folder}/"\n',
    }
    for name, content in files.items():
        (made.path / name).parent.mkdir(parents=True, exist_ok=True)
        (made.path / name).write_text(content)
    made.commit("package lib")
    return made


def test_a_patch_of_a_component_is_judged_with_it(packaging: Workspace, folder: Path) -> None:
    archive(folder, "lib_1.1+dfsg1.orig-data.tar.gz", b_c=numbered("b", l40="forty"))
    ran = packaging.syncbot("check", "--json")
    [package] = ran.document["packages"]
    assert [(p["name"], p["verdict"]) for p in package["patches"]] == [
        ("ten.patch", "obsolete"),
        ("data.patch", "applies"),
    ]
    packaging.syncbot("sync")
    packaging.syncbot("proposals", "accept", "1")
    assert (
        (packaging.path / "debian/changelog").read_text().startswith("lib (1.1+dfsg1-1) UNRELEASED; urgency=medium\n")
    )
    assert (packaging.path / "debian/patches/series").read_text() == "data.patch\n"


def test_without_its_component_nothing_is_said_to_be_gone(packaging: Workspace) -> None:
    ran = packaging.syncbot("sync")
    assert (
        "lib: the component data of 1.1 cannot be found (there is none beside its archive), and data.patch touches it"
        in ran.err
    )
    assert "moot" not in ran.out + ran.err
    assert packaging.syncbot("proposals", "--json").document["proposals"] == []
