"""The schedule of `syncbot run` means what cron means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from syncbot.errors import InputError
from syncbot.model.schedules import Schedule, pause, schedules_of, with_named_days
from syncbot.model.settings import Running, Settings
from syncbot.model.tables import check, parse
from syncbot.services.schedule import why_not
from syncbot.settings import KEYS, settings_of
from syncbot.wiring.triggers import Jittered, missed, trigger


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


BERLIN = Settings(timezone="Europe/Berlin")
SPRING, AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)


def times(when: str, settings: Settings, start: datetime, count: int) -> list[str]:
    """The next times at which it is due, in UTC."""
    made, found, previous, now = trigger(Schedule("s", when), settings, start), [], None, start
    for _ in range(count):
        previous = made.get_next_fire_time(previous, now.astimezone(ZoneInfo(settings.timezone)))
        now = previous.astimezone(UTC) + timedelta(seconds=1)
        found.append(previous.astimezone(UTC).strftime("%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("when", "start", "due"),
    [
        ("30 2 * * *", SPRING, ["29 01:30", "30 00:30"]),  # 02:30 is left out in spring: an hour later by the clock
        ("30 2 * * *", AUTUMN, ["25 00:30", "26 01:30"]),  # 02:30 comes twice in autumn: once is enough
        ("0 1-3 * * *", AUTUMN, ["24 23:00", "25 00:00", "25 02:00"]),
        ("0 * * * *", datetime(2026, 10, 24, 23, 30, tzinfo=UTC), ["25 00:00", "25 01:00", "25 02:00"]),
        ("every 6h", AUTUMN, ["24 12:00", "24 18:00", "25 00:00", "25 06:00"]),
    ],
)
def test_when_the_clock_changes(when: str, start: datetime, due: list[str]) -> None:
    assert times(when, BERLIN, start, len(due)) == due


def test_jitter_comes_after_the_time_and_does_not_add_up() -> None:
    made = Jittered(trigger(Schedule("s", "0 3 * * *"), Settings(), None), 600)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(1, 30):
        found = made.get_next_fire_time(None, now)
        assert found is not None
        assert timedelta() <= found - datetime(2026, 1, day, 3, tzinfo=UTC) <= timedelta(minutes=10)
        now = found + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (datetime(2026, 1, 2, 3, 0, 1, tzinfo=UTC), None),  # it was run today
        (datetime(2026, 1, 1, 3, 0, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, tzinfo=UTC)),
        (datetime(2025, 12, 1, 3, 0, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, tzinfo=UTC)),  # many were missed: one run
    ],
)
def test_what_was_missed(last: datetime, found: datetime | None) -> None:
    now = datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert missed(Schedule("s", "0 3 * * *"), Settings(), last, now) == found


def test_what_is_too_late_is_not_made_up_for() -> None:
    last, now = datetime(2026, 1, 1, 3, 0, 1, tzinfo=UTC), datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
    assert missed(Schedule("s", "0 3 * * *"), Settings(), last, now) is None


KNOWN = (
    Schedule("daily", "0 3 * * *"),
    Schedule("urgent", "every 1h", packages=("open*",)),
    Schedule("weekly", "0 3 * * 0", owners=("kernel",)),
)


@pytest.mark.parametrize(
    ("package", "owners", "names"),
    [
        ("zlib", (), ["daily"]),
        ("openssl", (), ["urgent"]),
        ("linux", ("kernel",), ["weekly"]),
        ("openvpn", ("kernel",), ["urgent"]),  # its name says more than its owner
    ],
)
def test_which_schedule_a_package_goes_by(package: str, owners: tuple[str, ...], names: list[str]) -> None:
    assert [each.name for each in schedules_of(package, owners, KNOWN)] == names


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (datetime(2026, 12, 23, 12, tzinfo=UTC), ""),
        (datetime(2026, 12, 23, 23, 30, tzinfo=UTC), "runs pause"),  # it is the 24th there
        (datetime(2027, 1, 2, 12, tzinfo=UTC), "runs pause"),
        (datetime(2027, 1, 3, 12, tzinfo=UTC), "outside of the windows"),  # a Sunday
    ],
)
def test_windows_and_pauses_are_meant_in_the_zone_of_the_schedule(at: datetime, why: str) -> None:
    held = pause("2026-12-24..2027-01-02")
    assert held is not None
    settings = replace(BERLIN, running=Running(windows=("mon-fri",), pauses=(held,)))
    assert why_not(settings, at).startswith(why) or why in why_not(settings, at)
    assert bool(why_not(settings, at)) == bool(why)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('schedule = "every 5s"\n', "an interval of a minute or more"),
        (
            '[schedules.a]\nwhen = "0 3 * *"\npackages = ["a"]\n',
            '"a" in [schedules] is "0 3 * *", but must be five fields',
        ),
        ('[schedules.a]\nwhen = "0 3 * * *"\n', "must be for packages or owners"),
        ('[schedules.a]\nwhen = "0 3 * * *"\nowners = ["x"]\nzone = "UTC"\n', 'is "zone", but must be one of when'),
        ('[schedules.a]\nwhen = "0 3 * * *"\nowners = ["x"]\ntimezone = "Mars"\n', 'schedules.a.timezone is "Mars"'),
        ('[run]\npauses = ["christmas"]\n', 'run.pauses has "christmas"'),
        ('[run]\naddress = "9464"\n', "HOST:PORT"),
        ('[failures]\nfirst-pause = "soon"\n', "a duration such as"),
        ('[hooks]\nevents = ["party"]\n', 'hooks.events has "party"'),
        ("[gc]\nruns = 5\n", "a duration such as"),
    ],
)
def test_what_is_wrong_is_named(text: str, what: str) -> None:
    with pytest.raises(InputError) as raised:
        settings_of(check(parse(text.encode(), "syncbot.toml"), KEYS))
    assert what in str(raised.value)
    assert "syncbot.toml:" in str(raised.value)
