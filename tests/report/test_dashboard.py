"""The dashboard's text: a pure function of what stands, whose ticks are kept and whose stamp moves once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings

from syncbot.report import controls, dashboard
from syncbot.report.dashboard import MARKER, Dashboard, Row, Section, Trend, Unsent, merged
from tests.report import github
from tests.report.hostile import TEXTS, WORST

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROW = Row("lib", "rebase:3", "lib: 1.0 -> 1.1, drop 1", "", "https://github.com/o/r/pull/3")
SUMMARY = Dashboard(
    (Section("Open", "Tick it.", (ROW,)), Section("Rejected", "Tick it.", ())),
    (Trend("2024-02-01", 3, 9, 120), Trend("2024-03-01", 3, 7, 90)),
    Unsent("lib", "old.patch", "2018-05-06"),
    NOON,
)


def test_what_it_says() -> None:
    assert dashboard.body(SUMMARY) == (
        "**Carried: 7 patches in 3 packages, 90 lines.** Open 1.\n"
        "\n"
        "### Open (1)\n"
        "\n"
        "Tick it.\n"
        "\n"
        "- [ ] <!-- syncbot-box: rebase:3 --> [`lib`](https://redirect.github.com/o/r/pull/3):"
        " lib: 1.0 -> 1.1, drop 1\n"
        "\n"
        "Nothing is: rejected.\n"
        "\n"
        "### Delta\n"
        "\n"
        "| day | packages | patches | lines |\n"
        "|---|--:|--:|--:|\n"
        "| 2024-02-01 | 3 | 9 | 120 |\n"
        "| 2024-03-01 | 3 | 7 | 90 |\n"
        "\n"
        "The oldest patch that nobody has sent upstream: `old.patch` of `lib`, since `2018-05-06`.\n"
        "\n"
        "Tick a box, and the next sync obeys it. Close this issue, and syncbot writes nothing more.\n"
        "\n"
        "Last successful sync: 2024-03-01 12:00 UTC.\n"
        "\n"
        f"{MARKER}\n"
    )


@pytest.mark.parametrize(
    ("later", "written"),
    [(timedelta(0), False), (timedelta(hours=23), False), (timedelta(hours=24), True), (timedelta(days=-2), True)],
)
def test_the_stamp_alone_is_written_once_a_day(later: timedelta, written: bool) -> None:
    standing = dashboard.body(SUMMARY)
    fresh = dashboard.body(replace(SUMMARY, synced=NOON + later + timedelta(minutes=1)))
    assert (merged(fresh, standing, frozenset(), NOON + later) != standing) is written


def test_what_is_news_is_written_at_once_and_with_it_the_stamp() -> None:
    fresh = dashboard.body(replace(SUMMARY, oldest=None, synced=NOON + timedelta(minutes=5)))
    assert merged(fresh, dashboard.body(SUMMARY), frozenset(), NOON) == fresh


def test_a_box_ticked_since_the_run_listened_is_kept_and_an_obeyed_one_is_not() -> None:
    standing = controls.with_ticks(dashboard.body(SUMMARY), {"rebase:3"}).replace("\n", "\r\n")
    fresh = dashboard.body(replace(SUMMARY, oldest=None))
    assert controls.ticked(merged(fresh, standing, frozenset(), NOON)) == ("rebase:3",)
    assert controls.ticked(merged(fresh, standing, frozenset({"rebase:3"}), NOON)) == ()
    unchanged = dashboard.body(SUMMARY)
    assert merged(unchanged, standing, frozenset({"rebase:3"}), NOON) == unchanged, "the tick goes though no word does"


def test_someone_elses_words_in_the_stamp_are_no_stamp() -> None:
    standing = dashboard.body(SUMMARY).replace("2024-03-01 12:00", "yesterday noon")
    assert merged(dashboard.body(SUMMARY), standing, frozenset(), NOON) == dashboard.body(SUMMARY)


@settings(max_examples=60)
@given(TEXTS)
@example(WORST)
@example("a--b")
def test_hostile_names_reach_nobody(text: str) -> None:
    text = text[:30]
    row = Row(text, dashboard.hurry_box(text), text, text)
    made = dashboard.body(
        replace(SUMMARY, sections=(Section("Open", "Tick it.", (row,)),), oldest=Unsent(text, text, text))
    )
    seen = github.rendered(made)
    assert seen.events == []
    assert len(seen.comments) == 2, "the box and the marker"
    assert [dashboard.read_name(box.partition(":")[2]) for box in controls.boxes(made)] == [text]
    assert not seen.closed_badly


def test_it_fits_a_forge_however_much_there_is() -> None:
    rows = tuple(replace(ROW, box=f"rebase:{n}", title="x" * 200, note="漢" * 300) for n in range(3000))
    made = dashboard.body(replace(SUMMARY, sections=tuple(Section(f"S{n}", "Tick.", rows) for n in range(9))))
    assert len(made.encode("utf-16-le")) // 2 <= dashboard.LIMIT
    assert "### S8 (3000)" in made
    assert made.endswith(f"{MARKER}\n")
