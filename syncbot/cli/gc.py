"""`syncbot gc`."""

from __future__ import annotations

import os

import click

from syncbot.cli import shared


@click.command("gc")
@click.option("--dry-run", is_flag=True, help="Say what would go, throw nothing away.")
@shared.json_option
@click.pass_context
def command(context: click.Context, *, dry_run: bool, as_json: bool) -> None:
    """Throw away what nobody needs and is older than the settings `gc.*` say: mirrors that no package uses, downloads
    and pages that nobody used, verdicts that nothing refers to, the records of old runs, results and logs of `verify`,
    bundles of `restore`. What a proposal, an open question or the next judgement needs stays. It may be done while a
    sync runs.

    \b
    Example:
      syncbot gc --dry-run
    """
    from syncbot.report import run_documents, run_texts
    from syncbot.wiring.sweeping import sweep

    with shared.opened(context.obj) as workspace:
        found = sweep(workspace, context.obj.start, os.environ, dry_run=dry_run)
    if as_json:
        shared.document(run_documents.swept(found))
    else:
        shared.lines(run_texts.swept(found))
