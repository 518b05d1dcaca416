"""What happened to packages, moment by moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from syncbot.model.ids import PackageName


class Deed(StrEnum):
    """What happened to a package on one moment of its history."""

    JUDGED = "judged"
    PROPOSED = "proposed"
    UPDATED = "updated"
    """An open proposal was made anew: to another release, or under another title."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CLOSED = "closed"
    DROPPED = "dropped"

    @property
    def rank(self) -> int:
        """What comes first of several at one moment."""
        return _RANKS[self]


_RANKS = {deed: rank for rank, deed in enumerate(Deed)}


class Event(NamedTuple):
    """One moment of a package's history, as it stood then. `base` and `target`: versions, empty where none is named;
    `subject`: the patch that was dropped, the proposal's title; `patches` to `lines_after`: of a judgement the delta
    that it found and the delta that its plan leaves, None for others."""

    at: datetime
    package: PackageName
    deed: Deed
    base: str
    target: str
    subject: str = ""
    proposal: str = ""
    patches: int | None = None
    patches_after: int | None = None
    lines: int | None = None
    lines_after: int | None = None
    asks: int | None = None


def newest_first(events: Iterable[Event]) -> list[Event]:
    """Of one moment in an order of their own."""
    found = sorted(events, key=attrgetter("at"), reverse=True)
    if len({event.at for event in found}) == len(found):
        return found
    return [event for _, of_moment in groupby(found, attrgetter("at")) for event in _ordered(list(of_moment))]


def _ordered(events: list[Event]) -> list[Event]:
    if len(events) > 1:  # hardly ever
        events.sort(key=lambda event: (event.package, event.deed.rank, event.subject), reverse=True)
    return events
