"""`syncbot run`: the daemon, in the foreground, until stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from syncbot.cli import shared

if TYPE_CHECKING:
    from syncbot.cli.shared import Options
    from syncbot.model.schedules import Schedule
    from syncbot.settings import Workspace as Found


@click.command("run")
@click.option("--now", is_flag=True, help="Sync once at the start, too.")
@shared.jobs_option
@shared.json_option
@click.pass_context
def command(context: click.Context, *, now: bool, as_json: bool) -> None:
    """Sync by the schedules of the settings, in the foreground, until stopped (SIGTERM, SIGINT or Ctrl-C).

    A run that goes on is finished first, or broken off after 20 seconds with all it learnt kept; a second signal breaks
    it off at once. SIGHUP reads the settings again; where they are wrong, those from before stay. A run that was missed
    while nobody was there is made up for, up to `run.misfire`. Logs go to standard error: lines on a terminal, JSON
    elsewhere. With --json each sync prints its document.

    \b
    Example:
      syncbot run --now
    """
    from syncbot.wiring.daemon import Daemon

    options: Options = context.obj
    context.call_on_close(shared.logs(always=True))
    daemon = Daemon(options.start, os.environ, lambda found, schedule: _sync(options, found, schedule, as_json=as_json))
    daemon.run(now=now)


def _sync(options: Options, found: Found, schedule: Schedule, *, as_json: bool) -> None:
    """One run, printed as `syncbot sync` prints it; what went wrong is in the logs."""
    from syncbot.cli.sync import tell
    from syncbot.services import due as marks
    from syncbot.services.schedule import due
    from syncbot.services.sync import sync

    with shared.opened(options, found=found) as workspace:
        if schedule.name == marks.WEBHOOK:
            marked = marks.waiting(workspace)
            whole = marks.EVERYTHING in marked
            done = sync(workspace, cause=schedule.name, due=None if whole else lambda package: package.name in marked)
            marks.taken(workspace, marked)
        else:
            done = sync(workspace, cause=schedule.name, due=due(schedule, found.settings))
    tell(done, quiet=True, private=False, as_json=as_json, complain=False)
