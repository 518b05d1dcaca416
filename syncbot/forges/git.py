"""The `git` forge: branches pushed to any repository, and the words as Markdown pages or as mails to send.

For people who take no pull requests. Which proposals there are stands in the state folder; what became of their
branches, in the repository. A proposal is made in this order: branch, record, page. Killed in between, the next call
finds the branch there and goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from syncbot.model.forge import BranchWork, Details, OtherProposal, Person, Write
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import Beside, Proposal, ProposalRecord
from syncbot.model.settings import ForgeSettings, Words
from syncbot.model.trees import Entry
from syncbot.report import aside

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
        return [kept.record for kept in self._records.all(ticks=True)]

    def propose(self, proposal: Proposal, at: datetime, *, discard: bool = False) -> ProposalRecord:
        """As the port says. Raises HostileInput for a branch name or path that git refuses."""
        with self._records.locked():
            newest = self._records.newest(proposal.package, proposal.line)
            open_ = newest is not None and newest.record.status is ProposalStatus.OPEN
            known = newest.record if newest is not None and open_ else None
            placed = self._branches.place(
                proposal,
                None if known is None or newest is None else Known(known.parent, known.tip, newest.beside),
                at,
                discard=discard,
                is_over=lambda tip: any(kept.is_taken and kept.record.tip == tip for kept in self._records.all()),
            )
            if placed.beside is not None and known is not None and newest is not None:
                return self._step_aside(newest, placed.beside, placed, at)
            id = self._records.next_id() if known is None else known.id
            made = new_record(proposal, id, placed.tip, at if known is None else known.opened, at)
            if known is not None and replace(made, updated=known.updated) == known:
                made = known
            if newest is not None and known is not None and newest.beside is not None:
                self._come_together(newest)
            self._keep_record(made)
        self.own_labels(made.id, proposal.labels)
        self.ask_once(made.id, proposal.assignees, proposal.reviewers)
        return made

    def work(self, id: str) -> BranchWork | None:
        record = self._records.get(id).record
        return self._branches.work(record.branch, record.parent)

    def accept(self, id: str, at: datetime, *, head: CommitId | None = None) -> ProposalRecord:  # noqa: ARG002
        record = self._records.get(id).record
        if record.status is ProposalStatus.ACCEPTED:
            return record
        self._must_be_open(record)
        if not contains(self._branches.root, record.tip):
            raise ForgeRefused(
                f"proposal {id} is not merged, and this forge merges nothing",
                f"merge the branch {record.branch}, bring the workspace up to date, and run it again",
            )
        self._branches.tidy(record.branch, self._records.get(id).beside)
        return self._keep_record(replace(record, status=ProposalStatus.ACCEPTED, note="", updated=at))

    def outcome(self, record: ProposalRecord) -> Mapping[str, Entry | None]:
        return outcome(self._branches.scratch, record.parent, record.tip)

    def beside(self, id: str) -> Beside | None:
        return self._records.get(id).beside

    def downstream_head(self) -> CommitId | None:
        """People merge in the workspace, and push that when they like."""
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

    def _step_aside(self, known: Kept, beside: Beside, placed: Placed, at: datetime) -> ProposalRecord:
        record = known.record
        if known.beside is None:
            advice = self._advice(record, beside)
            self.comment(record.id, aside.stepped_aside(advice, placed.edits, placed.conflicts), at)
        return self._keep_record(replace(record, note=aside.waiting_note(placed.edits, beside.branch)), beside)

    def _come_together(self, known: Kept) -> None:
        """What was said of the branch beside is over."""
        for comment in self.comments(known.record.id):
            if known.beside is not None and comment.author.me and aside.is_about(comment.body, known.beside.branch):
                self.minimise(known.record.id, comment.id)

    def _advice(self, record: ProposalRecord, beside: Beside) -> aside.Advice:
        return aside.Advice.typed(record.id, record.branch, beside.branch, self._branches.remote().shown)

    def _end(
        self, id: str, status: ProposalStatus, reason: str, at: datetime, *, beside: bool = False
    ) -> ProposalRecord:
        kept = self._records.get(id)
        record = kept.record
        if record.status is status:
            return record
        self._must_be_open(record)
        if beside and kept.beside is not None:
            record = kept.beside.of(record)
        self._branches.tidy(record.branch, kept.beside)
        return self._keep_record(replace(record, status=status, note=reason, updated=at))

    def _keep_record(self, record: ProposalRecord, beside: Beside | None = None) -> ProposalRecord:
        kept = Kept(record, None, beside)
        newest = self._records.newest(record.package, record.line)
        is_news = newest is None or replace(newest, was=None) != kept
        if self._rehearsal is None:
            if is_news:
                self._allow()
            self._records.write(kept)
            if self._settings.words is Words.MARKDOWN:
                self._records.write_page(record, None if beside is None else self._advice(record, beside))
            else:
                self._mailbox().write(record)
        elif is_news:
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
