"""`syncbot upstreamable`."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from syncbot.cli import reading, shared


@click.command("upstreamable")
@shared.packages_argument
@reading.filter_options
@reading.form_options
@click.pass_context
def command(context: click.Context, /, packages: tuple[str, ...], **asked: Any) -> None:
    """The patches that nobody sent upstream and that upstream does not have: the oldest first, of one age the dearest.

    Whether a patch was sent is told by its header (Forwarded, Upstream-Status, Origin and the like).

    \b
    Example:
      syncbot upstreamable --owner kernel-team
    """
    from syncbot.report import measure_documents, measure_tables, problems
    from syncbot.report.measured import upstreamable

    kept = reading.found(context, packages, asked)
    patches = upstreamable(kept.packages)
    document = partial(measure_documents.upstreamable, kept, patches)
    said = [measure_tables.upstreamable_line(patches), *problems.hidden(kept.hidden)]
    table = partial(measure_tables.upstreamable, patches)
    columns = measure_documents.PATCH_COLUMNS
    reading.show(reading.Shown("To be sent upstream", document, table, "patches", columns, said), asked)
    reading.leave(context, kept)
