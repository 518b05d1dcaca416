"""How much one host is asked at a time and within a minute: when the next request may begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEASE = timedelta(seconds=60)
"""After so long without a sign of life a request has ended: its machine is gone."""
BEAT = 20.0
"""Seconds between two signs of life."""
MINUTE = timedelta(minutes=1)
LOOK = 0.2
"""Seconds after which it is worth asking again whether one of the requests that go on has ended."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request: when it began, and until when it goes on unless it shows another sign of life."""

    at: datetime
    until: datetime


def wait(known: Sequence[Asking], at: datetime, per_host: int, per_minute: int | None) -> float:
    """Seconds until it is worth asking again, 0.0: the next request may begin. What seems to come from the future (of
    a machine whose clock was set back since) holds up nobody."""
    going_on = sum(at < one.until <= at + LEASE for one in known)
    if going_on >= per_host:
        return LOOK
    if per_minute is None:
        return 0.0
    made = sorted(one.at for one in known if at - MINUTE < one.at <= at)
    return max(LOOK, (made[-per_minute] + MINUTE - at).total_seconds()) if len(made) >= per_minute else 0.0
