"""What a sync is to do about each package: values only, nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from syncbot.errors import InputError, Uncommitted
from syncbot.model.dealings import PatchWord
from syncbot.model.ids import CommitId
from syncbot.model.packages import Mode
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.model.trees import Tree
from syncbot.report.problems import PackageProblem
from syncbot.report.results import Outcome
from syncbot.services import remembered
from syncbot.services.check import Examined, guarded
from syncbot.services.equivalents import Others
from syncbot.services.locking import follows, with_known_lock
from syncbot.services.notice import merged_by_hand
from syncbot.services.overlay import Folders, belongs, by_folder, files_of
from syncbot.services.people import with_people
from syncbot.services.proposing import Draft, draft, has_work
from syncbot.services.remembered import Wanted, wanted
from syncbot.services.verifying import with_known
from syncbot.services.words import Words, by_package, in_force
from syncbot.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about one package. `draft` and `open` are there where a proposal is to be written. `parent`:
    what the open one stands on, where it does not move: its words change, and the commits on its branch stay."""

    examined: Examined
    outcome: Outcome
    draft: Draft | None = None
    open: ProposalRecord | None = None
    note: str = ""
    parent: CommitId | None = None
    discard: bool = False
    """Whether commits that people put on the branch may be given up: somebody asked for it."""


@dataclass(frozen=True, slots=True)
class _Here:
    """The workspace's repository as this run finds it: asked once, not once per package. `dirty`: paths with
    uncommitted changes; `at`: the files of a commit; `folders`: what a commit has in each package's folder; `said`:
    what people said of patches; `proposals`: newest first, empty where nobody said anything; `is_behind`: whether the
    forge's downstream branch has commits that the workspace has not."""

    head: CommitId
    dirty: tuple[str, ...]
    at: Callable[[CommitId], Tree]
    folders: Callable[[CommitId], Folders]
    said: Words
    proposals: Sequence[ProposalRecord]
    wanted: Wanted
    others: Others
    is_behind: Callable[[], bool]


def decide(
    workspace: Workspace, examined: Sequence[Examined], head: CommitId
) -> tuple[list[Decision], list[PackageProblem]]:
    """A decision per package, and a problem for each that none can be made about."""
    downstream, folder = workspace.downstream, workspace.settings.patches
    moving = [one.package for one in examined if one.moving is not None]
    scattered = any(package.files for package in moving)  # their files may lie anywhere
    dirty = tuple(downstream.dirty("" if scattered else folder)) if moving else ()
    at = lru_cache(maxsize=16)(downstream.at)
    folders = lru_cache(maxsize=16)(lambda commit: by_folder(at(commit), folder))
    said = by_package(workspace.store.patch_words())
    proposals = workspace.store.proposals() if said else ()
    is_behind = lru_cache(maxsize=1)(partial(_is_behind, workspace))
    here = _Here(head, dirty, at, folders, said, proposals, wanted(workspace), Others(workspace), is_behind)
    decisions: list[Decision] = []
    problems: list[PackageProblem] = []
    for one in examined:
        found = guarded(one.package, partial(_decision, workspace, one, here))
        if isinstance(found, PackageProblem):
            problems.append(found)
        else:
            decisions.append(found)
    return decisions, problems


def _decision(workspace: Workspace, one: Examined, here: _Here) -> Decision:
    if one.moving is None:
        return Decision(one, Outcome.UP_TO_DATE)
    if one.package.private:
        return Decision(one, Outcome.PRIVATE)
    if one.package.policy.mode is Mode.OBSERVE:
        return Decision(one, Outcome.OBSERVED)
    dirty = [path for path in here.dirty if belongs(one.package, path)]
    if dirty:
        raise Uncommitted(dirty[0] if one.package.files else one.package.path, dirty)
    made = with_known(workspace, one.package, draft(one, workspace.remote, _said(one, here)))
    reason = workspace.store.rejected(made.plan.fingerprint)
    if reason is not None:
        return Decision(one, Outcome.REJECTED, note=reason)
    if not has_work(workspace, made, here.at(here.head)):
        return Decision(one, Outcome.WAITING, note=_waiting(made))
    made = with_known_lock(workspace, made, here.at(here.head))
    found = workspace.forge.find(one.package.name, made.line)
    answered = None if found is None else _answered(one, made, found, here)
    if answered is not None:
        return answered
    other = here.others.same(made.plan)
    if other is not None:
        return Decision(one, Outcome.STOOD_DOWN, note=f"{other.author.login} proposes it in {other.id}")
    standing = found if found is not None and found.status is ProposalStatus.OPEN else None
    if standing is None or merged_by_hand(workspace, standing):  # that is noticed before anything is proposed
        return Decision(one, Outcome.PROPOSED, made)
    return _updated(workspace, one, made, standing, here)


def _answered(one: Examined, made: Draft, found: ProposalRecord, here: _Here) -> Decision | None:
    """What people made of the same content before, where that still stands."""
    fingerprint = made.plan.fingerprint
    if found.fingerprint != fingerprint:
        return None
    if found.status is ProposalStatus.REJECTED and fingerprint not in here.wanted.welcome:
        return Decision(one, Outcome.REJECTED, note=found.note)
    if found.status is ProposalStatus.ACCEPTED and here.is_behind():
        told = f"proposal {found.id} was merged on the forge, and the workspace has not got that yet; git pull"
        return Decision(one, Outcome.WAITING, note=told)
    return None


def _updated(workspace: Workspace, one: Examined, made: Draft, standing: ProposalRecord, here: _Here) -> Decision:
    asked = here.wanted.asked(one.package.name, made.line)
    discard = asked == remembered.DISCARD
    made = with_people(workspace, one, made, None if discard else standing)
    stays = not asked and _stays(workspace, made, standing, here)
    if stays and _says(standing) == (made.title, made.body, made.plan.draft):
        return Decision(one, Outcome.UNCHANGED, made, standing)
    parent = standing.parent if stays and not standing.note else None
    return Decision(one, Outcome.UPDATED, made, standing, parent=parent, discard=discard)


def _is_behind(workspace: Workspace) -> bool:
    there = workspace.forge.downstream_head()
    return there is not None and not workspace.downstream.contains(there)


def _waiting(made: Draft) -> str:
    count = sum(edit.action.waits for edit in made.plan.edits)
    who = "1 patch waits" if count == 1 else f"{count} patches wait"
    name = made.plan.package.name
    return f"{who} for a person; nothing to commit" if count else f"nothing of {name} is to be committed"


def _said(one: Examined, here: _Here) -> list[PatchWord]:
    """What people said of its patches, and still holds."""
    assert one.choice.target is not None
    return in_force(here.said.get(one.package.name, ()), here.proposals, one.choice.target.version)


def _says(standing: ProposalRecord) -> tuple[str, str, bool]:
    return standing.title, standing.body, standing.draft


def _stays(workspace: Workspace, made: Draft, standing: ProposalRecord, here: _Here) -> bool:
    """Whether the open proposal does what a new one would: then its branch is left alone, though other folders of the
    workspace moved on below it."""
    same = standing.fingerprint == made.plan.fingerprint
    if not same or standing.parent == here.head:
        return same
    package = made.plan.package
    try:
        if package.files:
            before, now = here.at(standing.parent), here.at(here.head)
            return files_of(before, package) == files_of(now, package) and follows(workspace, made, before, now)
        return here.folders(standing.parent).get(package.path) == here.folders(here.head).get(package.path)
    except InputError:  # its parent is gone: history was rewritten, so it is made anew
        return False
