"""What is remembered of work that many machines share: where mirrors lie, and which jobs were given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was tried `attempts` times and then given up. `name`: the package, or the job of the whole workspace.
    It goes when the job is done after all."""

    name: str
    attempts: int
    why: str
    at: datetime
    private: bool = False
