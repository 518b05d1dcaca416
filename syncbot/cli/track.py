"""`syncbot track`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from syncbot.cli import shared


@click.command("track")
@click.argument("upstream")
@click.option("--name", help="The package's folder. Default: made of the address.")
@click.option("--base", metavar="VERSION", help="The release that the patches are for. Default: found out.")
@click.option("--range", "range_", default="", metavar="RANGE", help='Stay on a line, such as "8.*" or ">=2,<3".')
@click.option("--track", "track_", default="stable", show_default=True, help="stable, prerelease or branch:NAME.")
@shared.json_option
@click.pass_context
def command(
    context: click.Context,
    upstream: str,
    *,
    name: str | None,
    base: str | None,
    range_: str,
    track_: str,
    as_json: bool,
) -> None:
    """Track one more package: UPSTREAM is pypi:NAME, npm:NAME, git:URL (or a path) or tarball:URL.

    The base release is found out: the newest that all patches in the folder apply to; without patches, the newest.
    `package.toml` is written to patches/; committing it is yours.

    \b
    Example:
      syncbot track pypi:requests --range "2.*"
      syncbot track npm:left-pad --base 1.1.0
      syncbot track git:https://example.org/zlib.git --name zlib
    """
    from syncbot.report import documents, texts
    from syncbot.services.track import Wish, track
    from syncbot.wiring.workspace import wished_upstream

    asked = wished_upstream(upstream, context.obj.start, os.environ, Path.cwd())
    wish = Wish(asked, name, base, range_, track_)
    with shared.opened(context.obj, new=True) as workspace:
        found = track(workspace, wish)
    if as_json:
        shared.document(documents.tracked(found))
    else:
        shared.lines(texts.tracked(found))
