"""What goes with a proposal: labels, assignees, reviewers, and the result on its commit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from syncbot.model.forge import Check, CheckState, Permission
from syncbot.model.packages import Package
from syncbot.model.proposals import Proposal, ProposalRecord
from syncbot.plan import codeowners
from syncbot.report.words import counts, plural
from syncbot.services.proposing import Draft
from syncbot.services.workspace import Workspace

CHECK = "syncbot"
_MOST_REVIEWERS = 15
"""GitHub takes no more."""
_LOGIN = re.compile(r"@?([A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9._-]+)?)")


def dressed(workspace: Workspace, proposal: Proposal, package: Package, *, opening: bool) -> Proposal:
    """The proposal with its labels; and, where it is opened, with whom to ask."""
    manners = workspace.settings.manners
    labels = (*manners.labels, *((manners.draft_label,) if proposal.draft else ()))
    if not opening:
        return replace(proposal, labels=labels)
    asked = tuple(dict.fromkeys(_reviewers(workspace, proposal, package)))[:_MOST_REVIEWERS]
    return replace(proposal, labels=labels, assignees=manners.assignees, reviewers=asked)


def _reviewers(workspace: Workspace, proposal: Proposal, package: Package) -> Iterator[str]:
    """Those of the settings, of CODEOWNERS for the changed paths, and the package's owners: without the account that
    proposes, and without people who left."""
    me = workspace.forge.me().login.lower()
    for name in (*workspace.settings.manners.reviewers, *_owners(workspace, proposal, package)):
        found = _LOGIN.fullmatch(name)
        if found is None or found[1].lower() == me:
            continue
        if "/" in found[1] or workspace.forge.permission(found[1]) is not Permission.NONE:
            yield found[1]


def _owners(workspace: Workspace, proposal: Proposal, package: Package) -> Iterator[str]:
    if not workspace.settings.manners.ask_owners:
        return
    text = workspace.forge.codeowners()
    rules = () if text is None else codeowners.parse(text)
    for path in sorted({path for commit in proposal.commits for path in commit.changes}):
        yield from codeowners.owners(rules, path)
    yield from package.owners


def report(workspace: Workspace, record: ProposalRecord, made: Draft) -> None:
    """Say on the commit whether a person is needed: a draft fails, whatever else is green."""
    judgement = made.summary.judgement
    waiting = sum(p.action.waits and p.name not in made.summary.settled for p in judgement.patches)
    staying = len(made.summary.staying)
    aside = f"; {staying} {'stays as it is' if staying == 1 else 'stay as they are'}" if staying else ""
    waits = f"{plural(waiting, 'patch')} {'waits' if waiting == 1 else 'wait'} for a person"
    people = made.summary.people
    if people is not None and people.amiss:
        waits = "with the commits of people it does not apply"
    told = counts(judgement, made.summary.settled)
    alone = people is None and not made.summary.fork
    report_as(workspace, record, waits if record.draft else f"applied without fuzz: {told}{aside}", alone=alone)


def report_aside(workspace: Workspace, record: ProposalRecord) -> None:
    """Say on the commit that people see, which is of an older version, that a newer one stands beside it."""
    beside = workspace.forge.beside(record.id)
    where = "another branch" if beside is None else beside.branch
    title = f"the newer version, on {where}, does not go with the commits here"
    _say(workspace, record, CheckState.FAILED, title)


def report_as(workspace: Workspace, record: ProposalRecord, title: str, *, alone: bool = False) -> None:
    """The result, in these words, on the commit that people see: the last one of theirs, where they put some there.
    `alone`: it is known that they did not."""
    _say(workspace, record, CheckState.FAILED if record.draft else CheckState.PASSED, title, alone=alone)


def _say(workspace: Workspace, record: ProposalRecord, state: CheckState, title: str, *, alone: bool = False) -> None:
    work = None if alone or workspace.rehearsing else workspace.forge.work(record.id)
    commit = record.tip if work is None else work.head
    workspace.forge.report_check(commit, Check(CHECK, state, title, record.body))
