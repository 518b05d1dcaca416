"""Rows that measures and history are read from, as values: of now, or until a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.measures import Deed, Drop, Event, Told, Toll
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.store import codec
from syncbot.store.models import DroppedRow, JudgementRow, ReleaseRow

SEEN, CONFLICT, REWRITE = "seen", "conflict", "rewrite"
"""What a patch may meet."""
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
            Verdict(one["verdict"]),
            Action(one["action"]),
            None if one["proof"] is None else Proof(one["proof"]),
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
    return sorted(events, key=lambda event: (event.at, event.package, event.deed.rank, event.subject), reverse=True)


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
        for package, version, name, date, seen in session.connection().execute(query):
            found[package, name] = date or seen
            found[package, version] = date or seen
    return found


def judged(
    session: Session, package: PackageName | None, since: datetime | None, until: datetime | None = None
) -> Iterator[Event]:
    """The judgements of packages that could move."""
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
    if until is not None:
        query = query.where(col(row.at) <= until)
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
    for name, at, target, patch, proposal in session.connection().execute(query):
        yield Event(at, PackageName(name), Deed.DROPPED, "", target, patch, proposal)


def weighed(session: Session, until: datetime | None = None) -> list[Event]:
    """Every judgement with the delta that it found and leaves, oldest first."""
    row = JudgementRow
    columns: tuple[Any, ...] = (
        *(row.at, row.package, row.base_version, row.target_version),
        *(row.patches, row.drops, row.lines_before, row.lines_after),
    )
    query = sql_select(*columns).order_by(col(row.at), col(row.id))
    query = query if until is None else query.where(col(row.at) <= until)
    return [
        Event(
            *(at, PackageName(package), Deed.JUDGED, base, target),
            patches=patches,
            patches_after=patches - drops,
            lines=lines,
            lines_after=after,
        )
        for at, package, base, target, patches, drops, lines, after in session.connection().execute(query)
    ]
