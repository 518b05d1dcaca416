"""Rows that measures and history are read from, as values: of now, or until a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.measures import Deed, Drop, Event, Told, Toll, newest_first
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.store import codec
from syncbot.store.models import DroppedRow, JudgementRow, ReleaseRow

SEEN, CONFLICT, REWRITE = "seen", "conflict", "rewrite"
"""What a patch may meet."""
VERDICTS = {word.value: word for word in Verdict}
ACTIONS = {word.value: word for word in Action}
PROOFS = {word.value: word for word in Proof}
"""Words as they are stored: to look them up costs a quarter of making them."""
_MOST = 400
"""Values in one query: databases have their limits."""


def told(document: Any) -> list[Told]:
    """What a judgement said of each patch, from the past's document."""
    return [
        Told(
            PackageName(one["package"]),
            PatchName(one["name"]),
            one["key"],
            one["base"],
            one["target"],
            VERDICTS[one["verdict"]],
            ACTIONS[one["action"]],
            None if one["proof"] is None else PROOFS[one["proof"]],
            one["lines_after"],
            datetime.fromisoformat(one["at"]),
        )
        for one in document
    ]


def tolls(
    met: Iterable[Any], moved: Collection[tuple[PackageName, str]]
) -> Mapping[tuple[PackageName, PatchName], Toll]:
    """`met`: (package, name, word, target, at) of each thing that was met; `moved`: the releases that packages moved
    to by an accepted proposal."""
    since: dict[tuple[PackageName, PatchName], datetime] = {}
    refreshed: dict[tuple[str, str], int] = {}
    conflicts: dict[tuple[str, str], int] = {}
    for package, name, word, target, at in met:
        patch = (PackageName(package), PatchName(name))
        if word == SEEN:
            since[patch] = at
        elif word == CONFLICT:
            conflicts[patch] = conflicts.get(patch, 0) + 1
        elif (package, target) in moved:
            refreshed[patch] = refreshed.get(patch, 0) + 1
    return {patch: Toll(at, refreshed.get(patch, 0), conflicts.get(patch, 0)) for patch, at in since.items()}


def in_order(events: Iterable[Event]) -> list[Event]:
    """Newest first; of one moment in an order of their own."""
    return newest_first(events)


def drop(package: str, name: str, target: str, document: str, at: datetime, *, restored: bool) -> Drop:
    """A row of `dropped`."""
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


def with_days(session: Session, drops: Sequence[Drop], until: datetime | None = None) -> list[Drop]:
    """The drops with the days on which their releases came out."""
    known = released(session, [drop for drop in drops if drop.first_release], until)
    days = [known.get((drop.package, drop.first_release), drop.released) for drop in drops]
    return [
        drop if day == drop.released else replace(drop, released=day) for drop, day in zip(drops, days, strict=True)
    ]


def released(session: Session, drops: Sequence[Drop], until: datetime | None = None) -> dict[tuple[str, str], datetime]:
    """When the first releases of these drops came out, by package and version (or upstream's own word for it); where
    upstream does not say, when they were first seen."""
    row = ReleaseRow
    columns: tuple[Any, ...] = (row.package, row.version, row.name, row.date, row.first_seen)
    found: dict[tuple[str, str], datetime] = {}
    for at in range(0, len(drops), _MOST // 2):
        some = drops[at : at + _MOST // 2]
        names, packages = {drop.first_release for drop in some}, {drop.package for drop in some}
        named = or_(col(row.version).in_(names), col(row.name).in_(names))
        query = sql_select(*columns).where(col(row.package).in_(packages), named)
        query = query if until is None else query.where(col(row.first_seen) <= until)
        for package, version, name, date, seen in session.connection().execute(query).all():
            found[package, name] = date or seen
            found[package, version] = date or seen
    return found


def judged(
    session: Session, package: PackageName | None, since: datetime | None, until: datetime | None = None
) -> list[Event]:
    """The judgements of packages that could move."""
    row = JudgementRow
    query = sql_select(*_WEIGHED).where(col(row.base_version) != col(row.target_version))
    if package is not None:
        query = query.where(col(row.package) == package)
    if since is not None:
        query = query.where(col(row.at) >= since)
    if until is not None:
        query = query.where(col(row.at) <= until)
    return _judgements(session, query)


_WEIGHED: tuple[Any, ...] = (
    *(JudgementRow.at, JudgementRow.package, JudgementRow.base_version, JudgementRow.target_version),
    *(JudgementRow.patches, JudgementRow.drops, JudgementRow.lines_before, JudgementRow.lines_after),
    *(JudgementRow.asks, JudgementRow.reports),
)


def _judgements(session: Session, query: Any) -> list[Event]:
    """`query`: for the columns `_WEIGHED`."""
    return [
        Event(
            *(at, PackageName(package), Deed.JUDGED, base, target),
            patches=patches,
            patches_after=patches - drops,
            lines=lines,
            lines_after=after,
            asks=asks + reports,
        )
        for at, package, base, target, patches, drops, lines, after, asks, reports in session.connection()
        .execute(query)
        .all()
    ]


def dropped(
    session: Session, package: PackageName | None, since: datetime | None, until: datetime | None = None
) -> Iterator[Event]:
    """The patches that were dropped."""
    row = DroppedRow
    columns: tuple[Any, ...] = (row.package, row.at, row.target_version, row.name, row.proposal)
    query = sql_select(*columns)
    if package is not None:
        query = query.where(col(row.package) == package)
    if since is not None:
        query = query.where(col(row.at) >= since)
    if until is not None:
        query = query.where(col(row.at) <= until)
    for name, at, target, patch, proposal in session.connection().execute(query).all():
        yield Event(at, PackageName(name), Deed.DROPPED, "", target, patch, proposal)


def weighed(session: Session, until: datetime | None = None) -> list[Event]:
    """Every judgement with the delta that it found and leaves, oldest first."""
    query = sql_select(*_WEIGHED).order_by(col(JudgementRow.at), col(JudgementRow.id))
    query = query if until is None else query.where(col(JudgementRow.at) <= until)
    return _judgements(session, query)
