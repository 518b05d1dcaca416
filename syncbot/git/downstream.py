"""The workspace: the user's own repository, and the files in its work tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.status import said_of, status, text_of
from syncbot.git.trees import GitTree
from syncbot.model.ids import BlobId, CommitId
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK, Entry, Tree, blob_id

_MOST = 1000
"""Commits of a branch that are looked at, where it is asked whose they are."""


class GitDownstream:
    """Implements `syncbot.ports.Downstream` on the repository that `start` lies in. `root` is its work tree.

    Only `files` (when first asked) and `dirty` start a git process, one each. Raises InputError where there is no
    commit yet, unless `unborn` allows that.
    """

    def __init__(self, start: Path, *, unborn: bool = False) -> None:
        self.root = find_root(start)
        self._repository = pygit2.Repository(str(self.root))
        if not unborn:
            self.head()

    def files(self, below: Sequence[str] = ()) -> Tree:
        return WorkTree(self.root, below)

    def changed(self, old: CommitId, new: CommitId) -> Iterable[str] | None:
        if old not in self._repository or new not in self._repository:
            return None
        before, after = (self._repository[id].peel(pygit2.Tree) for id in (old, new))
        found: set[bytes] = set()
        for delta in before.diff_to_tree(after).deltas:
            found |= {delta.old_file.raw_path, delta.new_file.raw_path}
        return sorted(map(text_of, found))

    def head(self) -> CommitId:
        try:
            return CommitId(str(self._repository.head.target))
        except pygit2.GitError:
            raise InputError(
                f"the git repository {self.root} has no commit yet", "commit your files: git add -A && git commit"
            ) from None

    @property
    def is_unborn(self) -> bool:
        """Whether there is no commit yet."""
        return self._repository.head_is_unborn

    def branch(self) -> str:
        if self.is_unborn:
            return str(self._repository.lookup_reference("HEAD").target).removeprefix("refs/heads/")
        return "HEAD" if self._repository.head_is_detached else self._repository.head.shorthand

    def at(self, commit: CommitId) -> Tree:
        return GitTree(self.root, commit)

    def tip(self, branch: str) -> CommitId | None:
        found = self._repository.branches.local.get(branch)
        return None if found is None else CommitId(str(found.target))

    def contains(self, commit: CommitId, branch: str = "") -> bool:
        head = self.tip(branch) if branch else self.head()
        if head is None or commit not in self._repository:
            return False
        return commit == head or self._repository.descendant_of(head, commit)

    def has_of(self, email: str, branch: str) -> bool:
        other = self.tip(branch)
        if other is None or self._email().lower() == email.lower():
            return False
        walker = self._repository.walk(self.head(), pygit2.enums.SortMode.TOPOLOGICAL)
        walker.hide(other)
        return any((commit.author.email or "").lower() == email.lower() for commit in islice(walker, _MOST))

    def _email(self) -> str:
        try:
            return self._repository.config["user.email"] or ""
        except KeyError:
            return ""

    def dirty(self, folder: str) -> Iterable[str]:
        return [path for path, _staged, _unstaged in status(self.root, [folder])]


def find_root(start: Path) -> Path:
    """The work tree that `start` lies in. Raises InputError."""
    found = pygit2.discover_repository(str(start)) if start.is_dir() else None
    if found is None:
        raise InputError(
            f"{start} lies in no git repository",
            "make it one: git init && git add -A && git commit -m 'First commit'",
        )
    try:
        folder = pygit2.Repository(found).workdir
    except pygit2.GitError as error:
        raise InputError(f"the git repository {found} cannot be opened ({error})") from error
    if folder is None:
        raise InputError(f"the git repository {found} is bare", "run syncbot in a clone of it that has a work tree")
    return Path(folder)


def takes_in(folder: Path, name: str) -> bool:
    """Whether `git add -A` would take in a new file of this name in the folder: it lies in a work tree, no rule ignores
    it, and the folder has no README.md that is tracked (then somebody has arranged it)."""
    place = pygit2.discover_repository(str(folder))
    repository = None if place is None else pygit2.Repository(place)
    if repository is None or not repository.workdir:
        return False
    root, folder = Path(repository.workdir).resolve(), folder.resolve()
    if not folder.is_relative_to(root):
        return False
    inside = folder.relative_to(root).as_posix()
    return not repository.path_is_ignored(f"{inside}/{name}") and f"{inside}/README.md" not in repository.index


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
                return str(pygit2.Repository(str(self._root)).index[path].id).encode()
            file = self._prefix + path
            return os.fsencode(Path(file).readlink()) if mode == SYMLINK else _unlinked(file)
        except (FileNotFoundError, KeyError):
            return None
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", "check its permissions", path=path) from error

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
