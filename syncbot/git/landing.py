"""Bringing a commit into the branch that a work tree has checked out: all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.build import commit_of, signature_of
from syncbot.git.run import GitFailed, git
from syncbot.git.status import status
from syncbot.git.trees import GitTree
from syncbot.model.ids import CommitId
from syncbot.model.settings import Identity
from syncbot.model.trees import Entry


def contains(root: Path, commit: CommitId) -> bool:
    """Whether the commit is part of what is checked out."""
    return reaches(root, _head(pygit2.Repository(str(root))), commit)


def reaches(repository: Path, newer: CommitId, older: CommitId) -> bool:
    """Whether `older` is `newer` or one of its ancestors. A commit that is not there is not."""
    opened = pygit2.Repository(str(repository))
    return newer in opened and older in opened and (newer == older or opened.descendant_of(newer, older))


def land(root: Path, tip: CommitId, message: str, identity: Identity, at: datetime) -> CommitId:
    """Merge `tip`, whose objects are there already, into the checked-out branch and its work tree; gives the branch's
    new commit. Fast-forward where HEAD is below `tip`, else a merge commit with `message`. Done already: nothing.

    Raises InputError, with nothing changed, where HEAD is detached, where the merge has conflicts, or where a file that
    it changes has uncommitted changes."""
    repository = pygit2.Repository(str(root))
    if repository.head_is_detached:
        raise InputError(f"{root} has no branch checked out", "check out the branch to merge into: git switch BRANCH")
    head = _head(repository)
    if contains(root, tip):
        return head
    onto = tip if repository.descendant_of(tip, head) else _merge(repository, head, tip, message, identity, at)
    _refuse_changed(root, _touched(repository, head, onto))
    # git itself updates files, index and branch: it knows filters, line endings and sparse work trees, checks the
    # files once more, and moves the branch last
    flags = ["--ff-only", "--quiet", "--no-stat", "--no-autostash", "--no-verify-signatures", "--no-overwrite-ignore"]
    try:
        git(["merge", *flags, onto], cwd=root, timeout=600)
    except GitFailed as error:
        raise InputError(
            f"git cannot bring {onto[:12]} into {root} ({error.said})", "see what git status says there, then try again"
        ) from error
    return onto


def outcome(repository: Path, old: CommitId, new: CommitId) -> Mapping[str, Entry | None]:
    """{path: what `new` has there} of all that it has otherwise than `old`. Empty where the repository has not both."""
    if not repository.exists():
        return {}
    opened = pygit2.Repository(str(repository))
    if old not in opened or new not in opened:
        return {}
    tree = GitTree(repository, new)
    return {path: tree.entry(path) for path in _touched(opened, old, new)}


def head_of(root: Path) -> CommitId | None:
    """The commit that is checked out, None where there is none yet."""
    repository = pygit2.Repository(str(root))
    return None if repository.head_is_unborn else CommitId(str(repository.head.target))


def _head(repository: pygit2.Repository) -> CommitId:
    if repository.head_is_unborn:
        raise InputError(
            f"the git repository {repository.workdir} has no commit yet", "check out a branch that has one"
        )
    return CommitId(str(repository.head.target))


def _merge(
    repository: pygit2.Repository, head: CommitId, tip: CommitId, message: str, identity: Identity, at: datetime
) -> CommitId:
    """A merge commit of both, without touching the work tree."""
    ours, theirs = commit_of(repository, head), commit_of(repository, tip)
    if repository.merge_base(ours.id, theirs.id) is None:
        raise InputError(f"{tip[:12]} shares no history with {repository.head.shorthand}", "run syncbot sync again")
    index = repository.merge_commits(ours, theirs)
    if index.conflicts is not None:
        paths = sorted({side.path for sides in index.conflicts for side in sides if side is not None})
        raise InputError(
            f"it does not merge cleanly: {_some(paths)} changed on {repository.head.shorthand} too",
            "run syncbot sync: it builds the proposal anew on the present branch",
        )
    signature = signature_of(identity, at)
    tree = index.write_tree(repository)
    made = repository.create_commit(None, signature, signature, message, tree, [ours.id, theirs.id])
    return CommitId(str(made))


def _touched(repository: pygit2.Repository, old: CommitId, new: CommitId) -> list[str]:
    diff = commit_of(repository, old).tree.diff_to_tree(commit_of(repository, new).tree)
    sides = (side for delta in diff.deltas for side in (delta.old_file, delta.new_file))
    return sorted({side.raw_path.decode("utf-8", "surrogateescape") for side in sides})


def _refuse_changed(root: Path, paths: list[str]) -> None:
    # a file that is staged and not changed since is left to git, which takes it where it is what the merge would
    # bring: so a merge that was killed after it wrote the index can be repeated
    changed = [path for path, _staged, unstaged in status(root, paths) if unstaged != " "]
    if changed:
        raise InputError(f"{_some(changed)} in {root} has uncommitted changes", "commit or stash them, then try again")


def _some(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
