"""The store's part that the measures of the delta rest on (`syncbot.ports.measures`)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import delete, func, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.judgement import Evidence
from syncbot.model.measures import Deed, Drop, Event, Inputs, Kept, Standing, Told, Toll
from syncbot.model.proposals import ProposalStatus, StoredJudgement
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.store import codec, kept
from syncbot.store.measure_models import InputsRow, KeptRow, MetRow, StandingRow, StoodRow, ToldRow
from syncbot.store.models import DroppedRow, JudgementRow, ProposalRow, ReleaseRow
from syncbot.store.order import by_bytes

Facts = tuple[Evidence, ...]
_SCOPE = "work tree"
_SEEN, _CONFLICT, _REWRITE = "seen", "conflict", "rewrite"
_MOST = 400
"""Values in one query: databases have their limits."""


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlMeasures:
    """Mixed into `SqlStore`, whose sessions it uses. Columns are read, not rows: rows take five times as long."""

    def kept(self: _Sessions) -> tuple[str, Sequence[Kept]]:
        with self._session(writes=False) as session:
            row = session.get(KeptRow, _SCOPE)
            return ("", ()) if row is None else (row.key, kept.loads(zlib.decompress(row.document)))

    def save_kept(self: _Sessions, key: str, packages: Sequence[Kept]) -> None:
        with self._session(writes=True) as session:
            row = session.get(KeptRow, _SCOPE)
            if row is None or row.key != key:
                session.merge(KeptRow(scope=_SCOPE, key=key, document=zlib.compress(kept.dumps(packages), 1)))

    def standings(self: _Sessions) -> Mapping[PackageName, Standing]:
        columns = [getattr(StandingRow, name) for name in Standing.__dataclass_fields__]
        with self._session(writes=False) as session:
            return {PackageName(row[0]): Standing(*row) for row in session.connection().execute(sql_select(*columns))}

    def save_standings(self: _Sessions, standings: Sequence[Standing]) -> None:
        with self._session(writes=True) as session:
            for standing in standings:
                row = session.get(StandingRow, standing.package)
                values = {name: getattr(standing, name) for name in Standing.__dataclass_fields__}
                if row is not None and all(getattr(row, n) == value for n, value in values.items() if n != "at"):
                    continue
                session.merge(StandingRow(**values))

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
            found = session.connection().execute(sql_select(*columns).order_by(by_bytes(row.package), col(row.place)))
            return [
                Told(
                    PackageName(package),
                    PatchName(name),
                    key,
                    base,
                    target,
                    Verdict(verdict),
                    Action(action),
                    None if proof is None else Proof(proof),
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
            seen: Any = run(sql_select(*first).where(col(met.word) == _SEEN)).all()
            conflicts = _counts(run(counted.where(col(met.word) == _CONFLICT)))
            refreshed = _counts(run(counted.where(col(met.word) == _REWRITE, accepted)))
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
            drops = [_drop(*found) for found in session.connection().execute(query)]
            released = _released(session, [drop for drop in drops if drop.first_release])
        return [
            replace(drop, released=released.get((drop.package, drop.first_release), drop.released)) for drop in drops
        ]

    def waiting(self: _Sessions) -> Sequence[tuple[PackageName, str, str]]:
        columns: tuple[Any, ...] = (ProposalRow.package, ProposalRow.line, ProposalRow.id)
        query = sql_select(*columns).where(col(ProposalRow.status) == ProposalStatus.OPEN.value)
        with self._session(writes=False) as session:
            return [(PackageName(package), line, id) for package, line, id in session.connection().execute(query)]

    def events(self: _Sessions, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]:
        with self._session(writes=False) as session:
            found = [
                *_judged(session, package, since),
                *_proposed(session, package, since),
                *_dropped(session, package, since),
            ]
        return sorted(found, key=lambda event: (event.at, event.package, event.deed.rank, event.subject), reverse=True)


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
        yield patch.name, _SEEN, ""
        if moves and patch.verdict is Verdict.CONFLICT:
            yield patch.name, _CONFLICT, judgement.target.version
        if moves and patch.action is Action.REWRITE:
            yield patch.name, _REWRITE, judgement.target.version


def note_told(session: Session, package: PackageName, key: str, at: datetime | None) -> None:
    """What the judgement of that key, which is the package's current one from now on, says of each patch. `at`: when it
    became so, None: when it was made."""
    row = session.exec(select(JudgementRow).where(JudgementRow.key == key)).first()
    if row is None:
        return  # the foreign key of `current` refuses it
    document = cast(Any, codec.loads(row.document))
    session.execute(delete(ToldRow).where(col(ToldRow.package) == package))
    for place, patch in enumerate(document["judgement"]["patches"], 1):
        session.add(
            ToldRow(
                package=package,
                place=place,
                name=patch["name"],
                key=key,
                base=row.base_version,
                target=row.target_version,
                verdict=patch["verdict"],
                action=patch["action"],
                proof=patch["proof"],
                lines_after=patch["lines_after"],
                at=row.at,
            )
        )
    session.add(StoodRow(package=package, key=key, at=at or row.at))


def _counts(rows: Any) -> dict[tuple[str, str], int]:
    return {(package, name): count for package, name, count in rows}


def _drop(package: str, name: str, target: str, document: str, at: datetime, restored: bool) -> Drop:
    said = cast(Any, codec.loads(document))
    judged, date = said["judgement"], said["target"].get("date")
    first = judged.get("first_release") or ""
    return Drop(
        package=PackageName(package),
        name=PatchName(name),
        target=target,
        verdict=Verdict(judged["verdict"]),
        proof=None if judged.get("proof") is None else Proof(judged["proof"]),
        commit=None if judged.get("absorbed_by") is None else CommitId(judged["absorbed_by"]),
        first_release=first,
        released=datetime.fromisoformat(date) if date and first in ("", target, said["target"]["name"]) else None,
        at=at,
        restored=restored,
    )


def _released(session: Session, drops: Sequence[Drop]) -> dict[tuple[str, str], datetime]:
    """When the first releases of these drops came out, by package and version (or upstream's own word for it); where
    upstream does not say, when they were first seen."""
    row = ReleaseRow
    columns: tuple[Any, ...] = (row.package, row.version, row.name, row.date, row.first_seen)
    found: dict[tuple[str, str], datetime] = {}
    for at in range(0, len(drops), _MOST // 2):
        some = drops[at : at + _MOST // 2]
        names, packages = {drop.first_release for drop in some}, {drop.package for drop in some}
        named = or_(col(row.version).in_(names), col(row.name).in_(names))
        for package, version, name, date, seen in session.connection().execute(
            sql_select(*columns).where(col(row.package).in_(packages), named)
        ):
            found[package, name] = date or seen
            found[package, version] = date or seen
    return found


def _judged(session: Session, package: PackageName | None, since: datetime | None) -> Iterator[Event]:
    row = JudgementRow
    columns: tuple[Any, ...] = (
        *(row.package, row.at, row.base_version, row.target_version),
        *(row.patches, row.drops, row.lines_before, row.lines_after, row.asks, row.reports),
    )
    query = sql_select(*columns).where(col(row.base_version) != col(row.target_version))
    if package is not None:
        query = query.where(col(row.package) == package)
    if since is not None:
        query = query.where(col(row.at) >= since)
    for name, at, base, target, patches, drops, lines, after, asks, reports in session.connection().execute(query):
        yield Event(
            at,
            PackageName(name),
            Deed.JUDGED,
            base,
            target,
            patches=patches,
            patches_after=patches - drops,
            lines=lines,
            lines_after=after,
            asks=asks + reports,
        )


def _proposed(session: Session, package: PackageName | None, since: datetime | None) -> Iterator[Event]:
    row = ProposalRow
    columns: tuple[Any, ...] = (
        *(row.package, row.opened, row.updated, row.status, row.target_version, row.title, row.id),
    )
    query = sql_select(*columns)
    if package is not None:
        query = query.where(col(row.package) == package)
    if since is not None:
        query = query.where(or_(col(row.updated) >= since, col(row.status) == ProposalStatus.OPEN.value))
    for name, opened, updated, status, target, title, id in session.connection().execute(query):
        yield Event(opened, PackageName(name), Deed.PROPOSED, "", target, title, id)
        if status != ProposalStatus.OPEN.value:
            yield Event(updated, PackageName(name), Deed(status), "", target, title, id)


def _dropped(session: Session, package: PackageName | None, since: datetime | None) -> Iterator[Event]:
    row = DroppedRow
    columns: tuple[Any, ...] = (row.package, row.at, row.target_version, row.name, row.proposal)
    query = sql_select(*columns)
    if package is not None:
        query = query.where(col(row.package) == package)
    if since is not None:
        query = query.where(col(row.at) >= since)
    for name, at, target, patch, proposal in session.connection().execute(query):
        yield Event(at, PackageName(name), Deed.DROPPED, "", target, patch, proposal)
