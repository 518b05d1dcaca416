"""Rows that measures and history are read from, as values: of now, or until a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from syncbot.model.events import Deed, Event, newest_first
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Drop, Held, Told, Toll
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.store import codec
from syncbot.store.rows import Rows, where
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


def told_of_held(patch: Any) -> str:
    """What reports need of a patch that is held, from its judgement's document."""
    facts = [fact for fact in patch["evidence"] if fact["kind"] == "held"]
    return codec.dumps([[fact.get(word, default) for word, default in _FACT] for fact in facts])


_FACT = (("detail", ""), ("commit", None), ("subject", ""), ("date", ""), ("release", ""), ("link", ""))


def held(document: str) -> Sequence[Held]:
    return tuple(Held(*fact) for fact in cast(Any, codec.loads(document)))


def told_of_drop(dropped: DroppedPatch) -> str:
    """What measures need of a drop beside its columns, apart from its document: that takes ten times as long to read.
    [verdict, proof, commit, when its target came out, should that be the first release that has it]"""
    judged, target = dropped.judgement, dropped.target
    day = target.date if (judged.first_release or "") in ("", target.version, target.name) else None
    proof = None if judged.proof is None else judged.proof.value
    return codec.dumps([judged.verdict.value, proof, judged.absorbed_by, None if day is None else day.isoformat()])


def drops(
    rows: Rows, package: PackageName | None = None, until: datetime | None = None
) -> Iterator[tuple[int, bool, Drop]]:
    """The rows of `dropped`, newest first: (number, whether it is restored, the drop)."""
    bounds, values = _within(package, None, until)
    day = _DAY.format(seen="" if until is None else " AND first_seen <= :until")
    asked = _DROPS.format(day=day) + where(*bounds)
    for id, of, name, target, at, restored, first, told, by_version, by_name in rows(
        f"{asked} ORDER BY at DESC, id DESC", **values
    ):
        said = cast(Any, codec.loads(told))
        verdict, proof, commit, day = said if isinstance(said, list) else _told_of_document(said)
        known = by_version or by_name
        since = read_time(known) if known else None if day is None else datetime.fromisoformat(day)
        yield (
            id,
            bool(restored),
            Drop(
                PackageName(read_text(of)),
                PatchName(read_text(name)),
                read_text(target),
                VERDICTS[verdict],
                None if proof is None else PROOFS[proof],
                commit,
                read_text(first),
                since,
                read_time(at),
            ),
        )


def _told_of_document(said: Any) -> tuple[Any, ...]:
    judged, target = said["judgement"], said["target"]
    is_first = (judged.get("first_release") or "") in ("", target["version"], target["name"])
    return judged["verdict"], judged.get("proof"), judged.get("absorbed_by"), target.get("date") if is_first else None


_DAY = 'SELECT coalesce(date, first_seen) FROM "release" WHERE "release".package = dropped.package{seen}'
"""When a release came out; where upstream does not say, when it was first seen."""
_DROPS = (
    "SELECT id, package, name, target_version, at, restored, first_release,"
    " CASE told WHEN '' THEN document ELSE told END,"
    " ({day} AND version = first_release),"
    ' ({day} AND "release".name = first_release ORDER BY version DESC LIMIT 1)'
    " FROM dropped"
)
"""The last two: of the first release that has it, found by its version, and by upstream's own word for it."""
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
