"""What others put on a proposal's branch: found, and replayed on top of a new version, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2

from syncbot.git.build import commit_of, signature_of
from syncbot.git.commit import make_commit
from syncbot.model.forge import BranchCommit
from syncbot.model.ids import CommitId
from syncbot.model.settings import Identity

_MOST = 1000
"""Commits of a branch that are looked at: one with more was not made by people on top of a proposal."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """`tip`: the new version with the edits on top; the new version itself where there are `conflicts`, the paths that
    do not merge."""

    tip: CommitId
    conflicts: tuple[str, ...] = ()


def edits(
    repository: Path,
    tip: CommitId,
    below: Sequence[CommitId],
    identity: Identity,
    allowed: Sequence[str] = (),
    put: Sequence[CommitId] = (),
) -> tuple[BranchCommit, ...]:
    """The commits of `tip` that neither syncbot made nor anyone whose mail address is allowed, oldest first; what the
    commits `below` reach is not looked at. A commit of syncbot's that somebody else committed again (amended, rebased)
    is not syncbot's any more. `put`: where syncbot is known to have put the branch; what none of these reaches is
    somebody else's, though it may bear syncbot's address (a person's own may be set there). Where none is given or
    there, the address alone tells. Raises InputError where the tip is not there."""
    opened = pygit2.Repository(str(repository))
    walker = opened.walk(commit_of(opened, tip).id, pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.REVERSE)
    for older in below:
        if older in opened:
            walker.hide(commit_of(opened, older).id)
    from syncbot.git.rebuild import rebuilt_by_us  # noqa: PLC0415  # brings the judge, which readers need not

    bases, made = rebuilt_by_us(commit_of(opened, tip), identity)
    for base in bases:
        walker.hide(base)
    ours = _reached(opened, put, [*below, *(CommitId(str(base)) for base in bases)])
    found: list[BranchCommit] = []
    for commit in walker:
        if commit.id in made and (ours is None or commit.id in ours):
            continue
        if _is_own(commit, identity, ours) or _mail(commit.author.raw_email) in _lower(allowed):
            continue
        found.append(_told(commit))
        if len(found) == _MOST:
            break
    return tuple(found)


def _reached(
    opened: pygit2.Repository, put: Sequence[CommitId], below: Sequence[CommitId]
) -> frozenset[pygit2.Oid] | None:
    """The commits from `below` to where syncbot put the branch, None where that is not known."""
    known = [commit for commit in put if commit in opened]
    if not known:
        return None
    walker = opened.walk(commit_of(opened, known[0]).id)
    for commit in known[1:]:
        walker.push(commit_of(opened, commit).id)
    for commit in below:
        if commit in opened:
            walker.hide(commit_of(opened, commit).id)
    return frozenset(commit.id for commit in walker)


def _is_own(commit: pygit2.Commit, identity: Identity, ours: frozenset[pygit2.Oid] | None) -> bool:
    author, committer = commit.author, commit.committer
    if {_mail(author.raw_email), _mail(committer.raw_email)} != {identity.email.lower()}:
        return False
    if ours is None:
        return True
    # what syncbot builds has one signature; a person's commit that it replayed keeps its author's name and time
    same = (author.raw_name, author.time) == (committer.raw_name, committer.time)
    return same and commit.id in ours


def replay(
    repository: Path, onto: CommitId, commits: Sequence[BranchCommit], identity: Identity, at: datetime
) -> Replayed:
    """The commits on top of `onto`, their authors kept. One whose effect is there already is left out, and so is a
    merge that only brought another branch in. All, or none where one does not merge cleanly. No branch moves."""
    opened = pygit2.Repository(str(repository))
    committer = signature_of(identity, at)
    tip = commit_of(opened, onto)
    for told in commits:
        commit = commit_of(opened, told.id)
        if len(commit.parents) > 1:
            wrong = evil(opened, commit)
            if wrong:
                return Replayed(onto, wrong)
            continue
        before = commit.parents[0].tree if commit.parents else opened[opened.TreeBuilder().write()].peel(pygit2.Tree)
        index = opened.merge_trees(before, tip.tree, commit.tree)
        if index.conflicts is not None:
            return Replayed(onto, _paths(index))
        tree = index.write_tree(opened)
        if tree != tip.tree.id:
            tip = make_commit(opened, commit.author, committer, commit.message, tree, [tip.id], identity)
    return Replayed(CommitId(str(tip.id)))


def same_work(repository: Path, one: CommitId, other: CommitId, parent: CommitId) -> bool:
    """Whether both lead from `parent` over the same trees, messages and authors: only times and signatures differ."""
    if one == other:
        return True
    opened = pygit2.Repository(str(repository))
    if one not in opened or other not in opened:
        return False
    here, there = commit_of(opened, one), commit_of(opened, other)
    for _ in range(_MOST):
        if str(here.id) == parent or str(there.id) == parent:
            return here.id == there.id
        if _work(here) != _work(there):
            return False
        if len(here.parents) != 1 or len(there.parents) != 1:
            return here.parent_ids == there.parent_ids  # a fork's branch begins with a merge
        here, there = here.parents[0], there.parents[0]
    return False


def same_tree(repository: Path, one: CommitId, other: CommitId) -> bool:
    opened = pygit2.Repository(str(repository))
    return bool(commit_of(opened, one).tree.id == commit_of(opened, other).tree.id)


def _work(commit: pygit2.Commit) -> tuple[object, ...]:
    return commit.tree.id, commit.message, commit.author.raw_name, commit.author.raw_email, commit.committer.raw_email


def evil(opened: pygit2.Repository, merge: pygit2.Commit) -> tuple[str, ...]:
    """The paths where a merge is not what merging its parents gives: a person's work that cannot be replayed."""
    if len(merge.parents) > 2:
        return ("(a merge of more than two branches)",)
    index = opened.merge_commits(merge.parents[0], merge.parents[1])
    if index.conflicts is not None:
        return _paths(index)
    tree = opened[index.write_tree(opened)].peel(pygit2.Tree)
    return tuple(sorted(delta.new_file.path for delta in tree.diff_to_tree(merge.tree).deltas))


def _paths(index: pygit2.Index) -> tuple[str, ...]:
    return tuple(sorted({side.path for sides in index.conflicts for side in sides if side is not None}))


def _told(commit: pygit2.Commit) -> BranchCommit:
    author = commit.author
    subject = commit.message.strip().split("\n", 1)[0]
    return BranchCommit(CommitId(str(commit.id)), _decoded(author.raw_name), _decoded(author.raw_email), subject)


def _mail(raw: bytes) -> str:
    return _decoded(raw).lower()


def _lower(words: Sequence[str]) -> set[str]:
    return {word.lower() for word in words}


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
