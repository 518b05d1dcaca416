"""The workspace: the git repository that holds the patches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.ids import CommitId
    from syncbot.model.trees import Tree


class Downstream(Protocol):
    """The user's own repository. Raises InputError where it is no git repository or has no commit yet."""

    @property
    def is_unborn(self) -> bool:
        """Whether there is no commit yet."""

    def files(self, below: Sequence[str] = ()) -> Tree:
        """What lies in the work tree now, committed or not (ignored files and `.git` left out). `below`: only paths in
        these folders are listed, and in those that differ from them only in case, where there are any; every file may
        be asked for."""

    def changed(self, old: CommitId, new: CommitId) -> Iterable[str] | None:
        """Paths that differ between two commits, on either side; None where one of them is not there."""

    def head(self) -> CommitId:
        """The commit that is checked out."""

    def branch(self) -> str:
        """The branch that is checked out, `HEAD` when detached."""

    def at(self, commit: CommitId) -> Tree:
        """The files of one commit."""

    def tip(self, branch: str) -> CommitId | None:
        """Where a local branch stands, None where there is none of that name."""

    def contains(self, commit: CommitId, branch: str = "") -> bool:
        """Whether the commit is checked out or an ancestor of what is; or of what `branch` stands at. A commit that is
        not there is not."""

    def has_of(self, email: str, branch: str) -> bool:
        """Whether what is checked out has commits by this author that the local branch has not. Never, where the author
        is who commits here."""

    def dirty(self, folder: str) -> Iterable[str]:
        """Paths below folder that differ from HEAD or are untracked."""
