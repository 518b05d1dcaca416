"""A directory as a tree: an unpacked release, say. Symlinks are entries; none is ever followed."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import HostileInput, InputError
from syncbot.model.ids import BlobId
from syncbot.model.settings import Limits
from syncbot.model.trees import EXECUTABLE, FILE, SYMLINK, Entry, blob_id
from syncbot.sources.members import is_git

if TYPE_CHECKING:
    from syncbot.sources.archive import ArchiveTree


class FolderTree:
    """The files below `root` as they are now, without `.git`. Raises InputError where it is no directory."""

    def __init__(self, root: Path, limits: Limits | None = None) -> None:
        if not root.is_dir():
            raise InputError(f"{root} is no directory", "check the path")
        self._root = root.resolve()
        self._limits = limits or Limits()
        self._ids: dict[str, BlobId] = {}
        self._paths: tuple[str, ...] | None = None

    def entry(self, path: str) -> Entry | None:
        mode = self._mode(path)
        if mode is None:
            return None
        id = self._ids.get(path)
        if id is None:
            content = self.read(path)
            if content is None:
                return None
            id = self._ids[path] = blob_id(content)
        return Entry(mode, id)

    def read(self, path: str) -> bytes | None:
        mode = self._mode(path)
        if mode is None:
            return None
        place = self._root / path
        if mode == SYMLINK:
            return str(place.readlink()).encode("utf-8", "surrogateescape")
        if place.stat().st_size > self._limits.file_bytes:
            raise HostileInput(
                f"{path!r} exceeds {self._limits.file_bytes} bytes", "raise limits.file_bytes if that is right"
            )
        return place.read_bytes()

    def paths(self) -> tuple[str, ...]:
        if self._paths is None:
            self._paths = tuple(self._walk(self._root, ""))
        return self._paths

    def newest(self) -> date | None:
        """As its files' times say: an archive's tools keep those, a checkout's do not."""
        times = [self._root.joinpath(path).lstat().st_mtime for path in self.paths()]
        return datetime.fromtimestamp(max(times), UTC).date() if times else None

    def _walk(self, folder: Path, prefix: str) -> Iterator[str]:
        for child in sorted(folder.iterdir()):
            mode = child.lstat().st_mode
            if is_git(child.name):
                continue
            if stat.S_ISDIR(mode):
                yield from self._walk(child, f"{prefix}{child.name}/")
            elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield prefix + child.name

    def _mode(self, path: str) -> int | None:
        """Git's mode of the file, None where there is none: no such path, one through a symlink, or out of the tree."""
        parts = path.split("/")
        if any(part in ("", ".", "..") or "\0" in part or is_git(part) for part in parts):
            return None
        place = self._root
        mode = 0
        try:
            for i, part in enumerate(parts):
                place = place / part
                mode = place.lstat().st_mode
                if i < len(parts) - 1 and not stat.S_ISDIR(mode):
                    return None
        except (OSError, ValueError):
            return None
        if stat.S_ISLNK(mode):
            return SYMLINK
        if not stat.S_ISREG(mode):
            return None
        return EXECUTABLE if mode & 0o100 else FILE


def open_tree(path: Path, limits: Limits | None = None) -> FolderTree | ArchiveTree:
    """A directory or an archive file as a tree. Raises InputError, HostileInput."""
    limits = limits or Limits()
    if path.is_dir():
        return FolderTree(path, limits)
    from syncbot.sources.archive import is_archive, open_archive  # noqa: PLC0415  # who judges folders needs none

    if path.is_file() and is_archive(path):
        return open_archive(path, limits)
    raise InputError(f"{path} is neither a directory nor an archive", "give a directory, a tar or a zip file")
