"""Days of trees and commits."""

from __future__ import annotations

from datetime import date

import pytest

from syncbot.model.trees import day_of


def test_the_day_of_a_time() -> None:
    assert day_of(86400) == date(1970, 1, 2)


@pytest.mark.parametrize("seconds", [2**63, -(2**63), 1e300, float("nan")])
def test_a_time_that_no_calendar_has_is_no_day(seconds: float) -> None:
    """Upstream writes the times of its commits, and may write anything."""
    assert day_of(seconds) is None
