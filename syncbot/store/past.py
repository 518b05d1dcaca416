"""The store's part that keeps the past (`syncbot.ports.past`): rows are added, never changed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import case, func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.model.ids import CommitId, Fingerprint, PackageName, PatchName
from syncbot.model.measures import Drop, Event, Kept, Standing, Told, Toll
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.store import codec, kept, metered
from syncbot.store.engine import in_session
from syncbot.store.measure_models import MetRow
from syncbot.store.models import DroppedRow
from syncbot.store.past_models import PastRow, PatchTextRow, ProposalPastRow

CARRIED, STANDING, TOLD, RESTORED = "carried", "standing", "told", "restored"
_MOST = 400
"""Values in one query: databases have their limits."""
_GONE = ""
"""The digest of a package that is tracked no more."""
_ELSEWHERE = ":"
"""Stands in the id of a proposal of another forge than the present one."""


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlPast:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def as_of(self: _Sessions, at: datetime) -> SqlThen:
        return SqlThen(self._session, at)

    def note_carried(
        self: _Sessions,
        packages: Sequence[Kept],
        unread: Collection[str],
        at: datetime,
        *,
        among: Collection[str] | None = None,
    ) -> None:
        with self._session(writes=False) as session:
            known = _digests(session, CARRIED)
        new = {one.package: (one, document) for one in packages if (document := kept.dumps([one]))}
        changed = [(one, text) for name, (one, text) in new.items() if known.get(name, _GONE) != _digest(text)]
        asked = known.keys() if among is None else known.keys() & set(among)
        gone = sorted(name for name in asked if known[name] and name not in new and name not in unread)
        if not changed and not gone:
            return
        with self._session(writes=True) as session:
            for one, text in changed:
                session.add(_row(CARRIED, one.package, at, text, private=one.private))
            for name in gone:
                session.add(PastRow(kind=CARRIED, subject=name, at=at, digest=_GONE, document=b""))

    def save_texts(self: _Sessions, texts: Mapping[str, bytes]) -> None:
        row = PatchTextRow
        with self._session(writes=False) as session:
            known: set[str] = set()
            for some in _in_parts(sorted(texts)):
                known |= set(session.exec(select(row.digest).where(col(row.digest).in_(some))))
        if len(known) < len(texts):
            with self._session(writes=True) as session:
                for digest in sorted(texts.keys() - known):
                    session.merge(PatchTextRow(digest=digest, content=zlib.compress(texts[digest], 6)))

    def text(self: _Sessions, digest: str) -> bytes | None:
        with self._session(writes=False) as session:
            row = session.get(PatchTextRow, digest)
            return None if row is None else zlib.decompress(row.content)


def _in_parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[at : at + _MOST] for at in range(0, len(values), _MOST))


def note_past(session: Session, kind: str, subject: str, at: datetime, value: object) -> None:
    """Add what is known of a subject from that moment on."""
    note_past_json(session, kind, subject, at, codec.encode(value))


def note_past_json(session: Session, kind: str, subject: str, at: datetime, document: Any) -> None:
    session.add(_row(kind, subject, at, codec.dumps(document).encode("ascii")))


def note_proposal(session: Session, record: ProposalRecord, at: datetime) -> None:
    """Add how a proposal stands from that moment on, where more than the time of its last change is another."""
    row = ProposalPastRow
    newest = sql_select(*_WHOLE).where(col(row.proposal) == record.id).order_by(col(row.number).desc())
    before = session.connection().execute(newest.limit(1)).first()
    if before is None or replace(_proposal(before, zlib.decompress(before.body)), updated=record.updated) != record:
        values = {name: getattr(record, name) for name in _COPIED}
        body = zlib.compress(record.body.encode("utf-8", "surrogatepass"), 1)
        session.add(ProposalPastRow(at=at, proposal=record.id, body=body, status=record.status.value, **values))


_COPIED = (
    *("package", "line", "branch", "tip", "parent", "title", "fingerprint", "draft", "target_version"),
    *("opened", "updated", "note"),
)
_PROPOSAL: tuple[Any, ...] = (
    *(getattr(ProposalPastRow, name) for name in ("at", "proposal", "status", *_COPIED)),
    ProposalPastRow.number,
)
_WHOLE: tuple[Any, ...] = (*_PROPOSAL, ProposalPastRow.body)


def _row(kind: str, subject: str, at: datetime, text: bytes, *, private: bool = False) -> PastRow:
    document = zlib.compress(text, 1)
    return PastRow(kind=kind, subject=subject, at=at, digest=_digest(text), document=document, private=private)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _newest(kind: str, at: datetime | None = None) -> Any:
    """The numbers of the rows that say how each subject of a kind stands, or stood."""
    row = PastRow
    query = sql_select(func.max(col(row.id))).where(col(row.kind) == kind).group_by(col(row.subject))
    return query if at is None else query.where(col(row.at) <= at)


def _digests(session: Session, kind: str) -> dict[PackageName, str]:
    columns: tuple[Any, ...] = (PastRow.subject, PastRow.digest)
    query = sql_select(*columns).where(col(PastRow.id).in_(_newest(kind)))
    return {PackageName(subject): digest for subject, digest in session.connection().execute(query)}


class SqlThen:
    """Implements `syncbot.ports.past.Then`."""

    def __init__(self, session: Any, at: datetime) -> None:
        self._session, self._at = session, at

    def first(self) -> datetime | None:
        query = sql_select(func.min(col(PastRow.at))).where(col(PastRow.kind) == CARRIED)
        with self._session(writes=False) as session:
            found: datetime | None = session.connection().execute(query).scalar()
            return found

    def kept(self) -> Sequence[Kept]:
        found = [one for _, text in self._documents(CARRIED) for one in kept.loads(text)]
        return sorted(found, key=lambda one: one.package)

    def private_since(self) -> Collection[PackageName]:
        row = PastRow
        query = sql_select(col(row.subject)).where(
            col(row.kind) == CARRIED, col(row.private).is_(True), col(row.at) > self._at
        )
        with self._session(writes=False) as session:
            return frozenset(PackageName(name) for (name,) in session.connection().execute(query))

    def standings(self) -> Mapping[PackageName, Standing]:
        found = (codec.decode(Standing, codec.loads(text.decode())) for _, text in self._documents(STANDING))
        return {one.package: one for one in found}

    def told(self) -> Sequence[Told]:
        found = dict(self._documents(TOLD))
        return [one for name in sorted(found) for one in metered.told(codec.loads(found[name].decode()))]

    def _documents(self, kind: str) -> list[tuple[str, bytes]]:
        columns: tuple[Any, ...] = (PastRow.subject, PastRow.document)
        query = sql_select(*columns).where(col(PastRow.id).in_(_newest(kind, self._at)))
        with self._session(writes=False) as session:
            rows = session.connection().execute(query).all()
        return [(subject, zlib.decompress(document)) for subject, document in rows if document]

    def tolls(self) -> Mapping[tuple[PackageName, PatchName], Toll]:
        met = MetRow
        columns: tuple[Any, ...] = (met.package, met.name, met.word, met.target, met.at)
        with self._session(writes=False) as session:
            rows = session.connection().execute(sql_select(*columns).where(col(met.at) <= self._at)).all()
        moved = {(p.package, p.target_version) for p in self._standing_proposals() if p.status is _ACCEPTED}
        return metered.tolls(rows, moved)

    def drops(self, package: PackageName | None = None) -> Sequence[Drop]:
        row = DroppedRow
        told = case((col(row.told) == "", col(row.document)), else_=col(row.told))
        columns: tuple[Any, ...] = (row.id, row.package, row.name, row.target_version, told, row.at)
        query = sql_select(*columns).where(col(row.at) <= self._at).order_by(col(row.at).desc(), col(row.id).desc())
        if package is not None:
            query = query.where(col(row.package) == package)
        back = {subject for subject, _ in self._documents(RESTORED)}
        with self._session(writes=False) as session:
            rows = session.connection().execute(query).all()
            drops = [metered.drop(*values, restored=str(id) in back) for id, *values in rows]
            return metered.with_days(in_session(session), drops, self._at)

    def waiting(self) -> Sequence[tuple[PackageName, str, str]]:
        return [(p.package, p.line, p.id) for p in self._standing_proposals() if p.status is ProposalStatus.OPEN]

    def proposed(self) -> Sequence[ProposalRecord]:
        found = [record for record in self._standing_proposals() if _ELSEWHERE not in record.id]
        return sorted(found, key=lambda one: (one.opened, len(one.id), one.id.encode()), reverse=True)

    def _standing_proposals(self) -> list[ProposalRecord]:
        row = ProposalPastRow
        newest = sql_select(func.max(col(row.number))).where(col(row.at) <= self._at).group_by(col(row.proposal))
        query = sql_select(*_PROPOSAL).where(col(row.number).in_(newest))
        with self._session(writes=False) as session:
            return [_proposal(found) for found in session.connection().execute(query).all()]

    def proposal(self, id: str) -> ProposalRecord | None:
        row = ProposalPastRow
        query = sql_select(*_WHOLE).where(col(row.proposal) == id, col(row.at) <= self._at)
        with self._session(writes=False) as session:
            found = session.connection().execute(query.order_by(col(row.number).desc()).limit(1)).first()
        return None if found is None else _proposal(found, zlib.decompress(found.body))

    def events(self, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]:
        with self._session(writes=False) as session:
            rows = in_session(session)
            judged = metered.judged(rows, package, since, self._at)
            return metered.in_order([*judged, *metered.dealt(rows, package, since, self._at)])

    def weighed(self) -> Sequence[Event]:
        with self._session(writes=False) as session:
            return metered.weighed(in_session(session), self._at)


_ACCEPTED = ProposalStatus.ACCEPTED


def _proposal(row: Any, body: bytes = b"") -> ProposalRecord:
    """`row`: with the columns `_PROPOSAL`."""
    values = {name: getattr(row, name) for name in _COPIED}
    values |= {"package": PackageName(row.package), "tip": CommitId(row.tip), "parent": CommitId(row.parent)}
    return ProposalRecord(
        id=row.proposal,
        body=body.decode("utf-8", "surrogatepass"),
        status=ProposalStatus(row.status),
        **{**values, "fingerprint": Fingerprint(row.fingerprint)},
    )
