"""The measures as tables for people, and the sentences that go with them. `-` is what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from syncbot.model.events import Deed, Event
from syncbot.model.measures import PackageMeasure, PatchMeasure, added_up, days_behind
from syncbot.model.verdicts import Action
from syncbot.report.safe import line
from syncbot.report.table import Table
from syncbot.report.words import carry, plural, waits

if TYPE_CHECKING:
    from syncbot.report.measured import Ahead, History, Measured, Owned

UNKNOWN = "-"
_MOST_CVES = 2
_ORDER = (Action.DROP, Action.REWRITE, Action.KEEP, Action.ASK, Action.REPORT)


def report(found: Measured) -> Table:
    columns = ("package", "base", "behind", "patches", "lines", "share", "oldest", "unsent", "CVEs")
    rows = tuple(_package(p, found.at) for p in found.packages)
    numeric = frozenset({"patches", "lines", "share", "oldest", "unsent", "CVEs", "dropped"})
    return Table((*columns, "at the newest release", "dropped", "owners"), rows, numeric)


def _package(p: PackageMeasure, now: datetime) -> tuple[str, ...]:
    total = added_up([p], now)
    return (
        line(p.package),
        line(p.base or UNKNOWN),
        _behind(p, now),
        str(total.patches),
        str(total.added + total.removed),
        share(p.share),
        _days(total.oldest),
        str(total.open),
        str(len(total.cves)),
        _at_newest(p),
        str(total.dropped),
        line(", ".join(p.owners)),
    )


def _behind(p: PackageMeasure, now: datetime) -> str:
    days = days_behind(p.standing, now)
    if p.behind is None:
        return UNKNOWN
    return "0" if not p.behind else f"{p.behind}, {_days(days)}"


def _at_newest(p: PackageMeasure) -> str:
    told = [patch.told for patch in p.patches if patch.told is not None]
    waiting = sum([patch.waiting for patch in p.patches])
    if p.up_to_date:
        return f"up to date; {waits(waiting)}" if waiting else "up to date"
    if not told:
        return "not checked yet"
    actions = [one.action for one in told]
    words = ", ".join([f"{action.value} {actions.count(action)}" for action in _ORDER if action in actions])
    return line(f"{told[0].target}: {words}")


def report_line(found: Measured) -> str:
    total = added_up(found.packages, found.at)
    lines = plural(total.added + total.removed, "line")
    said = f"{carry(len(found.packages))} {plural(total.patches, 'patch')} of {lines}"
    month = f", {total.dropped_this_month} of them this month" if total.dropped_this_month else ""
    said += f"; {plural(total.dropped, 'patch')} dropped so far{month}." if total.dropped else "."
    if total.days_to_drop is None:
        return said
    return f"{said} Median time from upstream's release to the drop: {plural(total.days_to_drop, 'day')}."


def delta(patches: Sequence[PatchMeasure], bases: dict[str, str | None]) -> Table:
    """`bases`: each package's base, by its name."""
    columns = ("package", "base", "patch", "verdict", "action", "files", "added", "removed", "age")
    rows, before = [], ""
    for patch in patches:
        head = ("", "") if patch.package == before else (line(patch.package), line(bases.get(patch.package) or UNKNOWN))
        before = patch.package
        rows.append((*head, *_patch(patch)))
    numeric = frozenset({"files", "added", "removed", "age", "refreshed", "conflicts"})
    return Table((*columns, "refreshed", "conflicts", "forwarded", "CVEs"), tuple(rows), numeric, heads=2)


def _patch(patch: PatchMeasure) -> tuple[str, ...]:
    told, facts = patch.told, patch.facts
    return (
        line(patch.name),
        UNKNOWN if told is None else told.verdict.value,
        UNKNOWN if told is None else told.action.value,
        str(len(facts.paths)),
        str(facts.added),
        str(facts.removed),
        _days(patch.age),
        _number(patch.refreshed),
        _number(patch.conflicts),
        facts.forwarded.value,
        _cves(facts.cves),
    )


def upstreamable(patches: Sequence[PatchMeasure]) -> Table:
    columns = ("package", "patch", "age", "lines", "refreshed", "conflicts", "what it does")
    rows = tuple(
        (
            line(p.package),
            line(p.name),
            _days(p.age),
            str(p.facts.lines),
            _number(p.refreshed),
            _number(p.conflicts),
            line(p.facts.subject, 70),
        )
        for p in patches
    )
    numeric = frozenset({"age", "lines", "refreshed", "conflicts"})
    return Table(columns, rows, numeric, below="what it does")


def upstreamable_line(patches: Sequence[PatchMeasure]) -> str:
    if not patches:
        return "Nobody has anything to send upstream."
    unsent = f"{plural(len(patches), 'patch')} that nobody sent upstream"
    return f"{unsent}, as far as headers say; the oldest and dearest first."


def owners(owned: Sequence[Owned]) -> Table:
    columns = ("owner", "packages", "behind", "patches", "lines", "oldest", "refreshed", "conflicts")
    rows = tuple(
        (
            line(one.owner) if one.owner is not None else "(nobody)",
            str(one.packages),
            _number(one.behind),
            str(one.total.patches),
            str(one.total.added + one.total.removed),
            _days(one.total.oldest),
            _number(one.total.refreshed),
            _number(one.total.conflicts),
            str(one.total.open),
            str(len(one.total.cves)),
            str(one.total.asks),
            str(one.total.dropped_this_month),
        )
        for one in owned
    )
    made = (*columns, "unsent", "CVEs", "asks", "dropped this month")
    return Table(made, rows, frozenset(made[1:]))


def forecast(ahead: Sequence[Ahead]) -> Table:
    columns = ("package", "base", "patch", "lines", "commit", "date", "release", "what upstream did")
    rows = tuple(
        (
            line(one.patch.package),
            line(one.base),
            line(one.patch.name),
            str(one.patch.facts.lines),
            one.fact.commit[:12] if one.fact is not None and one.fact.commit else UNKNOWN,
            one.fact.date or UNKNOWN if one.fact is not None else UNKNOWN,
            line(one.fact.release) or "the next one" if one.fact is not None else "the next one",
            line(one.fact.subject or one.fact.detail, 70) if one.fact is not None else "",
        )
        for one in ahead
    )
    return Table(columns, rows, frozenset({"lines"}), below="what upstream did")


def forecast_line(ahead: Sequence[Ahead]) -> str:
    if not ahead:
        return "Upstream's branches hold none of the patches, as far as the last checks saw."
    lines = sum(one.patch.facts.lines for one in ahead)
    return f"The next releases make {plural(len(ahead), 'patch')} of {plural(lines, 'line')} obsolete."


def history(found: History) -> Table:
    columns = ("at", "package", "event", "release", "patches", "lines", "asks", "what")
    rows = tuple(_event(one) for one in found.events)
    return Table(columns, rows, frozenset({"asks"}), below="what")


def _event(one: Event) -> tuple[str, ...]:
    subject = (
        f"proposal {one.proposal}: {one.subject}" if one.proposal and one.deed is not Deed.DROPPED else one.subject
    )
    return (
        one.at.strftime("%Y-%m-%d %H:%M"),
        line(one.package),
        one.deed.value,
        line(f"{one.base} -> {one.target}" if one.base else one.target),
        "" if one.patches is None else f"{one.patches} -> {one.patches_after}",
        "" if one.lines is None else f"{one.lines} -> {one.lines_after}",
        "" if one.asks is None else str(one.asks),
        line(subject, 80),
    )


def share(part: float | None) -> str:
    if part is None:
        return UNKNOWN
    return f"{100 * part:.2f} %" if part >= 0.0001 or not part else "< 0.01 %"


def _days(days: int | None) -> str:
    return UNKNOWN if days is None else f"{days} d"


def _number(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _cves(cves: Sequence[str]) -> str:
    more = f" +{len(cves) - _MOST_CVES}" if len(cves) > _MOST_CVES else ""
    return ", ".join(cves[:_MOST_CVES]) + more
