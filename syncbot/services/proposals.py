"""Proposals as people handle them: list, show, accept, reject."""

from __future__ import annotations

from collections.abc import Sequence

from syncbot.errors import InputError
from syncbot.model.forge import BranchWork, Reaction
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.report.aside import Advice
from syncbot.report.controls import PREFIX
from syncbot.report.results import Answered
from syncbot.report.safe import line, plain_words
from syncbot.services import orders
from syncbot.services.notice import settle
from syncbot.services.people import require_settled
from syncbot.services.stale import require_fresh
from syncbot.services.whereabouts import require_downstream
from syncbot.services.workspace import Workspace, require_written


def list_(workspace: Workspace, *, everything: bool = False) -> Sequence[ProposalRecord]:
    """Open proposals, newest first; with `everything` those that were answered too."""
    return [r for r in workspace.forge.list() if everything or r.status is ProposalStatus.OPEN]


def show(workspace: Workspace, which: str) -> ProposalRecord:
    """A proposal by its id, or by a package's name: its open one, else its newest. Raises InputError."""
    records = workspace.forge.list()
    for record in records:
        if record.id == which.removeprefix("#"):
            return record
    of_package = [r for r in records if r.package == which]
    standing = [r for r in of_package if r.status is ProposalStatus.OPEN]
    if len(standing) > 1:
        ids = ", ".join(r.id for r in standing)
        raise InputError(f"{which} has {len(standing)} open proposals", f"name one of {ids}")
    if of_package:
        return (standing or of_package)[0]
    raise InputError(f"there is no proposal {which!r}", "`syncbot proposals` lists them")


def advice(workspace: Workspace, record: ProposalRecord) -> Advice | None:
    """What to do about the version beside an open proposal, None where there is none."""
    found = workspace.forge.beside(record.id) if record.status is ProposalStatus.OPEN and record.note else None
    return None if found is None else Advice.typed(record.id, record.branch, found.branch, workspace.remote)


def work(workspace: Workspace, record: ProposalRecord) -> BranchWork | None:
    """What people put on an open proposal's branch, None where that is nothing."""
    return workspace.forge.work(record.id) if record.status is ProposalStatus.OPEN else None


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
