"""`syncbot delta`: the patches of packages."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from syncbot.cli import reading, shared


@click.command("delta")
@shared.packages_argument
@reading.filter_options
@reading.sort_option(reading.PATCH_SORTS)
@reading.form_options
@click.pass_context
def command(context: click.Context, /, packages: tuple[str, ...], **asked: Any) -> None:
    """The patches of PKG..., or of every package, each with its verdict and what it costs to carry.

    No upstream is asked: this tells what the last checks found. `-` is what is not known.

    \b
    Example:
      syncbot delta zlib
      syncbot delta --older-than 365 --sort cost
      syncbot delta --cve CVE-2024-3094 --json
    """
    from syncbot.report import measure_documents, measure_tables, problems
    from syncbot.report.measured import sorted_patches

    kept = reading.found(context, packages, asked)
    patches = [patch for package in kept.packages for patch in package.patches]
    patches = sorted_patches(patches, asked["sort"], reverse=asked["reverse"])
    document = partial(measure_documents.delta, kept, patches)
    said = [measure_tables.report_line(kept), *problems.hidden(kept.hidden)]
    bases: dict[str, str | None] = {package.package: package.base for package in kept.packages}
    table = partial(measure_tables.delta, patches, bases)
    columns = measure_documents.PATCH_COLUMNS
    reading.show(reading.Shown("The patches", document, table, "patches", columns, said), asked)
    reading.leave(context, kept)
