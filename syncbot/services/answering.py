"""Proposals as people answer them: accept, reject, tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncbot.errors import InputError
from syncbot.model.forge import Reaction
from syncbot.model.proposal_words import ProposalStatus
from syncbot.report.controls import PREFIX
from syncbot.report.results import Answered
from syncbot.report.safe import line, plain_words
from syncbot.services import orders
from syncbot.services.notice import settle
from syncbot.services.people import require_settled
from syncbot.services.proposals import show
from syncbot.services.stale import require_fresh
from syncbot.services.whereabouts import require_downstream
from syncbot.services.workspace import Workspace, require_written

if TYPE_CHECKING:
    from syncbot.model.proposals import ProposalRecord


def accept(workspace: Workspace, which: str) -> Answered:
    """Merge an open proposal into the workspace and keep what it dropped. Raises InputError where it is not open or out
    of date, ForgeError where it cannot be merged; nothing is half-done then."""
    require_downstream(workspace)
    record = _open(workspace, which)
    require_written(workspace)
    require_fresh(workspace, record)
    head = require_settled(workspace, record)
    at = workspace.clock.now()
    accepted = workspace.forge.accept(record.id, at, head=head)
    return Answered(accepted, settle(workspace, accepted, at))


def reject(workspace: Workspace, which: str, reason: str) -> Answered:
    """Turn an open proposal down; the same content is not proposed again. Raises InputError where it is not open."""
    record = _open(workspace, which)
    if not reason.strip():
        raise InputError("a rejection needs a reason", 'give --reason "..."')
    require_written(workspace)
    at = workspace.clock.now()
    rejected = workspace.forge.reject(record.id, reason.strip(), at)
    return Answered(rejected, settle(workspace, rejected, at))


def tell(workspace: Workspace, which: str, order: str) -> str:
    """Give an order as a comment on the proposal would: `rebase`, `keep PATCH reason`, `drop PATCH`, `reject`, `retry`,
    `discard`. Gives what was done, or that the next sync acts on it. Raises InputError where it cannot be done."""
    record = show(workspace, which)
    answer = orders.tell(workspace, record, order)
    if answer.reaction is not Reaction.DONE:
        typed = f"syncbot proposals tell {record.id} "
        raise InputError(plain_words(answer.words.replace(f"{PREFIX} ", typed)))
    after = show(workspace, record.id)
    if after.status is not record.status:
        return f"Proposal {record.id} is {after.status.value}{' again' if after.status is ProposalStatus.OPEN else ''}."
    return f"Proposal {record.id}: {line(order, 200)}. The next sync acts on it."


def _open(workspace: Workspace, which: str) -> ProposalRecord:
    record = show(workspace, which)
    if record.status is not ProposalStatus.OPEN:
        note = f" ({record.note.rstrip('.')})" if record.note else ""
        raise InputError(
            f"proposal {record.id} is {record.status.value} already{note}", "`syncbot proposals` lists the open"
        )
    return record
