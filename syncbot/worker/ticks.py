"""Which schedules are due at this minute, and which packages somebody marked: by the same settings as `syncbot run`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncbot.model.packages import Package
from syncbot.model.schedules import NEVER, Schedule, interval, schedules_of, with_named_days
from syncbot.model.settings import Settings
from syncbot.model.windows import is_open
from syncbot.services import due as marks
from syncbot.services import planning
from syncbot.services.planning import Errand
from syncbot.services.workspace import Workspace

OWN = "schedule"
"""The name of the workspace's own schedule."""


def known(settings: Settings) -> tuple[Schedule, ...]:
    """All schedules, the workspace's own first: it is for what no other one names."""
    return (Schedule(OWN, settings.schedule, timezone=settings.timezone), *settings.running.schedules)


def due(settings: Settings, cause: str) -> Callable[[Package], bool]:
    """Whether a package goes by the schedule of that name."""
    every = known(settings)
    return lambda package: any(one.name == cause for one in schedules_of(package.name, package.owners, every))


def fired(settings: Settings, started: Mapping[str, datetime], at: datetime) -> list[str]:
    """The schedules that are due. `started`: when each was carried out last. A time that passed while nobody was there
    is made up for, once, unless it is too long ago; one that was never carried out starts with the next time."""
    here = at.astimezone(ZoneInfo(settings.timezone))
    if any(pause.holds(here) for pause in settings.running.pauses) or not is_open(settings.running.windows, here):
        return []
    return [one.name for one in known(settings) if _is_due(one, settings, started.get(one.name), at)]


def _is_due(schedule: Schedule, settings: Settings, last: datetime | None, at: datetime) -> bool:
    if schedule.when.strip() == NEVER:
        return False
    span = interval(schedule.when)
    if span is not None:
        return last is None or at - last >= span
    oldest = at - settings.running.misfire
    since = at - timedelta(minutes=1) if last is None else max(last, oldest)
    next_ = _next(schedule, settings, since)
    return next_ is not None and next_ <= at


def _next(schedule: Schedule, settings: Settings, after: datetime) -> datetime | None:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  # a third of a second, for schedules alone

    zone = ZoneInfo(schedule.timezone or settings.timezone)
    trigger = CronTrigger.from_crontab(with_named_days(schedule.when), timezone=zone)
    found: datetime | None = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
    return found


def marked(workspace: Workspace) -> Mapping[str, datetime]:
    """The packages that are due before their time."""
    return marks.waiting(workspace)


def errands(workspace: Workspace, names: Mapping[str, datetime]) -> tuple[Errand, ...]:
    return planning.errands(workspace, () if marks.EVERYTHING in names else tuple(names))


def seen(workspace: Workspace, names: Mapping[str, datetime]) -> None:
    marks.taken(workspace, names)
