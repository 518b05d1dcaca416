"""`syncbot reproduce`."""

from __future__ import annotations

import click

from syncbot.cli import shared
from syncbot.errors import Exit


@click.command("reproduce")
@shared.packages_argument
@shared.private_option
@shared.json_option
@click.pass_context
def command(context: click.Context, packages: tuple[str, ...], *, private: bool, as_json: bool) -> None:
    """Ask the judge once more, without its memory, about the inputs of the decisions that stand, and compare.

    The exit code is 1 where a decision comes out otherwise, or cannot be asked again because the series, a release,
    upstream's branch or the judge is another one by now; what differs is printed. Nothing is written.

    \b
    Example:
      syncbot reproduce zlib
    """
    from syncbot.report import problems, reproduced
    from syncbot.services.reproducing import reproduce

    with shared.opened(context.obj) as workspace:
        found, unread = reproduce(workspace, packages, private=private)
    shared.complaints(problems.told(unread))
    if as_json:
        shared.document(reproduced.document(found, unread))
    else:
        shared.lines(reproduced.text(found))
    code = problems.exit_code(len(found), unread)
    differs = any(one.came is not reproduced.Came.SAME for one in found)
    context.exit(Exit.PERSON if code is Exit.DONE and differs else code)
