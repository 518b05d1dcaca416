"""`syncbot migrate`."""

from __future__ import annotations

import os

import click

from syncbot.cli import shared, terminal


@click.command("migrate")
@click.option("--from", "source", metavar="URL", default="", help="The database to read. Default: the state folder's.")
@click.option("--to", "target", metavar="URL", default="", help="The database to fill. Default: SYNCBOT_DATABASE_URL.")
@shared.json_option
@click.pass_context
def command(context: click.Context, *, source: str, target: str, as_json: bool) -> None:
    """Move the state to another database, and prove that nothing was lost.

    From SQLite to PostgreSQL, or back. All tables go in one transaction, which stands only if each, read back from the
    target, has the rows of the source. A target that holds anything else is refused; killed in between, it is empty,
    and the command may be run again. The source is left as it is.

    \b
    Example:
      SYNCBOT_DATABASE_URL=postgresql://syncbot@db/syncbot syncbot migrate
    """
    from syncbot.report import moved as words
    from syncbot.wiring.migrating import migrated

    with terminal.progress(quiet=context.obj.quiet) as progress:
        found = migrated(context.obj.start, os.environ, source, target, progress)
    if as_json:
        shared.document(words.document(found))
    else:
        shared.lines(words.lines(found))
