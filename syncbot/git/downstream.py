"""The workspace: the user's own repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.files import WorkTree
from syncbot.git.status import status, text_of
from syncbot.git.trees import GitTree
from syncbot.model.ids import CommitId
from syncbot.model.trees import Tree

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
