"""Times of the week in which proposals may be opened and updated: `mon-fri 08:00-18:00`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

EXPECTED = 'days and hours, such as "mon-fri 08:00-18:00", "sat,sun" or "22:00-04:00"'
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """`days` counts from Monday, 0. `start` and `end`: minutes of the day; one that ends before it starts goes on into
    the next day."""

    days: frozenset[int]
    start: int = 0
    end: int = _DAY

    def holds(self, at: datetime) -> bool:
        minute, day = at.hour * 60 + at.minute, at.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or ((day - 1) % 7 in self.days and minute < self.end)


def parse(text: str) -> Window | None:
    """The window that a text says, None where it says none."""
    words = text.lower().split()
    hours = _HOURS.fullmatch(words[-1]) if words else None
    days = _days(words[0]) if len(words) > (hours is not None) else frozenset(range(7))
    if not words or len(words) > 2 or days is None or (len(words) == 2 and hours is None):
        return None
    if hours is None:
        return Window(days)
    start, end = int(hours[1]) * 60 + int(hours[2]), int(hours[3]) * 60 + int(hours[4])
    return None if start == end or end > _DAY else Window(days, start, end)


def _days(text: str) -> frozenset[int] | None:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            return None
        start, end = _DAYS.index(first), _DAYS.index(last if dash else first)
        found.update((start + n) % 7 for n in range((end - start) % 7 + 1))
    return frozenset(found)


def is_open(windows: Sequence[str], at: datetime) -> bool:
    """Whether one of them holds at that local time; always where there is none."""
    found = [parse(text) for text in windows]
    return not found or any(window is not None and window.holds(at) for window in found)
