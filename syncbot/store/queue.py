"""The store's part that remembers work which many machines share (`syncbot.ports.queue`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete
from sqlmodel import Session, col, select

from syncbot.model.queue import DeadLetter
from syncbot.store.order import by_bytes
from syncbot.store.queue_models import DeadLetterRow, MirrorPlaceRow


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlSharing:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def mirror_places(self: _Sessions) -> Mapping[str, str]:
        with self._session(writes=False) as session:
            return dict(session.exec(select(MirrorPlaceRow.upstream, MirrorPlaceRow.machine)).all())

    def save_mirror_place(self: _Sessions, upstream: str, machine: str, at: datetime) -> None:
        with self._session(writes=False) as session:
            row = session.get(MirrorPlaceRow, upstream)
            if row is not None and row.machine == machine:
                return
        with self._session(writes=True) as session:
            session.merge(MirrorPlaceRow(upstream=upstream, machine=machine, at=at))

    def dead_letters(self: _Sessions) -> Sequence[DeadLetter]:
        with self._session(writes=False) as session:
            rows = session.exec(select(DeadLetterRow).order_by(by_bytes(DeadLetterRow.name)))
            return [DeadLetter(row.name, row.attempts, row.why, row.at, row.private) for row in rows]

    def save_dead_letter(self: _Sessions, letter: DeadLetter) -> None:
        with self._session(writes=True) as session:
            session.merge(DeadLetterRow(**{name: getattr(letter, name) for name in DeadLetter.__dataclass_fields__}))

    def forget_dead_letter(self: _Sessions, name: str) -> None:
        with self._session(writes=False) as session:
            if session.get(DeadLetterRow, name) is None:
                return
        with self._session(writes=True) as session:
            session.connection().execute(delete(DeadLetterRow).where(col(DeadLetterRow.name) == name))
