"""What people answered outside syncbot: what became of the patches that waited for them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from syncbot.errors import InputError
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.packages import Package
from syncbot.model.proposal_words import RESTORE, Became, ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.report.results import Answers, ByPeople
from syncbot.services import moving, words
from syncbot.services.notice import judgement_of
from syncbot.services.workspace import Workspace


def answers(before: Package, after: Package, asked: Collection[PatchName]) -> Answers:
    """What became of these patches, that wait for a person, between two states of a package. The mark in the series
    says whether they still do; where the layout has no marks, they do while nobody has touched them."""
    there = {patch.name: patch for patch in after.series}
    found: list[tuple[PatchName, Became]] = []
    for patch in before.series:
        if patch.name not in asked:
            continue
        now = there.get(patch.name)
        if now is None:
            found.append((patch.name, Became.DELETED))
        elif now.waiting or (before.files and now.content == patch.content):
            found.append((patch.name, Became.WAITING))
        else:
            found.append((patch.name, Became.UNMARKED if now.content == patch.content else Became.REWRITTEN))
    return tuple(found)


def by_people(workspace: Workspace, record: ProposalRecord) -> ByPeople:
    """A proposal that people merged or closed, with what became of its questions where the workspace has it."""
    stored = None if record.line.startswith(RESTORE) else judgement_of(workspace, record)
    if record.status is not ProposalStatus.ACCEPTED or stored is None:
        return ByPeople(record)
    downstream = workspace.downstream
    try:
        before = moving.at(workspace, downstream.at(record.parent), record.package)
        after = moving.at(workspace, downstream.at(downstream.head()), record.package)
    except InputError:
        return ByPeople(record)
    if after.policy.bump and after.base not in (stored.target.version, stored.target.name):
        return ByPeople(record)  # merged on the forge, and not here yet
    said = words.in_force(
        workspace.store.patch_words(record.package), workspace.store.proposals(), record.target_version
    )
    told = words.with_words(before, stored.judgement, said)
    asked = [p.name for p in told.judgement.patches if p.action.waits]
    return ByPeople(record, answers(before, after, asked))


def returning(workspace: Workspace, concerns: Callable[[PackageName], bool]) -> tuple[ProposalRecord, ...]:
    """The open proposals that bring a patch back."""
    return tuple(
        r
        for r in workspace.forge.list()
        if r.status is ProposalStatus.OPEN and r.line.startswith(RESTORE) and concerns(r.package)
    )
