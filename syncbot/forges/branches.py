"""A proposal's branch on a remote: built aside, what people put on it replayed, pushed under a lease.

Shared by the forges whose branches live elsewhere. Killed anywhere, the next call finds what is there: a branch whose
commits are all syncbot's is syncbot's, whatever was recorded of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from syncbot.errors import ForgeError, ForgeRefused
from syncbot.forges.texts import NEXT
from syncbot.git.build import build_commits, check_branch, has_commit
from syncbot.git.landing import reaches
from syncbot.git.push import Remote, make_scratch
from syncbot.git.put import commits_put, keep_put
from syncbot.git.replay import edits, replay, same_tree, same_work
from syncbot.git.trees import GitTree
from syncbot.model.forge import BranchCommit, BranchWork, Write
from syncbot.model.ids import CommitId
from syncbot.model.proposals import Beside, Proposal
from syncbot.model.settings import Identity


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a proposal's version is now. `beside`: where it went because people's `edits` do not go with it
    (`conflicts`: the paths); then `tip` is that branch's, and the proposal's own is as it was."""

    tip: CommitId
    edits: tuple[BranchCommit, ...] = ()
    conflicts: tuple[str, ...] = ()
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The recorded version of an open proposal, and the newer one on the branch beside it."""

    parent: CommitId
    tip: CommitId
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class SharedPuts:
    """Where branches were put, known to all machines: a worker may be killed after it pushed a version, and before it
    said so, and another machine goes on. `read` gives it for a branch, `keep` is told first (branch, the commits)."""

    read: Callable[[str], Sequence[CommitId]] = field(default=lambda _branch: ())
    keep: Callable[[str, Sequence[CommitId]], None] = field(default=lambda _branch, _commits: None)


@dataclass(slots=True)
class Branches:
    """`scratch`: a bare repository of our own that borrows from the workspace at `root`; `base`: the downstream branch;
    `allowed`: mail addresses of other bots whose commits may be overwritten; `remote` gives the address with a fresh
    credential; `rehearse` is told each push and says whether it is not to be made. Raises ForgeError."""

    scratch: Path
    root: Path
    base: str
    identity: Identity
    allowed: tuple[str, ...]
    remote: Callable[[], Remote]
    rehearse: Callable[[Write], bool] = field(default=lambda _write: False)
    shared: SharedPuts = field(default_factory=SharedPuts)
    _made: bool = field(default=False)

    def heads(self, *names: str) -> Mapping[str, CommitId]:
        self._make()
        return self.remote().heads(self.scratch, names)

    def reach(self) -> None:
        """Raises ForgeError where the repository cannot be asked, or has no downstream branch."""
        if self.base not in self.heads(self.base):
            raise self._no_base()

    def place(
        self,
        proposal: Proposal,
        known: Known | None,
        at: datetime,
        *,
        discard: bool,
        is_over: Callable[[CommitId], bool],
    ) -> Placed:
        """Bring the branch to the proposal's version. `known`: the open proposal's present version, None where
        none is open; `is_over`: whether a finished proposal of this branch ended at a commit, and its commits are kept
        though the branch moves: downstream has them in other words, or the forge holds them by itself."""
        next_ = proposal.branch + NEXT
        heads = self.heads(check_branch(proposal.branch), check_branch(next_), self.base)
        stands = heads.get(proposal.branch)
        self._bring(stands, proposal.branch)
        beside = None if known is None else known.beside
        known = self._joined(known, stands)
        below = self._below(proposal, known, heads)
        tip = build_commits(self.scratch, proposal.parent, proposal.commits, self.identity, at)
        found = () if stands is None or discard else self._edits(proposal.branch, stands, below, known)
        if found and known is None and stands is not None:
            if not is_over(stands):
                raise ForgeRefused(
                    f"the branch {proposal.branch} has commits that syncbot did not make, and no open proposal",
                    "merge, rename or delete it",
                )
            found = ()
        if found and known is not None and stands is not None and self._stands_on(stands, known.tip, tip, proposal):
            self._clear(next_, beside, stands)
            return Placed(known.tip, found)  # people's commits stand on this very version
        replayed = replay(self.scratch, tip, found, self.identity, at)
        if replayed.conflicts:
            there = self._put_beside(next_, tip, heads.get(next_), beside, proposal)
            return Placed(there.tip, found, replayed.conflicts, there)
        if found and known is not None and stands is not None and self._holds(stands, replayed.tip, proposal.parent):
            self._clear(next_, beside, stands)
            return Placed(known.tip, found)
        moved = self._move(proposal.branch, replayed.tip, stands, proposal.parent)
        self._clear(next_, beside, moved)
        return Placed(moved, found)

    def tidy(self, branch: str, beside: Beside | None) -> None:
        """Take the branch beside `branch` away, unless people put something on it that `branch` has not."""
        if beside is not None:
            self._clear(beside.branch, beside, self.heads(check_branch(branch)).get(branch))

    def _joined(self, known: Known | None, stands: CommitId | None) -> Known | None:
        """What is known of the branch, once people merged the version beside it into it."""
        beside = None if known is None else known.beside
        if beside is None or stands is None or not reaches(self.scratch, stands, beside.tip):
            return known
        return Known(beside.parent, beside.tip)

    def _stands_on(self, stands: CommitId, ours: CommitId, wanted: CommitId, proposal: Proposal) -> bool:
        return same_work(self.scratch, ours, wanted, proposal.parent) and reaches(self.scratch, stands, ours)

    def _put_beside(
        self, branch: str, tip: CommitId, stands: CommitId | None, known: Beside | None, proposal: Proposal
    ) -> Beside:
        """The version on a branch of its own. What people put there is theirs, too."""
        self._bring(stands, branch)
        below = [proposal.parent, *([] if known is None else [known.parent])]
        if stands is not None and self._edits(branch, stands, below, None):
            if known is not None and self._stands_on(stands, known.tip, tip, proposal):
                return Beside.at(branch, known.tip, proposal)  # they go on from this very version
            raise ForgeRefused(
                f"the branch {branch} has commits that syncbot did not make, and there is a newer version",
                f"merge it into {proposal.branch}, rename or delete it",
            )
        return Beside.at(branch, self._move(branch, tip, stands, proposal.parent), proposal)

    def _clear(self, branch: str, known: Beside | None, into: CommitId | None) -> None:
        """Take a branch away whose version is elsewhere now (`into`), or no longer asked for."""
        if known is None:
            return
        stands = self.heads(check_branch(branch)).get(branch)
        if stands is None:
            return
        self._bring(stands, branch)
        if stands == known.tip or (into is not None and reaches(self.scratch, into, stands)):
            self._push(branch, None, stands)

    def edits(self, branch: str, parent: CommitId) -> tuple[CommitId | None, tuple[BranchCommit, ...]]:
        """Where a branch stands, and what others put on it."""
        heads = self.heads(branch, self.base)
        stands = heads.get(branch)
        if stands is None:
            return None, ()
        self._bring(stands, branch)
        self._bring(heads.get(self.base), self.base)
        below = [commit for commit in (parent, heads.get(self.base)) if commit is not None]
        return stands, self._edits(branch, stands, below, None)

    def work(self, branch: str, parent: CommitId) -> BranchWork | None:
        """What others put on a branch, with its files; None where that is nothing."""
        stands, found = self.edits(branch, parent)
        return BranchWork(stands, found, GitTree(self.scratch, stands)) if stands is not None and found else None

    def ensure(self, branch: str, tip: CommitId, ref: str) -> None:
        """Make a branch again at `tip`, which `ref` of the remote still holds, where it is gone."""
        if branch in self.heads(branch):
            return
        if not has_commit(self.scratch, tip):
            self.remote().fetch(self.scratch, [ref])
        self._push(branch, tip, None)

    def _holds(self, stands: CommitId, wanted: CommitId, parent: CommitId) -> bool:
        return reaches(self.scratch, stands, parent) and same_tree(self.scratch, stands, wanted)

    def _below(self, proposal: Proposal, known: Known | None, heads: Mapping[str, CommitId]) -> Sequence[CommitId]:
        """What lies below the proposal's own commits. Raises ForgeRefused where its parent is not published: pushing
        the branch would publish it."""
        base = heads.get(self.base)
        if base is None:
            raise self._no_base()
        self._bring(base, self.base)
        if not reaches(self.scratch, base, proposal.parent):
            raise ForgeRefused(
                f"commit {proposal.parent[:12]} of the workspace is not on {self.base} of the forge",
                f"push {self.base}, or bring the workspace up to date with it",
            )
        return [proposal.parent, base, *([] if known is None else [known.parent])]

    def _no_base(self) -> ForgeRefused:
        where = self.remote().shown
        return ForgeRefused(
            f"the repository {where} has no branch {self.base}", "push it, or correct the setting forge.branch"
        )

    def _edits(
        self, branch: str, tip: CommitId, below: Sequence[CommitId], known: Known | None
    ) -> tuple[BranchCommit, ...]:
        """Where nothing was pushed from here, what others pushed for syncbot is told by the address alone."""
        put = self._put(branch)
        if put:  # and what was put beside it, which people may have merged
            put = (*put, *self._put(branch + NEXT), *(() if known is None else (known.tip,)))
        return edits(self.scratch, tip, below, self.identity, self.allowed, put)

    def _put(self, branch: str) -> tuple[CommitId, ...]:
        there = (commit for commit in self.shared.read(branch) if has_commit(self.scratch, commit))
        return (*commits_put(self.scratch, branch), *there)

    def _move(self, branch: str, to: CommitId, stands: CommitId | None, parent: CommitId) -> CommitId:
        """Push, unless what stands there is the same work."""
        if stands is not None:
            self._bring(stands, branch)
            if same_work(self.scratch, stands, to, parent):
                return stands
        self._push(branch, to, stands)
        return to

    def _push(self, branch: str, to: CommitId | None, expected: CommitId | None) -> None:
        ref = f"refs/heads/{branch}"
        if self.rehearse(Write("PUSH", ref, json.dumps({"expected": expected, "to": to}))):
            return
        if to is not None:
            keep_put(self.scratch, branch, to, expected)  # first: a push may be made though its answer is lost
            self.shared.keep(branch, [to] if expected is None else [to, expected])
        try:
            self.remote().push(self.scratch, branch, to, expected)
        except ForgeRefused:  # LeaseLost among them: the forge answered
            raise
        except ForgeError:
            # the answer was lost, perhaps not the push
            if self.heads(branch).get(branch) != to:
                raise

    def _bring(self, commit: CommitId | None, branch: str) -> None:
        if commit is not None and not has_commit(self.scratch, commit):
            self.remote().fetch(self.scratch, [f"refs/heads/{branch}"])

    def _make(self) -> None:
        if not self._made:
            make_scratch(self.scratch, self.root)
            self._made = True
