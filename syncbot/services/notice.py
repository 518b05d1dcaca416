"""What people did to proposals since the last run: accepted drops become final, rejections are remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from syncbot.errors import ForgeRefused, ForgeStopped, InputError, StoreError, SyncbotError
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import DroppedPatch, ProposalRecord, StoredJudgement
from syncbot.model.settings import ForgeKind
from syncbot.model.verdicts import Action
from syncbot.report import controls
from syncbot.report.problems import PackageProblem
from syncbot.services import moving, reread
from syncbot.services.remembered import unwelcome
from syncbot.services.whereabouts import made_for
from syncbot.services.words import is_told
from syncbot.services.workspace import Workspace

Archived = tuple[PackageName, PatchName]


@dataclass(frozen=True, slots=True)
class Noticed:
    """`archived`: the drops that became final; `answered`: proposals that people merged or closed; `problems`: one for
    each package of which it cannot be said."""

    archived: tuple[Archived, ...]
    answered: tuple[ProposalRecord, ...]
    problems: tuple[PackageProblem, ...]


def notice(workspace: Workspace, at: datetime, concerns: Callable[[PackageName], bool] | None = None) -> Noticed:
    """Bring the store up to what the forge says. Writes only where a proposal's state is news. `concerns`: the packages
    to do it for, None: all; another run may write about one of the others between our asking the forge and our
    writing."""
    known = {record.id: record for record in workspace.store.proposals()}
    archived: list[Archived] = []
    answered: list[ProposalRecord] = []
    problems: list[PackageProblem] = []
    for found in workspace.forge.list():
        if concerns is not None and not concerns(found.package):
            continue
        try:
            record = _noticed(workspace, found, known.get(found.id), at)
            if record is None:
                continue
            archived += settle(workspace, record, at)
            if _is_answer(known.get(record.id), record):
                answered.append(record)
        except (ForgeStopped, StoreError):
            raise
        except SyncbotError as error:
            problems.append(PackageProblem(found.package, error))
    return Noticed(tuple(archived), tuple(answered), tuple(problems))


def _is_answer(known: ProposalRecord | None, record: ProposalRecord) -> bool:
    """Whether people merged or closed what was open when a run last looked."""
    was_open = known is not None and known.status is ProposalStatus.OPEN
    return was_open and record.status in (ProposalStatus.ACCEPTED, ProposalStatus.REJECTED)


def _noticed(
    workspace: Workspace, found: ProposalRecord, known: ProposalRecord | None, at: datetime
) -> ProposalRecord | None:
    """The record where it is news."""
    if known is not None and known.status is ProposalStatus.ACCEPTED and found.status is ProposalStatus.CLOSED:
        return None  # taken by other commits: a forge may know that as closed alone
    record = _accepted(workspace, found, at) if merged_by_hand(workspace, found) else _as_merged(workspace, found)
    if known is not None and _unticked(known) == _unticked(record):
        return None  # a tick is an order, and no news of the proposal
    if known is not None and known.status is record.status is ProposalStatus.REJECTED and _is_past(workspace, record):
        return None  # its content may be welcome again by now
    if record.status is not ProposalStatus.OPEN:
        workspace.forge.tidy(record.id)
    if record.status is ProposalStatus.REJECTED and _is_answer(known, record):
        workspace.forge.comment(record.id, controls.rejected(board=workspace.settings.manners.dashboard), at)
    return record


def _is_past(workspace: Workspace, record: ProposalRecord) -> bool:
    """Whether its line has a newer proposal."""
    newest = workspace.forge.find(record.package, record.line)
    return newest is not None and newest.id != record.id


def _unticked(record: ProposalRecord) -> ProposalRecord:
    return replace(record, body=controls.without_ticks(record.body))


def _as_merged(workspace: Workspace, found: ProposalRecord) -> ProposalRecord:
    """One that was merged on the forge with the version beside it, which people had merged into its branch."""
    if found.status is not ProposalStatus.ACCEPTED:
        return found
    beside = workspace.forge.beside(found.id)
    return found if beside is None or not workspace.downstream.contains(beside.tip) else beside.of(found)


def _accepted(workspace: Workspace, found: ProposalRecord, at: datetime) -> ProposalRecord:
    if newer_merged(workspace, found):
        return workspace.forge.taken(found.id, at, beside=True)
    if not workspace.downstream.contains(found.tip):
        return workspace.forge.taken(found.id, at)
    try:
        return workspace.forge.accept(found.id, at)
    except ForgeRefused:
        head = workspace.forge.details(found.id).head
        if head is None or workspace.downstream.contains(head):
            raise
        raise ForgeRefused(
            f"proposal {found.id} is merged, but not what was pushed to {found.branch} since ({head[:12]})",
            "merge that, too, or take it off the branch",
        ) from None


def require_no_proposal(workspace: Workspace) -> None:
    """Raises InputError where no branch is checked out, but commits of an open proposal: somebody works on it. A forge
    of branches alone may run where there is never a branch."""
    if workspace.downstream.branch() != "HEAD" or workspace.settings.forge.kind is ForgeKind.GIT:
        return
    for record in workspace.forge.list():
        if record.status is ProposalStatus.OPEN and _is_reached(workspace, record):
            raise InputError(
                f"no branch is checked out, but commits of proposal {record.id}",
                "end your work on it, then go back to the branch that proposals are for: git switch BRANCH",
            )


def _is_reached(workspace: Workspace, record: ProposalRecord) -> bool:
    beside = workspace.forge.beside(record.id) if record.note else None
    own = [(record.tip, record.parent), *([] if beside is None else [(beside.tip, beside.parent)])]
    return any(tip != parent and workspace.downstream.contains(tip) for tip, parent in own)


def merged_by_hand(workspace: Workspace, record: ProposalRecord) -> bool:
    """Whether a person brought an open proposal into the workspace: its branch, or all that it changes by other commits
    (squashed, rebased, applied from its mail). That is an answer, too. One without commits cannot be brought in."""
    if record.status is not ProposalStatus.OPEN:
        return False
    return _is_in(workspace, record) or newer_merged(workspace, record)


def newer_merged(workspace: Workspace, record: ProposalRecord) -> bool:
    """Whether a person brought the version into the workspace that stands beside an open proposal."""
    beside = workspace.forge.beside(record.id) if record.note else None
    return beside is not None and _is_in(workspace, beside.of(record))


def _is_in(workspace: Workspace, record: ProposalRecord) -> bool:
    if record.tip == record.parent:
        return False
    if workspace.downstream.contains(record.tip):
        return True
    head = workspace.downstream.head()
    if head == record.parent:
        return False
    changed = workspace.forge.outcome(record)
    here = workspace.downstream.at(head)
    return bool(changed) and all(here.entry(path) == entry for path, entry in changed.items())


def settle(workspace: Workspace, record: ProposalRecord, at: datetime) -> tuple[Archived, ...]:
    """Remember one proposal as the forge has it now, with all that follows from its state, in one transaction."""
    archived: list[Archived] = []
    with workspace.store.transaction():
        if record.status in (ProposalStatus.REJECTED, ProposalStatus.OPEN):
            unwelcome(workspace, record.fingerprint)  # that it was welcome once is no answer to the next no
        if record.status is ProposalStatus.REJECTED:
            workspace.store.reject(record.package, record.fingerprint, record.note, at)
        elif record.status is ProposalStatus.ACCEPTED and record.line.startswith(RESTORE):
            _restored(workspace, record, at)
            archived += _archive(workspace, record, at, _left(workspace, record))
        elif record.status is ProposalStatus.ACCEPTED:
            archived += _archive(workspace, record, at)
        workspace.store.save_proposal(record, at)
        made_for(workspace, record)
    if record.status is ProposalStatus.ACCEPTED:
        reread.note_one(workspace, record.package)
    return tuple(archived)


def _restored(workspace: Workspace, record: ProposalRecord, at: datetime) -> None:
    name = record.line.removeprefix(RESTORE)
    for dropped in workspace.store.dropped(record.package):
        if dropped.name == name and not dropped.restored:
            workspace.store.mark_restored(dropped, at)
            return


def _left(workspace: Workspace, record: ProposalRecord) -> frozenset[PatchName]:
    """The patches that the series had before a proposal and has no more with it: one that brings a patch back may move
    the package on, too."""
    after = {patch.name for patch in series_at(workspace, replace(record, parent=record.tip))}
    return frozenset(patch.name for patch in series_at(workspace, record) if patch.name not in after)


def _archive(
    workspace: Workspace, record: ProposalRecord, at: datetime, only: Collection[PatchName] | None = None
) -> list[Archived]:
    """Keep the patches that this proposal dropped (of those in `only`): their text stands at its parent, their evidence
    in the store."""
    series = {patch.name: patch for patch in series_at(workspace, record)}
    judged = judgement_of(workspace, record)
    if judged is None:
        return []
    said = workspace.store.patch_words(record.package)
    archived: list[Archived] = []
    for found in judged.judgement.patches:
        patch = series.get(found.name)
        if patch is None or (only is not None and patch.name not in only):
            continue
        if found.action is Action.DROP or (found.action.waits and is_told(said, record, patch)):
            workspace.store.archive(
                DroppedPatch(
                    record.package,
                    patch.name,
                    patch.content,
                    patch.strip,
                    found,
                    judged.base,
                    judged.target,
                    record.id,
                    at,
                )
            )
            archived.append((record.package, patch.name))
    return archived


def series_at(workspace: Workspace, record: ProposalRecord) -> tuple[SeriesPatch, ...]:
    """The package's series as it was when the proposal was made, empty where it cannot be read."""
    files = workspace.downstream.at(record.parent)
    files.entry(workspace.settings.patches)  # a commit that is not there is told of, before anything is taken for empty
    try:
        return moving.at(workspace, files, record.package).series
    except SyncbotError:
        return ()


def series_of_drop(workspace: Workspace, dropped: DroppedPatch) -> tuple[SeriesPatch, ...]:
    """The series that a patch was dropped from; the patch alone where that cannot be found."""
    record = next((r for r in workspace.store.proposals(elsewhere=True) if r.id == dropped.proposal), None)
    series = () if record is None else series_at(workspace, record)
    if dropped.name in {patch.name for patch in series}:
        return series
    return (SeriesPatch(dropped.name, dropped.content, dropped.strip),)


def judgement_of(workspace: Workspace, record: ProposalRecord) -> StoredJudgement | None:
    """The judgement that a proposal rests on: the newest to its release of the very series it was made for."""
    names = [patch.name for patch in series_at(workspace, record)]
    for stored in workspace.store.judgements(record.package):
        moves = stored.base != stored.target
        if (
            moves
            and stored.target.version == record.target_version
            and [p.name for p in stored.judgement.patches] == names
        ):
            return stored
    return None
