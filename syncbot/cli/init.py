"""`syncbot init`."""

from __future__ import annotations

from pathlib import Path

import click

from syncbot.cli import shared


@click.command("init")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@shared.json_option
@click.pass_context
def command(context: click.Context, folder: Path | None, *, as_json: bool) -> None:
    """Make FOLDER (default: the current one) a workspace: syncbot.toml, patches/, state/ and a .gitignore for it.

    Files that exist are left alone; .gitignore is only added to.

    \b
    Example:
      syncbot init
    """
    from syncbot.report import documents, texts
    from syncbot.wiring import files

    root = (folder or context.obj.start).absolute()
    written, kept = files.init(root)
    if as_json:
        shared.document(documents.init(str(root), written, kept))
    else:
        shared.lines(texts.init(str(root), written, kept, repository=files.is_repository(root)))
