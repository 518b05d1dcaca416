"""Rows that measures and history are read from, as values: of now, or until a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Deed, Drop, Event, Told, Toll, newest_first
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.store import codec
from syncbot.store.rows import Rows, paired, parts, where
from syncbot.store.values import read_text, read_time

if TYPE_CHECKING:
    from syncbot.model.proposals import DroppedPatch

SEEN, CONFLICT, REWRITE = "seen", "conflict", "rewrite"
"""What a patch may meet."""
VERDICTS = {word.value: word for word in Verdict}
ACTIONS = {word.value: word for word in Action}
PROOFS = {word.value: word for word in Proof}
"""Words as they are stored: to look them up costs a quarter of making them."""


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


def told_of_drop(dropped: DroppedPatch) -> str:
    """What measures need of a drop, as it is kept beside its document: to read that takes ten times as long."""
    judged, target = dropped.judgement, dropped.target
    first = judged.first_release or ""
    day = target.date if first in ("", target.version, target.name) else None
    proof = None if judged.proof is None else judged.proof.value
    return codec.dumps(
        [judged.verdict.value, proof, judged.absorbed_by, first, None if day is None else day.isoformat()]
    )


def drop(package: str, name: str, target: str, told: str, at: datetime, *, restored: bool) -> Drop:
    """A row of `dropped`. `told`: as above; or the document, of a drop that an earlier syncbot kept."""
    said = cast(Any, codec.loads(told))
    verdict, proof, commit, first, day = said if isinstance(said, list) else _told_of_document(said)
    return Drop(
        PackageName(package),
        PatchName(name),
        target,
        VERDICTS[verdict],
        None if proof is None else PROOFS[proof],
        commit,
        first,
        None if day is None else datetime.fromisoformat(day),
        at,
        restored,
    )


def _told_of_document(said: Any) -> tuple[Any, ...]:
    judged, target = said["judgement"], said["target"]
    first = judged.get("first_release") or ""
    day = target.get("date") if first in ("", target["version"], target["name"]) else None
    return judged["verdict"], judged.get("proof"), judged.get("absorbed_by"), first, day


def with_days(rows: Rows, drops: Sequence[Drop], until: datetime | None = None) -> list[Drop]:
    """The drops with the days on which their releases came out."""
    known = released(rows, [drop for drop in drops if drop.first_release], until)
    days = [known.get((drop.package, drop.first_release), drop.released) for drop in drops]
    return [
        drop if day == drop.released else drop._replace(released=day) for drop, day in zip(drops, days, strict=True)
    ]


def released(rows: Rows, drops: Sequence[Drop], until: datetime | None = None) -> dict[tuple[str, str], datetime]:
    """When the first releases of these drops came out, by package and version (or upstream's own word for it); where
    upstream does not say, when they were first seen."""
    found: dict[tuple[str, str], datetime] = {}
    for some in parts(sorted({(drop.package, drop.first_release) for drop in drops})):
        text, values = paired(some)
        conditions = () if until is None else ("first_seen <= :until",)
        values |= {} if until is None else {"until": until}
        for column in ("name", "version"):  # the version counts, where both are there
            asked = _RELEASED.format(pairs=text, column=column) + where(*conditions)
            for package, word, date, seen in rows(asked, **values):
                found[read_text(package), read_text(word)] = read_time(date or seen)
    return found


_RELEASED = (
    "WITH asked(package, word) AS (VALUES {pairs}) SELECT asked.package, asked.word, date, first_seen"
    ' FROM asked JOIN "release" ON "release".package = asked.package AND "release".{column} = asked.word'
)
_WEIGHED = (
    "SELECT at, package, base_version, target_version, patches, drops, lines_before, lines_after, asks, reports"
    " FROM judgement"
)


def judged(
    rows: Rows, package: PackageName | None, since: datetime | None, until: datetime | None = None
) -> list[Event]:
    """The judgements of packages that could move."""
    bounds, values = _within(package, since, until)
    return _judgements(rows(_WEIGHED + where("base_version <> target_version", *bounds), **values))


def weighed(rows: Rows, until: datetime | None = None) -> list[Event]:
    """Every judgement with the delta that it found and leaves, oldest first."""
    bounds, values = _within(None, None, until)
    return _judgements(rows(_WEIGHED + where(*bounds) + " ORDER BY at, id", **values))


def _within(
    package: PackageName | None, since: datetime | None, until: datetime | None
) -> tuple[list[str], dict[str, object]]:
    """The conditions for rows of a package and a time, where these are given, and their values."""
    values = {"package": package, "since": since, "until": until}
    given: dict[str, object] = {name: value for name, value in values.items() if value is not None}
    return [_BOUNDS[name] for name in given], given


_BOUNDS = {"package": "package = :package", "since": "at >= :since", "until": "at <= :until"}


def _judgements(found: Iterable[Any]) -> list[Event]:
    """`found`: with the columns of `_WEIGHED`."""
    return [
        Event(
            *(read_time(at), PackageName(read_text(package)), Deed.JUDGED, read_text(base), read_text(target)),
            patches=patches,
            patches_after=patches - drops,
            lines=lines,
            lines_after=after,
            asks=asks + reports,
        )
        for at, package, base, target, patches, drops, lines, after, asks, reports in found
    ]


def dealt(
    rows: Rows, package: PackageName | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Event]:
    """What happened beside judgements."""
    yield from _proposed(rows, package, since, until)
    bounds, values = _within(package, since, until)
    for name, at, target, patch, proposal in rows(_DROPPED + where(*bounds), **values):
        said = (read_text(target), read_text(patch), read_text(proposal))
        yield Event(read_time(at), PackageName(read_text(name)), Deed.DROPPED, "", *said)


_DROPPED = "SELECT package, at, target_version, name, proposal FROM dropped"
_PROPOSED = "SELECT at, opened, proposal, package, status, target_version, title FROM proposal_past"
_RECENT = (
    "(proposal IN (SELECT proposal FROM proposal_past WHERE at >= :since)"
    " OR proposal IN (SELECT id FROM proposal WHERE status = 'open'))"
)


def _proposed(
    rows: Rows, package: PackageName | None, since: datetime | None, until: datetime | None
) -> Iterator[Event]:
    """What happened to proposals, each as it stood then. `since`: to those that are open, or changed then or later."""
    bounds, values = _within(package, None, until)
    if since is not None:
        bounds.append(_RECENT)
        values["since"] = since
    before: dict[str, tuple[str, str, str]] = {}
    for at, opened, id, name, status, target, title in rows(_PROPOSED + where(*bounds) + " ORDER BY number", **values):
        now = (status, target, title)
        of, about = PackageName(read_text(name)), (read_text(target), read_text(title), read_text(id))
        if id not in before and status != ProposalStatus.OPEN.value:
            yield Event(read_time(opened), of, Deed.PROPOSED, "", *about)
        if now != before.get(id):
            yield Event(read_time(at), of, _deed(before.get(id), status), "", *about)
        before[id] = now


_DEEDS = {deed.value: deed for deed in Deed}


def _deed(before: tuple[str, str, str] | None, status: str) -> Deed:
    if status != ProposalStatus.OPEN.value:
        return _DEEDS[status]
    return Deed.UPDATED if before is not None and before[0] == status else Deed.PROPOSED
