"""`syncbot serve`: pages, the HTTP interface, badges, feeds and hooks."""

from __future__ import annotations

import os

import click

from syncbot.cli import shared
from syncbot.errors import InputError


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
    ask for with --allow-host. Private packages are shown to nobody. With --json the address is printed as a document.

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

    with shared.opened(context.obj) as workspace:
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        if as_json:
            shared.document({"schema": "syncbot.serve/1", "address": address})
        else:
            click.echo(f"syncbot: serving {address}; stop with Ctrl-C", err=True)
        serve(workspace, host, port, names=names, hook_secret=os.environ.get(WEBHOOK_VARIABLE, ""), log=log)
