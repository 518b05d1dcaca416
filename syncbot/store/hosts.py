"""The store's part by which all machines share what one upstream's host is asked at a time (`syncbot.ports.hosts`)."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from syncbot.model.hosts import LEASE, MINUTE, Asking, wait
from syncbot.store.running_models import HostTurnRow


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlHostTurns:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def take_host_turn(
        self: _Sessions, host: str, token: str, at: datetime, per_host: int, per_minute: int | None
    ) -> float:
        old = (col(HostTurnRow.until) <= at, col(HostTurnRow.at) <= at - MINUTE)
        with self._session(writes=True) as session:
            session.connection().execute(delete(HostTurnRow).where(*old))
            rows = session.exec(select(HostTurnRow).where(HostTurnRow.host == host)).all()
            seconds = wait([Asking(row.at, row.until) for row in rows], at, per_host, per_minute)
            if not seconds:
                session.add(HostTurnRow(token=token, host=host, at=at, until=at + LEASE))
            return seconds

    def keep_host_turns(self: _Sessions, tokens: Collection[str], at: datetime) -> None:
        changed = update(HostTurnRow).where(col(HostTurnRow.token).in_(tokens))
        with self._session(writes=True) as session:
            session.connection().execute(changed.values(until=at + LEASE))

    def end_host_turn(self: _Sessions, token: str, at: datetime) -> None:
        with self._session(writes=True) as session:
            session.connection().execute(update(HostTurnRow).where(col(HostTurnRow.token) == token).values(until=at))
