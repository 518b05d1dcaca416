"""Measures added up, sorted and chosen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from syncbot.cli import reading
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import (
    Drop,
    Facts,
    Forwarded,
    PackageMeasure,
    PatchMeasure,
    Standing,
    Toll,
    added_up,
    age,
    days_behind,
)
from syncbot.model.verdicts import Verdict
from syncbot.report.measured import PATCH_SORTS, SORTS, Measured, sorted_packages, upstreamable

NOW = datetime(2024, 3, 15, 12, tzinfo=UTC)
LIB = PackageName("lib")


def patch(name: str, days: int | None = None, lines: int = 1, toll: Toll | None = None) -> PatchMeasure:
    return PatchMeasure(LIB, 1, PatchName(name), Facts(("a.c",), lines, 0, lines), days, toll)


def package(
    name: str, *patches: PatchMeasure, behind: int | None = None, drops: tuple[Drop, ...] = ()
) -> PackageMeasure:
    standing = None
    if behind is not None:
        since = NOW - timedelta(days=10 * behind) if behind else None
        standing = Standing(PackageName(name), "1", "x", "2", behind, NOW, missed_since=since)
    return PackageMeasure(PackageName(name), (), "native", "", "1", patches, standing=standing, drops=drops)


def drop(at: datetime, released: datetime | None, *, restored: bool = False) -> Drop:
    return Drop(LIB, PatchName("x"), "1", Verdict.OBSOLETE, None, None, "", released, at, restored)


def test_what_is_known_of_none_is_unknown_and_of_some_is_their_sum() -> None:
    toll = Toll(NOW, refreshed=2, conflicts=1)
    assert added_up([package("a", patch("x"))], NOW).refreshed is None
    assert added_up([package("a", patch("x"), patch("y", toll=toll))], NOW).refreshed == 2


def test_files_are_counted_once_in_each_package() -> None:
    assert added_up([package("a", patch("x"), patch("y")), package("b", patch("x"))], NOW).files == 2


def test_drops_of_this_month_and_the_median_of_their_days() -> None:
    month = datetime(2024, 3, 1, tzinfo=UTC)
    drops = (
        drop(month, month - timedelta(days=10)),
        drop(month - timedelta(seconds=1), month - timedelta(days=31)),
        drop(month, month - timedelta(days=400), restored=True),
        drop(month, None),
    )
    found = added_up([package("a", drops=drops)], NOW)
    assert (found.dropped, found.dropped_this_month, found.days_to_drop) == (3, 2, 20)


def test_days_behind() -> None:
    assert days_behind(None, NOW) is None
    assert days_behind(package("a", behind=0).standing, NOW) == 0
    assert days_behind(package("a", behind=3).standing, NOW) == 30


def test_age_is_the_header_s_else_since_it_was_first_seen() -> None:
    facts = Facts((), 0, 0, 0, written=date(2024, 3, 5))
    toll = Toll(NOW - timedelta(days=3, hours=20))
    assert age(facts, toll, NOW) == 10
    assert age(facts._replace(written=None), toll, NOW) == 3
    assert age(facts._replace(written=None), None, NOW) is None
    assert age(facts._replace(written=date(2999, 1, 1)), None, NOW) == 0, "a header may lie"


def test_sorting_puts_the_largest_first_and_the_unknown_last() -> None:
    found = Measured(NOW, (package("a", behind=1), package("b"), package("c", behind=4)))
    names = lambda reverse: [p.package for p in sorted_packages(found, "behind", reverse=reverse).packages]  # noqa: E731
    assert names(False) == ["c", "a", "b"]
    assert names(True) == ["a", "c", "b"]


def test_what_to_send_upstream_is_old_and_dear_first() -> None:
    dear = Toll(NOW, refreshed=0, conflicts=3)
    sent = patch("sent")._replace(facts=Facts(("a.c",), 1, 0, 1, forwarded=Forwarded.SENT))
    patches = (patch("young", 1), patch("old", 9), patch("dear", 9, toll=dear), patch("ageless"), sent)
    assert [p.name for p in upstreamable([package("a", *patches)])] == ["dear", "old", "young", "ageless"]


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        (reading.VERDICTS, [verdict.value for verdict in Verdict]),
        (reading.SORTS, ["name", *SORTS]),
        (reading.PATCH_SORTS, ["series", *PATCH_SORTS]),
    ],
)
def test_the_command_line_spells_the_words_right(spelled: tuple[str, ...], meant: list[str]) -> None:
    assert list(spelled) == meant
