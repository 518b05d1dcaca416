"""The store in a SQL database, by SQLModel. Nothing here is for SQLite alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine, delete, func, insert, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.errors import StoreError
from syncbot.model.ids import Fingerprint, PackageName
from syncbot.model.memory import Memory
from syncbot.model.proposals import DroppedPatch, ProposalRecord, Run, StoredJudgement
from syncbot.model.releases import Release
from syncbot.store import records
from syncbot.store.answers import Answers
from syncbot.store.dealing_models import FactRow
from syncbot.store.dealings import SqlDealings
from syncbot.store.engine import WRITES, in_session, translated
from syncbot.store.hosts import SqlHostTurns
from syncbot.store.measures import SqlMeasures, note_met, note_told
from syncbot.store.models import (
    CurrentRow,
    DroppedRow,
    FitsRow,
    JudgementRow,
    MemoryRow,
    PatchSizeRow,
    ProposalRow,
    RejectionRow,
    ReleaseRow,
    RunRow,
)
from syncbot.store.order import by_bytes
from syncbot.store.past import SqlPast, note_past_json, note_proposal
from syncbot.store.past_models import ProposalPastRow
from syncbot.store.queue import SqlSharing
from syncbot.store.rows import Rows
from syncbot.store.running import SqlRunning
from syncbot.store.then import ELSEWHERE, RESTORED
from syncbot.store.tokens import SqlGlance, SqlTokens

_FORGE = "forge"
KEPT = 8
"""Memories kept of each package."""


class _Open(threading.local):
    """The session of the transaction that this thread is in."""

    session: Session | None = None


class SqlStore(Answers, SqlDealings, SqlMeasures, SqlRunning, SqlTokens, SqlGlance, SqlSharing, SqlHostTurns, SqlPast):
    """Implements `syncbot.ports.Store`. Made by `open_store`. Threads may share it, each with its own transactions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open = _Open()
        self._forge = ""

    def close(self) -> None:
        """Give the connections back. The store may be used again."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for what is called inside. A nested one that fails takes back its own part only."""
        if self._open.session is None:
            with self._session(writes=True) as session:
                self._open.session = session
                try:
                    yield
                finally:
                    self._open.session = None
        else:
            with translated(self._engine), self._open.session.begin_nested():
                yield

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[Session]:
        if self._open.session is not None:
            with translated(self._engine):
                yield self._open.session
                self._open.session.flush()
            return
        with translated(self._engine), Session(self._engine) as session:
            session.connection(execution_options=WRITES if writes else {})
            yield session
            session.commit()

    @contextmanager
    def _rows(self) -> Iterator[Rows]:
        with self._session(writes=False) as session:
            yield in_session(session)

    def begin_run(self, kind: str, at: datetime) -> Run:
        with self._session(writes=True) as session:
            row = RunRow(kind=kind, started=at)
            session.add(row)
            session.flush()
            return records.run(row)

    def finish_run(self, run: Run, at: datetime, outcome: str) -> Run:
        """Raises StoreError where the run is not there."""
        with self._session(writes=True) as session:
            row = session.get(RunRow, run.id)
            if row is None:
                raise StoreError(f"there is no run {run.id} in the state database")
            row.finished, row.outcome = at, outcome
            session.add(row)
        return replace(run, finished=at, outcome=outcome)

    def releases(self, package: PackageName) -> Mapping[str, Release]:
        with self._session(writes=False) as session:
            # columns, not rows: a run asks this for every package, and rows take five times as long
            columns = (ReleaseRow.version, ReleaseRow.name, ReleaseRow.identity, ReleaseRow.date)
            flags = (ReleaseRow.prerelease, ReleaseRow.yanked)
            found = session.execute(sql_select(*columns, *flags).where(col(ReleaseRow.package) == package))  # type: ignore[call-overload]  # SQLModel types its columns as their values
            return {row[0]: Release(*row) for row in found}

    def fits(self, package: PackageName) -> Mapping[str, str]:
        with self._session(writes=False) as session:
            row = session.get(FitsRow, package)
            return {} if row is None else {row.key: row.version}

    def save_fits(self, package: PackageName, fits: Mapping[str, str]) -> None:
        with self._session(writes=True) as session:
            for key, version in fits.items():
                session.merge(FitsRow(package=package, key=key, version=version))

    def memories(self, key: str) -> Sequence[Memory]:
        with self._session(writes=False) as session:
            rows = session.exec(select(MemoryRow).where(MemoryRow.key == key).order_by(col(MemoryRow.id).desc()))
            return [records.memory(row) for row in rows]

    def remember(self, memories: Sequence[Memory], at: datetime) -> None:
        with self._session(writes=True) as session:
            for memory in memories:
                session.add(records.memory_row(memory, at))
            session.flush()
            for package in {memory.package for memory in memories}:
                newest = select(MemoryRow.id).where(MemoryRow.package == package).order_by(col(MemoryRow.id).desc())
                kept = session.exec(newest.limit(KEPT)).all()
                session.execute(
                    delete(MemoryRow).where(col(MemoryRow.package) == package, col(MemoryRow.id) < min(map(int, kept)))  # type: ignore[arg-type]  # rows that are stored have ids
                )

    def sizes(self) -> Mapping[str, int]:
        with self._session(writes=False) as session:
            return dict(session.exec(select(PatchSizeRow.key, PatchSizeRow.lines)).all())

    def save_sizes(self, sizes: Mapping[str, int]) -> None:
        with self._session(writes=True) as session:
            known = set(session.exec(select(PatchSizeRow.key)))
            new = [{"key": key, "lines": lines} for key, lines in sizes.items() if key not in known]
            if new:
                session.execute(insert(PatchSizeRow), new)

    def record_releases(self, package: PackageName, releases: Sequence[Release], at: datetime) -> None:
        with self._session(writes=True) as session:
            seen = set(session.exec(select(ReleaseRow.version).where(ReleaseRow.package == package)))
            for release in releases:
                if release.version not in seen:
                    seen.add(release.version)
                    session.add(
                        ReleaseRow(
                            package=package,
                            version=release.version,
                            name=release.name,
                            identity=release.identity,
                            date=release.date,
                            prerelease=release.prerelease,
                            yanked=release.yanked,
                            first_seen=at,
                        )
                    )

    def save_judgement(self, judgement: StoredJudgement) -> None:
        with self._session(writes=True) as session:
            known = session.exec(select(JudgementRow.id).where(JudgementRow.key == judgement.key)).first()
            if known is None:
                session.add(records.judgement_row(judgement))
                note_met(session, judgement)

    def judgements(self, package: PackageName) -> Sequence[StoredJudgement]:
        newest = (col(JudgementRow.at).desc(), col(JudgementRow.id).desc())
        with self._session(writes=False) as session:
            rows = session.exec(select(JudgementRow).where(JudgementRow.package == package).order_by(*newest))
            return [records.stored_judgement(row) for row in rows]

    def current(self) -> Mapping[PackageName, StoredJudgement]:
        with self._session(writes=False) as session:
            rows = session.exec(
                select(CurrentRow.package, JudgementRow)
                .where(CurrentRow.key == JudgementRow.key)
                .order_by(by_bytes(CurrentRow.package))
            )
            return {PackageName(package): records.stored_judgement(row) for package, row in rows}

    def set_current(self, package: PackageName, key: str, asked: str = "", at: datetime | None = None) -> None:
        """Raises StoreError where no judgement has that key."""
        wanted = asked if asked != key else ""
        with self._session(writes=True) as session:
            row = session.get(CurrentRow, package)
            if row is None or row.key != key:
                note_told(session, package, key, at)
            if row is None:
                session.add(CurrentRow(package=package, key=key, asked=wanted or None))
            elif (row.key, row.asked or "") != (key, wanted):
                row.key, row.asked = key, wanted or None
                session.add(row)

    def rejected(self, fingerprint: Fingerprint) -> str | None:
        with self._session(writes=False) as session:
            row = session.get(RejectionRow, fingerprint)
            return None if row is None else row.reason

    def reject(self, package: PackageName, fingerprint: Fingerprint, reason: str, at: datetime) -> None:
        """Idempotent; another reason for the same content replaces the first."""
        with self._session(writes=True) as session:
            row = session.get(RejectionRow, fingerprint)
            if row is None:
                session.add(RejectionRow(fingerprint=fingerprint, package=package, reason=reason, at=at))
            elif row.reason != reason:
                row.reason, row.at = reason, at
                session.add(row)

    def forget_rejection(self, fingerprint: Fingerprint) -> None:
        with self._session(writes=True) as session:
            row = session.get(RejectionRow, fingerprint)
            if row is not None:
                session.delete(row)

    def of_forge(self, name: str) -> None:
        """From here on ids of proposals are those of the forge `name`. What was saved of another one gets that one's
        name before its id, so that no two are taken for one, and has its own id again when that one is used again."""
        self._forge = name
        before = self.facts(_FORGE).get(_FORGE, name)
        if before == name:
            return
        with self.transaction(), self._session(writes=True) as session:
            run = session.connection().execute
            ids = {*session.exec(select(ProposalRow.id)), *session.exec(select(DroppedRow.proposal))}
            renamed = [(id, f"{before}:{id}") for id in ids if ELSEWHERE not in id]
            renamed += [(id, id.removeprefix(f"{name}:")) for id in ids if id.startswith(f"{name}:")]
            for old, new in renamed:  # those that go aside first
                run(update(ProposalRow).where(col(ProposalRow.id) == old).values(id=new))
                run(update(DroppedRow).where(col(DroppedRow.proposal) == old).values(proposal=new))
                run(update(ProposalPastRow).where(col(ProposalPastRow.proposal) == old).values(proposal=new))
            self.set_fact(_FORGE, _FORGE, name)

    def save_proposal(self, record: ProposalRecord, at: datetime | None = None) -> None:
        with self._session(writes=True) as session:
            row = session.get(ProposalRow, record.id)
            if row is None and self._forge and session.get(FactRow, (_FORGE, _FORGE)) is None:
                session.add(FactRow(kind=_FORGE, key=_FORGE, value=self._forge))
            if row is None or records.proposal(row) != record:
                session.merge(records.proposal_row(record))
                note_proposal(session, record, at or record.updated)

    def proposals(self, *, elsewhere: bool = False) -> Sequence[ProposalRecord]:
        # ids are numbers as text: the longer one is the greater
        newest = (col(ProposalRow.opened).desc(), func.length(ProposalRow.id).desc(), by_bytes(ProposalRow.id).desc())
        with self._session(writes=False) as session:
            found = [records.proposal(row) for row in session.exec(select(ProposalRow).order_by(*newest))]
        return [record for record in found if elsewhere or ELSEWHERE not in record.id]

    def archive(self, dropped: DroppedPatch) -> None:
        with self._session(writes=True) as session:
            if _find(session, dropped) is None:
                session.add(records.dropped_row(dropped))

    def mark_restored(self, dropped: DroppedPatch, at: datetime | None = None) -> None:
        """Raises StoreError where it was never archived."""
        with self._session(writes=True) as session:
            row = _find(session, dropped)
            if row is None:
                raise StoreError(f"the patch {dropped.name!r} of {dropped.package} was never archived")
            if not row.restored:
                row.restored = True
                session.add(row)
                note_past_json(session, RESTORED, str(row.id), at or dropped.at, True)


def _find(session: Session, dropped: DroppedPatch) -> DroppedRow | None:
    return session.exec(
        select(DroppedRow).where(
            DroppedRow.package == dropped.package,
            DroppedRow.name == dropped.name,
            DroppedRow.target_version == dropped.target.version,
            DroppedRow.digest == records.digest(dropped.content),
        )
    ).first()
