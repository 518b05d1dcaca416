"""`syncbot sbom`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("sbom")
@shared.packages_argument
@shared.json_option
@click.pass_context
def command(context: click.Context, packages: tuple[str, ...], *, as_json: bool) -> None:  # noqa: ARG001  # always JSON
    """A bill of materials of every package, or of PKG...: CycloneDX 1.6, JSON with or without --json.

    Each package's pedigree has its upstream release, upstream's commits that hold what its patches do, and the patches
    with their text and what they claim to resolve. The same state gives the same bytes; private packages are left out.

    \b
    Example:
      syncbot sbom > bom.json
    """
    import syncbot
    from syncbot.report import problems, supply
    from syncbot.services.supply import supplied

    with shared.opened(context.obj, reading=True) as workspace:
        found, unread = supplied(workspace, packages)
    shared.complaints(problems.told(unread))
    click.echo(supply.rendered(supply.sbom(found, syncbot.__version__)))
    shared.leave(context, len(found), unread)
