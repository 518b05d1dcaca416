"""Where a run stands: on the branch that proposals are for, never on one that somebody made from a proposal's."""

from __future__ import annotations

from syncbot.errors import InputError
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.plan import identity
from syncbot.services.workspace import Workspace

MADE_FOR = "made-for"
"""The facts of the store that hold the branch that an open proposal was made for, by its id."""
_BACK = "push your commits to the proposal's branch, then go back to the other: git switch "


def require_downstream(workspace: Workspace) -> None:
    """Raises InputError where a proposal's own branch is checked out, or one with its commits: taken for the downstream
    branch, it would make each proposal look accepted."""
    here = workspace.downstream.branch()
    if identity.is_branch_name(here):
        raise InputError(
            f"the branch of a proposal, {here}, is checked out, and not the branch that proposals are for",
            f"{_BACK}BRANCH",
        )
    for branch, records in _elsewhere(workspace, here).items():
        whose = _whose(workspace, branch, records)
        if whose:
            raise InputError(
                f"the branch {here} has commits of {whose} that {branch}, which proposals are for, has not",
                f"{_BACK}{branch} (or merge {here} into it)",
            )


def made_for(workspace: Workspace, record: ProposalRecord) -> None:
    """Remember, while a proposal is open, which branch it was made for."""
    is_open = record.status is ProposalStatus.OPEN
    workspace.store.set_fact(MADE_FOR, record.id, workspace.downstream.branch() if is_open else None)


def _elsewhere(workspace: Workspace, here: str) -> dict[str, list[ProposalRecord]]:
    """The open proposals by the branch that they were made for, where that is there, and another one."""
    if here == "HEAD":
        return {}
    open_ = [r for r in workspace.store.proposals() if r.status is ProposalStatus.OPEN]
    branches = workspace.store.facts(MADE_FOR) if open_ else {}
    found: dict[str, list[ProposalRecord]] = {}
    for record in open_:
        branch = branches.get(record.id, here)
        if branch not in (here, "HEAD") and workspace.downstream.tip(branch) is not None:
            found.setdefault(branch, []).append(record)
    return found


def _whose(workspace: Workspace, branch: str, records: list[ProposalRecord]) -> str:
    """Whose commits are checked out that the branch has not, empty where nobody's."""
    downstream = workspace.downstream
    for record in records:
        tips = [record.tip] if record.tip != record.parent else []
        beside = workspace.forge.beside(record.id) if record.note else None
        tips += [] if beside is None else [beside.tip]
        if any(downstream.contains(tip) and not downstream.contains(tip, branch) for tip in tips):
            return f"proposal {record.id}"
    return "an older proposal" if downstream.has_of(workspace.settings.identity.email, branch) else ""
