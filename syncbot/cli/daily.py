"""`syncbot run`: the daily sync in the foreground, until stopped."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import click

from syncbot.cli import shared
from syncbot.errors import SyncbotError

if TYPE_CHECKING:
    from syncbot.cli.shared import Options

_GRACE = 6 * 3600
"""Seconds by which a tick may be late and still run: a laptop sleeps, a job may take long."""


@click.command("run")
@click.option("--now", is_flag=True, help="Sync once at the start, too.")
@shared.jobs_option
@shared.json_option
@click.pass_context
def command(context: click.Context, *, now: bool, as_json: bool) -> None:
    """Sync by the schedule of the settings, in the foreground, until stopped (SIGTERM, SIGINT or Ctrl-C).

    A sync that runs is finished first; a second signal stops at once. With --json each sync prints its document.

    \b
    Example:
      syncbot run --now
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.blocking import BlockingScheduler
    from apscheduler.triggers.cron import CronTrigger

    options: Options = context.obj
    with shared.opened(options) as workspace:
        settings = workspace.settings
    job = _Job(options, as_json=as_json)
    scheduler = BlockingScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE},
        timezone=settings.timezone,
    )
    trigger = CronTrigger.from_crontab(with_named_days(settings.schedule), timezone=settings.timezone)
    scheduler.add_job(job, trigger, id="sync", name="sync")
    if now:
        scheduler.add_job(job, id="first", name="first sync")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _Stop(scheduler))
    click.echo(f"syncbot: syncs at {settings.schedule} ({settings.timezone}); stop with Ctrl-C", err=True)
    scheduler.start()
    click.echo("syncbot: stopped", err=True)


def with_named_days(schedule: str) -> str:
    """The cron expression with its weekdays by name: 0 is Sunday for cron, and Monday for APScheduler, which also knows
    no range over the end of its week."""
    *fields, days = schedule.lower().split()
    if days != "*":
        chosen = {day for part in days.split(",") for day in _days(part)}
        days = ",".join(_WEEK[day] for day in sorted(chosen))
    return " ".join([*fields, days])


_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _days(part: str) -> range:
    """The days of one part of the field (`1`, `mon-fri`, `*/2`), counted from Sunday."""
    span, _, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    start = _day(first)
    end = _day(last) if dash else 6 if step else start
    return range(start, end + 1, int(step or 1))


def _day(word: str) -> int:
    return int(word) % 7 if word.isdigit() else _WEEK.index(word)


class _Job:
    """One sync, printed as `syncbot sync` prints it. Its failure is told and does not end the schedule."""

    def __init__(self, options: Options, *, as_json: bool) -> None:
        self._options = options
        self._as_json = as_json

    def __call__(self) -> None:
        from syncbot.cli.sync import tell
        from syncbot.services.sync import sync

        try:
            with shared.opened(self._options) as workspace:
                found = sync(workspace)
            tell(found, quiet=True, private=False, as_json=self._as_json)
        except SyncbotError as error:
            shared.complaints([f"error: {error}"])


class _Stop:
    """The signal handler: finish what runs, then end; at the second signal end at once."""

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self._asked = False

    def __call__(self, *_signal: object) -> None:
        if self._asked:
            click.echo("syncbot: stopped at once", err=True)
            os._exit(130)  # a sync may be broken off anywhere; its workers end with us
        self._asked = True
        click.echo("syncbot: stopping after the sync that runs (once more: at once)", err=True)
        # In a thread of its own: the scheduler's lock may be held by the code that this signal interrupted.
        threading.Thread(target=self._scheduler.shutdown, daemon=True).start()
