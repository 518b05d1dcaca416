"""`syncbot history`."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from syncbot.cli import reading, shared


@click.command("history")
@click.argument("package", metavar="[PKG]", required=False)
@click.option("--days", type=click.IntRange(1), metavar="N", help="The last so many days.")
@shared.on_option
@shared.private_option
@reading.form_options
@click.pass_context
def command(context: click.Context, /, package: str | None, **asked: Any) -> None:
    """What happened to PKG, or in the last 30 days to any package, newest first: judgements with the delta before and
    after, proposals and the answers to them, drops. Each as it stood then.

    \b
    Example:
      syncbot history zlib
      syncbot history --days 30 --csv
    """
    from syncbot.report import measure_documents, measure_tables, problems
    from syncbot.services.measuring import history

    with shared.opened(context.obj, reading=True) as workspace:
        found = history(workspace, package, days=asked["days"], private=asked["private"], on=asked["on"])
    document = partial(measure_documents.history, found)
    said = ["Nothing was recorded."] if not (found.events or found.hidden or found.unknown) else []
    said += [*problems.hidden(found.hidden), *problems.unknown(found.unknown)]
    table = partial(measure_tables.history, found)
    columns = measure_documents.EVENT_COLUMNS
    reading.show(reading.Shown("History", document, table, "events", columns, said), asked)
