"""`syncbot owners`."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from syncbot.cli import reading


@click.command("owners")
@reading.filter_options
@reading.form_options
@click.pass_context
def command(context: click.Context, /, **asked: Any) -> None:
    """What each owner carries, and what waits for them. A package of two owners counts for both.

    \b
    Example:
      syncbot owners
      syncbot owners --csv
    """
    from syncbot.report import measure_documents, measure_tables, problems
    from syncbot.report.measured import owners

    kept = reading.found(context, (), asked)
    owned = owners(kept.packages, kept.at)
    if asked["owner"] is not None:
        owned = [one for one in owned if one.owner == asked["owner"]]
    document = partial(measure_documents.owners, kept, owned)
    said = [measure_tables.report_line(kept), *problems.hidden(kept.hidden)]
    table = partial(measure_tables.owners, owned)
    columns = measure_documents.OWNER_COLUMNS
    reading.show(reading.Shown("Owners", document, table, "owners", columns, said), asked)
    reading.leave(context, kept)
