"""An apt of its own, and a repository of source packages made here."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

CHANGELOG = b"""demo (1.0-1) unstable; urgency=low

  * x

 -- A Person <a@example.org>  Mon, 01 Jan 2024 00:00:00 +0000
"""
PATCH = b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int a;\n+int b;\n"
FILES = {
    "debian/changelog": CHANGELOG,
    "debian/watch": b"version=4\nhttps://github.com/them/demo/tags .*/v?(\\d\\S+)\\.tar\\.gz\n",
    "debian/patches/series": b"a.patch\n",
    "debian/patches/a.patch": PATCH,
}


def make_repository(folder: Path) -> Path:
    """A flat repository with the source package demo 1.0-1."""
    folder.mkdir()
    (folder / "demo_1.0.orig.tar.gz").write_bytes(_tar({"demo-1.0/a.c": b"int a;\n"}))
    (folder / "demo_1.0-1.debian.tar.gz").write_bytes(_tar(FILES))
    archives = ("demo_1.0.orig.tar.gz", "demo_1.0-1.debian.tar.gz")
    head = "Format: 3.0 (quilt)\n{}: demo\nBinary: demo\nArchitecture: any\nVersion: 1.0-1\nMaintainer: A <a@x.org>\n"
    (folder / "demo_1.0-1.dsc").write_text(head.format("Source") + _sums(folder, *archives))
    entry = head.format("Package") + "Directory: .\n" + _sums(folder, "demo_1.0-1.dsc", *archives)
    (folder / "Sources.gz").write_bytes(gzip.compress(entry.encode()))
    return folder


def make_apt(root: Path, repository: Path) -> dict[str, str]:
    """The environment of an apt that knows this repository alone, updated."""
    for folder in ("etc/preferences.d", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    (root / "etc/sources.list").write_text(f"deb-src [trusted=yes] file:{repository} ./\n")
    config = root / "apt.conf"
    config.write_text(
        f'Dir::Etc "{root}/etc";\nDir::Etc::sourceparts "-";\nDir::State "{root}/state";\nDir::Cache "{root}/cache";\n'
        f'Dir::State::status "/dev/null";\nDir::Log "{root}";\nAPT::Sandbox::User "root";\n'
    )
    made = {"PATH": os.environ["PATH"], "APT_CONFIG": str(config), "HOME": str(root)}
    updated = subprocess.run(["apt-get", "update"], env=made, capture_output=True, check=False)
    assert updated.returncode == 0, updated.stderr.decode()
    return made


def _sums(folder: Path, *names: str) -> str:
    contents = {name: (folder / name).read_bytes() for name in names}
    lines = [f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}\n" for name, content in contents.items()]
    return "Checksums-Sha256:\n" + "".join(lines)


def _tar(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()
