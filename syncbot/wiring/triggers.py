"""Schedules as triggers of APScheduler. The only module that knows it, beside the daemon."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from syncbot.model.schedules import Schedule, has_own_hours, interval, with_named_days
from syncbot.model.settings import Settings
from syncbot.services.schedule import zone


class OnceADay(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A cron trigger whose times of the day come once, also on the day on which the clock goes back an hour."""

    def __init__(self, inner: CronTrigger) -> None:
        self._inner = inner

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        found = cast("datetime | None", self._inner.get_next_fire_time(previous, now))
        while found is not None and _is_second(found):
            found = self._inner.get_next_fire_time(found, found.astimezone(ZoneInfo("UTC")) + timedelta(seconds=1))
        return found

    def __str__(self) -> str:
        return str(self._inner)


class Jittered(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A trigger whose times come up to so many seconds later, at random. What is due is reckoned without it."""

    def __init__(self, inner: Any, seconds: int) -> None:
        self._inner, self._seconds = inner, seconds
        self._due: datetime | None = None

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:  # noqa: ARG002  # with jitter in it
        found = cast("datetime | None", self._inner.get_next_fire_time(self._due, now))
        self._due = found
        return None if found is None else found + timedelta(seconds=random.uniform(0, self._seconds))  # noqa: S311  # no secret

    def __str__(self) -> str:
        return str(self._inner)


def _is_second(at: datetime) -> bool:
    """Whether the clock showed this time before, an hour ago. (A time that the clock leaves out in spring has two
    meanings, too, but no second coming.)"""
    return at.fold == 1 and at.replace(fold=0).utcoffset() > at.utcoffset()  # type: ignore[operator]  # it is aware


def trigger(schedule: Schedule, settings: Settings, anchor: datetime | None) -> Any:
    """When the schedule is due. `anchor`: what an interval is counted from, None: from now."""
    where = zone(schedule, settings)
    span = interval(schedule.when)
    if span is not None:
        return IntervalTrigger(seconds=int(span.total_seconds()), start_date=anchor, timezone=where)
    cron = CronTrigger.from_crontab(with_named_days(schedule.when), timezone=where)
    return OnceADay(cron) if has_own_hours(schedule.when) else cron


def missed(schedule: Schedule, settings: Settings, last: datetime, now: datetime) -> datetime | None:
    """The first time since the last run, and not longer ago than a run may be late, at which the schedule was due."""
    since = max(last, now - settings.running.misfire)
    due = trigger(schedule, settings, last).get_next_fire_time(None, since.astimezone(zone(schedule, settings)))
    if due == since:  # that one was run
        due = trigger(schedule, settings, last).get_next_fire_time(due, since + timedelta(seconds=1))
    return cast("datetime | None", due) if due is not None and due <= now else None
