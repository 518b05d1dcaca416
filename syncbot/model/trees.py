"""How the judge sees files: a tree that can be asked for one path. Edges provide git trees, folders and tarballs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, runtime_checkable

from syncbot.model.ids import BlobId

FILE = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000


def blob_id(content: bytes) -> BlobId:
    """The git blob id of some content, so that trees of different kinds can be compared by id."""
    return BlobId(hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest())


def day_of(seconds: float) -> date | None:
    """The day (UTC) of a time in seconds since 1970; None for one that no calendar has, as a commit or a member of an
    archive may claim."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date()
    except (OverflowError, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree. `mode` is git's (FILE, EXECUTABLE, SYMLINK, SUBMODULE)."""

    mode: int
    id: BlobId


class Tree(Protocol):
    """A read-only tree. Paths are relative, with `/`, without a leading `./`; bytes that are not UTF-8 stand as
    surrogate escapes. A symlink's content is its target; a submodule's its commit id. Directories have no entry."""

    def entry(self, path: str) -> Entry | None:
        """The entry at path, None if there is no file."""

    def read(self, path: str) -> bytes | None:
        """The content at path, None if there is no file."""

    def paths(self) -> Iterable[str]:
        """Every file's path, in no particular order. May be slow: only asked for when a path is missing."""


@runtime_checkable
class ComparedTree(Tree, Protocol):
    """A tree that can say what it has more than another one of its kind, without reading what they share."""

    def added(self, other: Tree) -> Iterable[str] | None:
        """The paths that this tree has and the other has not; None where that must be found out path by path."""


@runtime_checkable
class SizedTree(Tree, Protocol):
    """A tree that knows how large its files are without reading them."""

    def size(self) -> tuple[int, int]:
        """(files, their bytes); links and submodules count as files of no bytes."""


@runtime_checkable
class FolderTree(Tree, Protocol):
    """A tree that can list one folder without the others."""

    def inside(self, folder: str) -> Iterable[str]:
        """Every file's path below the folder, from the tree's root."""


def inside(tree: Tree, folder: str) -> Iterable[str]:
    """Every file's path below the folder."""
    if isinstance(tree, FolderTree):
        return tree.inside(folder)
    return (path for path in tree.paths() if path.startswith(f"{folder}/"))


class DatedTree(Tree, Protocol):
    """A tree that can tell when it was made."""

    def newest(self) -> date | None:
        """The day (UTC) of its commit or of its newest file, None where nothing says. May be slow."""


class MemoryTree:
    """A tree held in memory: {path: (mode, content)}. For tests, overlays and small archives."""

    def __init__(self, files: dict[str, tuple[int, bytes]]) -> None:
        self._files = files

    def entry(self, path: str) -> Entry | None:
        found = self._files.get(path)
        return None if found is None else Entry(found[0], blob_id(found[1]))

    def read(self, path: str) -> bytes | None:
        found = self._files.get(path)
        return None if found is None else found[1]

    def paths(self) -> Iterable[str]:
        return self._files.keys()
