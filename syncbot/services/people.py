"""What people put on a proposal's branch, judged: whether the series that the branch has applies to the release."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from syncbot import judge
from syncbot.errors import ForgeRefused, InputError
from syncbot.model.forge import BranchWork
from syncbot.model.fork import DOCUMENT
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.packages import Package
from syncbot.model.proposals import ProposalRecord
from syncbot.model.releases import Release
from syncbot.ports import Source
from syncbot.report import proposal as texts
from syncbot.report.body import body
from syncbot.report.proposal import People
from syncbot.services import moving, words
from syncbot.services.check import Examined
from syncbot.services.notice import RESTORE, judgement_of, merged_by_hand
from syncbot.services.proposing import Draft
from syncbot.services.workspace import Workspace


def with_people(workspace: Workspace, one: Examined, made: Draft, record: ProposalRecord | None) -> Draft:
    """The draft with what people put on the branch of the open proposal `record`, which says who has the last word:
    what waited may be settled there, and what was settled may fit no more."""
    plain = _told(made, None)
    if record is None or record.note or made.summary.fork or record.target_version != made.plan.target.version:
        return plain
    work = workspace.forge.work(record.id)
    if work is None:
        return plain
    asked = [edit.name for edit in made.plan.edits if edit.action.waits]
    return _told(
        plain, _looked(workspace, one.package, work, one.source, made.plan.target, asked, made.summary.staying)
    )


def _told(made: Draft, people: People | None) -> Draft:
    if made.summary.people == people:
        return made
    waits = any(edit.action.waits and edit.name not in made.summary.staying for edit in made.plan.edits)
    plan = replace(made.plan, draft=waits if people is None else people.draft)
    summary = replace(made.summary, people=people, draft=plan.draft)
    return replace(made, plan=plan, summary=summary, title=texts.title(summary), body=body(summary))


def _looked(
    workspace: Workspace,
    package: Package,
    work: BranchWork,
    source: Source,
    target: Release,
    asked: Collection[PatchName],
    staying: Collection[PatchName],
) -> People:
    """`asked`: patches that wait for a person. The mark in the series says whether they still do; where the layout has
    no marks, they do while nobody has touched them. `staying`: those that stay on a person's word though they do not
    apply."""
    commits = tuple((edit.subject, edit.author) for edit in work.edits)
    try:
        found = moving.at(workspace, work.files, package.name)
    except InputError as error:
        return People(commits, f"{package.name} cannot be read there ({error.what})")
    if package.policy.bump and found.base not in (package.base, target.version, target.name):
        return People(commits, f"its base is {found.base} there")
    series = [patch for patch in found.series if patch.name not in staying]
    amiss = judge.first_misfit(series, source.tree(target, workspace.progress)) or ""
    before = {patch.name: patch.content for patch in package.series if patch.name in asked} if package.files else {}
    waiting = (patch.name for patch in series if patch.waiting or before.get(patch.name) == patch.content)
    return People(commits, amiss, tuple(waiting))


def require_settled(workspace: Workspace, record: ProposalRecord) -> CommitId | None:
    """Where the branch of an open proposal stands with people's commits, which were looked at now; None where there are
    none. Raises ForgeRefused, which names what is wrong, where something waits or does not apply."""
    stored = judgement_of(workspace, record)
    if stored is None or record.line.startswith(RESTORE) or merged_by_hand(workspace, record):
        return None
    work = workspace.forge.work(record.id)
    package = moving.at(workspace, workspace.downstream.at(record.parent), record.package)
    said = words.in_force(
        workspace.store.patch_words(record.package), workspace.store.proposals(), record.target_version
    )
    told = words.with_words(package, stored.judgement, said)
    asked = [p.name for p in told.judgement.patches if p.action.waits]
    if work is None or DOCUMENT in package.files:  # a fork's commits are replayed as they are
        if record.draft:
            raise _draft(workspace, record, asked)
        return None
    people = _looked(workspace, package, work, workspace.source(package), stored.target, asked, told.staying)
    if people.amiss:
        whose = ", ".join(f"{subject!r} of {author}" for subject, author in people.commits[:5])
        what = f"with what people put on its branch ({whose}) it does not apply to {stored.target.version}"
        raise _refused(workspace, record, f"{what}: {people.amiss}")
    if people.waiting:
        raise _draft(workspace, record, people.waiting)
    return work.head


def _draft(workspace: Workspace, record: ProposalRecord, waiting: Collection[str]) -> ForgeRefused:
    wait = "waits" if len(waiting) == 1 else "wait"
    return _refused(workspace, record, f"it waits for a person: {', '.join(waiting)} {wait}" if waiting else "")


def _refused(workspace: Workspace, record: ProposalRecord, why: str) -> ForgeRefused:
    by_hand = f", or merge it by hand: git pull --no-rebase {workspace.remote} {record.branch}"
    return ForgeRefused(
        f"proposal {record.id} is a draft: {why or 'it waits for a person'}",
        f"solve what `syncbot proposals show {record.id}` lists on its branch, then run syncbot sync"
        + (by_hand if workspace.remote else ""),
    )
