"""When proposals may be opened."""

from __future__ import annotations

from datetime import datetime

import pytest

from syncbot.model.windows import is_open, parse

MONDAY, FRIDAY, SUNDAY = (datetime(2024, 3, day, 9, 30) for day in (4, 8, 10))


@pytest.mark.parametrize(
    ("window", "at", "open_"),
    [
        ("mon-fri 08:00-18:00", MONDAY, True),
        ("mon-fri 08:00-18:00", SUNDAY, False),
        ("mon-fri 09:31-18:00", MONDAY, False),
        ("mon-fri 08:00-09:30", MONDAY, False),
        ("sat,sun", SUNDAY, True),
        ("fri-mon", MONDAY, True),
        ("fri-mon", FRIDAY.replace(day=7), False),
        ("08:00-24:00", SUNDAY, True),
        ("sun 22:00-04:00", MONDAY.replace(hour=3), True),
        ("sun 22:00-04:00", SUNDAY.replace(hour=3), False),
        ("SUN 22:00-04:00", SUNDAY.replace(hour=23), True),
    ],
)
def test_windows(window: str, at: datetime, open_: bool) -> None:
    assert is_open([window], at) is open_
    assert is_open(["tue 00:00-00:01", window], at) is open_
    assert is_open([], at)


@pytest.mark.parametrize(
    "text", ["", "mon 8-18", "monday", "mon-fri 18:00-18:00", "25:00-26:00", "mon 10:00-24:30", "mon fri", "mon a b"]
)
def test_what_is_no_window(text: str) -> None:
    assert parse(text) is None
