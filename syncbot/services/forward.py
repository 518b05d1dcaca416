"""Putting one proposal before people: opened, opened again, or updated in place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from syncbot.model.ids import CommitId
from syncbot.model.proposals import ProposalRecord
from syncbot.report import controls
from syncbot.services import remembered
from syncbot.services.deciding import Decision
from syncbot.services.dressing import dressed, report, report_aside
from syncbot.services.people import with_people
from syncbot.services.proposing import Draft, proposal
from syncbot.services.reviving import revive
from syncbot.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The record as it stands then. `again`: whether it was closed, and is open again."""

    record: ProposalRecord
    again: bool = False


def put_forward(
    workspace: Workspace, decision: Decision, made: Draft, head: CommitId, at: datetime, *, owed: bool = False
) -> Forwarded:
    """Open or update it. What a person ticked since this run listened stays ticked. `owed`: it was opened by a run that
    was killed before all was done that goes with that."""
    package = made.plan.package
    standing = decision.open or revive(workspace, made, remembered.wanted(workspace), at)
    parent = head if decision.parent is None else decision.parent
    wanted = dressed(workspace, proposal(workspace, made, parent), package, opening=owed or standing is None)
    if decision.open is not None:
        wanted = replace(wanted, body=_with_late_ticks(workspace, decision.open, wanted.body))
    record = workspace.forge.propose(wanted, at, discard=decision.discard)
    now = made if standing is None or workspace.rehearsing else with_people(workspace, decision.examined, made, record)
    if now != made:  # what people put on the branch stands on the new version by now
        ticked = controls.with_ticks(now.body, set(controls.ticked(wanted.body)))
        wanted = replace(wanted, title=now.title, draft=now.plan.draft, body=ticked)
        again = dressed(workspace, wanted, package, opening=False)
        record, made = workspace.forge.propose(again, at), now
    if record.note:  # its commit is of an older version
        report_aside(workspace, record)
    else:
        report(workspace, record, made)
    remembered.done(workspace, record)
    return Forwarded(record, again=decision.open is None and standing is not None)


def pay(
    workspace: Workspace, decision: Decision, made: Draft, standing: ProposalRecord, head: CommitId, at: datetime
) -> tuple[ProposalRecord, bool]:
    """Do what a run owes that was killed after it opened or updated `standing`; gives the record, and whether anything
    was owed."""
    as_it_is = replace(decision, parent=standing.parent)
    before = _around(workspace, standing)
    record = put_forward(workspace, as_it_is, made, head, at, owed=True).record
    return record, not workspace.rehearsing and _around(workspace, record) != before


def _around(workspace: Workspace, record: ProposalRecord) -> object:
    """What goes with a proposal beside its title, its words and its branch."""
    found = workspace.forge.details(record.id)
    checks = {check.name: check.state for check in workspace.forge.checks(record.tip)}
    return found.labels, {*found.assignees}, {*found.reviewers, *found.reviewed}, checks


def _with_late_ticks(workspace: Workspace, read: ProposalRecord, body: str) -> str:
    now = workspace.forge.find(read.package, read.line)
    late = set() if now is None else set(controls.ticked(now.body)) - set(controls.ticked(read.body))
    return controls.with_ticks(body, late)
