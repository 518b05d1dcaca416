"""The store's part that keeps the past (`syncbot.ports.past`): rows are added, never changed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.model.ids import CommitId, Fingerprint, PackageName
from syncbot.model.measures import Kept
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.store import codec, kept
from syncbot.store.past_models import PastRow, PatchTextRow, ProposalPastRow
from syncbot.store.then import CARRIED

_MOST = 400
"""Values in one query: databases have their limits."""
_GONE = ""
"""The digest of a package that is tracked no more."""


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlPast:
    """Mixed into `SqlStore`, whose sessions it uses."""

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


def _newest(kind: str) -> Any:
    """The numbers of the rows that say how each subject of a kind stands."""
    row = PastRow
    return sql_select(func.max(col(row.id))).where(col(row.kind) == kind).group_by(col(row.subject))


def _digests(session: Session, kind: str) -> dict[PackageName, str]:
    columns: tuple[Any, ...] = (PastRow.subject, PastRow.digest)
    query = sql_select(*columns).where(col(PastRow.id).in_(_newest(kind)))
    return {PackageName(subject): digest for subject, digest in session.connection().execute(query)}


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
