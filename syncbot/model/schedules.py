"""When something is due: cron expressions, intervals, durations and pauses, as text and as values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase

NEVER = "never"
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_CRON_PART = r"(?:\*|\w+(?:-\w+)?)(?:/[1-9]\d?)?"
_CRON_FIELD = re.compile(rf"{_CRON_PART}(?:,{_CRON_PART})*", re.ASCII)
_CRON_NAMES = frozenset(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsun"))
_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
SHORTEST = timedelta(minutes=1)


def duration(text: str) -> timedelta | None:
    """`90s`, `5m`, `6h`, `7d`, `2w`; None where it is none."""
    found = _DURATION.fullmatch(text.strip())
    return None if found is None else timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def shown(span: timedelta) -> str:
    """The duration as people write it: in the largest unit that says it whole."""
    seconds = int(span.total_seconds())
    unit = next(u for u in ("w", "d", "h", "m", "s") if seconds % _UNITS[u] == 0 and (seconds or u == "s"))
    return f"{seconds // _UNITS[unit]}{unit}"


def interval(text: str) -> timedelta | None:
    """The interval of `every 6h`, None where it is none."""
    word, _, rest = text.strip().partition(" ")
    return duration(rest) if word == "every" else None


def misunderstood(text: str) -> str | None:
    """What a schedule must be, None where this is one: five fields of cron, `every 6h`, or `never`."""
    expected = 'five fields, "minute hour day month weekday", each within its range'
    if text.strip() == NEVER:
        return None
    if text.strip().startswith("every"):
        span = interval(text)
        return None if span is not None and span >= SHORTEST else 'an interval of a minute or more, such as "every 6h"'
    fields = text.lower().split()
    if len(fields) != len(_CRON_RANGES) or not all(_CRON_FIELD.fullmatch(word) for word in fields):
        return expected
    for word, (low, high) in zip(fields, _CRON_RANGES, strict=True):
        for part in re.findall(r"(?<!/)\b\w+", word):
            if part not in _CRON_NAMES and not (part.isdigit() and low <= int(part) <= high):
                return expected
    return None


def with_named_days(schedule: str) -> str:
    """The cron expression with its weekdays by name: 0 is Sunday for cron, and Monday for APScheduler, which also knows
    no range over the end of its week."""
    *fields, days = schedule.lower().split()
    if days != "*":
        chosen = {day for part in days.split(",") for day in _days(part)}
        days = ",".join(_WEEK[day] for day in sorted(chosen))
    return " ".join([*fields, days])


def has_own_hours(schedule: str) -> bool:
    """Whether a cron expression names hours. Such a time comes once a day, also where the clock goes back an hour."""
    return "*" not in schedule.split()[1]


def _days(part: str) -> range:
    """The days of one part of the field (`1`, `mon-fri`, `*/2`), counted from Sunday."""
    span, _, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    start = _day(first)
    end = _day(last) if dash else 6 if step else start
    return range(start, end + 1, int(step or 1))


def _day(word: str) -> int:
    return int(word) % 7 if word.isdigit() else _WEEK.index(word)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When packages are synced. `when`: a cron expression, `every ...` or `never`; `packages` (names, with `*`) and
    `owners`: which, none of both: all that no other schedule names. `timezone`: empty: the workspace's."""

    name: str
    when: str
    packages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    timezone: str = ""
    jitter: timedelta | None = None

    @property
    def is_for_all(self) -> bool:
        return not self.packages and not self.owners

    def names(self, package: str) -> bool:
        return any(fnmatchcase(package, pattern) for pattern in self.packages)

    def owned(self, owners: tuple[str, ...]) -> bool:
        return any(owner in self.owners for owner in owners)


def schedules_of(package: str, owners: tuple[str, ...], known: tuple[Schedule, ...]) -> tuple[Schedule, ...]:
    """Those that a package goes by: what names it, else what names an owner of it, else what is for all."""
    by_name = tuple(each for each in known if each.names(package))
    by_owner = tuple(each for each in known if each.owned(owners))
    return by_name or by_owner or tuple(each for each in known if each.is_for_all)


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which nothing is run, the last one included."""

    first: date
    last: date

    def holds(self, at: datetime) -> bool:
        return self.first <= at.date() <= self.last


def pause(text: str) -> Pause | None:
    """`2026-12-24` or `2026-12-24..2027-01-02`; None where it is neither."""
    first, dots, last = text.strip().partition("..")
    try:
        found = Pause(date.fromisoformat(first), date.fromisoformat(last if dots else first))
    except ValueError:
        return None
    return found if found.first <= found.last else None
