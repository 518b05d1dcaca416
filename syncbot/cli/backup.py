"""`syncbot backup create`, `load`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from syncbot.cli import shared


@click.group("backup")
def command() -> None:
    """Save the state, and load it again.

    A backup is one file: what the database holds, as an SQLite database whatever the state itself lies in, and the
    proposals of the local forge. Mirrors and downloads are not in it: they are fetched anew.

    \b
    Example:
      syncbot backup create /backups/syncbot.tar
      syncbot backup load /backups/syncbot.tar
    """


@command.command("create")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@shared.json_option
@click.pass_context
def create_command(context: click.Context, path: Path, *, as_json: bool) -> None:
    """Save the state to PATH, as it is at one moment. It may be done while a sync runs.

    \b
    Example:
      syncbot backup create "/backups/syncbot-$(date +%F).tar"
    """
    from syncbot.report import run_documents
    from syncbot.settings import open_workspace
    from syncbot.wiring.backup import create

    made = create(open_workspace(context.obj.start, os.environ), path)
    if as_json:
        shared.document(run_documents.backed_up(str(path), made.at, made.size, loaded=False))
    else:
        shared.lines([f"The state was saved to {path} ({made.size} bytes)."])


@command.command("load")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@shared.json_option
@click.pass_context
def load_command(context: click.Context, path: Path, *, as_json: bool) -> None:
    """Put the state that PATH holds in the place of the present one, all or nothing. It may be done while a sync runs:
    it waits until that is not writing, and packages that are being worked on are decided again by the next sync.

    \b
    Example:
      syncbot backup load /backups/syncbot-2026-01-31.tar
    """
    from syncbot.report import run_documents
    from syncbot.settings import open_workspace
    from syncbot.wiring.backup import load

    made = load(open_workspace(context.obj.start, os.environ), path)
    if as_json:
        shared.document(run_documents.backed_up(str(path), made.at, made.size, loaded=True))
    else:
        shared.lines([f"The state of {made.at.isoformat(timespec='seconds')} was loaded from {path}."])
