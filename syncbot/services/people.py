"""What people put on a proposal's branch, judged: whether the series that the branch has applies to the release."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from syncbot import judge
from syncbot.errors import ForgeRefused, InputError
from syncbot.model.forge import BranchWork
from syncbot.model.fork import DOCUMENT
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.proposal_words import RESTORE, Became
from syncbot.model.proposals import ProposalRecord, StoredJudgement
from syncbot.model.releases import Release
from syncbot.plan.model import Edit
from syncbot.ports import Source
from syncbot.report import proposal as texts
from syncbot.report.body import body
from syncbot.report.proposal import PatchStory, People
from syncbot.services import moving, words
from syncbot.services.answers import answers
from syncbot.services.check import Examined
from syncbot.services.notice import judgement_of, merged_by_hand
from syncbot.services.proposing import Draft, text_after
from syncbot.services.workspace import Workspace


def with_people(workspace: Workspace, one: Examined, made: Draft, record: ProposalRecord | None) -> Draft:
    """The draft with what people put on the branch of the open proposal `record`, which says who has the last word:
    what waited may be settled there, and what was settled may fit no more."""
    plain = _told(made, None)
    if record is None or record.target_version != made.plan.target.version:
        return plain
    asked = [edit.name for edit in made.plan.edits if edit.action.waits and edit.name not in made.summary.staying]
    found = put_on(workspace, one.package, record, one.source, made.plan.target, asked, made.summary.staying)
    return plain if found is None else _told(plain, found)


def put_on(
    workspace: Workspace,
    package: Package,
    record: ProposalRecord,
    source: Source,
    target: Release,
    asked: Collection[PatchName],
    staying: Collection[PatchName],
) -> People | None:
    """What people put on the branch of an open proposal, None where that is nothing, or the branch holds an older
    version than the newest. A fork's commits are replayed as they are. `asked`, `staying` as below."""
    if record.note or DOCUMENT in package.files:
        return None
    work = workspace.forge.work(record.id)
    return None if work is None else _looked(workspace, package, work, source, target, asked, staying)


def with_returned(package: Package, name: PatchName, content: bytes) -> Package:
    """The package with the patch that a proposal brings back to it."""
    others = (patch for patch in package.series if patch.name != name)
    return replace(package, series=(*others, SeriesPatch(name, content)))


def _told(made: Draft, people: People | None) -> Draft:
    if made.summary.people == people:
        return made
    waits = any(edit.action.waits and edit.name not in made.summary.staying for edit in made.plan.edits)
    plan = replace(made.plan, draft=waits if people is None else people.draft)
    stories = _stories(made, people)
    summary = replace(made.summary, people=people, draft=plan.draft, stories=stories)
    return replace(made, plan=plan, summary=summary, title=texts.title(summary), body=body(summary))


def _stories(made: Draft, people: People | None) -> tuple[PatchStory, ...]:
    """Each patch as it is on the branch: where people wrote it anew, as they did."""
    became = {} if people is None else dict(people.answered)
    texts_ = {} if people is None else dict(people.texts)
    after = {edit.name: texts_.get(edit.name, text_after(edit, story.before)) for edit, story in _pairs(made)}
    return tuple(
        replace(story, after=after[story.judgement.name], became=became.get(story.judgement.name))
        for story in made.summary.stories
    )


def _pairs(made: Draft) -> Iterator[tuple[Edit, PatchStory]]:
    return zip(made.plan.edits, made.summary.stories, strict=True)


def _looked(
    workspace: Workspace,
    package: Package,
    work: BranchWork,
    source: Source,
    target: Release,
    asked: Collection[PatchName],
    staying: Collection[PatchName],
) -> People:
    """`asked`: patches that wait for a person. `staying`: those that stay on a person's word though they do not
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
    answered = answers(package, found, asked)
    waiting = {patch.name for patch in series if patch.waiting}
    waiting |= {name for name, what in answered if what is Became.WAITING}
    there = {patch.name: patch.content for patch in found.series}
    texts_ = ((name, there.get(name)) for name, what in answered if what in (Became.REWRITTEN, Became.DELETED))
    return People(commits, amiss, tuple(p.name for p in series if p.name in waiting), answered, tuple(texts_))


def require_settled(workspace: Workspace, record: ProposalRecord) -> CommitId | None:
    """Where the branch of an open proposal stands with people's commits, which were looked at now; None where there are
    none. Raises ForgeRefused, which names what is wrong, where something waits or does not apply."""
    if merged_by_hand(workspace, record):
        return None
    stored = judgement_of(workspace, record)
    if record.line.startswith(RESTORE):
        return _require_return_settled(workspace, record, stored)
    if stored is None:
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
    _require_fit(workspace, record, people, stored.target)
    return work.head


def _require_return_settled(
    workspace: Workspace, record: ProposalRecord, stored: StoredJudgement | None
) -> CommitId | None:
    """As `require_settled`, of a proposal that brings a patch back. `stored`: the judgement of the move that it may
    hold."""
    work = workspace.forge.work(record.id)
    package = moving.at(workspace, workspace.downstream.at(record.parent), record.package)
    target = workspace.store.releases(record.package).get(record.target_version)
    if work is None or target is None or DOCUMENT in package.files:
        return None
    name = PatchName(record.line.removeprefix(RESTORE))
    dropped = next((d for d in workspace.store.dropped(record.package) if d.name == name), None)
    asked = [p.name for p in stored.judgement.patches if p.action.waits] if stored is not None else []
    asked += [name] if record.draft else []
    if dropped is not None:
        package = with_returned(package, name, dropped.content)
    people = _looked(workspace, package, work, workspace.source(package), target, asked, ())
    _require_fit(workspace, record, people, target)
    return work.head


def _require_fit(workspace: Workspace, record: ProposalRecord, people: People, target: Release) -> None:
    if people.amiss:
        whose = ", ".join(f"{subject!r} of {author}" for subject, author in people.commits[:5])
        what = f"with what people put on its branch ({whose}) it does not apply to {target.version}"
        raise _refused(workspace, record, f"{what}: {people.amiss}")
    if people.waiting:
        raise _draft(workspace, record, people.waiting)


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
