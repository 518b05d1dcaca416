"""The objects of a repository of this machine in another one, without copying them, as `git clone --local` does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from syncbot.git.run import git

_DEEPEST = 5
"""Repositories that borrow from one another in a row; git itself follows no more."""


def link_all(source: Path, repository: Path) -> bool:
    """Hard links to all objects of `source` in `repository`, which is bare and has none, in one step: either all are
    there or none. False, and nothing is changed, where that cannot be: it has objects, lies on another file system, or
    the source ends where its history does not. Of a partial clone it is what is there, which git could not copy without
    the rest. Files of objects are never written to: what one of both deletes, the other keeps."""
    objects = repository / "objects"
    common = common_folder(source)
    if not _is_empty(objects) or (common / "shallow").exists():
        return False
    new = Path(tempfile.mkdtemp(prefix="objects-", dir=repository))
    try:
        for folder in ("info", "pack"):
            (new / folder).mkdir()
        for store in _stores(common / "objects", _DEEPEST):
            _link(store, new)
        new.chmod(objects.stat().st_mode & 0o777)
        for empty in objects.iterdir():
            empty.rmdir()
        new.rename(objects)  # onto an empty folder that is one step
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        return False
    return True


def common_folder(repository: Path) -> Path:
    """Where git keeps the objects of a repository or a work tree."""
    said = git(["rev-parse", "--path-format=absolute", "--git-common-dir"], cwd=repository)
    return Path(said.decode().rstrip("\n"))


def _stores(objects: Path, deepest: int) -> Iterator[Path]:
    """The folder of objects, and those that it borrows from."""
    yield objects
    alternates = objects / "info" / "alternates"
    if deepest and alternates.is_file():
        for line in alternates.read_text().splitlines():
            if line and not line.startswith("#"):
                yield from _stores(objects / line, deepest - 1)


def _is_empty(objects: Path) -> bool:
    return objects.is_dir() and all(
        folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()) for folder in objects.iterdir()
    )


def _link(store: Path, new: Path) -> None:
    """Packs with what belongs to them, and loose objects."""
    for file in [*(store / "pack").glob("pack-*.*"), *store.glob("[0-9a-f][0-9a-f]/*")]:
        if file.name.startswith("tmp_") or file.suffix in (".keep", ".bitmap"):
            continue
        place = new / file.parent.name / file.name
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            place.hardlink_to(file)
