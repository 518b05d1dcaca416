"""What git says of the branches of a local forge: what is on them, whose it is, and the commits of a new version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncbot.errors import ForgeError, ForgeRefused
from syncbot.forges.folder import Kept
from syncbot.git.build import bring, build_commits, make_bare, time_of, tip_of
from syncbot.git.landing import head_of, reaches
from syncbot.git.replay import edits, same_work
from syncbot.model.forge import BranchCommit
from syncbot.model.ids import CommitId
from syncbot.model.proposals import Beside, Proposal
from syncbot.model.settings import Identity


@dataclass(frozen=True, slots=True)
class LocalBranches:
    """`repository`: bare, the forge's own; `root`: the work tree of the workspace. Nothing here moves a branch."""

    repository: Path
    root: Path
    identity: Identity

    def make(self, parent: CommitId) -> None:
        make_bare(self.repository)
        bring(self.repository, self.root, parent)

    def build(self, proposal: Proposal, known: Kept | None, at: datetime) -> tuple[CommitId, datetime]:
        """The new version, and its time: what stands beside already is found again, object for object."""
        beside = None if known is None else known.beside
        then = None if beside is None else time_of(self.repository, beside.tip)
        for when in (then, at):
            if when is not None:
                tip = build_commits(self.repository, proposal.parent, proposal.commits, self.identity, when)
                if when is at or beside is None or tip == beside.tip:
                    break
        return tip, when if when is not None else at

    def joined(self, known: Kept | None, stands: CommitId | None) -> Kept | None:
        """What is known of the branch, once people merged the version beside it into it."""
        beside = None if known is None else known.beside
        if known is None or beside is None or stands is None or not reaches(self.repository, stands, beside.tip):
            return known
        return Kept(beside.of(known.record), None, put=(known.record.tip, *known.put))

    def stands_on(self, stands: CommitId, ours: CommitId, wanted: CommitId, proposal: Proposal) -> bool:
        return same_work(self.repository, ours, wanted, proposal.parent) and reaches(self.repository, stands, ours)

    def is_ours(self, stands: CommitId, before: Beside | None, proposal: Proposal) -> bool:
        """Whether nobody else put anything there, by the address alone: a call was killed before it could say so."""
        return before is None and not edits(self.repository, stands, [proposal.parent], self.identity)

    def edits(self, kept: Kept, tip: CommitId) -> tuple[BranchCommit, ...]:
        """What others put on the branch; what the workspace has by now is none of theirs."""
        here = head_of(self.root)
        parent = kept.record.parent
        below = (parent,) if here is None else (parent, here)
        put = [kept.record.tip, *kept.put]
        if tip == kept.was:  # a call was killed before it moved the branch: what is there was looked at before
            put.append(tip)
        return edits(self.repository, tip, below, self.identity, put=put)

    def is_done(self, kept: Kept, stands: CommitId) -> bool:
        """Whether a finished proposal left its branch there, with no commit of people's that only the branch holds."""
        return stands in (kept.record.tip, kept.was) and (kept.is_taken or not self.edits(kept, stands))

    def is_pushed(self, kept: Kept) -> bool:
        """Whether the branch stands where syncbot never put it."""
        return tip_of(self.repository, kept.record.branch) not in (None, kept.record.tip, kept.was)

    def pushed(self, branch: str) -> ForgeError:
        return ForgeRefused(
            f"the branch {branch} in {self.repository} has commits that syncbot did not make",
            f"merge them (git pull {self.repository} {branch}) and accept the proposal, or delete the branch there",
        )
