"""A place where one branch of a repository on this machine is checked out: the repository's own, or one more."""

from __future__ import annotations

import re
from pathlib import Path

from syncbot.errors import InputError
from syncbot.git.build import check_branch
from syncbot.git.run import GitFailed, git


def worktree_of(repository: Path, branch: str, folder: Path) -> Path:
    """The work tree that has the branch checked out; where none has, one is made below `folder`. What is merged there
    is merged into the repository's own branch. Raises InputError where there is no such branch."""
    check_branch(branch)
    try:
        git(["worktree", "prune"], cwd=repository)
        there = _checked_out(repository, branch)
        if there is not None:
            return there
        git(["rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"], cwd=repository)
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", branch).strip("-") or "branch"
        place = folder / name
        number = 1
        while place.exists():
            number += 1
            place = folder / f"{name}-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        git(["worktree", "add", "--quiet", "--", str(place.resolve()), branch], cwd=repository, timeout=600)
    except GitFailed as error:
        what = f"the branch {branch} of {repository} cannot be checked out ({error.said or 'there is none'})"
        raise InputError(what, f"git branch {branch} origin/{branch}, or correct the setting") from error
    return place


def _checked_out(repository: Path, branch: str) -> Path | None:
    said = git(["worktree", "list", "--porcelain"], cwd=repository).decode("utf-8", "surrogateescape")
    for entry in said.split("\n\n"):
        lines = entry.splitlines()
        if f"branch refs/heads/{branch}" in lines and lines[0].startswith("worktree "):
            return Path(lines[0].removeprefix("worktree "))
    return None
