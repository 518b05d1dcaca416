"""The GitHub forge: pull requests found again by a hidden marker, on github.com and GitHub Enterprise.

A proposal is made in steps, each of which first looks whether it was made: branch, pull request, draft or ready,
labels, people. Killed between any two, the next run makes the rest; GitHub alone knows enough for that. What GitHub
cannot tell (whether people were asked already) stands in a small file, whose loss costs one more request at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syncbot.errors import ForgeRefused
from syncbot.forges import marker as markers
from syncbot.forges import texts
from syncbot.forges.asked import Asked
from syncbot.forges.branches import Branches, Known, Placed
from syncbot.forges.github_api import NEW, TITLE, Api
from syncbot.forges.github_book import ACCEPTED, CLOSED, REJECTED, Book, entry_of
from syncbot.forges.github_models import Entry, Pull
from syncbot.forges.github_talk import GitHubTalk
from syncbot.forges.github_wire import NotThere, Unprocessable
from syncbot.forges.marker import Marker
from syncbot.git.landing import contains, outcome
from syncbot.model import trees
from syncbot.model.forge import NOBODY, BranchCommit, BranchWork, Details, OtherProposal, Write
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import Beside, Proposal, ProposalRecord
from syncbot.report import aside

_NO_DRAFTS = "draft pull requests are not supported"


class GitHubForge(GitHubTalk):
    """Implements `syncbot.ports.Forge`. `branches` is the git side of the same repository; `folder` holds what GitHub
    cannot tell. A closed pull request is never written to again, except to open it: the next proposal gets its own."""

    def __init__(self, api: Api, branches: Branches, folder: Path) -> None:
        super().__init__(api, branches.base)
        self._branches = branches
        self._asked = Asked(folder / "asked")
        self._book = Book(api, branches.base)

    @contextmanager
    def rehearsing(self) -> Iterator[Sequence[Write]]:
        with self._api.session.rehearsing() as writes:
            try:
                yield writes
            finally:
                self._book.forget()

    # -- reading

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        return next((one for one in self.list() if (one.package, one.line) == (package, line)), None)

    def list(self) -> Sequence[ProposalRecord]:
        return [self._book.record(entry, mark) for entry, mark in self._book.marked()]

    def page(self, id: str) -> str:
        return self._book.one(id)[0].url

    def details(self, id: str) -> Details:
        pull = self._api.pull(_number(id))
        mark = markers.read(pull.body)[1]
        head: CommitId | None = None
        found: tuple[BranchCommit, ...] = ()
        if pull.open and mark is not None:
            head, found = self._branches.edits(pull.head_branch, mark.parent)
        return Details(
            id=id,
            url=pull.url,
            head=head or (pull.head if pull.open else None),
            edits=found,
            labels=pull.labels,
            assignees=pull.assignees,
            reviewers=pull.reviewers,
            reviewed=self._api.reviewed(id),
            closed_by=None if pull.open else self._api.entry(id).closed_by or NOBODY,
            auto_merge=pull.auto_merge,
        )

    def others(self) -> Sequence[OtherProposal]:
        ours = {entry.number for entry, _mark in self._book.marked()}
        return [
            OtherProposal(pull.number, pull.author, pull.title, pull.head, pull.draft, pull.url)
            for pull in self._book.open_pulls()
            if pull.number not in ours and pull.base_branch == self._base and not pull.author.me
        ]

    def other_diff(self, id: str) -> bytes:
        return self._api.diff(_number(id)).encode()

    # -- writing

    def propose(self, proposal: Proposal, at: datetime, *, discard: bool = False) -> ProposalRecord:
        """As the port says. Raises HostileInput for a branch name or path that git refuses."""
        standing = self._book.standing(proposal.package, proposal.line)
        known = None if standing is None else standing[1]
        if standing is not None and standing[1].fingerprint != proposal.fingerprint:
            self._disarm(standing[0].number)
        placed = self._branches.place(
            proposal,
            None if known is None else Known(known.parent, known.tip, known.beside),
            at,
            discard=discard,
            is_over=lambda commit: self._book.is_over(proposal.branch, commit),
        )
        if placed.beside is not None and standing is not None:
            return self._step_aside(standing[0], standing[1], placed.beside, placed, at)
        if known is not None and standing is not None and known.beside is not None:
            self._come_together(standing[0].number, known.beside)
        mark = self._mark(proposal, placed.tip, at, known)
        if standing is None:
            pull = self._open(proposal, markers.write(proposal.body, mark))
            if markers.read(pull.body)[1] is None or pull.title != proposal.title:  # found, not made
                self._change(pull.number, proposal, mark)
            entry = self._entry_of(pull, proposal, mark)
        else:
            entry = self._update(standing[0], standing[1], proposal, mark)
        self._set_labels(entry, proposal.labels, () if known is None else known.labels)
        self._ask_once(entry, proposal)
        self._book.remember(entry, new=standing is None)
        return self._book.record(entry, mark)

    def downstream_head(self) -> CommitId | None:
        return self._branches.heads(self._base).get(self._base)

    def work(self, id: str) -> BranchWork | None:
        entry, mark = self._book.one(id)
        return self._branches.work(mark.branch, mark.parent) if entry.open else None

    def accept(
        self,
        id: str,
        at: datetime,  # noqa: ARG002  # GitHub's clock counts
        *,
        head: CommitId | None = None,
    ) -> ProposalRecord:
        entry, mark = self._book.one(id)
        if entry.merged is None:
            self._must_be_open(entry)
            if contains(self._branches.root, mark.tip):
                # a person merged it in the workspace: GitHub takes it as merged once that is pushed
                return self._book.record(entry, mark)
            try:
                self._api.merge(id, head or mark.tip, f"Merge proposal {id}: {' '.join(entry.title.split())}")
            except ForgeRefused as error:
                raise ForgeRefused(
                    f"the forge does not merge proposal {id} ({error.what})", "see its page for what is missing"
                ) from error
            if self._api.session.is_rehearsal:
                return replace(self._book.record(entry, mark), status=ProposalStatus.ACCEPTED)
            self._branches.tidy(mark.branch, mark.beside)
            self._book.forget()
            entry, mark = self._book.one(id)
        return self._book.record(entry, mark)

    def outcome(self, record: ProposalRecord) -> Mapping[str, trees.Entry | None]:
        return outcome(self._branches.scratch, record.parent, record.tip)

    def beside(self, id: str) -> Beside | None:
        return self._book.one(id)[1].beside

    def tidy(self, id: str) -> None:
        mark = self._book.one(id)[1]
        self._branches.tidy(mark.branch, mark.beside)

    def taken(self, id: str, at: datetime, *, beside: bool = False) -> ProposalRecord:
        newer = self.beside(id) if beside else None
        return self._end(id, ACCEPTED, texts.TAKEN if newer is None else texts.TAKEN_BESIDE, at, newer)

    def reject(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, REJECTED, reason, at)

    def close(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, CLOSED, reason, at)

    def reopen(self, id: str, at: datetime) -> ProposalRecord:
        entry, mark = self._book.one(id)
        if entry.open:
            return self._book.record(entry, mark)
        pull = self._api.pull(id)
        if pull.merged or mark.ended == ACCEPTED or self._book.standing(mark.package, mark.line) is not None:
            raise ForgeRefused(f"proposal {id} cannot be opened again", "make a new one")
        self._branches.ensure(pull.head_branch, pull.head, f"refs/pull/{id}/head")
        mark = replace(mark, ended="", note="", at=at, beside=None)
        body = markers.write(markers.read(entry.body)[0], mark)
        try:
            self._api.change_pull(id, state="open", body=body)
        except Unprocessable as error:
            raise ForgeRefused(f"proposal {id} cannot be opened again ({error.message})", "make a new one") from error
        entry = replace(entry, open=True, body=body, closed=None, closed_by=None)
        self._book.remember(entry, new=False)
        return self._book.record(entry, mark)

    def label(self, id: str, add: Sequence[str], remove: Sequence[str] = ()) -> None:
        here = self._api.entry(_number(id, issue=True)).labels
        missing = [name for name in add if name not in here and name not in remove]
        if missing:
            self._api.add_labels(id, missing)
        for name in remove:
            if name in here:
                self._api.remove_label(id, name)
        self._book.forget()

    def assign(self, id: str, logins: Sequence[str]) -> Sequence[str]:
        here = {login.lower() for login in self._api.entry(_number(id, issue=True)).assignees}
        missing = [login for login in logins if login.lower() not in here]
        return self._assign(id, missing) if missing else ()

    def ask_review(self, id: str, reviewers: Sequence[str]) -> Sequence[str]:
        pull = self._api.pull(_number(id))
        here = {name.lower() for name in (*pull.reviewers, *self._api.reviewed(id), pull.author.login)}
        missing = [name for name in reviewers if name.lower() not in here]
        return self._ask(id, missing) if missing else ()

    def auto_merge(self, id: str, head: CommitId | None) -> bool:
        pull = self._api.pull(_number(id))
        if head is not None and pull.head != head:
            # GitHub looks at the head when it is asked, and not again: what others pushed since would be merged, too
            if pull.auto_merge:
                self._api.auto_merge(pull.node, None)
            return False
        if pull.auto_merge == (head is not None):
            return True
        try:
            self._api.auto_merge(pull.node, head)
        except Unprocessable:  # not allowed in this repository, or nothing left to wait for
            return False
        return True

    # -- the steps of a proposal

    def _disarm(self, number: str) -> None:
        """What was proved of the old version says nothing about the new one: GitHub must not merge it by itself."""
        for pull in self._book.open_pulls():
            if pull.number == number and pull.auto_merge:
                self._api.auto_merge(pull.node, None)

    def _open(self, proposal: Proposal, body: str) -> Pull:
        found = next((p for p in self._book.open_pulls() if self._book.is_from(p, proposal.branch)), None)
        if found is not None:
            return found
        branch, title = proposal.branch, proposal.title
        try:
            return self._api.open_pull(title, body, branch, self._base, draft=proposal.draft)
        except Unprocessable as error:
            if not proposal.draft or _NO_DRAFTS not in error.message.lower():
                raise
            return self._api.open_pull(title, body, branch, self._base, draft=False)

    def _update(self, entry: Entry, known: Marker, proposal: Proposal, mark: Marker) -> Entry:
        """In place, where it says something else. A title that a person gave stays until the content changes."""
        body = markers.write(proposal.body, mark)
        if mark == known and markers.read(entry.body)[0] == markers.read(body)[0]:
            return entry
        # the marker last: killed in between, the rest is still to be seen as undone
        if known.draft != mark.draft:
            self._set_draft(entry, mark.draft)
        self._set_labels(entry, mark.labels, known.labels)
        self._change(entry.number, proposal, mark)
        labels = (entry.labels - set(known.labels)) | set(mark.labels)
        return replace(entry, title=proposal.title, body=body, labels=labels)

    def _change(self, number: str, proposal: Proposal, mark: Marker) -> None:
        self._api.change_pull(number, title=proposal.title[:TITLE], body=markers.write(proposal.body, mark))

    def _set_draft(self, entry: Entry, draft: bool) -> None:
        if entry.draft != draft:
            try:
                self._api.set_draft(self._node(entry.number), draft=draft)
            except Unprocessable as error:
                if _NO_DRAFTS not in error.message.lower():
                    raise

    def _set_labels(self, entry: Entry, wanted: Sequence[str], before: Sequence[str]) -> None:
        missing = [name for name in wanted if name not in entry.labels]
        if missing:
            self._api.add_labels(entry.number, missing)
        for name in before:
            if name in entry.labels and name not in wanted:
                self._api.remove_label(entry.number, name)

    def _ask_once(self, entry: Entry, proposal: Proposal) -> None:
        """Whom a person took off later is not asked again."""
        number = entry.number
        if not (proposal.assignees or proposal.reviewers) or (number != NEW and self._asked.has(number)):
            return
        if not entry.assignees and proposal.assignees:
            self._assign(number, proposal.assignees)
        pull = self._api.pull(number) if number != NEW else None
        if proposal.reviewers and (pull is None or not (pull.reviewers or self._api.reviewed(number))):
            self._ask(number, proposal.reviewers)
        if not self._api.session.is_rehearsal:
            self._asked.add(number)

    def _step_aside(self, entry: Entry, known: Marker, beside: Beside, placed: Placed, at: datetime) -> ProposalRecord:
        if known.beside is None:
            remote = self._branches.remote().shown
            advice = aside.Advice(known.branch, beside.branch, remote, "comment `/syncbot discard`")
            self.comment(entry.number, aside.stepped_aside(advice, placed.edits, placed.conflicts), at)
        mark = replace(known, note=aside.waiting_note(placed.edits, beside.branch), beside=beside)
        if mark != known:
            body = markers.write(markers.read(entry.body)[0], mark)
            self._api.change_pull(entry.number, body=body)
            entry = replace(entry, body=body)
            self._book.remember(entry, new=False)
        return self._book.record(entry, mark)

    def _come_together(self, number: str, beside: Beside) -> None:
        """What was said of the branch beside is over."""
        for comment in self.comments(number):
            if comment.author.me and aside.is_about(comment.body, beside.branch):
                self.minimise(number, comment.id)

    def _assign(self, number: str, logins: Sequence[str]) -> Sequence[str]:
        try:
            taken = {login.lower() for login in self._api.assign(number, logins)}
        except Unprocessable:
            taken = set()
        return [login for login in logins if login.lower() not in taken]

    def _ask(self, number: str, reviewers: Sequence[str]) -> Sequence[str]:
        """All at once; where GitHub refuses that (one of them left, or is the author), one by one."""
        try:
            self._api.ask_review(number, *_parted(reviewers))
            return ()
        except ForgeRefused as error:
            if not isinstance(error, Unprocessable | NotThere):
                raise
        if len(reviewers) == 1:
            return list(reviewers)
        return [name for one in reviewers for name in self._ask(number, [one])]

    def _end(self, id: str, ended: str, reason: str, at: datetime, newer: Beside | None = None) -> ProposalRecord:
        """State and reason go in one request, so that a close of ours is never taken for a person's."""
        entry, mark = self._book.one(id)
        if entry.open:
            self._say_why(id, ended, reason, at)
            self._branches.tidy(mark.branch, mark.beside)
            mark = replace(mark if newer is None else mark.of(newer), ended=ended, note=reason, at=at, beside=None)
            body = markers.write(markers.read(entry.body)[0], mark)
            self._api.change_pull(id, state="closed", body=body)
            entry = replace(entry, open=False, body=body, closed=at)
            self._book.remember(entry, new=False)
        record = self._book.record(entry, mark)
        if record.status.value != ended:
            raise ForgeRefused(f"proposal {id} is {record.status}, not open", "syncbot proposals lists those that are")
        return record

    def _node(self, number: str) -> str:
        return "{node}" if number == NEW else self._api.pull(number).node

    def _mark(self, proposal: Proposal, tip: CommitId, at: datetime, known: Marker | None) -> Marker:
        made = Marker(
            package=proposal.package,
            line=proposal.line,
            branch=proposal.branch,
            base=self._base,
            tip=tip,
            parent=proposal.parent,
            title=proposal.title,
            fingerprint=proposal.fingerprint,
            target=proposal.target_version,
            at=at,
            draft=proposal.draft,
            labels=proposal.labels,
        )
        return known if known is not None and replace(made, at=known.at) == known else made

    def _entry_of(self, pull: Pull, proposal: Proposal, mark: Marker) -> Entry:
        return replace(entry_of(pull), title=proposal.title, body=markers.write(proposal.body, mark))

    def _must_be_open(self, entry: Entry) -> None:
        if not entry.open:
            raise ForgeRefused(f"proposal {entry.number} is not open", "syncbot proposals lists those that are")


def _parted(reviewers: Sequence[str]) -> tuple[list[str], list[str]]:
    """People, and the slugs of teams (`org/team`)."""
    people = [name for name in reviewers if "/" not in name]
    return people, [name.partition("/")[2] for name in reviewers if "/" in name]


def _number(id: str, *, issue: bool = False) -> str:
    if not (id.isascii() and id.isdigit()):
        raise ForgeRefused(f"there is no {'issue' if issue else 'proposal'} {id!r}", "syncbot proposals lists them")
    return id
