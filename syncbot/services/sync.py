"""Sync, the daily job: check, plan, verify, propose, record.

First everything is decided, as values; a dry run returns then. Only after that is anything written, the run's own row
first. The second run on an unchanged world writes that row and nothing else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from syncbot.model.ids import CommitId
from syncbot.model.packages import Mode
from syncbot.model.proposals import ProposalRecord, ProposalStatus
from syncbot.plan import identity
from syncbot.report.results import Outcome, PackageCheck, PackageProblem, SyncItem, SyncResult
from syncbot.services.check import Examination, examine, guarded, record, view
from syncbot.services.deciding import Decision, decide
from syncbot.services.notice import RESTORE, Archived, notice, settle
from syncbot.services.proposing import may_merge, proposal, verified
from syncbot.services.workspace import Workspace


def sync(workspace: Workspace, names: Sequence[str] = (), *, dry_run: bool = False) -> SyncResult:
    """Run the daily job on all packages, or on those named. Raises InputError for an unknown name or a workspace that
    cannot be read, ForgeError and StoreError where those cannot be used at all."""
    head = workspace.downstream.head()
    examination = examine(workspace, names)
    decisions, problems = decide(workspace, examination.examined, head)
    problems = [*examination.problems, *problems]
    if dry_run:
        return _planned(examination, decisions, problems)
    run = workspace.store.begin_run("sync", examination.at)
    try:
        result = _carry_out(workspace, examination, decisions, problems, head, whole=not names)
    except BaseException as error:
        workspace.store.finish_run(run, workspace.clock.now(), json.dumps({"failed": type(error).__name__}))
        raise
    workspace.store.finish_run(run, workspace.clock.now(), _outcome(result))
    return result


def _planned(examination: Examination, decisions: Sequence[Decision], problems: Sequence[PackageProblem]) -> SyncResult:
    """What a dry run tells: what would be done."""
    items = [
        SyncItem(view(d.examined), Outcome.PLANNED, d.open, d.draft.title)
        if d.draft is not None and d.outcome is not Outcome.UNCHANGED
        else SyncItem(view(d.examined), d.outcome, d.open, d.note)
        for d in decisions
    ]
    left = _unproposed(examination, items)
    return SyncResult(examination.at, True, tuple(items), _sorted(problems), unproposed=left)


def _carry_out(
    workspace: Workspace,
    examination: Examination,
    decisions: Sequence[Decision],
    problems: list[PackageProblem],
    head: CommitId,
    *,
    whole: bool,
) -> SyncResult:
    """Write. Order matters: what was learnt first, the proposals that people see last."""
    changed = record(workspace, examination)
    archived = list(notice(workspace, examination.at))
    closed = _close(workspace, decisions, problems, examination.at, whole=whole)
    items: list[SyncItem] = []
    cap = workspace.settings.max_new_proposals
    opened = 0
    for wanted in decisions:
        late = wanted.outcome is Outcome.PROPOSED and cap is not None and opened >= cap
        decision = replace(wanted, outcome=Outcome.DEFERRED, draft=None) if late else wanted
        opened += decision.outcome is Outcome.PROPOSED
        done = guarded(decision.examined.package, partial(_act, workspace, decision, head, examination.at))
        if isinstance(done, PackageProblem):
            problems.append(done)
            continue
        items.append(done[0])
        archived += done[1]
        if done[0].outcome is Outcome.MERGED:
            head = workspace.downstream.head()
    wrote = any(i.outcome in (Outcome.PROPOSED, Outcome.UPDATED, Outcome.MERGED) for i in items)
    changed = bool(changed or archived or closed or wrote)
    left = _unproposed(examination, items)
    return SyncResult(
        examination.at, False, tuple(items), _sorted(problems), tuple(closed), tuple(archived), changed, left
    )


def _act(
    workspace: Workspace, decision: Decision, head: CommitId, at: datetime
) -> tuple[SyncItem, tuple[Archived, ...]]:
    """Carry out one decision; gives what was done and the drops that became final by it."""
    one, made = decision.examined, decision.draft
    if made is None or (decision.outcome is Outcome.UNCHANGED and one.package.policy.mode is not Mode.MERGE):
        return SyncItem(view(one), decision.outcome, decision.open, decision.note), ()
    standing = decision.open
    if decision.outcome is not Outcome.UNCHANGED or standing is None:
        verified(workspace, one)
        standing = workspace.forge.propose(proposal(workspace, made, head), at)
        settle(workspace, standing, at)
    if one.package.policy.mode is Mode.MERGE and may_merge(made.plan):
        accepted = workspace.forge.accept(standing.id, at)
        return SyncItem(view(one), Outcome.MERGED, accepted), settle(workspace, accepted, at)
    return SyncItem(view(one), decision.outcome, standing, made.title), ()


def _close(
    workspace: Workspace,
    decisions: Sequence[Decision],
    problems: Sequence[PackageProblem],
    at: datetime,
    *,
    whole: bool,
) -> list[ProposalRecord]:
    """Withdraw open proposals whose reason is gone. A package that could not be examined keeps its own: its trouble may
    be the network's."""
    live = {(d.examined.package.name, identity.line(d.examined.package)) for d in decisions if d.draft is not None}
    looked_at = {d.examined.package.name: d for d in decisions}
    troubled = {p.package for p in problems}
    closed = []
    for open_ in workspace.forge.list():
        if open_.status is not ProposalStatus.OPEN or open_.line.startswith(RESTORE):
            continue
        decision = looked_at.get(open_.package)
        gone = whole and decision is None and open_.package not in troubled
        if gone or (decision is not None and (open_.package, open_.line) not in live):
            done = workspace.forge.close(open_.id, _why_closed(open_, decision), at)
            settle(workspace, done, at)
            closed.append(done)
    return closed


def _why_closed(open_: ProposalRecord, decision: Decision | None) -> str:
    if decision is None:
        return f"{open_.package} is no longer tracked."
    if identity.line(decision.examined.package) != open_.line:
        return f"The package follows another line now: {identity.line(decision.examined.package)}."
    return decision.outcome.sentence


def _unproposed(examination: Examination, items: Sequence[SyncItem]) -> tuple[PackageCheck, ...]:
    """What was judged and then met a problem."""
    done = {item.check.package for item in items}
    return tuple(view(one) for one in examination.examined if one.package.name not in done)


def _sorted(problems: Sequence[PackageProblem]) -> tuple[PackageProblem, ...]:
    return tuple(sorted(problems, key=lambda p: p.package))


def _outcome(result: SyncResult) -> str:
    """The run's row: counts only, so that it holds nothing private."""
    counts = Counter(item.outcome.value for item in result.items)
    return json.dumps(
        {
            "packages": len(result.items),
            "outcomes": dict(sorted(counts.items())),
            "problems": len(result.problems),
            "closed": len(result.closed),
            "archived": len(result.archived),
            "changed": result.changed,
        }
    )
