"""`syncbot token`: who may act over HTTP, and on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from syncbot.cli import shared

if TYPE_CHECKING:
    from datetime import datetime

    from syncbot.model.tokens import ApiToken

SCOPES = ("retry", "reject", "pause")
"""`Scope`, spelled out: --help imports nothing of ours. A test compares."""


@click.group("token", invoke_without_command=True)
@shared.json_option
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Tokens of the HTTP interface: who may act, and on which packages. Reading needs none. Alone: list them.

    \b
    Example:
      syncbot token create ann --scope pause --owner kernel-team
      syncbot token list
    """
    if context.invoked_subcommand is None:
        context.invoke(listing, as_json=as_json)


@command.command("create")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it allows.")
@click.option("--owner", "owners", multiple=True, metavar="O", help="It acts on the packages of this owner.")
@click.option("--everything", is_flag=True, help="It acts on all packages.")
@click.option("--days", type=click.IntRange(1, 3660), metavar="N", help="It is valid for so long. Default: for ever.")
@shared.json_option
@click.pass_context
def create(
    context: click.Context,
    name: str,
    *,
    scopes: tuple[str, ...],
    owners: tuple[str, ...],
    everything: bool,
    days: int | None,
    as_json: bool,
) -> None:
    """Make a token for NAME, a person or a program. It is shown once: only its digest is kept.

    \b
    Example:
      syncbot token create kernel-team --scope pause --scope retry --owner kernel-team
    """
    from syncbot.model.tokens import Scope
    from syncbot.services import tokens

    if everything == bool(owners):
        raise click.UsageError("say on which packages it acts: --owner O, or --everything")
    with shared.opened(context.obj) as workspace:
        made, secret = tokens.create(workspace, name, [Scope(word) for word in scopes], owners, days)
        now = workspace.clock.now()
    if as_json:
        shared.document(_document(made, now, secret))
        return
    shared.lines([secret])
    shared.complaints([f"this is shown once; send it as `Authorization: Bearer ...`; its id is {made.id}"])


@command.command("list")
@shared.json_option
@click.pass_context
def listing(context: click.Context, *, as_json: bool) -> None:
    """List the tokens, without their secrets.

    \b
    Example:
      syncbot token list
    """
    from syncbot.report.table import Table
    from syncbot.services import tokens

    with shared.opened(context.obj) as workspace:
        found = tokens.listed(workspace)
        now = workspace.clock.now()
    if as_json:
        shared.document({"schema": "syncbot.tokens/1", "tokens": [_document(token, now) for token in found]})
        return
    rows = tuple(_row(token, now) for token in found)
    shared.result(Table(("id", "name", "state", "allows", "packages of", "until"), rows), _said(rows))


def _said(rows: tuple[Any, ...]) -> list[str]:
    return [] if rows else ["There is no token."]


@command.command("revoke")
@click.argument("which", metavar="TOKEN")
@shared.json_option
@click.pass_context
def revoke(context: click.Context, which: str, *, as_json: bool) -> None:
    """Take back TOKEN, an id or a name. It allows nothing from now on.

    \b
    Example:
      syncbot token revoke ann
    """
    from syncbot.services import tokens

    with shared.opened(context.obj) as workspace:
        gone = tokens.revoke(workspace, which)
        now = workspace.clock.now()
    if as_json:
        shared.document(_document(gone, now))
    else:
        shared.lines([f"The token {gone.id} is revoked."])


def _row(token: ApiToken, now: datetime) -> tuple[str, ...]:
    from syncbot.report.safe import line

    scopes = ", ".join(scope.value for scope in token.scopes)
    until = "" if token.expires is None else token.expires.date().isoformat()
    owners = line(", ".join(token.owners)) or "everybody"
    return token.id, line(token.name), token.state(now), scopes, owners, until


def _document(token: ApiToken, now: datetime, secret: str | None = None) -> dict[str, Any]:
    return {
        "schema": "syncbot.token/1",
        "id": token.id,
        "name": token.name,
        "state": token.state(now),
        "scopes": [scope.value for scope in token.scopes],
        "owners": list(token.owners),
        "created": token.created.isoformat(),
        "expires": None if token.expires is None else token.expires.isoformat(),
        "token": secret,
    }
