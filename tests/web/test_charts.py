"""The delta over time, as figures and as shapes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from syncbot.model.events import Deed, Event
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Facts, PackageMeasure, PatchMeasure
from syncbot.web.charts import Day, chart, delta_of, thinned

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def package(name: str, *lines: int) -> PackageMeasure:
    patches = tuple(
        PatchMeasure(PackageName(name), at, PatchName(f"{at}.patch"), Facts(("a",), count, 0, count), None)
        for at, count in enumerate(lines, 1)
    )
    return PackageMeasure(PackageName(name), (), "native", "git:x", "1.0", patches)


def judged(name: str, ago: int, target: str, before: tuple[int, int], after: tuple[int, int]) -> Event:
    at = NOW - timedelta(days=ago)
    return Event(
        *(at, PackageName(name), Deed.JUDGED, "1.0", target),
        patches=before[0],
        lines=before[1],
        patches_after=after[0],
        lines_after=after[1],
    )


def accepted(name: str, ago: int, target: str) -> Event:
    return Event(NOW - timedelta(days=ago), PackageName(name), Deed.ACCEPTED, "", target)


def view(packages: list[PackageMeasure], *events: Event) -> Any:
    weighed = tuple(e for e in events if e.deed is Deed.JUDGED)
    return SimpleNamespace(events=events[::-1], weighed=weighed, measured=SimpleNamespace(at=NOW, packages=packages))


STORIES = [
    ("nothing was recorded", [package("a", 5)], [], [(0, 1, 5)]),
    (
        "a judgement tells what is carried",
        [package("a", 5)],
        [judged("a", 9, "2", (2, 9), (1, 5))],
        [(9, 2, 9), (0, 1, 5)],
    ),
    (
        "it goes when the proposal is accepted",
        [package("a", 5)],
        [judged("a", 9, "2", (2, 9), (1, 5)), accepted("a", 4, "2")],
        [(9, 2, 9), (4, 1, 5), (0, 1, 5)],
    ),
    (
        "packages add up, each from its first judgement on",
        [package("a", 5), package("b", 1, 1)],
        [judged("a", 9, "2", (2, 9), (1, 5)), judged("b", 6, "1.0", (2, 2), (2, 2))],
        [(9, 2, 9), (6, 4, 11), (0, 3, 7)],
    ),
    (
        "of a day its end counts",
        [package("a", 5)],
        [judged("a", 9, "2", (2, 9), (1, 5)), judged("a", 9, "3", (4, 20), (1, 5))],
        [(9, 4, 20), (0, 1, 5)],
    ),
    ("other packages do not count", [package("a", 5)], [judged("z", 9, "2", (2, 9), (1, 5))], [(0, 1, 5)]),
]


@pytest.mark.parametrize(("packages", "events", "wanted"), [s[1:] for s in STORIES], ids=[s[0] for s in STORIES])
def test_the_delta_day_by_day(packages: Any, events: Any, wanted: list[tuple[int, int, int]]) -> None:
    days = delta_of(view(packages, *events), packages)
    assert [((NOW.date() - day.day).days, day.patches, day.lines) for day in days] == wanted


def test_a_chart_needs_two_days() -> None:
    assert chart([Day(date(2026, 1, 1), 1, 5)]) is None
    assert chart([]) is None


def test_a_chart_goes_in_steps_and_stays_inside() -> None:
    made = chart([Day(date(2026, 1, 1), 1, 50), Day(date(2026, 1, 11), 2, 100), Day(date(2026, 1, 21), 0, 0)])
    assert made is not None
    assert made.path == "M86.0 92.0H397.0V14.0H708.0V170.0"
    assert [tick.text for tick in made.rows] == ["0", "25", "50", "75", "100"]
    assert (made.columns[0].text, made.columns[-1].text) == ("1 Jan", "21 Jan")


@pytest.mark.parametrize("most", [1, 3, 7, 99, 101, 5_000, 87_407, 123_456_789])
def test_the_scale_is_round_and_high_enough(most: int) -> None:
    made = chart([Day(date(2026, 1, 1), 1, 0), Day(date(2026, 2, 1), 1, most)])
    assert made is not None
    values = [int(tick.text.replace(",", "").replace("k", "000")) for tick in made.rows]
    assert values[-1] >= most
    assert values[-1] <= max(4, 2 * most)
    assert len({b - a for a, b in pairwise(values)}) == 1, "equal steps"


def test_a_long_table_is_thinned_and_keeps_the_last() -> None:
    days = [Day(date(2020, 1, 1) + timedelta(days=n), n, n) for n in range(1000)]
    some = thinned(days)
    assert len(some) <= 120
    assert some[-1] == days[-1]
