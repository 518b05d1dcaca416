"""`syncbot digest`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("digest")
@click.option("--daily", "period", flag_value="daily", default=True, help="Of the last day. The default.")
@click.option("--weekly", "period", flag_value="weekly", help="Of the last seven days.")
@click.option("--owner", metavar="O", help="Only the packages of this owner.")
@click.option("--atom", is_flag=True, help="Print an Atom feed instead of Markdown.")
@shared.json_option
@click.pass_context
def command(context: click.Context, *, period: str, owner: str | None, atom: bool, as_json: bool) -> None:
    """What changed in a day or a week, and what is asked of the reader; nothing else. Markdown, to be mailed or posted.

    Private packages are left out. No upstream is asked: this tells what the last checks found.

    \b
    Example:
      syncbot digest --weekly --owner kernel-team
      syncbot digest --atom > digest.xml
    """
    from syncbot.report import digest as words
    from syncbot.services.measuring import digest

    if atom and as_json:
        raise click.UsageError("--atom and --json exclude one another")
    with shared.opened(context.obj, reading=True) as workspace:
        found = digest(workspace, weekly=period == "weekly", owner=owner)
    if as_json:
        shared.document(words.document(found))
    else:
        click.echo(words.to_atom(found) if atom else words.to_markdown(found), nl=False)
