"""Proposals as people look at them: list, show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncbot.errors import InputError
from syncbot.model.forge import BranchWork
from syncbot.model.proposal_words import ProposalStatus
from syncbot.report.aside import Advice
from syncbot.services.workspace import Workspace

if TYPE_CHECKING:
    from syncbot.model.proposals import ProposalRecord


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
