"""From an examined package to the proposal that a forge is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from syncbot.model import addresses
from syncbot.model.dealings import PatchWord
from syncbot.model.fork import DOCUMENT
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.packages import Commits, LockFile, Package
from syncbot.model.proposal_words import RESTORE
from syncbot.model.proposals import Proposal, ProposalCommit
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action
from syncbot.plan import identity
from syncbot.plan.make import changes, make_plan, provable
from syncbot.plan.model import Edit, Plan
from syncbot.ports.locker import Renewed
from syncbot.ports.source import Vouching
from syncbot.ports.verifier import Verified
from syncbot.report import proposal as texts
from syncbot.report.body import body
from syncbot.report.loss import warning
from syncbot.report.safe import plain
from syncbot.services import moving, words
from syncbot.services.check import Examined
from syncbot.services.overlay import Overlay
from syncbot.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan with its words: all that can be said before anything is verified or written."""

    plan: Plan
    summary: texts.Summary
    line: str
    title: str
    body: str
    verified: Verified | None = None
    lock: Renewed | None = None
    """What became of the package's lock file, None where nobody tried yet."""


def draft(one: Examined, remote: str = "", said: Sequence[PatchWord] = ()) -> Draft:
    """The plan of a package that has somewhere to go, and what a proposal would say. `remote`: where its branch
    can be fetched from; `said`: what people said of its patches."""
    assert one.judged is not None
    assert one.choice.target is not None
    package = one.package
    told = words.with_words(package, one.judged.judgement, said)
    judgement = told.judgement
    plan = make_plan(package, one.choice.base, one.choice.target, judgement, told.dropped, told.staying)
    edits = {edit.name: edit for edit in plan.edits}
    stories = tuple(
        texts.PatchStory(found, patch.content, text_after(edits.get(patch.name), patch.content))
        for found, patch in zip(judgement.patches, package.series, strict=True)
    )
    summary = texts.Summary(
        package=package.name,
        path=package.path or package.name,
        upstream=addresses.shown(package.upstream),
        line=identity.line(package),
        base=one.choice.base,
        target=one.choice.target,
        judgement=judgement,
        stories=stories,
        draft=plan.draft,
        branch=identity.branch_name(package),
        remote=remote,
        staying=told.staying,
        settings_file=package.settings_file,
        keep_table=package.keep_table,
        marked=not package.files,
        vouched=_vouched(one),
        fork=DOCUMENT in package.files,
        warnings=(*_left_behind(package), *_warnings(one), *(w for w in map(_loss, stories) if w)),
    )
    return Draft(plan, summary, summary.line, texts.title(summary), body(summary))


def _vouched(one: Examined) -> str:
    assert one.choice.target is not None
    return one.source.vouched(one.choice.target) if isinstance(one.source, Vouching) else ""


def text_after(edit: Edit | None, before: bytes) -> bytes | None:
    """The text of a patch once its edit is made, None where it goes."""
    if edit is None:
        return before
    if edit.action is Action.DROP:
        return None
    return before if edit.content is None else edit.content


def _loss(story: texts.PatchStory) -> str:
    return warning(story.judgement, story.before, story.after)


def _left_behind(package: Package) -> tuple[str, ...]:
    lock = () if package.lock is None else (lock_left(package.lock),)
    return (*map(_left, package.by_hand), *lock)


def lock_left(lock: LockFile) -> str:
    """That a lock file is left to a person."""
    return _left(f"run {lock.command}: {lock.path} is not edited")


def _left(what: str) -> str:
    return f"Left to you: {what.replace('`', '')}."


def _warnings(one: Examined) -> tuple[str, ...]:
    warnings = list(one.choice.alerts)
    target = one.choice.target
    if target is not None and target.prerelease:
        warnings.append(f"{target.version} is a pre-release.")
    warnings += [_comes_back(one.package, found.dropped.name) for found in one.returned]
    if one.choice.base.yanked:
        warnings.append(f"Upstream has withdrawn the base release {one.choice.base.version}.")
    return tuple(warnings)


def _comes_back(package: Package, name: PatchName) -> str:
    branch = identity.branch_name(package, f"{RESTORE}{name}")
    told = f"{name} comes back with the proposal on {branch}"
    return f"{told}, which holds this move, too: accept that one in place of this."


def proposal(workspace: Workspace, made: Draft, parent: CommitId) -> Proposal:
    """The proposal on top of `parent`, with its commits."""
    package = made.plan.package
    files = workspace.downstream.at(parent)
    return Proposal(
        package=package.name,
        line=made.line,
        branch=identity.branch_name(package),
        parent=parent,
        commits=_commits(workspace, files, made),
        title=made.title,
        body=made.body,
        fingerprint=made.plan.fingerprint,
        draft=made.plan.draft,
        target_version=made.plan.target.version,
    )


def has_work(workspace: Workspace, made: Draft, files: Tree) -> bool:
    """Whether there is anything to commit on `files`: a move or a mark may have no place in the layout."""
    if any(edit.action is Action.DROP for edit in made.plan.edits):
        return True
    return any(files.read(path) != content for path, content in changes_on(workspace, made, files).items())


def changes_on(workspace: Workspace, made: Draft, files: Tree) -> dict[str, bytes | None]:
    """What all commits of a proposal on top of `files` change, together."""
    changed: dict[str, bytes | None] = {}
    for commit in _commits(workspace, files, made):
        changed |= commit.changes
    return changed


def _commits(workspace: Workspace, files: Tree, made: Draft) -> tuple[ProposalCommit, ...]:
    plan, layout = made.plan, workspace.layout
    again = partial(moving.again, workspace, plan.package)
    move, still = moving.move_of(workspace, plan), moving.standing(workspace)
    commits, tree = words.pins(workspace, files, plan.package, again)
    if plan.package.policy.commits is Commits.STEP:
        edited = layout.edit(tree, again(tree), plan.edits, move)
        whole = {**words.together(commits), **edited, **_lock(made)}
        return (ProposalCommit(texts.step_message(made.summary), whole),)
    # where somebody moved it already, what there is to say goes with the first decision
    bump = layout.edit(tree, again(tree), (), move) if move.version is not None else {}
    if bump:
        commits.append(ProposalCommit(texts.bump_message(made.summary), bump))
    tree, said = Overlay(tree, bump), move.version is not None
    for patch, edit in zip(plan.package.series, plan.edits, strict=True):
        if not changes(patch, edit):
            continue
        edited = layout.edit(tree, again(tree), (edit,), still if said else move)
        said = said or bool(edited)
        if not edited:  # the layout has no place for a mark
            continue
        commits.append(ProposalCommit(texts.decision_message(made.summary, edit.judgement), edited))
        tree = Overlay(tree, edited)
    if locked := _lock(made):
        commits.append(ProposalCommit(_lock_message(made), locked))
    return tuple(commits)


def _lock(made: Draft) -> dict[str, bytes | None]:
    """The new lock file: it follows all other edits."""
    lock = made.plan.package.lock
    return {} if lock is None or made.lock is None or made.lock.content is None else {lock.path: made.lock.content}


def _lock_message(made: Draft) -> str:
    lock = made.plan.package.lock
    assert lock is not None
    assert made.lock is not None
    told = [f"Made by {plain(made.lock.said)}.", *(f"Note that {plain(one)}." for one in made.lock.warnings)]
    return texts.message(f"{made.plan.package.name}: renew {lock.path.rpartition('/')[2]}", told)


def may_merge(plan: Plan) -> bool:
    """Whether mode `merge` may accept it by itself: every edit proved, nothing left for a person."""
    return provable(plan) and not plan.draft
