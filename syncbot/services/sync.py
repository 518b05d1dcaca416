"""Sync, the daily job: check, plan, verify, propose, record.

First everything is decided, as values; a dry run returns then. Only after that is anything written, the run's own row
first. The second run on an unchanged world writes that row and nothing else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial

from syncbot.errors import DiskFull
from syncbot.model.forge import CheckState
from syncbot.model.ids import CommitId
from syncbot.model.packages import Mode, Package
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.model.trees import Tree
from syncbot.plan import identity
from syncbot.report.problems import PackageProblem
from syncbot.report.results import Answers, Outcome, PackageCheck, SyncItem, SyncResult
from syncbot.services import carried, locking, verifying
from syncbot.services.answers import by_people, returning
from syncbot.services.attending import Heard, attend, open_dashboard
from syncbot.services.board import show_dashboard
from syncbot.services.check import Examination, Examined, examine, guarded, record, verified, view
from syncbot.services.deciding import Decision, decide
from syncbot.services.dressing import report
from syncbot.services.forward import pay, put_forward
from syncbot.services.limits import is_time, left, limited
from syncbot.services.notice import Archived, merged_by_hand, notice, require_no_proposal, settle
from syncbot.services.proposing import Draft, may_merge
from syncbot.services.regaining import GONE, outdated, regain
from syncbot.services.rehearsal import rehearsed
from syncbot.services.reviving import why_closed
from syncbot.services.runs import RunLog
from syncbot.services.schedule import DAILY
from syncbot.services.turns import COMMAND, PEOPLE, Asked, Turn, taken, with_skipped
from syncbot.services.whereabouts import require_downstream
from syncbot.services.workspace import Workspace


def sync(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    cause: str = COMMAND,
    due: Callable[[Package], bool] | None = None,
    alone: bool = False,
) -> SyncResult:
    """Run the daily job on all packages, or on those named, or on those that are `due`; but not on those that another
    run works on, or that are put aside for a while. `cause`: what made the run; `alone`: only what is about the
    packages themselves, for others do the rest: people's orders are obeyed elsewhere. Raises InputError for an unknown
    name or a workspace that cannot be read, ForgeError and StoreError where those cannot be used at all."""
    require_downstream(workspace)
    require_no_proposal(workspace)
    with taken(workspace, Asked(tuple(names), cause, due), dry=dry_run) as turn:
        if dry_run:
            return with_skipped(_rehearsed(turn), turn)
        heard = attend(workspace) if not alone and turn.take(PEOPLE) else Heard()
        log = RunLog(turn)
        try:
            head = workspace.downstream.head()
            examination = examine(workspace, names, verifying=True, admit=log.admit, keep=True)
            decisions, problems = decide(workspace, examination.examined, head)
            problems = [*examination.problems, *problems]
            turn.require_held()
            result = _carry_out(turn, examination, decisions, problems, head, whole=not names)
        except BaseException as error:
            log.broken_off(error)
            raise
        result = with_skipped(result, turn)
        log.finished(result, _outcome(result))
        if not alone:
            carried.note(workspace)
        part = bool(turn.undue) and cause != DAILY  # a part of the packages makes no dashboard
        quiet = bool(names) or turn.elsewhere or part
        return result if quiet else show_dashboard(workspace, examination, result, heard)


def _rehearsed(turn: Turn) -> SyncResult:
    """What would be done."""
    workspace, names = turn.workspace, turn.asked.names
    if workspace.forge.stopped() is None:
        open_dashboard(workspace)
    head = workspace.downstream.head()
    examination = examine(workspace, names, verifying=True, admit=turn.admit)
    decisions, problems = decide(workspace, examination.examined, head)
    problems = [*examination.problems, *problems]
    met = list(problems)
    act = partial(
        _written,
        replace(turn, workspace=replace(workspace, verifier=None, locker=None, rehearsing=True)),
        examination,
        decisions,
        met,
        head,
        whole=not names,
    )
    # what a forge refuses shows only in the rehearsal, and a forge that is stopped is written nothing
    writes = () if workspace.forge.stopped() is not None else rehearsed(workspace, act)
    troubled = {problem.package for problem in met[len(problems) :]}
    going = [d for d in decisions if d.examined.package.name not in troubled]
    return replace(_planned(examination, going, met), writes=writes)


def _planned(examination: Examination, decisions: Sequence[Decision], problems: Sequence[PackageProblem]) -> SyncResult:
    """What a dry run tells: what would be done."""
    items = [
        SyncItem(_seen(d), Outcome.PLANNED, d.open, d.draft.title)
        if d.draft is not None and d.outcome is not Outcome.UNCHANGED
        else SyncItem(_seen(d), d.outcome, d.open, d.note)
        for d in decisions
    ]
    left = _unproposed(examination, items)
    return SyncResult(examination.at, True, tuple(items), _sorted(problems), unproposed=left)


def _seen(decision: Decision) -> PackageCheck:
    """What is told of a package: with what people said of its patches, where it has a proposal."""
    seen = view(decision.examined)
    if decision.outcome is Outcome.WAITING:
        return replace(seen, alerts=(*seen.alerts, decision.note))
    if decision.draft is None:
        return seen
    told = decision.draft.summary
    return replace(seen, judgement=told.judgement, settled=tuple(sorted(told.settled)))


def _answers(decision: Decision) -> Answers:
    """What people made of the patches that waited, on the proposal's branch."""
    people = None if decision.draft is None else decision.draft.summary.people
    return () if people is None or people.amiss else people.answered


def _written(
    turn: Turn,
    examination: Examination,
    decisions: Sequence[Decision],
    problems: list[PackageProblem],
    head: CommitId,
    *,
    whole: bool,
) -> None:
    """All that a run writes: what a dry run rehearses."""
    result = _carry_out(turn, examination, decisions, problems, head, whole=whole)
    if whole:
        show_dashboard(turn.workspace, examination, with_skipped(result, turn), Heard())


def _carry_out(
    turn: Turn,
    examination: Examination,
    decisions: Sequence[Decision],
    problems: list[PackageProblem],
    head: CommitId,
    *,
    whole: bool,
) -> SyncResult:
    """Write. Order matters: what was learnt first, the proposals that people see last."""
    workspace = turn.workspace
    changed = record(workspace, examination)
    finished = {proposal.id: proposal for proposal in workspace.store.proposals()}
    left_out = {*turn.undue, *(each.package for each in turn.skipped)}
    concerns = turn.asked.names.__contains__ if turn.asked.names else lambda package: package not in left_out
    noticed = notice(workspace, examination.at, concerns)
    archived = list(noticed.archived)
    problems += noticed.problems
    lost = {problem.package for problem in noticed.problems}
    decisions = [decision for decision in decisions if decision.examined.package.name not in lost]
    closed = _close(workspace, decisions, problems, left_out, head, examination.at, whole=whole)
    cap = workspace.settings.max_new_proposals
    items: list[SyncItem] = []
    restored: list[ProposalRecord] = []

    def now() -> CommitId:
        return head  # accepting moves it

    for decision in _verified(workspace, limited(workspace, decisions, examination.at), problems, now):
        turn.require_held()
        one = decision.examined.package
        done = guarded(one, partial(_act, workspace, decision, head, examination.at, finished))
        if isinstance(done, PackageProblem):
            if isinstance(done.error, DiskFull):  # the others would fail, too; the next run goes on
                raise done.error
            problems.append(done)
            continue
        items.append(done[0])
        archived += done[1]
        if done[0].outcome is Outcome.MERGED:
            head = workspace.downstream.head()
        if not decision.examined.returned or not is_time(workspace, examination.at):
            continue
        room = _least(_room(cap, items, restored), left(workspace, examination.at))
        made = guarded(one, partial(regain, workspace, decision, head, examination.at, room))
        if isinstance(made, PackageProblem):
            problems.append(made)
        else:
            restored += made
    wrote = any(i.outcome in (Outcome.PROPOSED, Outcome.UPDATED, Outcome.ASIDE, Outcome.MERGED) for i in items)
    wrote = wrote or any(item.owed for item in items)
    changed = bool(changed or archived or noticed.answered or closed or wrote or restored)
    items.sort(key=lambda item: item.check.package)
    return SyncResult(
        at=examination.at,
        dry_run=False,
        items=tuple(items),
        problems=_sorted(problems),
        closed=tuple(closed),
        archived=tuple(archived),
        changed=changed,
        unproposed=_unproposed(examination, items),
        restored=tuple(restored),
        by_hand=workspace.by_hand,
        by_people=tuple(by_people(workspace, record) for record in noticed.answered),
        returning=returning(workspace, concerns),
    )


def _room(cap: int | None, items: Sequence[SyncItem], restored: Sequence[ProposalRecord]) -> int | None:
    """How many proposals this run may still open."""
    return None if cap is None else max(cap - sum(i.outcome is Outcome.PROPOSED for i in items) - len(restored), 0)


def _least(*rooms: int | None) -> int | None:
    return min((room for room in rooms if room is not None), default=None)


def _verified(
    workspace: Workspace, decisions: Sequence[Decision], problems: list[PackageProblem], head: Callable[[], CommitId]
) -> Iterator[Decision]:
    """The decisions whose promise holds, or that write nothing. The new series is applied to the target once more, by
    the crew, where that was not done when it was judged."""
    writing = [d for d in decisions if d.draft is not None and d.outcome in (Outcome.PROPOSED, Outcome.UPDATED)]
    promised = iter(verified(workspace, [d.examined for d in writing]))
    files = lru_cache(maxsize=4)(workspace.downstream.at)
    found = {id(decision): next(promised) for decision in writing}
    for decision in decisions:
        kept = found.get(id(decision), decision.examined)
        broken = kept.promise.broken if isinstance(kept, Examined) and kept.promise is not None else None
        if isinstance(kept, PackageProblem):
            problems.append(kept)
        elif broken is not None and id(decision) in found:
            problems.append(PackageProblem(kept.package.name, broken, kept.package.private))
        elif decision.draft is None or id(decision) not in found:
            yield decision
        else:
            done = guarded(kept.package, partial(_finished, workspace, decision, files(decision.parent or head())))
            if isinstance(done, PackageProblem):
                problems.append(done)
            else:
                yield replace(decision, examined=done[0], draft=done[1])


def _finished(workspace: Workspace, decision: Decision, files: Tree) -> tuple[Examined, Draft]:
    """What is written about a package: with its lock file, and with what its own commands came to."""
    assert decision.draft is not None
    made = locking.with_lock(workspace, decision.draft, files)
    return verifying.verified(workspace, decision.examined, made)


def _act(
    workspace: Workspace, decision: Decision, head: CommitId, at: datetime, finished: Mapping[str, ProposalRecord]
) -> tuple[SyncItem, tuple[Archived, ...]]:
    """Carry out one decision; gives what was done and the drops that became final by it. `finished`: proposals as runs
    left them that were not killed; what another one owes is done now."""
    one, made = decision.examined, decision.draft
    stands = decision.open if decision.outcome is Outcome.UNCHANGED else None
    owed = False
    if made is not None and stands is not None:
        if finished.get(stands.id) != stands and not stands.note and not _has_people(made):
            record_now, owed = pay(workspace, decision, made, stands, head, at)
            settle(workspace, record_now, at)
        elif finished.get(stands.id) != stands or _has_people(made):
            report(workspace, stands, made)  # nothing is written where that commit has it already
    if made is None or (decision.outcome is Outcome.UNCHANGED and one.package.policy.mode is not Mode.MERGE):
        return SyncItem(_seen(decision), decision.outcome, decision.open, decision.note, owed=owed), ()
    standing = decision.open
    again = False
    if decision.outcome is not Outcome.UNCHANGED or standing is None:
        before = None if standing is None or not standing.note else workspace.forge.beside(standing.id)
        put = put_forward(workspace, decision, made, head, at)
        standing, again = put.record, put.again
        settle(workspace, standing, at)
        if standing.note:
            same = before is not None and workspace.forge.beside(standing.id) == before
            outcome = Outcome.UNCHANGED if same else Outcome.ASIDE
            return SyncItem(_seen(decision), outcome, standing, standing.note), ()
    outcome = Outcome.UNCHANGED if standing == decision.open else decision.outcome  # asked for, and nothing new
    item = SyncItem(_seen(decision), outcome, standing, made.title, _answers(decision), again=again, owed=owed)
    passed = verifying.is_green(one.package, made) and locking.is_locked(made)
    ready = made.summary.people is None and may_merge(made.plan) and passed
    if one.package.policy.mode is Mode.MERGE and ready and not one.returned:
        if workspace.forge.auto_merge(standing.id, standing.tip):  # the forge does it when its checks passed
            return item, ()
        if not _green(workspace, standing):  # what others report counts, though the forge does not demand it
            return item, ()
        accepted = workspace.forge.accept(standing.id, at)
        return replace(item, outcome=Outcome.MERGED, proposal=accepted, note=""), settle(workspace, accepted, at)
    return item, ()


def _has_people(made: Draft) -> bool:
    """Whether people's commits are on the branch: there may be a new one, of the same words as the one before."""
    return made.summary.people is not None


def _green(workspace: Workspace, record: ProposalRecord) -> bool:
    """Whether no check of the proposal's commit failed or still runs."""
    bad = (CheckState.FAILED, CheckState.PENDING)
    return not any(check.state in bad for check in workspace.forge.checks(record.tip))


def _close(
    workspace: Workspace,
    decisions: Sequence[Decision],
    problems: Sequence[PackageProblem],
    left_out: Set[str],
    head: CommitId,
    at: datetime,
    *,
    whole: bool,
) -> list[ProposalRecord]:
    """Withdraw open proposals whose reason is gone. A package that could not be examined keeps its own: its trouble may
    be the network's. So does one that this run left out."""
    live = {(d.examined.package.name, identity.line(d.examined.package)) for d in decisions if d.draft is not None}
    looked_at = {d.examined.package.name: d for d in decisions}
    troubled = {*left_out, *(p.package for p in problems)}
    closed = []
    for open_ in workspace.forge.list():
        if open_.status is not ProposalStatus.OPEN or open_.line.startswith(RESTORE):
            continue
        if merged_by_hand(workspace, open_):  # the forge says so itself once the workspace is pushed
            continue
        decision = looked_at.get(open_.package)
        gone = whole and decision is None and open_.package not in troubled
        if gone or (decision is not None and (open_.package, open_.line) not in live):
            done = workspace.forge.close(open_.id, why_closed(open_, decision, head), at)
            settle(workspace, done, at)
            closed.append(done)
    for open_ in list(outdated(workspace, [d.examined for d in decisions])):
        if merged_by_hand(workspace, open_):
            continue
        done = workspace.forge.close(open_.id, GONE, at)
        settle(workspace, done, at)
        closed.append(done)
    return closed


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
            "skipped": len(result.skipped),
            "closed": len(result.closed),
            "archived": len(result.archived),
            "changed": result.changed,
        }
    )
