"""`syncbot report`, also called `delta`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("report")
@shared.packages_argument
@click.option("--owner", metavar="O", help="Only the packages of this owner.")
@click.option("--history", is_flag=True, help="The delta over time: every judgement that was made.")
@shared.private_option
@shared.json_option
@click.pass_context
def command(
    context: click.Context, packages: tuple[str, ...], *, owner: str | None, history: bool, private: bool, as_json: bool
) -> None:
    """The delta of every package, or of PKG...: what it carries, what the newest release would leave, what is gone.

    No upstream is asked: this tells what the last checks found. `syncbot delta` is the same.

    \b
    Example:
      syncbot report --owner kernel-team
      syncbot delta zlib --history
    """
    from syncbot.report import documents, texts
    from syncbot.report.visible import of_delta
    from syncbot.services.delta import delta

    with shared.opened(context.obj) as workspace:
        found = delta(workspace, packages, owner)
    shown, hidden = of_delta(found, private=private)
    shared.complaints([*texts.alerts(shown.packages), *texts.problems(shown.problems)])
    if as_json:
        shared.document(documents.report(shown))
    else:
        rows = texts.report_history(shown) if history else texts.report(shown)
        shared.result(rows, [texts.report_line(shown), *texts.hidden(hidden)])
    shared.leave(context, len(found.packages), found.problems)
