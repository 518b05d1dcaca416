"""What is due when: which packages a schedule is for, and whether a run may start now. Values only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from syncbot.model.packages import Package
from syncbot.model.schedules import NEVER, Schedule, schedules_of
from syncbot.model.settings import Settings
from syncbot.model.windows import is_open

DAILY = "daily"
"""The name of the workspace's own schedule."""


def schedules(settings: Settings) -> tuple[Schedule, ...]:
    """All that ever are due, the workspace's own first."""
    own = Schedule(DAILY, settings.schedule)
    return tuple(each for each in (own, *settings.running.schedules) if each.when.strip() != NEVER)


def zone(schedule: Schedule, settings: Settings) -> ZoneInfo:
    return ZoneInfo(schedule.timezone or settings.timezone)


def due(schedule: Schedule, settings: Settings) -> Callable[[Package], bool] | None:
    """Which packages the schedule is for. None: all there are."""
    others = settings.running.schedules
    if not others:
        return None
    known = (Schedule(DAILY, settings.schedule), *others)

    def asked(package: Package) -> bool:
        return any(each.name == schedule.name for each in schedules_of(package.name, package.owners, known))

    return asked


def why_not(settings: Settings, at: datetime) -> str:
    """Why no run may start at that moment, empty where it may."""
    local = at.astimezone(ZoneInfo(settings.timezone))
    pause = next((each for each in settings.running.pauses if each.holds(local)), None)
    if pause is not None:
        return f"runs pause from {pause.first.isoformat()} to {pause.last.isoformat()}"
    if not is_open(settings.running.windows, local):
        return "it is outside of the windows for runs"
    return ""
