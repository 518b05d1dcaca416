"""`syncbot explain`."""

from __future__ import annotations

import sys
from datetime import date

import click

from syncbot.cli import shared


@click.command("explain")
@click.argument("package", metavar="PKG")
@click.argument("patch", metavar="PATCH")
@shared.on_option
@click.option("--no-diff", is_flag=True, help="Leave out the patch's own text.")
@click.option("--markdown", is_flag=True, help="Print Markdown, for a proposal or an issue.")
@shared.json_option
@click.pass_context
def command(
    context: click.Context,
    package: str,
    patch: str,
    *,
    on: date | None,
    no_diff: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Why PATCH of PKG has its verdict: the evidence, hunk by hunk, and what would change it.

    PATCH is its name in the series, or the last part of it, with its ending or without; a patch that was dropped is
    explained too. No upstream is asked: this tells what the last check found.

    \b
    Example:
      syncbot explain zlib fix-crc.patch
      syncbot explain zlib fix-crc.patch --markdown --no-diff
    """
    from syncbot.report import documents
    from syncbot.report.story import story, story_markdown
    from syncbot.report.words import what_would_change_it
    from syncbot.services.explain import explain, explain_on

    with shared.opened(context.obj, reading=True) as workspace:
        told = explain(workspace, package, patch) if on is None else explain_on(workspace, package, patch, on)
    if as_json:
        shared.document(documents.explain(told, what_would_change_it(told.judgement)))
    elif markdown:
        click.echo(story_markdown(told, diff=not no_diff), nl=False)
    else:
        click.echo(story(told, diff=not no_diff, wide=shared.wide(), broken=sys.stdout.isatty()), nl=False)
