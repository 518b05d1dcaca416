"""`syncbot report`: the overview."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from syncbot.cli import reading, shared


@click.command("report")
@shared.packages_argument
@reading.filter_options
@reading.sort_option(reading.SORTS)
@reading.form_options
@click.pass_context
def command(context: click.Context, /, packages: tuple[str, ...], **asked: Any) -> None:
    """The delta of every package, or of PKG...: what it carries and costs, how far behind it is, what the newest
    release would leave, what is gone.

    No upstream is asked: this tells what the last checks found. `-` is what is not known. The measures are defined in
    the reference.

    \b
    Example:
      syncbot report --owner kernel-team --sort age
      syncbot report --verdict conflict --markdown
    """
    from syncbot.report import measure_documents, measure_tables, problems
    from syncbot.report.measured import sorted_packages

    kept = reading.found(context, packages, asked)
    kept = sorted_packages(kept, asked["sort"], reverse=asked["reverse"])
    document = partial(measure_documents.report, kept)
    said = [measure_tables.report_line(kept), *problems.hidden(kept.hidden)]
    table = partial(measure_tables.report, kept)
    columns = measure_documents.PACKAGE_COLUMNS
    reading.show(reading.Shown("The delta", document, table, "packages", columns, said), asked)
    reading.leave(context, kept)
