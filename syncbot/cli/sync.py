"""`syncbot sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from syncbot.cli import shared

if TYPE_CHECKING:
    from syncbot.report.results import SyncResult


@click.command("sync")
@shared.packages_argument
@click.option("--dry-run", is_flag=True, help="Decide everything, write nothing.")
@shared.jobs_option
@shared.private_option
@shared.exit_code_option
@shared.json_option
@click.pass_context
def command(
    context: click.Context, packages: tuple[str, ...], *, dry_run: bool, private: bool, person: bool, as_json: bool
) -> None:
    """The daily job, for every package or for PKG...: check, plan, verify, propose, record.

    It judges each patch against the newest release, and leaves one proposal per package that can move: patches that
    upstream has are dropped, the rest is refreshed where it must be. Run twice on an unchanged world, the second run
    changes nothing.

    \b
    Example:
      syncbot sync --dry-run         what would be proposed
      syncbot sync                   do it
      syncbot proposals show 1       read what came of it
    """
    from syncbot.errors import ForgeStopped
    from syncbot.report.results import asks_person
    from syncbot.services.sync import sync

    context.call_on_close(shared.logs())
    context.call_on_close(shared.stopped_by_sigterm())
    with shared.opened(context.obj) as workspace:
        found = sync(workspace, packages, dry_run=dry_run)
        stopped = workspace.forge.stopped()
    if stopped is not None and not any(isinstance(problem.error, ForgeStopped) for problem in found.problems):
        shared.complaints([f"nothing {'would be' if dry_run else 'is'} written: {stopped}"])
    tell(found, quiet=context.obj.quiet, private=private, as_json=as_json)
    if not dry_run:
        shared.follow_up(context.obj)
    asked = person and asks_person(found.checks)
    shared.leave(context, len(found.items), found.problems, person=asked)


def tell(found: SyncResult, *, quiet: bool, private: bool, as_json: bool, complain: bool = True) -> None:
    """Print what a sync came to. `complain`: problems and alerts, too."""
    from syncbot.report import documents, problems, texts
    from syncbot.report.next_steps import next_commands
    from syncbot.report.visible import of_sync

    shown, hidden = of_sync(found, private=private)
    if complain:
        shared.complaints([*texts.alerts(shown.checks), *problems.told(shown.problems)])
    if as_json:
        shared.document(documents.sync(shown))
        return
    shared.result(texts.verdicts(shown.checks), [*texts.sync_lines(shown), *problems.hidden(hidden)])
    if not quiet:
        shared.lines(["", "Next:", *(f"  {text}" for text in next_commands(shown, shared.program()))])
