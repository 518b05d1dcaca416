"""`syncbot restore`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("restore")
@click.argument("package", metavar="PKG")
@click.argument("patch", metavar="PATCH")
@click.option("--reason", required=True, help="Why it is needed; it pins the patch.")
@shared.json_option
@click.pass_context
def command(context: click.Context, package: str, patch: str, *, reason: str, as_json: bool) -> None:
    """Bring a dropped PATCH back to PKG, through a proposal that pins it.

    A bundle is written to state/bundles/: the patches, the touched files of both releases, the judgement and a script
    that judges the case again, offline. Attach it when you report a wrong verdict.

    \b
    Example:
      syncbot restore zlib fix-crc.patch --reason "the release lost it again"
    """
    from syncbot.report import documents, texts
    from syncbot.report.safe import line
    from syncbot.services.restore import restore

    with shared.opened(context.obj) as workspace:
        done = restore(workspace, package, patch, reason)
    found = done.result
    shared.complaints([f"warning: {line(done.warning)}"] if done.warning else [])
    if as_json:
        shared.document(documents.restored(found))
    else:
        shared.lines(texts.restored(found))
