"""Listening to people before a sync decides anything: orders on proposals, boxes of the dashboard, and a stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncbot.errors import ForgeError, ForgeStopped
from syncbot.model.forge import Issue
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.report import controls, dashboard
from syncbot.report.controls import Word
from syncbot.services import remembered, turns
from syncbot.services.orders import anew, obey, open_again
from syncbot.services.regaining import is_ours
from syncbot.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Heard:
    """What this run heard. `boxes`: those of the dashboard that were obeyed, and may be shown unticked."""

    boxes: frozenset[str] = frozenset()
    orders: int = 0


def attend(workspace: Workspace) -> Heard:
    """Obey what people asked. Raises ForgeStopped where a person closed the dashboard: that stops the bot. A forge that
    cannot be reached now is met again, and told, where something is to be written."""
    at = workspace.clock.now()
    if workspace.forge.stopped() is not None:
        return Heard()
    try:
        issue = open_dashboard(workspace)
        boxes = frozenset() if issue is None else _obeyed(workspace, controls.ticked(issue.body), at)
        return Heard(boxes, obey(workspace, at))
    except ForgeStopped:
        raise
    except ForgeError:
        return Heard()


def open_dashboard(workspace: Workspace) -> Issue | None:
    """The dashboard, None where there is none. Raises ForgeStopped where a person closed it."""
    marker = dashboard.marker(workspace.settings.other_branch)
    issue = workspace.forge.find_issue(marker) if workspace.settings.manners.dashboard else None
    if issue is not None and not issue.open and (issue.closed_by is None or not issue.closed_by.me):
        by = "" if issue.closed_by is None else f" by {issue.closed_by.login}"
        raise ForgeStopped(f"the dashboard was closed{by}, which stops syncbot", "open it again to go on")
    return issue


def _obeyed(workspace: Workspace, names: tuple[str, ...], at: datetime) -> frozenset[str]:
    """Carry out the ticked boxes of the dashboard; gives those that are done with."""
    known = (*workspace.store.proposals(elsewhere=True), *workspace.forge.list()) if names else ()
    records = {record.id: record for record in known}
    for name in names:
        what, _, of = name.partition(":")
        record = records.get(of)
        if what == dashboard.HURRY:
            remembered.hurry(workspace, dashboard.read_name(of))
            turns.retry(workspace, (dashboard.read_name(of),))
        elif record is not None:
            _box(workspace, what, record, at)
    return frozenset(names)


def _box(workspace: Workspace, what: str, record: ProposalRecord, at: datetime) -> None:
    if what == dashboard.AGAIN and record.line.startswith(RESTORE) and not is_ours(workspace, record):
        if record.status is not ProposalStatus.OPEN:
            open_again(workspace, record, at)
    elif what == dashboard.AGAIN:  # the same, so with what was said of its patches
        turns.retry(workspace, (record.package,))
        remembered.welcome(workspace, record.fingerprint, at)
    elif what == dashboard.REBASE and record.status is ProposalStatus.OPEN:
        refused = anew(workspace, record, Word.REBASE).words
        if refused:
            workspace.forge.comment(record.id, controls.answer(controls.of_box(Word.REBASE), refused), at)
