"""The schedule of `syncbot run` means what cron means."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from syncbot.cli.daily import with_named_days


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ("*", "*"),
        ("0", "sun"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("0-6", "sun,mon,tue,wed,thu,fri,sat"),
        ("mon-fri", "mon,tue,wed,thu,fri"),
        ("*/2", "sun,tue,thu,sat"),
        ("1-5/2,0", "sun,mon,wed,fri"),
        ("Sat", "sat"),
        ("3/2", "wed,fri"),
    ],
)
def test_weekdays(days: str, named: str) -> None:
    assert with_named_days(f"0 3 * * {days}") == f"0 3 * * {named}"


def test_sunday_is_sunday() -> None:
    trigger = CronTrigger.from_crontab(with_named_days("30 4 * * 0"), timezone="UTC")
    noon_on_a_wednesday = datetime(2024, 1, 3, 12, tzinfo=ZoneInfo("UTC"))
    assert trigger.get_next_fire_time(None, noon_on_a_wednesday) == datetime(2024, 1, 7, 4, 30, tzinfo=ZoneInfo("UTC"))
