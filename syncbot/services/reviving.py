"""Withdrawing a proposal with proof that its reason is gone, and opening it again where the reason comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

from syncbot.errors import ForgeRefused
from syncbot.model.ids import CommitId
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.plan import identity
from syncbot.report.results import Outcome
from syncbot.services.deciding import Decision
from syncbot.services.proposing import Draft
from syncbot.services.remembered import Wanted
from syncbot.services.workspace import Workspace

WEEK = timedelta(days=7)


def revive(workspace: Workspace, made: Draft, wanted: Wanted, at: datetime) -> ProposalRecord | None:
    """The proposal of this package and line, open again: one that the bot withdrew less than a week ago, or whose
    rejection a person took back. None where a new one is to be made."""
    last = workspace.forge.find(made.plan.package.name, made.line)
    return None if last is None else opened_again(workspace, last, wanted, at)


def opened_again(workspace: Workspace, last: ProposalRecord, wanted: Wanted, at: datetime) -> ProposalRecord | None:
    """As `revive`, of this proposal."""
    withdrawn = last.status is ProposalStatus.CLOSED and at - last.updated <= WEEK
    forgiven = last.status is ProposalStatus.REJECTED and last.fingerprint in wanted.welcome
    if not (withdrawn or forgiven):
        return None
    if any(r.id == last.id and r.status is ProposalStatus.ACCEPTED for r in workspace.store.proposals()):
        return None  # taken by other commits, which its forge knows as closed alone
    try:
        return workspace.forge.reopen(last.id, at)
    except ForgeRefused:  # its branch is another's now, or the forge keeps it closed: then a new one is made
        return None


def why_closed(open_: ProposalRecord, decision: Decision | None, head: CommitId) -> str:
    """The reason that is gone, and what shows it."""
    seen = f"commit {head[:12]}"
    if decision is None:
        return f"{open_.package} is no longer tracked: {seen} has no such package."
    package, choice = decision.examined.package, decision.examined.choice
    if identity.line(package) != open_.line:
        return f"The package follows another line now: {identity.line(package)} ({seen})."
    if decision.outcome is Outcome.UP_TO_DATE:
        return f"{package.path} stands at {choice.base.version}, the newest release of its line ({seen})."
    sentence, note = decision.outcome.sentence, decision.note.rstrip(".")
    if decision.outcome is Outcome.REJECTED and note:
        return f"{sentence.rstrip('.')} ({note})."
    return f"{sentence} {note}." if note else sentence
