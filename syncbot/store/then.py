"""The past as it stood at one moment, from rows that were added and never changed. As `readings`, the same on every
database and driver."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncbot.model.events import Event
from syncbot.model.ids import CommitId, Fingerprint, PackageName, PatchName
from syncbot.model.measures import Drop, Kept, Standing, Told, Toll
from syncbot.model.proposal_words import ProposalStatus
from syncbot.store import codec, kept, metered
from syncbot.store.rows import Rows, where
from syncbot.store.values import read_text, read_time

if TYPE_CHECKING:
    from syncbot.model.proposals import ProposalRecord

CARRIED, STANDING, TOLD, RESTORED = "carried", "standing", "told", "restored"
"""Kinds of rows of `past`."""
ELSEWHERE = ":"
"""Stands in the id of a proposal of another forge than the present one."""


class StoreThen:
    """Implements `syncbot.ports.past.Then`. `rows`: as a store's `_rows`."""

    def __init__(self, rows: Callable[[], AbstractContextManager[Rows]], at: datetime) -> None:
        self._rows, self._at = rows, at

    def first(self) -> datetime | None:
        with self._rows() as rows:
            [(found,)] = rows("SELECT min(at) FROM past WHERE kind = :kind", kind=CARRIED)
        return None if found is None else read_time(found)

    def kept(self) -> Sequence[Kept]:
        found = [one for _, text in self._documents(CARRIED) for one in kept.loads(text)]
        return sorted(found, key=lambda one: one.package)

    def private_since(self) -> Collection[PackageName]:
        with self._rows() as rows:
            found = rows("SELECT subject, private FROM past WHERE kind = :kind AND at > :at", kind=CARRIED, at=self._at)
        return frozenset(PackageName(read_text(name)) for name, private in found if private)

    def standings(self) -> Mapping[PackageName, Standing]:
        found = (codec.decode(Standing, codec.loads(text.decode())) for _, text in self._documents(STANDING))
        return {one.package: one for one in found}

    def told(self) -> Sequence[Told]:
        found = dict(self._documents(TOLD))
        return [one for name in sorted(found) for one in metered.told(codec.loads(found[name].decode()))]

    def _documents(self, kind: str) -> list[tuple[str, bytes]]:
        with self._rows() as rows:
            found = rows(_DOCUMENTS, kind=kind, at=self._at)
        return [(read_text(subject), zlib.decompress(document)) for subject, document in found if document]

    def tolls(self) -> Mapping[tuple[PackageName, PatchName], Toll]:
        with self._rows() as rows:
            found = rows("SELECT package, name, word, target, at FROM met WHERE at <= :at", at=self._at)
            accepted = rows(_STANDING.format(what="package, target_version"), at=self._at, status="accepted")
        met = [(*map(read_text, row[:4]), read_time(row[4])) for row in found]
        moved = {(PackageName(read_text(package)), read_text(target)) for package, target in accepted}
        return metered.tolls(met, moved)

    def drops(self, package: PackageName | None = None) -> Sequence[Drop]:
        back = {subject for subject, _ in self._documents(RESTORED)}
        with self._rows() as rows:
            found = list(metered.drops(rows, package, self._at))
        return [drop._replace(restored=True) if str(id) in back else drop for id, _, drop in found]

    def waiting(self) -> Sequence[tuple[PackageName, str, str]]:
        with self._rows() as rows:
            found = rows(_STANDING.format(what="package, line, proposal"), at=self._at, status="open")
        return [(PackageName(read_text(package)), read_text(line), read_text(id)) for package, line, id in found]

    def proposed(self) -> Sequence[ProposalRecord]:
        with self._rows() as rows:
            standing = [_record(row) for row in rows(_STANDING_PROPOSALS, at=self._at)]
        found = [record for record in standing if ELSEWHERE not in record.id]
        return sorted(found, key=lambda one: (one.opened, len(one.id), one.id.encode()), reverse=True)

    def proposal(self, id: str) -> ProposalRecord | None:
        with self._rows() as rows:
            found = rows(_ONE_PROPOSAL, id=id, at=self._at)
        return _record(found[0][:-1], zlib.decompress(found[0][-1])) if found else None

    def events(self, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]:
        with self._rows() as rows:
            judged = metered.judged(rows, package, since, self._at)
            return metered.in_order([*judged, *metered.dealt(rows, package, since, self._at)])

    def weighed(self) -> Sequence[Event]:
        with self._rows() as rows:
            return metered.weighed(rows, self._at)


_DOCUMENTS = (
    "SELECT subject, document FROM past WHERE id IN"
    " (SELECT max(id) FROM past WHERE kind = :kind AND at <= :at GROUP BY subject)"
)
_PROPOSAL = (
    "SELECT proposal, status, package, line, branch, tip, parent, title, fingerprint, draft, target_version,"
    " opened, updated, note{body} FROM proposal_past"
)
_NEWEST = "number IN (SELECT max(number) FROM proposal_past WHERE at <= :at GROUP BY proposal)"
_STANDING_PROPOSALS = _PROPOSAL.format(body="") + where(_NEWEST)
_STANDING = f"SELECT {{what}} FROM proposal_past{where(_NEWEST, 'status = :status')}"  # noqa: S608  # our own words
_ONE_PROPOSAL = _PROPOSAL.format(body=", body") + where("proposal = :id", "at <= :at") + " ORDER BY number DESC LIMIT 1"


def _record(row: Sequence[Any], body: bytes = b"") -> ProposalRecord:
    """A row with the columns of `_PROPOSAL`."""
    from syncbot.model.proposals import ProposalRecord  # noqa: PLC0415  # brings the judge's values

    id, status, package, line, branch, tip, parent, title, fingerprint, draft, target, opened, updated, note = row
    return ProposalRecord(
        id=read_text(id),
        package=PackageName(read_text(package)),
        line=read_text(line),
        branch=read_text(branch),
        tip=CommitId(read_text(tip)),
        parent=CommitId(read_text(parent)),
        title=read_text(title),
        body=body.decode("utf-8", "surrogatepass"),
        fingerprint=Fingerprint(read_text(fingerprint)),
        draft=bool(draft),
        target_version=read_text(target),
        status=ProposalStatus(status),
        opened=read_time(opened),
        updated=read_time(updated),
        note=read_text(note),
    )
