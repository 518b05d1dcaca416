"""`syncbot doctor`."""

from __future__ import annotations

import os

import click

from syncbot.cli import shared, terminal
from syncbot.errors import Exit


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Ask no upstream.")
@shared.json_option
@click.pass_context
def command(context: click.Context, *, offline: bool, as_json: bool) -> None:
    """Look whether all is there that syncbot needs, and say how to mend what is not.

    Python, git, the workspace, its settings, the state folder, the database, and every package's upstream.

    \b
    Example:
      syncbot doctor
    """
    from syncbot.report import documents, texts
    from syncbot.services.doctor import examine
    from syncbot.wiring import health

    with terminal.progress(quiet=context.obj.quiet) as progress:
        found = examine(health.probes(context.obj.start, os.environ, progress, offline=offline))
    if as_json:
        shared.document(documents.doctor(found))
    else:
        shared.lines(texts.doctor(found))
    context.exit(Exit.DONE if all(f.well for f in found) else Exit.INPUT)
