"""`syncbot proposals`."""

from __future__ import annotations

import click

from syncbot.cli import shared


@click.group("proposals", invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Those that were answered or closed, too.")
@shared.json_option
@click.pass_context
def command(context: click.Context, *, everything: bool, as_json: bool) -> None:
    """The proposals that sync made: list (the default), show, accept, reject, tell.

    ID is a proposal's number, or the name of a package with one open proposal.

    \b
    Example:
      syncbot proposals
      syncbot proposals show 3
      syncbot proposals accept zlib
      syncbot proposals reject 3 --reason "we fork this one"
    """
    if context.invoked_subcommand is None:
        _list(context, everything=everything, as_json=as_json)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were answered or closed, too.")
@shared.json_option
@click.pass_context
def list_command(context: click.Context, *, everything: bool, as_json: bool) -> None:
    """List the open proposals, newest first.

    \b
    Example:
      syncbot proposals list --all
    """
    _list(context, everything=everything, as_json=as_json)


def _list(context: click.Context, *, everything: bool, as_json: bool) -> None:
    from syncbot.report import documents, texts
    from syncbot.services import proposals

    with shared.opened(context.obj, reading=True) as workspace:
        found = proposals.list_(workspace, everything=everything)
    if as_json:
        shared.document(documents.proposals(found))
    elif found:
        shared.table(texts.proposals(found))
    else:
        shared.lines(["No proposal is open." if not everything else "There are no proposals yet."])


@command.command("show")
@click.argument("which", metavar="ID")
@shared.json_option
@click.pass_context
def show_command(context: click.Context, which: str, *, as_json: bool) -> None:
    """Show a proposal: its body, and the branch to look at.

    \b
    Example:
      syncbot proposals show 3
    """
    from syncbot.report import documents, texts
    from syncbot.services import proposals

    with shared.opened(context.obj, reading=True, remote=True) as workspace:
        found = proposals.show(workspace, which)
        advice = proposals.advice(workspace, found)
        work = proposals.work(workspace, found)
    if as_json:
        shared.document(documents.proposal(found, work))
    else:
        shared.lines(texts.proposal(found, advice, work))


@command.command("accept")
@click.argument("which", metavar="ID")
@shared.json_option
@click.pass_context
def accept_command(context: click.Context, which: str, *, as_json: bool) -> None:
    """Merge a proposal into the workspace. What it drops leaves the tree, not the record.

    \b
    Example:
      syncbot proposals accept 3
    """
    from syncbot.report import documents, texts
    from syncbot.services import answering

    with shared.opened(context.obj) as workspace:
        found = answering.accept(workspace, which)
    if as_json:
        shared.document(documents.answered(found))
    else:
        shared.lines(texts.answered(found))


@command.command("reject")
@click.argument("which", metavar="ID")
@click.option("--reason", required=True, help="Why; it is remembered with the proposal.")
@shared.json_option
@click.pass_context
def reject_command(context: click.Context, which: str, *, reason: str, as_json: bool) -> None:
    """Turn a proposal down. The same content is not proposed again; a newer release is.

    \b
    Example:
      syncbot proposals reject 3 --reason "we fork this one"
    """
    from syncbot.report import documents, texts
    from syncbot.services import answering

    with shared.opened(context.obj) as workspace:
        found = answering.reject(workspace, which, reason)
    if as_json:
        shared.document(documents.answered(found))
    else:
        shared.lines(texts.answered(found))


@command.command("tell")
@click.argument("which", metavar="ID")
@click.argument("order", nargs=-1, required=True, metavar="ORDER...")
@shared.json_option
@click.pass_context
def tell_command(context: click.Context, which: str, order: tuple[str, ...], *, as_json: bool) -> None:
    """Give an order, as a comment below the proposal would. The next sync acts on it.

    ORDER is one of: rebase, keep PATCH reason, drop PATCH, reject reason, retry, discard.

    \b
    Example:
      syncbot proposals tell 3 keep fix.patch "it is needed on our platform"
    """
    from syncbot.report import documents
    from syncbot.services import answering, proposals

    with shared.opened(context.obj) as workspace:
        said = answering.tell(workspace, which, " ".join(_quoted(order)))
        record = proposals.show(workspace, which)
        work = proposals.work(workspace, record)
    if as_json:
        shared.document(documents.proposal(record, work))
    else:
        shared.lines([said])


def _quoted(order: tuple[str, ...]) -> list[str]:
    """A patch may be named after a commit's subject: what the shell gives as one word stays one."""
    word, *rest = order
    if word in ("keep", "drop") and rest and " " in rest[0] and rest[0][0] not in "'\"`":
        mark = next((mark for mark in "'\"`" if mark not in rest[0]), "")
        rest[0] = f"{mark}{rest[0]}{mark}"
    return [word, *rest]
