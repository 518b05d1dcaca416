"""What a job is: its name, its locks, its place, and how long it waits after a failure. Values and pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncbot.services.planning import Errand

PACKAGE, PLAN, TICK, BOARD = "package", "plan", "tick", "board"
ANYWHERE = "anywhere"
_AT = "at:"
MOST = 6
"""How often a job is tried, or a worker may die at it, before it is given up."""
MOST_FOR_ALL = 20
"""How many workers may die at a job that is about all packages: none of them can be the cause, and while it is not done
nothing is."""
LONGEST = 3600.0
"""Seconds that a job waits between two tries at most."""
FIRST, LAST = 1000, -1000
"""Of what concerns all packages: what says which are due, and what sums it up."""
_RETRIED = -100
"""Added to the urgency of a job that failed: while it waits it must not hold up others with the same lock, and
Procrastinate lets the most urgent job of a lock go first, even if that one waits."""


@dataclass(frozen=True, slots=True)
class Job:
    """`queue`: where it is done; `lock`: jobs with the same one are done one after the other; `once`: of jobs with the
    same one only one waits; `delay`: seconds before it may start."""

    task: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    queue: str = ANYWHERE
    lock: str | None = None
    once: str | None = None
    priority: int = 0
    delay: float = 0.0


def most(task: str) -> int:
    """How many workers may die at a job of this name before it is given up."""
    return MOST if task == PACKAGE else MOST_FOR_ALL


def letter(task: str, arguments: Mapping[str, Any]) -> str:
    """What a job is called among the dead letters: its package, or the schedule that it was to plan."""
    return str(arguments.get("package") or f"@{task} {arguments.get('cause', '')}".strip())


def queue_of(machine: str) -> str:
    """The queue of jobs whose mirror lies on that machine."""
    return f"{_AT}{machine}"[:128]


def machine_of(queue: str) -> str | None:
    """The machine whose queue it is, None for the one of all."""
    return queue.removeprefix(_AT) if queue.startswith(_AT) else None


def package_job(errand: Errand, places: Mapping[str, str], *, attempt: int = 1, delay: float = 0.0) -> Job:
    """The job of one package: one at a time for each mirror, one that waits for each package, and there where its
    mirror lies. `places`: {mirror: machine}."""
    machine = places.get(errand.mirror)
    return Job(
        PACKAGE,
        {
            "package": errand.package,
            "mirror": errand.mirror,
            "urgency": int(errand.urgency),
            "private": errand.private,
            "attempt": attempt,
        },
        queue=ANYWHERE if machine is None else queue_of(machine),
        lock=f"mirror {errand.mirror}",
        once=f"package {errand.package}",
        priority=int(errand.urgency) + (_RETRIED if attempt > 1 or delay else 0),
        delay=delay,
    )


SHOWING = Job(BOARD, lock=BOARD, once=BOARD, priority=LAST)
"""Last of all: what all the others came to."""


def planned(cause: str, *, now: bool = False, attempt: int = 1, delay: float = 0.0) -> Job:
    """The packages of one schedule are due; `now`: all packages are, whatever the schedules say."""
    arguments = {"cause": cause, "now": now, "attempt": attempt}
    return Job(PLAN, arguments, lock=f"{PLAN} {cause}", once=f"{PLAN} {cause}", priority=100, delay=delay)


PLANNING = planned("", now=True)
"""Everything is due now."""


def pause(attempt: int, first: float) -> float:
    """Seconds to wait after the `attempt`th failure (from 1): three times as long each time."""
    return min(first * 3.0 ** (attempt - 1), LONGEST)
