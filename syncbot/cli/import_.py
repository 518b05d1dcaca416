"""`syncbot import`."""

from __future__ import annotations

import os

import click

from syncbot.cli import shared, terminal


@click.command("import")
@click.argument("what", metavar="PATH|URL|debian:NAME")
@click.option("--layout", default="", metavar="NAME", help="The layout. Default: it is recognised.")
@click.option("--folder", default="", metavar="FOLDER", help="The folder of the repository to look in. Default: all.")
@click.option("--branch", default="", metavar="BRANCH", help="The branch that proposals are for.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be written.")
@shared.json_option
@click.pass_context
def command(
    context: click.Context, what: str, *, layout: str, folder: str, branch: str, dry_run: bool, as_json: bool
) -> None:
    """Take a packaging repository as it is.

    Its layout is recognised; every package that carries patches is found, with its upstream, base release and owners;
    what could not be found out is said.

    The packaging stays where it is. Only the workspace's settings are written: the layout, where the repository is if
    the workspace does not lie in it, and a table to fill in for each package whose upstream is not known. debian:NAME
    fetches a source package through the user's own apt and writes its debian/ folder below NAME/.

    \b
    Example:
      syncbot import .                                  the repository that you are in
      syncbot import https://example.org/packages.git   another one, by its address
      syncbot import debian:zlib
    """
    from syncbot.report import documents, importing
    from syncbot.wiring.importing import Order, bring_in

    order = Order(what, layout, branch, folder, dry_run)
    with terminal.progress(quiet=context.obj.quiet) as progress:
        found = bring_in(order, context.obj.start, os.environ, progress)
    if as_json:
        shared.document(documents.imported(found, dry_run=dry_run))
        return
    shared.complaints(importing.complaints(found))
    shared.result(importing.table(found), importing.summary(found, dry_run=dry_run))
