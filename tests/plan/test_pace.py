"""How fast changes may be made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.plan.pace import Budget, wait

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def ago(*seconds: float) -> list[datetime]:
    return [NOON - timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(
    ("turns", "seconds"),
    [
        ([], 0.0),
        (ago(5), 0.0),
        (ago(0.25), 0.75),
        (ago(1), 0.0),
        (ago(*range(1, 80)), 0.0),
        (ago(*(s / 2 for s in range(2, 82))), 60 - 40.5),
        (ago(*range(61, 3500, 7)), 0.0),
        (ago(*(s * 7 for s in range(9, 509))), 3600 - 508 * 7),
        ([NOON + timedelta(hours=5)], 1.0),
    ],
)
def test_how_long_to_wait(turns: list[datetime], seconds: float) -> None:
    assert wait(turns, NOON) == pytest.approx(seconds)


@given(st.lists(st.floats(0, 4000), max_size=40))
def test_whoever_waits_that_long_may_go(seconds: list[float]) -> None:
    small = Budget(1.0, 3, 10)
    turns = ago(*seconds)
    later = NOON + timedelta(seconds=wait(turns, NOON, small) + 0.001)
    assert wait(turns, later, small) == 0.0
    assert sum(turn > later - timedelta(minutes=1) for turn in turns) < 3
    assert sum(turn > later - timedelta(hours=1) for turn in turns) < 10
