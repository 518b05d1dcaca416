"""Where syncbot itself put a branch of somebody else's repository, remembered as refs of its own scratch repository."""

from __future__ import annotations

from pathlib import Path

import pygit2

from syncbot.model.ids import CommitId

_PUT = "refs/syncbot/put/"


def commits_put(repository: Path, branch: str) -> tuple[CommitId, ...]:
    """Where the branch was put last and where it may still stand, empty where it was never put from here."""
    above = f"{_PUT}{branch}/to/"
    names = pygit2.Repository(str(repository)).references.iterator()
    return tuple(sorted(CommitId(str(ref.target)) for ref in names if ref.name.startswith(above)))


def keep_put(repository: Path, branch: str, to: CommitId, expected: CommitId | None) -> None:
    """Remember that the branch is being put to `to`, in place of all but `expected`, where it stands until then."""
    opened = pygit2.Repository(str(repository))
    opened.references.create(f"{_PUT}{branch}/to/{to}", to, force=True)
    for commit in commits_put(repository, branch):
        if commit not in (to, expected):
            opened.references.delete(f"{_PUT}{branch}/to/{commit}")
