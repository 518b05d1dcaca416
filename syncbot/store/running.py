"""The store's part that remembers the bot's own work (`syncbot.ports.running`)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import delete, func, insert, update
from sqlmodel import Session, col, select

from syncbot.model.news_kinds import NewsKind
from syncbot.model.proposals import Run
from syncbot.model.running import LEASE, Failure, Holder, Lease, News, Note, Owed, is_over
from syncbot.plan import pace
from syncbot.store.dealing_models import TurnRow
from syncbot.store.measure_models import StoodRow, ToldRow
from syncbot.store.models import CurrentRow, JudgementRow, MemoryRow, RunRow
from syncbot.store.running_models import (
    AskedRow,
    FailureRow,
    HolderRow,
    HostWaitRow,
    LeaseRow,
    NewsRow,
    ReceiverRow,
)

_MOST = 500


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlRunning:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def note_start(self: _Sessions, run: Run, holder: Holder, cause: str) -> None:
        with self._session(writes=True) as session:
            values = {"host": holder.host, "pid": holder.pid, "cause": cause}
            session.connection().execute(update(RunRow).where(col(RunRow.id) == run.id).values(**values))

    def save_notes(self: _Sessions, run: Run, notes: Sequence[Note]) -> None:
        document = [[n.package, n.state.value, n.why, n.at.isoformat(), n.private] for n in notes]
        packed = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 6)
        with self._session(writes=True) as session:
            session.connection().execute(update(RunRow).where(col(RunRow.id) == run.id).values(notes=packed))

    def last_started(self: _Sessions) -> Mapping[str, datetime]:
        newest = func.max(RunRow.started)
        with self._session(writes=False) as session:
            rows = session.exec(select(RunRow.cause, newest).where(col(RunRow.cause).is_not(None)).group_by("cause"))
            return {cause: at for cause, at in rows if cause is not None and at is not None}

    def claim(
        self: _Sessions, names: Sequence[str], holder: Holder, at: datetime, gone: Callable[[Holder], bool]
    ) -> Mapping[str, Lease]:
        with self._session(writes=True) as session:
            run = session.connection().execute
            for row in session.exec(select(HolderRow).where(HolderRow.token != holder.token)).all():
                if is_over(row.expires, at) or gone(_holder(row)):
                    run(delete(LeaseRow).where(col(LeaseRow.token) == row.token))
                    run(delete(HolderRow).where(col(HolderRow.token) == row.token))
            held = {lease.name: lease for lease in _leases(session, names)}
            ours = {name for name, lease in held.items() if lease.holder.token == holder.token}
            others = {n: each for n, each in held.items() if n not in ours}
            free = [name for name in names if name not in others and name not in ours]
            if free:
                if session.get(HolderRow, holder.token) is None:
                    session.add(_holder_row(holder, at))
                    session.flush()
                run(insert(LeaseRow), [{"name": name, "token": holder.token, "since": at} for name in free])
            return others

    def beat(self: _Sessions, holder: Holder, at: datetime) -> bool:
        with self._session(writes=True) as session:
            row = session.get(HolderRow, holder.token)
            if row is None:
                return False
            row.expires = at + LEASE
            session.add(row)
            return True

    def release(self: _Sessions, holder: Holder) -> None:
        with self._session(writes=True) as session:
            session.connection().execute(delete(LeaseRow).where(col(LeaseRow.token) == holder.token))
            session.connection().execute(delete(HolderRow).where(col(HolderRow.token) == holder.token))

    def leases(self: _Sessions) -> Sequence[Lease]:
        with self._session(writes=False) as session:
            return sorted(_leases(session, None), key=lambda lease: lease.name)

    def save_failure(self: _Sessions, failure: Failure) -> None:
        with self._session(writes=True) as session:
            session.merge(FailureRow(**{name: getattr(failure, name) for name in FailureRow.model_fields}))

    def forget_failures(self: _Sessions, packages: Sequence[str]) -> int:
        found = 0
        with self._session(writes=True) as session:
            for some in _chunks(packages):
                done = session.connection().execute(delete(FailureRow).where(col(FailureRow.package).in_(some)))
                found += done.rowcount
        return found

    def add_news(self: _Sessions, news: Sequence[News]) -> Sequence[News]:
        fresh = {each.key: each for each in news}
        known: set[str] = set()
        with self._session(writes=False) as session:
            for some in _chunks(list(fresh)):
                known.update(session.exec(select(NewsRow.key).where(col(NewsRow.key).in_(some))))
        wanted = [each for key, each in fresh.items() if key not in known]
        if not wanted:
            return ()
        added = []
        with self._session(writes=True) as session:
            for each in wanted:
                if session.exec(select(NewsRow.id).where(NewsRow.key == each.key)).first() is not None:
                    continue  # another process was faster
                row = NewsRow(**{name: getattr(each, name) for name in _NEWS})
                session.add(row)
                session.flush()
                assert row.id is not None, "the row was flushed"
                added.append(replace(each, number=row.id))
        return added

    def news(self: _Sessions, after: int = 0, limit: int = 100, *, newest: bool = False) -> Sequence[News]:
        order = col(NewsRow.id).desc() if newest else col(NewsRow.id)
        with self._session(writes=False) as session:
            rows = session.exec(select(NewsRow).where(col(NewsRow.id) > after).order_by(order).limit(limit))
            return [_news(row) for row in rows]

    def owed(self: _Sessions, receiver: str) -> Owed:
        with self._session(writes=True) as session:
            row = session.get(ReceiverRow, receiver)
            if row is None:
                last = session.exec(select(func.max(NewsRow.id))).one()
                row = ReceiverRow(key=receiver, upto=last or 0, attempts=0, next=None, said="")
                session.add(row)
                session.flush()
            return Owed(row.key, row.upto, row.attempts, row.next, row.said)

    def save_owed(self: _Sessions, owed: Owed) -> None:
        with self._session(writes=True) as session:
            session.merge(ReceiverRow(**{name: getattr(owed, name) for name in ReceiverRow.model_fields}))

    def host_waits(self: _Sessions) -> Mapping[str, datetime]:
        with self._session(writes=False) as session:
            return {row.host: row.until for row in session.exec(select(HostWaitRow))}

    def save_host_wait(self: _Sessions, host: str, until: datetime | None) -> None:
        with self._session(writes=True) as session:
            if until is not None:
                session.merge(HostWaitRow(host=host, until=until))
            elif (row := session.get(HostWaitRow, host)) is not None:
                session.delete(row)

    def prune(self: _Sessions, kind: str, before: datetime, keep: Collection[str], *, dry_run: bool) -> int:
        with self._session(writes=not dry_run) as session:
            table, chosen = _OLD[kind](before, keep)
            count = session.exec(select(func.count()).select_from(table).where(*chosen)).one()
            if count and not dry_run:
                session.connection().execute(delete(table).where(*chosen))
            return int(count)

    def turns(self: _Sessions, at: datetime) -> Mapping[str, int]:
        made = select(TurnRow.account, func.count(col(TurnRow.id))).where(col(TurnRow.at) > at - pace.HOUR)
        with self._session(writes=False) as session:
            return dict(session.exec(made.group_by(TurnRow.account)).all())

    def asked(self: _Sessions) -> Mapping[str, datetime]:
        with self._session(writes=False) as session:
            return {row.upstream: row.at for row in session.exec(select(AskedRow))}

    def save_asked(self: _Sessions, upstreams: Sequence[str], at: datetime) -> None:
        with self._session(writes=True) as session:
            for upstream in upstreams:
                session.merge(AskedRow(upstream=upstream, at=at))


def _old_verdicts(before: datetime, keep: Collection[str]) -> tuple[Any, list[Any]]:
    asked = select(CurrentRow.asked).where(col(CurrentRow.asked).is_not(None))
    told = select(ToldRow.key)
    stood = select(StoodRow.key)  # the past rests on them
    unused = (col(JudgementRow.key).not_in(part) for part in (select(CurrentRow.key), asked, told, stood))
    return JudgementRow, [col(JudgementRow.at) < before, col(JudgementRow.package).not_in(keep), *unused]


def _old_runs(before: datetime, keep: Collection[str]) -> tuple[Any, list[Any]]:  # noqa: ARG001  # as its siblings
    newest = select(func.max(RunRow.id)).group_by(RunRow.cause)
    return RunRow, [col(RunRow.started) < before, col(RunRow.id).not_in(newest)]


def _old_news(before: datetime, keep: Collection[str]) -> tuple[Any, list[Any]]:  # noqa: ARG001  # as its siblings
    posted = func.coalesce(
        select(func.min(ReceiverRow.upto)).scalar_subquery(), select(func.max(NewsRow.id)).scalar_subquery()
    )
    return NewsRow, [col(NewsRow.at) < before, col(NewsRow.id) <= posted]


def _memory(before: datetime, keep: Collection[str]) -> tuple[Any, list[Any]]:  # noqa: ARG001  # as its siblings
    return MemoryRow, [col(MemoryRow.package).not_in(keep)]


_OLD = {"verdicts": _old_verdicts, "runs": _old_runs, "news": _old_news, "memory": _memory}
_NEWS = ("key", "kind", "at", "package", "patch", "release", "title", "run")


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[at : at + _MOST] for at in range(0, len(values), _MOST))


def _holder_row(holder: Holder, at: datetime) -> HolderRow:
    return HolderRow(
        token=holder.token,
        host=holder.host,
        pid=holder.pid,
        machine=holder.machine,
        born=holder.born,
        expires=at + LEASE,
    )


def _leases(session: Session, names: Sequence[str] | None) -> list[Lease]:
    """The leases on these names, or all."""
    query = select(LeaseRow, HolderRow).where(LeaseRow.token == HolderRow.token)
    parts = [query] if names is None else [query.where(col(LeaseRow.name).in_(some)) for some in _chunks(names)]
    found = []
    for part in parts:
        for lease, row in session.exec(part):
            found.append(Lease(lease.name, _holder(row), lease.since, row.expires))
    return found


def _holder(row: HolderRow) -> Holder:
    return Holder(row.token, row.host, row.pid, row.machine, row.born)


def _news(row: NewsRow) -> News:
    fields = (row.package, row.title, row.patch, row.release, row.run, row.id or 0)
    return News(row.key, NewsKind(row.kind), row.at, *fields)
