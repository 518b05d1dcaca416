"""Which pull requests are syncbot's, and what they say: read once a run, kept up with what is written."""

from __future__ import annotations

from datetime import datetime

from syncbot.errors import ForgeRefused
from syncbot.forges import marker as markers
from syncbot.forges.github_api import NEW, Api
from syncbot.forges.github_models import Entry, Pull
from syncbot.forges.marker import Marker
from syncbot.model.forge import NOBODY, Person
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord

CLOSED, REJECTED, ACCEPTED = "closed", "rejected", "accepted"
"""How syncbot itself ended a proposal, in its marker. Accepted: by other commits than its own, which GitHub knows as
closed alone."""
_ENDED = {CLOSED: ProposalStatus.CLOSED, ACCEPTED: ProposalStatus.ACCEPTED}

Marked = tuple[Entry, Marker]


class Book:
    """Of one repository and one downstream branch, `base`. Raises ForgeError."""

    def __init__(self, api: Api, base: str) -> None:
        self._api = api
        self._base = base
        self._entries: list[Entry] | None = None
        self._pulls: list[Pull] | None = None
        self._read: dict[str, tuple[str, tuple[str, Marker | None]]] = {}

    def marked(self) -> list[Marked]:
        """Every pull request that is truly syncbot's, newest first: made by this account, or standing on a branch of
        this repository that its own marker names (made under another account). Anybody can copy a marker."""
        if self._entries is None:
            self._entries = self._api.entries()
        found: dict[str, tuple[Entry, Marker]] = {}
        for entry in self._entries:
            mark = self._told(entry.number, entry.body)[1] if entry.pull else None
            if mark is not None and entry.author.me and mark.base == self._base:
                found[entry.number] = (entry, mark)
        for pull in self.open_pulls():
            mark = self._told(pull.number, pull.body)[1]
            if mark is not None and pull.number not in found and self.is_from(pull, mark.branch):
                found[pull.number] = (entry_of(pull), mark)
        return sorted(found.values(), key=lambda pair: int(pair[0].number), reverse=True)

    def _told(self, number: str, body: str) -> tuple[str, Marker | None]:
        """`markers.read`, once for each body: all are asked for again and again, and there may be thousands."""
        known = self._read.get(number)
        if known is None or known[0] != body:
            known = self._read[number] = (body, markers.read(body))
        return known[1]

    def open_pulls(self) -> list[Pull]:
        if self._pulls is None:
            self._pulls = self._api.open_pulls()
        return self._pulls

    def is_from(self, pull: Pull, branch: str) -> bool:
        own = f"{self._api.owner}/{self._api.name}".lower()
        return (pull.head_branch, pull.base_branch) == (branch, self._base) and pull.head_repository == own

    def standing(self, package: PackageName, line: str) -> Marked | None:
        same = (pair for pair in self.marked() if (pair[1].package, pair[1].line) == (package, line))
        return next((pair for pair in same if pair[0].open), None)

    def one(self, id: str) -> Marked:
        found = next((pair for pair in self.marked() if pair[0].number == id), None)
        if found is None:
            raise ForgeRefused(f"there is no proposal {id!r}", "syncbot proposals lists them")
        return found

    def is_over(self, branch: str, commit: CommitId) -> bool:
        ended = (pair for pair in self.marked() if pair[1].branch == branch and not pair[0].open)
        return any(self._api.pull(entry.number).head == commit for entry, _mark in ended)

    def record(self, entry: Entry, mark: Marker) -> ProposalRecord:
        status, note = self._status(entry, mark)
        return ProposalRecord(
            id=entry.number,
            package=mark.package,
            line=mark.line,
            branch=mark.branch,
            tip=mark.tip,
            parent=mark.parent,
            title=mark.title,
            body=self._told(entry.number, entry.body)[0],
            fingerprint=mark.fingerprint,
            draft=mark.draft,
            target_version=mark.target,
            status=status,
            opened=entry.opened,
            updated=entry.merged or _touched(entry, mark),
            note=note,
        )

    def _status(self, entry: Entry, mark: Marker) -> tuple[ProposalStatus, str]:
        if entry.open:
            return ProposalStatus.OPEN, mark.note if not mark.ended else ""
        if entry.merged is not None:
            return ProposalStatus.ACCEPTED, ""
        if mark.ended:
            return _ENDED.get(mark.ended, ProposalStatus.REJECTED), mark.note
        # another bot's close (it was stale) is no word about the content, but to come back against it would be spam
        return ProposalStatus.REJECTED, f"closed by {self._closer(entry).login or 'an account that is gone'}"

    def _closer(self, entry: Entry) -> Person:
        return entry.closed_by or self._api.closed_entry(entry).closed_by or NOBODY

    def remember(self, entry: Entry, *, new: bool) -> None:
        """What was written is known without asking again."""
        if self._entries is not None and entry.number != NEW:
            others = [one for one in self._entries if one.number != entry.number]
            self._entries = [entry, *others] if new else [*others, entry]
        self._pulls = None

    def forget(self) -> None:
        self._entries = self._pulls = None


def _touched(entry: Entry, mark: Marker) -> datetime:
    """When it changed last, a person's close included: for so long after that people are listened to."""
    return mark.at if entry.open or mark.ended or entry.closed is None else entry.closed


def entry_of(pull: Pull) -> Entry:
    return Entry(
        number=pull.number,
        pull=True,
        title=pull.title,
        body=pull.body,
        author=pull.author,
        open=pull.open,
        draft=pull.draft,
        opened=pull.opened,
        updated=pull.opened,
        closed=None,
        merged=None,
        labels=pull.labels,
        assignees=pull.assignees,
        url=pull.url,
    )
