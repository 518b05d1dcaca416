"""The local forge: branches in a bare repository, records and Markdown pages beside it. No account, no server.

Every change is made in this order: objects, record, branch, page. Killed anywhere, the next call finds what is missing
and goes on: objects that nobody names do no harm, a record says where its branch was before, a page is written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syncbot.errors import ForgeError, ForgeRefused, HostileInput, InputError
from syncbot.forges import texts
from syncbot.forges.folder import Kept, ProposalFolder, new_record
from syncbot.forges.talk import FolderTalk
from syncbot.git.build import bring, build_commits, check_branch, has_commit, make_bare, move_branch, tip_of
from syncbot.git.landing import contains, head_of, land, outcome, reaches
from syncbot.git.replay import edits, replay, same_work
from syncbot.model.forge import BranchCommit, Details, OtherProposal, Person, Write
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposals import Proposal, ProposalRecord, ProposalStatus
from syncbot.model.settings import Identity
from syncbot.model.trees import Entry


class LocalForge(FolderTalk):
    """Implements `syncbot.ports.Forge` below `folder`, for the workspace whose work tree is `root`. An answered or
    withdrawn proposal is never touched again: the next one for its package and line gets the next id, and takes over
    the branch."""

    def __init__(self, folder: Path, root: Path, identity: Identity) -> None:
        super().__init__(folder)
        self._records = ProposalFolder(folder)
        self.repository = folder / "forge.git"
        self._root = root
        self._identity = identity

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        found = self._records.newest(package, line)
        return None if found is None else found.record

    def list(self) -> Sequence[ProposalRecord]:
        return [kept.record for kept in self._records.all()]

    def propose(self, proposal: Proposal, at: datetime, *, discard: bool = False) -> ProposalRecord:
        """As the port says. Raises HostileInput for a branch name or path that git refuses, ForgeError where the branch
        holds commits that syncbot did not make and no open proposal says what they belong to."""
        check_branch(proposal.branch)
        if self._rehearsal is not None:
            return self._rehearse_proposal(proposal, at)
        with self._working():
            newest = self._records.newest(proposal.package, proposal.line)
            known = newest if newest is not None and newest.record.status is ProposalStatus.OPEN else None
            if known is not None and _same(known.record, proposal) and has_commit(self.repository, known.record.tip):
                kept = known
                if discard or not self._is_pushed(known):
                    self._finish(known, discard=discard)
            else:
                kept = self._renew(proposal, known, at, discard=discard)
            self._dress(kept.record.id, proposal)
            return kept.record

    def _rehearse_proposal(self, proposal: Proposal, at: datetime) -> ProposalRecord:
        """Nothing is built: what people put on the branch is not looked at."""
        newest = self.find(proposal.package, proposal.line)
        known = newest if newest is not None and newest.status is ProposalStatus.OPEN else None
        if known is not None and _same(known, proposal):
            return known
        id = self._records.next_id() if known is None else known.id
        self._rehearse_or("PUSH", f"refs/heads/{proposal.branch}", lambda: None)
        self._dress(id, proposal)
        return new_record(proposal, id, proposal.parent, at if known is None else known.opened, at)

    def _renew(self, proposal: Proposal, known: Kept | None, at: datetime, *, discard: bool) -> Kept:
        """Build the new version, with what people put on the branch replayed on top."""
        stands = self._free_tip(proposal.branch, known)
        self._make(proposal.parent)
        tip = build_commits(self.repository, proposal.parent, proposal.commits, self._identity, at)
        found = () if known is None or stands is None or discard else self._edits(known, stands)
        replayed = replay(self.repository, tip, found, self._identity, at)
        if known is not None and replayed.conflicts:
            return self._step_aside(known, proposal, tip, found, replayed.conflicts, at)
        id = self._records.next_id() if known is None else known.record.id
        opened = at if known is None else known.record.opened
        kept = Kept(new_record(proposal, id, replayed.tip, opened, at), stands)
        self._publish(kept)
        return kept

    def _step_aside(
        self,
        known: Kept,
        proposal: Proposal,
        tip: CommitId,
        found: Sequence[BranchCommit],
        conflicts: Sequence[str],
        at: datetime,
    ) -> Kept:
        """People's commits do not go together with the new version: theirs stays, ours goes to a branch beside it."""
        beside = f"{proposal.branch}-next"
        stands = tip_of(self.repository, beside)
        if stands is None or not same_work(self.repository, stands, tip, proposal.parent):
            self._rehearse_or("PUSH", f"refs/heads/{beside}", lambda: move_branch(self.repository, beside, tip, stands))
        self.comment(known.record.id, texts.stepped_aside(proposal.branch, beside, found, conflicts), at)
        kept = replace(known, record=replace(known.record, note=texts.waiting_note(found, beside)))
        if kept != known:
            self._rehearse_or("RECORD", known.record.id, lambda: self._records.write(kept))
        return kept

    def _publish(self, kept: Kept) -> None:
        def write() -> None:
            self._records.write(kept)
            self._finish(kept)

        self._rehearse_or("PUSH", f"refs/heads/{kept.record.branch}", write)

    def _rehearse_or(self, method: str, target: str, act: Callable[[], None]) -> None:
        if self._rehearsal is not None:
            self._rehearsal.append(Write(method, target))
        else:
            self._allow()
            act()

    def _make(self, parent: CommitId) -> None:
        make_bare(self.repository)
        bring(self.repository, self._root, parent)

    def _edits(self, kept: Kept, tip: CommitId) -> tuple[BranchCommit, ...]:
        """What others put on the branch; what the workspace has by now is none of theirs."""
        here = head_of(self._root)
        parent = kept.record.parent
        below = (parent,) if here is None else (parent, here)
        put = [kept.record.tip]
        if tip == kept.was:  # a call was killed before it moved the branch: what is there was looked at before
            put.append(tip)
        return edits(self.repository, tip, below, self._identity, put=put)

    def _dress(self, id: str, proposal: Proposal) -> None:
        self.own_labels(id, proposal.labels)
        self.ask_once(id, proposal.assignees, proposal.reviewers)

    def details(self, id: str) -> Details:
        kept = self._records.get(id)
        record = kept.record
        head = tip_of(self.repository, record.branch)
        found = () if head is None else self._edits(kept, head)
        words = self._words(id, "", head, found)
        return words if record.status is ProposalStatus.OPEN else replace(words, closed_by=self._closer(record))

    def _closer(self, record: ProposalRecord) -> Person:
        return self.me() if record.status is ProposalStatus.CLOSED else Person("local")

    def others(self) -> Sequence[OtherProposal]:
        return ()

    def other_diff(self, id: str) -> bytes:
        raise ForgeRefused(f"there is no proposal {id!r} of anybody else", "the local forge holds syncbot's own alone")

    def accept(self, id: str, at: datetime) -> ProposalRecord:
        """As the port says. Accepting again what is accepted changes nothing."""
        if self._rehearsal is not None:
            self._rehearsal.append(Write("MERGE", id))
            return replace(self._records.get(id).record, status=ProposalStatus.ACCEPTED)
        with self._working():
            kept = self._records.get(id)
            record = kept.record
            if record.status is not ProposalStatus.ACCEPTED:
                self._must_be_open(record)
                self._allow()  # before the workspace is touched, not after
                tip = self._merge(kept, at)
                record = replace(record, tip=tip, status=ProposalStatus.ACCEPTED, updated=at)
            return self._answer(Kept(record, kept.was))

    def outcome(self, record: ProposalRecord) -> Mapping[str, Entry | None]:
        return outcome(self.repository, record.parent, record.tip)

    def taken(self, id: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.ACCEPTED, texts.TAKEN, at)

    def reject(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.REJECTED, reason, at)

    def close(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.CLOSED, reason, at)

    def reopen(self, id: str, at: datetime) -> ProposalRecord:
        """As the port says. The line may have no other open proposal."""
        with self._working():
            kept = self._records.get(id)
            record = kept.record
            if record.status is ProposalStatus.OPEN:
                return record
            newest = self._records.newest(record.package, record.line)
            if record.status is ProposalStatus.ACCEPTED or newest is None or newest.record.id != id:
                raise ForgeRefused(f"proposal {id} is {record.status} and cannot be opened again", "make a new one")
            kept = replace(kept, record=replace(record, status=ProposalStatus.OPEN, note="", updated=at))
            self._publish(kept)
            return kept.record

    def _end(self, id: str, status: ProposalStatus, reason: str, at: datetime) -> ProposalRecord:
        with self._working():
            kept = self._records.get(id)
            record = kept.record
            if record.status is not status:
                self._must_be_open(record)
                record = replace(record, status=status, note=reason, updated=at)
            return self._answer(Kept(record, kept.was))

    def _merge(self, kept: Kept, at: datetime) -> CommitId:
        """Bring the proposal into the workspace; gives the commit of its branch that is there then."""
        record = kept.record
        tip = tip_of(self.repository, record.branch) or record.tip
        if tip != kept.was and contains(self._root, tip) and not reaches(self.repository, record.parent, tip):
            return tip  # merged by hand, or by a call that was killed before it could say so
        if record.draft:
            raise ForgeRefused(
                f"proposal {record.id} is a draft: it waits for a person",
                "solve what its page lists, then run syncbot sync",
            )
        self._finish(kept)
        bring(self._root, self.repository, record.tip)
        message = f"Merge proposal {record.id}: {' '.join(record.title.split())}\n"
        land(self._root, record.tip, message, self._identity, at)
        return record.tip

    def _finish(self, kept: Kept, *, discard: bool = False) -> ProposalRecord:
        """Bring branch and page to what the record says. Nothing is written where they are there."""
        record = kept.record
        if self._is_pushed(kept) and not discard:
            raise self._pushed(record.branch)
        stands = tip_of(self.repository, record.branch)
        if stands != record.tip:
            self._allow()
            move_branch(self.repository, record.branch, record.tip, stands)
        self._records.write_page(record)
        return record

    def _answer(self, kept: Kept) -> ProposalRecord:
        def write() -> None:
            self._records.write(kept)
            self._records.write_page(kept.record)

        self._rehearse_or("RECORD", kept.record.id, write)
        return kept.record

    def _free_tip(self, branch: str, known: Kept | None) -> CommitId | None:
        """Where the branch stands, if all that is on it is ours and done with."""
        same = [kept for kept in self._records.all() if kept.record.branch == branch]
        for kept in same:
            if kept.record.status is ProposalStatus.OPEN and (known is None or kept.record.id != known.record.id):
                raise ForgeRefused(
                    f"the branch {branch} belongs to proposal {kept.record.id} of {kept.record.package}",
                    "answer that one first",
                )
        stands = tip_of(self.repository, branch)
        if known is not None and known.record.branch == branch:
            return stands
        if stands is None or any(stands in (kept.record.tip, kept.was) for kept in same):
            return stands
        raise self._pushed(branch)

    def _is_pushed(self, kept: Kept) -> bool:
        """Whether the branch stands where syncbot never put it."""
        return tip_of(self.repository, kept.record.branch) not in (None, kept.record.tip, kept.was)

    def _pushed(self, branch: str) -> ForgeError:
        return ForgeRefused(
            f"the branch {branch} in {self.repository} has commits that syncbot did not make",
            f"merge them (git pull {self.repository} {branch}) and accept the proposal, or delete the branch there",
        )

    def _must_be_open(self, record: ProposalRecord) -> None:
        if record.status is not ProposalStatus.OPEN:
            raise ForgeRefused(
                f"proposal {record.id} is {record.status}, not open", "syncbot proposals lists those that are"
            )

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Under the lock, with what git says about the workspace as ForgeError."""
        with self._records.locked():
            try:
                yield
            except HostileInput:
                raise
            except InputError as error:
                raise ForgeRefused(error.what, error.remedy) from error


def _same(record: ProposalRecord, proposal: Proposal) -> bool:
    return new_record(proposal, record.id, record.tip, record.opened, record.updated) == record
