"""Charts as SVG: shapes alone, classes for colours, a title and a description; each stands beside its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, log10

from syncbot.model.events import Deed, Event
from syncbot.model.ids import PackageName
from syncbot.model.measures import PackageMeasure
from syncbot.services.viewing import View

_WIDE, _HIGH = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 86, 12, 14, 30
MOST = 120
"""Days that a chart shows at most; a longer past is shown in larger steps."""


@dataclass(frozen=True, slots=True)
class Day:
    """The delta at the end of a day, UTC."""

    day: date
    patches: int
    lines: int


def days(found: View) -> list[Day]:
    """The delta of all packages, day by day since the first judgement."""
    return delta_of(found, found.measured.packages)


def delta_of(view: View, packages: Sequence[PackageMeasure]) -> list[Day]:
    """Of these packages: each day in which the delta changed, and today, which is what the work tree holds. A package
    counts from its first judgement on: before that nothing was recorded of it."""
    today = view.measured.at.date()
    events = [*view.weighed, *(event for event in view.events if event.deed is Deed.ACCEPTED)]
    held: dict[PackageName, tuple[int, int]] = {}
    patches = lines = 0
    judged: dict[tuple[PackageName, str], Event] = {}
    known = {package.package for package in packages}
    found: dict[date, Day] = {}
    for event in sorted(events, key=lambda one: (one.at, one.deed.rank)):
        if event.package not in known or event.at.date() >= today:
            continue
        if event.deed is Deed.JUDGED:
            judged[event.package, event.target] = event
            now = (event.patches or 0, event.lines or 0)
        elif event.deed is Deed.ACCEPTED and (event.package, event.target) in judged:
            then = judged[event.package, event.target]
            now = (then.patches_after or 0, then.lines_after or 0)
        else:
            continue
        before = held.get(event.package, (0, 0))
        held[event.package] = now
        patches, lines = patches + now[0] - before[0], lines + now[1] - before[1]
        found[event.at.date()] = Day(event.at.date(), patches, lines)
    carried = [patch for package in packages for patch in package.patches]
    return [*found.values(), Day(today, len(carried), sum(patch.facts.lines for patch in carried))]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws. `path` and `area`: of the lines; `dots`: (x, y, words) of single days."""

    wide: int
    high: int
    path: str
    area: str
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    dots: tuple[tuple[float, float, str], ...]
    left: int = _LEFT
    right: int = _WIDE - _RIGHT
    base: int = _HIGH - _BOTTOM


def chart(shown: Sequence[Day]) -> Chart | None:
    """Lines over days, as steps: the delta stays what it is until something changes it. None for a single day."""
    if len(shown) < 2 or shown[0].day == shown[-1].day:
        return None
    first, last = shown[0].day, shown[-1].day
    top = _top(max(day.lines for day in shown))

    def x(day: date) -> float:
        return round(_LEFT + (_WIDE - _LEFT - _RIGHT) * (day - first).days / (last - first).days, 1)

    def y(lines: int) -> float:
        return round(_HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * lines / top, 1)

    steps = [f"M{x(first)} {y(shown[0].lines)}"]
    steps += [f"H{x(day.day)}V{y(day.lines)}" for day in shown[1:]]
    path = "".join(steps)
    rows = tuple(Tick(y(round(top * part / 4)), _short(round(top * part / 4))) for part in range(5))
    columns = tuple(
        Tick(x(day), f"{day.day} {day:%b}" if (last - first).days < 300 else f"{day:%b %Y}")
        for day in _marks(first, last)
    )
    dots = tuple((x(day.day), y(day.lines), f"{day.day.isoformat()}: {day.lines:,} lines") for day in shown[-1:])
    area = f"{path}V{_HIGH - _BOTTOM}H{x(first)}Z"
    return Chart(_WIDE, _HIGH, path, area, rows, columns, dots)


def _short(value: int) -> str:
    """What has room beside the chart on a phone; the table has the figures."""
    return f"{value // 1000:,}k" if value >= 10_000 and value % 1000 == 0 else f"{value:,}"


def _marks(first: date, last: date) -> list[date]:
    """Some days with equal gaps, the first among them."""
    span = (last - first).days
    count = min(4, span)
    return [first + timedelta(days=round(span * part / count)) for part in range(count + 1)]


def _top(value: int) -> int:
    """A round number not below it, that four parts divide well."""
    if value <= 4:
        return 4
    unit: int = 10 ** int(log10(value))
    for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10):
        if unit * step >= value and (unit * step) % 4 == 0:
            return ceil(unit * step)
    return unit * 10


def thinned(shown: Sequence[Day], most: int = MOST) -> list[Day]:
    """At most so many, the last among them: for the table."""
    if len(shown) <= most:
        return list(shown)
    step = ceil(len(shown) / most)
    return [day for at, day in enumerate(reversed(shown)) if at % step == 0][::-1]
