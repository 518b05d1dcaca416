"""`syncbot vex`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("vex")
@shared.packages_argument
@click.option("--author", metavar="A", help="Who makes the statements. Default: the bot's name in the settings.")
@click.option(
    "--osv",
    multiple=True,
    metavar="PLACE",
    help="More OSV records than the setting `advisories` names: a file, a folder or a URL; may be given several times.",
)
@shared.json_option
@click.pass_context
def command(
    context: click.Context,
    packages: tuple[str, ...],
    *,
    author: str | None,
    osv: tuple[str, ...],
    as_json: bool,  # noqa: ARG001  # always JSON
) -> None:
    """What is known of the vulnerabilities that patches of PKG... (or of all packages) claim to fix: OpenVEX 0.2.0,
    JSON with or without --json.

    `fixed` only where an advisory says that the base release has the fix, or where a commit that names the
    vulnerability was traced into it; else `under_investigation`: a header's claim is no proof. Nothing is printed where
    no patch names a vulnerability. The same state gives the same bytes; private packages are left out.

    \b
    Example:
      syncbot vex --osv advisories/ > vex.json
    """
    import syncbot
    from syncbot.report import problems, supply
    from syncbot.report.vex import vex
    from syncbot.services.supply import supplied
    from syncbot.wiring.osv import advisories

    records = advisories(osv)
    with shared.opened(context.obj, reading=True) as workspace:
        records = [*records, *workspace.advisories.every]
        found, unread = supplied(workspace, packages, records)
        by = author or workspace.settings.identity.name
    shared.complaints(problems.told(unread))
    made = vex(found, by, syncbot.__version__)
    if made is None:
        shared.complaints(["no patch names a vulnerability: there is nothing to state"])
    else:
        click.echo(supply.rendered(made))
    shared.leave(context, len(found), unread)
