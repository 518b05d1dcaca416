"""`syncbot serve`: pages, the HTTP interface, badges, feeds and hooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from syncbot.cli import shared
from syncbot.errors import InputError

if TYPE_CHECKING:
    from syncbot.services.workspace import Workspace


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="A host name that it may be asked under; several times.",
)
@click.option("--log", is_flag=True, help="Log each request on standard error.")
@shared.json_option
@click.pass_context
def command(context: click.Context, *, host: str, port: int, names: tuple[str, ...], log: bool, as_json: bool) -> None:
    """Serve the pages and the HTTP interface until stopped (SIGTERM, SIGINT or Ctrl-C).

    Reading needs no account: put it behind your own proxy where not everybody may read, and name the host that people
    ask for with --allow-host. Private packages are shown to nobody. Of several downstream branches all
    are shown, unless --branch names one. With --json the address is printed as a document.

    \b
    Example:
      syncbot serve
      syncbot serve --host 0.0.0.0 --allow-host patches.example.org
    """
    try:
        from syncbot.web.serving import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "syncbot":
            raise
        what = f"the pages need {error.name}, which is not installed"
        raise InputError(what, "install the extra: pip install 'syncbot[web]'") from None
    from syncbot.settings import WEBHOOK_VARIABLE

    with _every(context) as workspaces:
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        if as_json:
            shared.document({"schema": "syncbot.serve/1", "address": address})
        else:
            click.echo(f"syncbot: serving {address}; stop with Ctrl-C", err=True)
        serve(workspaces, host, port, names=names, hook_secret=os.environ.get(WEBHOOK_VARIABLE, ""), log=log)


@contextmanager
def _every(context: click.Context) -> Iterator[dict[str, Workspace]]:
    """The workspace, or that of each downstream branch where there are several and none was named."""
    from syncbot.settings import BRANCH_VARIABLE, open_workspace, read_workspace

    found = open_workspace(context.obj.start, os.environ)
    with ExitStack() as stack:
        if found.shared is not None or not found.settings.branches:
            yield {"": stack.enter_context(shared.opened(context.obj))}
            return
        made = {}
        for branch in found.settings.branches:
            one = read_workspace(found.root, {**os.environ, BRANCH_VARIABLE: branch})
            made[branch] = stack.enter_context(shared.opened(context.obj, found=one))
        yield made
