"""How fast changes may be made: GitHub's published limits, kept by all processes that share an account.

GitHub counts towards the minute and the hour only what creates content; every change is counted here, since what
counts is for GitHub to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds between two changes, and how many there may be in a minute and in an hour."""

    apart: float = 1.0
    minute: int = 80
    hour: int = 500


GITHUB = Budget()


def wait(turns: Sequence[datetime], at: datetime, budget: Budget = GITHUB) -> float:
    """Seconds until the next change may be made, 0.0: now. `turns`: when the changes of the last hour were made, in any
    order; one from the future (a clock was set back) counts as of now."""
    made = sorted(min(turn, at) for turn in turns)
    limits = ((1, timedelta(seconds=budget.apart)), (budget.minute, _MINUTE), (budget.hour, HOUR))
    free = [made[-most] + span for most, span in limits if len(made) >= most]
    return max(0.0, max(((moment - at).total_seconds() for moment in free), default=0.0))
