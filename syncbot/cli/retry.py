"""`syncbot retry`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("retry")
@shared.packages_argument
@shared.private_option
@shared.json_option
@click.pass_context
def command(context: click.Context, packages: tuple[str, ...], *, private: bool, as_json: bool) -> None:
    """End the pauses of packages that kept failing, of all or of PKG...: the next sync tries them again.

    \b
    Example:
      syncbot retry left-pad && syncbot sync
    """
    from syncbot.report import problems, run_documents
    from syncbot.services.aside import told
    from syncbot.services.turns import retry

    with shared.opened(context.obj) as workspace:
        found = retry(workspace, packages)
        now = workspace.clock.now()
    shown = tuple(each for each in found if private or not each.private)
    if as_json:
        shared.document(run_documents.retried(shown))
        return
    said = [f"{each.package}: is tried again; it was {told(each, now)}" for each in shown]
    shared.lines([*said, *problems.hidden(len(found) - len(shown))] or ["Nothing was failing."])
