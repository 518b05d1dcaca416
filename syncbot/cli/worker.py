"""`syncbot worker`."""

from __future__ import annotations

import os

import click

from syncbot.cli import shared


@click.command("worker")
@click.option("--now", is_flag=True, help="All packages are due at the start, too.")
@click.option("--drain", is_flag=True, help="End when nothing is left to do.")
@click.option(
    "--dead-after",
    type=click.FloatRange(1),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long another worker may show no sign of life before its jobs are taken over. The same for all workers.",
)
@click.option(
    "--retry-after",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a job that failed waits for its second try; each further wait is three times longer, up to an hour.",
)
@shared.json_option
@click.pass_context
def command(
    context: click.Context, *, now: bool, drain: bool, dead_after: float, retry_after: float, as_json: bool
) -> None:
    """Take part in the work of many machines, until stopped (SIGTERM, SIGINT or Ctrl-C).

    Wants the state on PostgreSQL (SYNCBOT_DATABASE_URL), a checkout of the workspace, and `syncbot[postgres]`. Any
    number of workers, on any number of machines, share one job per package; the schedules of the settings fire once
    for all of them. Stopped, it finishes the job at hand, or gives it back after 25 seconds. With --json it prints how
    it ended.

    \b
    Example:
      syncbot worker
      syncbot worker --now --drain      all packages once, then end
    """
    try:
        from syncbot.worker.serve import Manner, serve
    except ImportError as error:
        raise _missing(error) from None
    serve(context.obj.start, os.environ, Manner(dead_after, retry_after, now, drain))
    if as_json:
        shared.document({"schema": "syncbot.worker/1", "drained": drain})


def _missing(error: ImportError) -> Exception:
    from syncbot.errors import InputError

    return InputError(f"workers need the package {error.name}", "pip install 'syncbot[postgres]'")
