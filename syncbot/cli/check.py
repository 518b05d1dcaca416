"""`syncbot check`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.command("check")
@shared.packages_argument
@shared.private_option
@shared.jobs_option
@shared.exit_code_option
@shared.json_option
@click.pass_context
def command(context: click.Context, packages: tuple[str, ...], *, private: bool, person: bool, as_json: bool) -> None:
    """Judge every tracked patch (or those of PKG...) against new upstream releases.

    Nothing is written downstream: no branch, no proposal. What was judged is remembered, so that the next check and
    `syncbot explain` are quick.

    \b
    Example:
      syncbot check                  every package
      syncbot check zlib --json      one, as a document
    """
    from syncbot.report import documents, problems, texts
    from syncbot.report.next_steps import after_check
    from syncbot.report.results import asks_person
    from syncbot.report.visible import of_check
    from syncbot.services.check import check

    with shared.opened(context.obj, unborn=True) as workspace:
        found = check(workspace, packages)
    shown, hidden = of_check(found, private=private)
    shared.complaints([*texts.alerts(shown.packages), *problems.told(shown.problems)])
    if as_json:
        shared.document(documents.check(shown))
    else:
        shared.result(texts.verdicts(shown.packages), [texts.check_line(shown), *problems.hidden(hidden)])
        steps = [] if context.obj.quiet else after_check(shown, shared.program())
        shared.lines(["", "Next:", *(f"  {text}" for text in steps)] if steps else [])
    asked = person and asks_person(found.packages)
    shared.leave(context, len(found.packages), found.problems, person=asked)
