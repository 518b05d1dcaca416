"""The files of a work tree, as they lie there now."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from syncbot.errors import InputError
from syncbot.git.status import said_of, text_of
from syncbot.model.ids import BlobId
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK, Entry, blob_id


class WorkTree:
    """The files of a work tree that git tracks or would track: ignored ones and `.git` are left out, symbolic links
    are not followed. `below`: paths of these folders alone are listed, and of those that differ from them only in
    case, where any are given. Which files there are, and of which kind one is, is asked once, at the first question;
    contents are read when asked for."""

    def __init__(self, root: Path, below: Sequence[str] = ()) -> None:
        self._root = root
        self._prefix = f"{root}/"
        self.below = tuple(f"{folder}/".casefold() for folder in below)
        self._listed: frozenset[str] | None = None
        self._modes: dict[str, int | None] = {}
        self._folders: dict[str, bool] = {"": True}
        self._last: tuple[str, bytes] | None = None

    def entry(self, path: str) -> Entry | None:
        mode = self._mode(path)
        if mode is None:
            return None
        content = self._content(path, mode)
        if content is None:
            return None
        self._last = (path, content)  # who asks for a file's entry mostly reads it next
        return Entry(mode, BlobId(content.decode()) if mode == SUBMODULE else blob_id(content))

    def read(self, path: str) -> bytes | None:
        if self._last is not None and self._last[0] == path:
            content = self._last[1]
            self._last = None
            return content
        mode = self._mode(path)
        return None if mode is None else self._content(path, mode)

    def _content(self, path: str, mode: int) -> bytes | None:
        try:
            if mode == SUBMODULE:
                return self._submodule(path)
            file = self._prefix + path
            return os.fsencode(Path(file).readlink()) if mode == SYMLINK else _unlinked(file)
        except (FileNotFoundError, KeyError):
            return None
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", "check its permissions", path=path) from error

    def _submodule(self, path: str) -> bytes:
        """The commit that is staged. Raises KeyError where none is."""
        import pygit2  # noqa: PLC0415  # takes longer to load than most work trees to be read

        return str(pygit2.Repository(str(self._root)).index[path].id).encode()

    def paths(self) -> Iterable[str]:
        listed = [path for path in self._all() if not self.below or path.casefold().startswith(self.below)]
        return [path for path in sorted(listed) if self._mode(path) is not None]

    def _all(self) -> frozenset[str]:
        if self._listed is None:
            said = said_of(self._root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            self._listed = frozenset(text_of(path) for path in said.split(b"\0") if path)
        return self._listed

    def _mode(self, path: str) -> int | None:
        if path not in self._modes:
            self._modes[path] = self._looked_up(path)
        return self._modes[path]

    def _looked_up(self, path: str) -> int | None:
        if path not in self._all() or not self._is_folder(path.rpartition("/")[0]):
            return None
        try:
            found = os.lstat(self._prefix + path).st_mode  # many thousands: a Path takes four times as long to be made
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISREG(found):
            return EXECUTABLE if found & stat.S_IXUSR else FILE
        if stat.S_ISLNK(found):
            return SYMLINK
        return SUBMODULE if stat.S_ISDIR(found) and not path.endswith("/") else None

    def _is_folder(self, path: str) -> bool:
        """Whether every part of path is a folder of its own: one that became a symbolic link leads elsewhere."""
        if path not in self._folders:
            above = self._is_folder(path.rpartition("/")[0])
            try:
                self._folders[path] = above and stat.S_ISDIR(os.lstat(self._prefix + path).st_mode)
            except (FileNotFoundError, NotADirectoryError):
                self._folders[path] = False
        return self._folders[path]


def _unlinked(file: str) -> bytes:
    """The content of a file that was one when it was looked at. One that became a symbolic link since is an OSError."""
    with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:  # noqa: PTH123  # a descriptor
        return opened.read()
