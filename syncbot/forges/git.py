"""The `git` forge: branches pushed to any repository, and the words as Markdown pages or as mails to send.

For people who take no pull requests. Which proposals there are stands in the state folder; what became of their
branches, in the repository. A proposal is made in this order: branch, record, page. Killed in between, the next call
finds the branch there and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from syncbot.errors import ForgeRefused
from syncbot.forges import texts
from syncbot.forges.branches import Branches, Known, Placed
from syncbot.forges.folder import Kept, ProposalFolder, new_record
from syncbot.forges.mail import Mailbox
from syncbot.forges.talk import FolderTalk
from syncbot.git.change import change
from syncbot.git.landing import contains, outcome
from syncbot.model.forge import Details, OtherProposal, Person, Write
from syncbot.model.ids import PackageName
from syncbot.model.proposals import Proposal, ProposalRecord, ProposalStatus
from syncbot.model.settings import ForgeSettings, Words
from syncbot.model.trees import Entry

_ANSWER = "Merge the branch, and the next `syncbot sync` takes it as accepted; or `syncbot proposals reject {id}`."


class GitForge(FolderTalk):
    """Implements `syncbot.ports.Forge` on `branches` and the records below `folder`. It merges nothing: a proposal is
    accepted when the workspace has its branch."""

    def __init__(self, folder: Path, branches: Branches, settings: ForgeSettings) -> None:
        super().__init__(folder)
        self._records = ProposalFolder(folder, _ANSWER)
        self._branches = branches
        self._settings = settings
        branches.rehearse = self._rehearse

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        found = self._records.newest(package, line)
        return None if found is None else found.record

    def list(self) -> Sequence[ProposalRecord]:
        return [kept.record for kept in self._records.all()]

    def propose(self, proposal: Proposal, at: datetime, *, discard: bool = False) -> ProposalRecord:
        """As the port says. Raises HostileInput for a branch name or path that git refuses."""
        with self._records.locked():
            newest = self._records.newest(proposal.package, proposal.line)
            open_ = newest is not None and newest.record.status is ProposalStatus.OPEN
            known = newest.record if newest is not None and open_ else None
            placed = self._branches.place(
                proposal,
                None if known is None else Known(known.parent, known.tip),
                at,
                discard=discard,
                is_over=lambda commit: any(kept.record.tip == commit for kept in self._records.all()),
            )
            if placed.beside and known is not None:
                return self._step_aside(known, proposal, placed, at)
            id = self._records.next_id() if known is None else known.id
            made = new_record(proposal, id, placed.tip, at if known is None else known.opened, at)
            if known is not None and replace(made, updated=known.updated) == known:
                made = known
            self._keep_record(made)
        self.own_labels(made.id, proposal.labels)
        self.ask_once(made.id, proposal.assignees, proposal.reviewers)
        return made

    def accept(self, id: str, at: datetime) -> ProposalRecord:
        record = self._records.get(id).record
        if record.status is ProposalStatus.ACCEPTED:
            return record
        self._must_be_open(record)
        if not contains(self._branches.root, record.tip):
            raise ForgeRefused(
                f"proposal {id} is not merged, and this forge merges nothing",
                f"merge the branch {record.branch}, bring the workspace up to date, and run it again",
            )
        return self._keep_record(replace(record, status=ProposalStatus.ACCEPTED, updated=at))

    def outcome(self, record: ProposalRecord) -> Mapping[str, Entry | None]:
        return outcome(self._branches.scratch, record.parent, record.tip)

    def taken(self, id: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.ACCEPTED, texts.TAKEN, at)

    def reject(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.REJECTED, reason, at)

    def close(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.CLOSED, reason, at)

    def reopen(self, id: str, at: datetime) -> ProposalRecord:
        record = self._records.get(id).record
        if record.status is ProposalStatus.OPEN:
            return record
        newest = self._records.newest(record.package, record.line)
        if record.status is ProposalStatus.ACCEPTED or newest is None or newest.record.id != id:
            raise ForgeRefused(f"proposal {id} is {record.status} and cannot be opened again", "make a new one")
        self._branches.ensure(record.branch, record.tip, f"refs/heads/{record.branch}")
        return self._keep_record(replace(record, status=ProposalStatus.OPEN, note="", updated=at))

    def details(self, id: str) -> Details:
        record = self._records.get(id).record
        head, found = self._branches.edits(record.branch, record.parent)
        words = self._words(id, "", head, found)
        if record.status is ProposalStatus.OPEN:
            return words
        return replace(words, closed_by=self.me() if record.status is ProposalStatus.CLOSED else Person("local"))

    def others(self) -> Sequence[OtherProposal]:
        return ()

    def other_diff(self, id: str) -> bytes:
        raise ForgeRefused(f"there is no proposal {id!r} of anybody else", "this forge holds syncbot's own alone")

    def _step_aside(self, known: ProposalRecord, proposal: Proposal, placed: Placed, at: datetime) -> ProposalRecord:
        text = texts.stepped_aside(proposal.branch, placed.beside, placed.edits, placed.conflicts)
        self.comment(known.id, text, at)
        return self._keep_record(replace(known, note=texts.waiting_note(placed.edits, placed.beside)))

    def _end(self, id: str, status: ProposalStatus, reason: str, at: datetime) -> ProposalRecord:
        record = self._records.get(id).record
        if record.status is status:
            return record
        self._must_be_open(record)
        return self._keep_record(replace(record, status=status, note=reason, updated=at))

    def _keep_record(self, record: ProposalRecord) -> ProposalRecord:
        kept = Kept(record, None)
        page: Callable[[ProposalRecord], object] = (
            self._records.write_page if self._settings.words is Words.MARKDOWN else self._mailbox().write
        )
        if self._rehearsal is None:
            if self.find(record.package, record.line) != record:
                self._allow()
            self._records.write(kept)
            page(record)
        elif self.find(record.package, record.line) != record:
            self._rehearsal.append(Write("RECORD", record.id))
        return record

    def _mailbox(self) -> Mailbox:
        branches = self._branches
        made = partial(change, branches.scratch)
        return Mailbox(self._folder / "mails", branches.identity, self._settings.to, branches.remote().shown, made)

    def _rehearse(self, write: Write) -> bool:
        if self._rehearsal is not None:
            self._rehearsal.append(write)
            return True
        self._allow()
        return False

    def _must_be_open(self, record: ProposalRecord) -> None:
        if record.status is not ProposalStatus.OPEN:
            raise ForgeRefused(
                f"proposal {record.id} is {record.status}, not open", "syncbot proposals lists those that are"
            )
