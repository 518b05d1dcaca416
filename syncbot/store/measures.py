"""The store's part that the measures of the delta rest on (`syncbot.ports.measures`)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import delete, func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.judgement import Evidence
from syncbot.model.measures import Drop, Event, Inputs, Reading, Standing, Told, Toll
from syncbot.model.proposals import ProposalStatus, StoredJudgement
from syncbot.model.verdicts import Action, Verdict
from syncbot.store import codec, kept, metered
from syncbot.store.measure_models import InputsRow, KeptRow, MetRow, StandingRow, StoodRow, ToldRow
from syncbot.store.models import DroppedRow, JudgementRow, ProposalRow
from syncbot.store.order import by_bytes
from syncbot.store.past import STANDING, TOLD, note_past, note_past_json, proposed_events

Facts = tuple[Evidence, ...]
_SCOPE = "work tree"
_MOST = 400
"""Values in one query: databases have their limits."""


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlMeasures:
    """Mixed into `SqlStore`, whose sessions it uses. Columns are read, not rows: rows take five times as long."""

    def kept(self: _Sessions) -> Reading:
        with self._session(writes=False) as session:
            row = session.get(KeptRow, _SCOPE)
            return Reading() if row is None else kept.loads_reading(row.key, zlib.decompress(row.document))

    def kept_key(self: _Sessions) -> str:
        with self._session(writes=False) as session:
            return session.exec(select(KeptRow.key).where(KeptRow.scope == _SCOPE)).first() or ""

    def save_kept(self: _Sessions, reading: Reading) -> None:
        with self._session(writes=True) as session:
            row = session.get(KeptRow, _SCOPE)
            if row is None or row.key != reading.key:
                document = zlib.compress(kept.dumps_reading(reading), 1)
                session.merge(KeptRow(scope=_SCOPE, key=reading.key, document=document))

    def standings(self: _Sessions) -> Mapping[PackageName, Standing]:
        columns = [getattr(StandingRow, name) for name in Standing.__dataclass_fields__]
        with self._session(writes=False) as session:
            rows = session.connection().execute(sql_select(*columns)).all()
        return {PackageName(row[0]): Standing(*row) for row in rows}

    def save_standings(self: _Sessions, standings: Sequence[Standing]) -> None:
        with self._session(writes=True) as session:
            for standing in standings:
                row = session.get(StandingRow, standing.package)
                values = {name: getattr(standing, name) for name in Standing.__dataclass_fields__}
                if row is not None and all(getattr(row, n) == value for n, value in values.items() if n != "at"):
                    continue
                session.merge(StandingRow(**values))
                note_past(session, STANDING, standing.package, standing.at, standing)

    def save_inputs(self: _Sessions, inputs: Inputs) -> None:
        with self._session(writes=True) as session:
            if session.get(InputsRow, inputs.key) is None:
                document = codec.dumps(codec.encode(inputs))
                session.add(InputsRow(key=inputs.key, package=inputs.package, document=document))

    def inputs(self: _Sessions, keys: Sequence[str]) -> Mapping[str, Inputs]:
        columns: tuple[Any, ...] = (InputsRow.key, InputsRow.document)
        found: dict[str, Inputs] = {}
        with self._session(writes=False) as session:
            for at in range(0, len(keys), _MOST):
                asked = sql_select(*columns).where(col(InputsRow.key).in_(keys[at : at + _MOST]))
                found |= {
                    key: codec.decode(Inputs, codec.loads(text)) for key, text in session.connection().execute(asked)
                }
        return found

    def told(self: _Sessions) -> Sequence[Told]:
        row = ToldRow
        columns: tuple[Any, ...] = (
            *(row.package, row.name, row.key, row.base, row.target),
            *(row.verdict, row.action, row.proof, row.lines_after, row.at),
        )
        with self._session(writes=False) as session:
            query = sql_select(*columns).order_by(by_bytes(row.package), col(row.place))
            found = session.connection().execute(query).all()
            return [
                Told(
                    PackageName(package),
                    PatchName(name),
                    key,
                    base,
                    target,
                    metered.VERDICTS[verdict],
                    metered.ACTIONS[action],
                    None if proof is None else metered.PROOFS[proof],
                    lines,
                    at,
                )
                for package, name, key, base, target, verdict, action, proof, lines, at in found
            ]

    def evidence(self: _Sessions, keys: Sequence[str], verdict: Verdict) -> Mapping[tuple[str, PatchName], Facts]:
        columns: tuple[Any, ...] = (JudgementRow.key, JudgementRow.document)
        found: dict[tuple[str, PatchName], Facts] = {}
        with self._session(writes=False) as session:
            for at in range(0, len(keys), _MOST):
                asked = sql_select(*columns).where(col(JudgementRow.key).in_(keys[at : at + _MOST]))
                for key, text in session.connection().execute(asked):
                    for patch in cast(Any, codec.loads(text))["judgement"]["patches"]:
                        if patch["verdict"] == verdict.value:
                            facts = tuple(codec.decode(Evidence, one) for one in patch["evidence"])
                            found[key, PatchName(patch["name"])] = facts
        return found

    def tolls(self: _Sessions) -> Mapping[tuple[PackageName, PatchName], Toll]:
        met = MetRow
        of_patch: tuple[Any, ...] = (met.package, met.name)
        accepted = (
            sql_select(col(ProposalRow.id))
            .where(
                col(ProposalRow.package) == col(met.package),
                col(ProposalRow.target_version) == col(met.target),
                col(ProposalRow.status) == ProposalStatus.ACCEPTED.value,
            )
            .exists()
        )
        counted = sql_select(*of_patch, func.count()).group_by(*of_patch)
        with self._session(writes=False) as session:
            run = session.connection().execute
            first: tuple[Any, ...] = (*of_patch, met.at)
            seen: Any = run(sql_select(*first).where(col(met.word) == metered.SEEN)).all()
            conflicts = _counts(run(counted.where(col(met.word) == metered.CONFLICT)).all())
            refreshed = _counts(run(counted.where(col(met.word) == metered.REWRITE, accepted)).all())
        return {
            (PackageName(package), PatchName(name)): Toll(
                at, refreshed.get((package, name), 0), conflicts.get((package, name), 0)
            )
            for package, name, at in seen
        }

    def drops(self: _Sessions, package: PackageName | None = None) -> Sequence[Drop]:
        row = DroppedRow
        columns: tuple[Any, ...] = (row.package, row.name, row.target_version, row.document, row.at, row.restored)
        query = sql_select(*columns).order_by(col(row.at).desc(), col(row.id).desc())
        if package is not None:
            query = query.where(col(row.package) == package)
        with self._session(writes=False) as session:
            rows = session.connection().execute(query).all()
            drops = [metered.drop(*found, restored=restored) for *found, restored in rows]
            return metered.with_days(session, drops)

    def waiting(self: _Sessions) -> Sequence[tuple[PackageName, str, str]]:
        columns: tuple[Any, ...] = (ProposalRow.package, ProposalRow.line, ProposalRow.id)
        query = sql_select(*columns).where(col(ProposalRow.status) == ProposalStatus.OPEN.value)
        with self._session(writes=False) as session:
            return [(PackageName(package), line, id) for package, line, id in session.connection().execute(query)]

    def events(self: _Sessions, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]:
        with self._session(writes=False) as session:
            return metered.in_order([*metered.judged(session, package, since), *_dealt(session, package, since)])

    def dealt(self: _Sessions) -> Sequence[Event]:
        with self._session(writes=False) as session:
            return list(_dealt(session, None, None))


def _dealt(session: Session, package: PackageName | None, since: datetime | None) -> Iterator[Event]:
    yield from proposed_events(session, package, since)
    yield from metered.dropped(session, package, since)


def note_met(session: Session, judgement: StoredJudgement) -> None:
    """What the patches of a judgement met, each thing the first time."""
    of_package: tuple[Any, ...] = (MetRow.name, MetRow.word, MetRow.target)
    rows = session.execute(sql_select(*of_package).where(col(MetRow.package) == judgement.package))
    known = {tuple(row) for row in rows}
    for name, word, target in _words(judgement):
        if (name, word, target) not in known:
            known.add((name, word, target))
            session.add(MetRow(package=judgement.package, name=name, word=word, target=target, at=judgement.at))


def _words(judgement: StoredJudgement) -> Iterator[tuple[str, str, str]]:
    moves = judgement.base.version != judgement.target.version
    for patch in judgement.judgement.patches:
        yield patch.name, metered.SEEN, ""
        if moves and patch.verdict is Verdict.CONFLICT:
            yield patch.name, metered.CONFLICT, judgement.target.version
        if moves and patch.action is Action.REWRITE:
            yield patch.name, metered.REWRITE, judgement.target.version


def note_told(session: Session, package: PackageName, key: str, at: datetime | None) -> None:
    """What the judgement of that key, which is the package's current one from now on, says of each patch. `at`: when it
    became so, None: when it was made."""
    row = session.exec(select(JudgementRow).where(JudgementRow.key == key)).first()
    if row is None:
        return  # the foreign key of `current` refuses it
    document = cast(Any, codec.loads(row.document))
    session.execute(delete(ToldRow).where(col(ToldRow.package) == package))
    head = {"key": key, "base": row.base_version, "target": row.target_version}
    told = []
    for place, patch in enumerate(document["judgement"]["patches"], 1):
        said = head | {word: patch[word] for word in ("name", "verdict", "action", "proof", "lines_after")}
        session.add(ToldRow(package=package, place=place, at=row.at, **said))
        told.append({"package": package, "at": row.at.isoformat(), **said})
    note_past_json(session, TOLD, package, at or row.at, told)
    session.add(StoodRow(package=package, key=key, at=at or row.at))


def _counts(rows: Any) -> dict[tuple[str, str], int]:
    return {(package, name): count for package, name, count in rows}
