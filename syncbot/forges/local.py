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

from syncbot.errors import ForgeRefused, HostileInput, InputError
from syncbot.forges import texts
from syncbot.forges.folder import Kept, ProposalFolder, new_record
from syncbot.forges.local_branches import LocalBranches
from syncbot.forges.talk import FolderTalk
from syncbot.git.build import (
    bring,
    check_branch,
    delete_branch,
    has_commit,
    move_branch,
    tip_of,
)
from syncbot.git.landing import contains, land, outcome, reaches
from syncbot.git.replay import replay, same_work
from syncbot.git.trees import GitTree
from syncbot.model.forge import BranchCommit, BranchWork, Details, OtherProposal, Person, Write
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import Beside, Proposal, ProposalRecord
from syncbot.model.settings import Identity
from syncbot.model.trees import Entry
from syncbot.report import aside


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
        self._branches = LocalBranches(self.repository, root, identity)

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        found = self._records.newest(package, line)
        if found is not None and self._is_begun(found):
            with self._working():
                self._finish(found)
        return None if found is None else found.record

    def _is_begun(self, kept: Kept) -> bool:
        """Whether a call was killed between writing the record and moving the branch: that nobody else would mend, for
        the record says already what there is to say."""
        if kept.record.status is not ProposalStatus.OPEN or self._rehearsal is not None or self.stopped() is not None:
            return False
        return tip_of(self.repository, kept.record.branch) == kept.was != kept.record.tip

    def list(self) -> Sequence[ProposalRecord]:
        return [kept.record for kept in self._records.all(ticks=True)]

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
                if discard or not self._branches.is_pushed(known):
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
        self._branches.make(proposal.parent)
        stands = self._free_tip(proposal.branch, known)
        tip, made = self._branches.build(proposal, known, at)
        id = self._records.next_id() if known is None else known.record.id
        opened = at if known is None else known.record.opened
        now = self._branches.joined(known, stands)
        found = () if now is None or stands is None or discard else self._branches.edits(now, stands)
        stands_on = self._branches.stands_on
        if now is not None and stands is not None and found and stands_on(stands, now.record.tip, tip, proposal):
            kept = Kept(new_record(proposal, id, now.record.tip, opened, at), now.was, put=now.put)
            self._come_together(known, stands)
            return self._answer(kept)  # people's commits stand on this very version
        replayed = replay(self.repository, tip, found, self._identity, made)
        if known is not None and replayed.conflicts:
            return self._step_aside(known, proposal, tip, found, replayed.conflicts, at)
        kept = Kept(new_record(proposal, id, replayed.tip, opened, at), stands)
        self._come_together(known, replayed.tip)
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
        there = self._put_beside(known, proposal, tip)
        if known.beside is None:
            advice = self._advice(known.record.id, proposal.branch, there.branch)
            self.comment(known.record.id, aside.stepped_aside(advice, found, conflicts), at)
        kept = replace(known, record=replace(known.record, note=aside.waiting_note(found, there.branch)), beside=there)
        if kept != known:
            self._answer(kept)
        return kept

    def _put_beside(self, known: Kept, proposal: Proposal, tip: CommitId) -> Beside:
        """The version on a branch of its own. What people put there is theirs, too."""
        branch = f"{proposal.branch}{texts.NEXT}"
        stands = tip_of(self.repository, branch)
        before = known.beside
        seen = before is not None and stands == before.tip
        if stands is None or seen or self._branches.is_ours(stands, before, proposal):
            if stands is None or not same_work(self.repository, stands, tip, proposal.parent):
                self._rehearse_or(
                    "PUSH", f"refs/heads/{branch}", lambda: move_branch(self.repository, branch, tip, stands)
                )
                stands = tip
            return Beside.at(branch, stands, proposal)
        if before is not None and self._branches.stands_on(stands, before.tip, tip, proposal):
            return Beside.at(branch, before.tip, proposal)  # they go on from this very version
        raise ForgeRefused(
            f"the branch {branch} has commits that syncbot did not make, and there is a newer version",
            f"merge it into {proposal.branch}, rename or delete it",
        )

    def _come_together(self, known: Kept | None, into: CommitId) -> None:
        """What was said of the branch beside is over."""
        if known is None or known.beside is None:
            return
        self._clear(known, into)
        for comment in self.comments(known.record.id):
            if comment.author.me and aside.is_about(comment.body, known.beside.branch):
                self.minimise(known.record.id, comment.id)

    def _clear(self, kept: Kept, into: CommitId | None) -> None:
        """Take the branch beside away, unless people put something on it that `into` has not."""
        branch = "" if kept.beside is None else kept.beside.branch
        stands = tip_of(self.repository, branch) if branch else None
        if kept.beside is None or stands is None:
            return
        if stands == kept.beside.tip or (into is not None and reaches(self.repository, into, stands)):
            away = lambda: delete_branch(self.repository, branch, stands)  # noqa: E731
            self._rehearse_or("PUSH", f"refs/heads/{branch}", away, texts.AWAY)

    def _publish(self, kept: Kept) -> None:
        def write() -> None:
            self._records.write(kept)
            self._finish(kept)

        self._rehearse_or("PUSH", f"refs/heads/{kept.record.branch}", write)

    def _rehearse_or(self, method: str, target: str, act: Callable[[], None], body: str = "") -> None:
        if self._rehearsal is not None:
            self._rehearsal.append(Write(method, target, body))
        else:
            self._allow()
            act()

    def _dress(self, id: str, proposal: Proposal) -> None:
        self.own_labels(id, proposal.labels)
        self.ask_once(id, proposal.assignees, proposal.reviewers)

    def details(self, id: str) -> Details:
        kept = self._records.get(id)
        record = kept.record
        head = tip_of(self.repository, record.branch)
        found = () if head is None else self._branches.edits(kept, head)
        words = self._words(id, "", head, found)
        return words if record.status is ProposalStatus.OPEN else replace(words, closed_by=self._closer(record))

    def _closer(self, record: ProposalRecord) -> Person:
        return self.me() if record.status is ProposalStatus.CLOSED else Person("local")

    def others(self) -> Sequence[OtherProposal]:
        return ()

    def other_diff(self, id: str) -> bytes:
        raise ForgeRefused(f"there is no proposal {id!r} of anybody else", "the local forge holds syncbot's own alone")

    def work(self, id: str) -> BranchWork | None:
        kept = self._records.get(id)
        head = tip_of(self.repository, kept.record.branch) if kept.record.status is ProposalStatus.OPEN else None
        found = () if head is None else self._branches.edits(kept, head)
        return BranchWork(head, found, GitTree(self.repository, head)) if head is not None and found else None

    def accept(self, id: str, at: datetime, *, head: CommitId | None = None) -> ProposalRecord:
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
                tip = self._merge(kept, at, head)
                record = replace(record, tip=tip, status=ProposalStatus.ACCEPTED, note="", updated=at)
            return self._ended(kept, record)

    def outcome(self, record: ProposalRecord) -> Mapping[str, Entry | None]:
        return outcome(self.repository, record.parent, record.tip)

    def beside(self, id: str) -> Beside | None:
        return self._records.get(id).beside

    def downstream_head(self) -> CommitId | None:
        return None

    def tidy(self, id: str) -> None:
        """Nothing ends here but by this forge, which tidies at once."""

    def taken(self, id: str, at: datetime, *, beside: bool = False) -> ProposalRecord:
        return self._end(id, ProposalStatus.ACCEPTED, texts.TAKEN_BESIDE if beside else texts.TAKEN, at, beside=beside)

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

    def _end(
        self, id: str, status: ProposalStatus, reason: str, at: datetime, *, beside: bool = False
    ) -> ProposalRecord:
        with self._working():
            kept = self._records.get(id)
            record = kept.record
            if record.status is not status:
                self._must_be_open(record)
                if beside and kept.beside is not None:
                    record = kept.beside.of(record)
                record = replace(record, status=status, note=reason, updated=at)
            return self._ended(kept, record)

    def _ended(self, kept: Kept, record: ProposalRecord) -> ProposalRecord:
        """What is over leaves nothing beside it."""
        self._clear(kept, tip_of(self.repository, kept.record.branch))
        return self._answer(Kept(record, kept.was)).record

    def _merge(self, kept: Kept, at: datetime, head: CommitId | None) -> CommitId:
        """Bring the proposal into the workspace; gives the commit of its branch that is there then."""
        record = kept.record
        tip = tip_of(self.repository, record.branch) or record.tip
        if tip != kept.was and contains(self._root, tip) and not reaches(self.repository, record.parent, tip):
            return tip  # merged by hand, or by a call that was killed before it could say so
        if head not in (None, tip):
            raise ForgeRefused(f"the branch {record.branch} has moved since it was looked at", "run it again")
        if record.draft and head is None:
            raise ForgeRefused(
                f"proposal {record.id} is a draft: it waits for a person",
                f"solve what `syncbot proposals show {record.id}` lists, then run syncbot sync",
            )
        if head is None:
            self._finish(kept)
        end = head or record.tip
        bring(self._root, self.repository, end)
        message = f"Merge proposal {record.id}: {' '.join(record.title.split())}\n"
        land(self._root, end, message, self._identity, at)
        return end

    def _finish(self, kept: Kept, *, discard: bool = False) -> ProposalRecord:
        """Bring branch and page to what the record says. Nothing is written where they are there."""
        record = kept.record
        if self._branches.is_pushed(kept) and not discard:
            raise self._branches.pushed(record.branch)
        stands = tip_of(self.repository, record.branch)
        if stands != record.tip:
            self._allow()
            move_branch(self.repository, record.branch, record.tip, stands)
        self._write_page(kept)
        return record

    def _write_page(self, kept: Kept) -> None:
        record, beside = kept.record, kept.beside
        advice = None if beside is None else self._advice(record.id, record.branch, beside.branch)
        self._records.write_page(record, advice)

    def _advice(self, id: str, branch: str, beside: str) -> aside.Advice:
        return aside.Advice.typed(id, branch, beside, str(self.repository))

    def _answer(self, kept: Kept) -> Kept:
        def write() -> None:
            self._records.write(kept)
            self._write_page(kept)

        self._rehearse_or("RECORD", kept.record.id, write)
        return kept

    def _free_tip(self, branch: str, known: Kept | None) -> CommitId | None:
        """Where the branch stands, if all that is on it is ours and done with, or in the workspace."""
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
        if stands is None or any(self._branches.is_done(kept, stands) for kept in same):
            return stands
        raise self._branches.pushed(branch)

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
