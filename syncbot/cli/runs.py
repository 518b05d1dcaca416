"""`syncbot runs`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("runs")
@click.argument("which", metavar="[RUN]", required=False, type=click.IntRange(1))
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many of the newest.")
@shared.private_option
@shared.json_option
@click.pass_context
def command(context: click.Context, which: int | None, limit: int, *, private: bool, as_json: bool) -> None:
    """The newest runs: when, what made them, who did them, what came of it. With the number of one: what it did about
    each package that was due, and why it left others out.

    \b
    Example:
      syncbot runs
      syncbot runs 17
    """
    from syncbot.report import run_documents, run_texts
    from syncbot.services import runs

    with shared.opened(context.obj, reading=True) as workspace:
        if which is None:
            found = runs.listed(workspace, limit)
        else:
            one = runs.one(workspace, which, private=private)
    if which is None:
        shared.document(run_documents.runs(found)) if as_json else shared.table(run_texts.runs(found))
    elif as_json:
        shared.document(run_documents.run(one))
    else:
        shared.table(run_texts.notes(one))
        shared.lines(run_texts.summary(one))
