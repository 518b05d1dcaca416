"""`syncbot forecast`."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from syncbot.cli import reading, shared


@click.command("forecast")
@shared.packages_argument
@reading.filter_options
@reading.form_options
@click.pass_context
def command(context: click.Context, /, packages: tuple[str, ...], **asked: Any) -> None:
    """What the next releases will make obsolete: the patches that upstream's branch has, each with the commit.

    No upstream is asked: this tells what the last checks saw on the branch.

    \b
    Example:
      syncbot forecast
      syncbot forecast zlib --json
    """
    from syncbot.report import measure_documents, measure_tables, problems
    from syncbot.report.measured import chosen
    from syncbot.services.measuring import forecast, measured

    with shared.opened(context.obj, reading=True) as workspace:
        whole = measured(workspace, packages, private=asked["private"], on=asked["on"])
        kept = chosen(whole, reading.wanted(packages, asked))
        ahead = forecast(workspace, kept)
    reading.complain(kept)
    reading.missing(whole, asked)
    document = partial(measure_documents.forecast, kept, ahead)
    said = [measure_tables.forecast_line(ahead), *problems.hidden(kept.hidden)]
    table = partial(measure_tables.forecast, ahead)
    columns = measure_documents.COMING_COLUMNS
    reading.show(reading.Shown("What will go away", document, table, "obsolete", columns, said), asked)
    reading.leave(context, kept)
