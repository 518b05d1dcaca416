"""Proposals that bring back a patch which upstream took back. One per patch, on the line of its restoring, so that it
is answered by itself; it holds the package's move to the release where that is only proposed yet, for the patch is made
to fit there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from syncbot.errors import InputError
from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.packages import Mode, Package
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import Proposal, ProposalCommit, ProposalRecord
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action
from syncbot.plan import identity
from syncbot.plan.model import Edit
from syncbot.report import returning as texts
from syncbot.report.proposal import People
from syncbot.report.results import Outcome
from syncbot.services import moving, remembered
from syncbot.services.check import Examined
from syncbot.services.deciding import Decision
from syncbot.services.dressing import dressed, report_as, report_aside
from syncbot.services.notice import settle
from syncbot.services.overlay import Overlay, files_of
from syncbot.services.people import put_on, with_returned
from syncbot.services.proposing import Draft, proposal
from syncbot.services.remembered import Wanted
from syncbot.services.returned import Returned, dropped_patches, returned_fingerprint
from syncbot.services.reviving import opened_again
from syncbot.services.workspace import Workspace

_STAND = frozenset({Outcome.UP_TO_DATE, Outcome.PROPOSED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.ASIDE})
"""What became of a package that stands at a release without the patch, or has a proposal to go there. One that may not
be proposed, or whose move a person turned down, is only told of."""


def regain(
    workspace: Workspace, decision: Decision, head: CommitId, at: datetime, room: int | None
) -> list[ProposalRecord]:
    """Propose the return of what came back for one package; gives what was opened or updated. Where all is proposed
    already, nothing is written. `room`: how many new proposals may be opened, None: any number."""
    one = decision.examined
    if decision.outcome not in _STAND or one.package.private or one.package.policy.mode is Mode.OBSERVE:
        return []
    done: list[ProposalRecord] = []
    opened = 0
    people = remembered.wanted(workspace) if one.returned else None
    for found in one.returned:
        line = f"{RESTORE}{found.dropped.name}"
        standing = workspace.forge.find(one.package.name, line)
        if people is None or (standing is not None and _is_settled(standing, found, people)):
            continue
        is_open = standing is not None and standing.status is ProposalStatus.OPEN
        asked = people.asked(one.package.name, line)
        if not is_open and room is not None and opened >= room:
            break
        wanted = _proposal(workspace, decision, found, head)
        wanted = _with_people(workspace, decision, found, wanted, standing if is_open else None)
        if standing is not None and is_open and not asked and _same(workspace, one, wanted, standing):
            _report(workspace, standing)  # a run that was killed owes it
            continue
        back = None if standing is None or is_open else opened_again(workspace, standing, people, at)
        dress = dressed(workspace, wanted, one.package, opening=not is_open and back is None)
        before = workspace.forge.beside(standing.id) if standing is not None and is_open and standing.note else None
        record = workspace.forge.propose(dress, at, discard=asked == remembered.DISCARD)
        now = _with_people(workspace, decision, found, wanted, record if is_open else None)
        if now != wanted:  # what people put on the branch stands on the new version by now
            record = workspace.forge.propose(dressed(workspace, now, one.package, opening=False), at)
        remembered.done(workspace, record)
        if record.note:  # its commit is of an older version
            report_aside(workspace, record)
        else:
            _report(workspace, record)
        settle(workspace, record, at)
        if before is not None and record.note and workspace.forge.beside(record.id) == before:
            continue
        done.append(record)
        opened += not is_open
    return done


def _report(workspace: Workspace, record: ProposalRecord) -> None:
    report_as(workspace, record, "1 patch waits for a person" if record.draft else "applied without fuzz")


def _is_settled(standing: ProposalRecord, found: Returned, people: Wanted) -> bool:
    """Whether a person has answered this very question (and not taken the answer back), or asks it by hand now."""
    same = standing.fingerprint == found.fingerprint
    if same and standing.status is ProposalStatus.REJECTED and found.fingerprint in people.welcome:
        return False
    if standing.status is ProposalStatus.OPEN:
        return not same
    return same and standing.status in (ProposalStatus.REJECTED, ProposalStatus.ACCEPTED)


def _same(workspace: Workspace, one: Examined, wanted: Proposal, standing: ProposalRecord) -> bool:
    """Whether the open proposal says and does what a new one would, though other folders moved on below it."""
    says = (standing.title, standing.body, standing.draft) == (wanted.title, wanted.body, wanted.draft)
    if not says or standing.parent == wanted.parent:
        return says
    try:
        return _folder(workspace, one, standing.parent) == _folder(workspace, one, wanted.parent)
    except InputError:  # its parent is gone: history was rewritten, so it is made anew
        return False


def _folder(workspace: Workspace, one: Examined, commit: CommitId) -> Mapping[str, object]:
    return files_of(workspace.downstream.at(commit), one.package)


def _proposal(workspace: Workspace, decision: Decision, found: Returned, head: CommitId) -> Proposal:
    one, made = decision.examined, decision.draft
    move = () if made is None else proposal(workspace, made, head).commits
    tree: Tree = workspace.downstream.at(head)
    for commit in move:
        tree = Overlay(tree, commit.changes)
    line = f"{RESTORE}{found.dropped.name}"
    waits = found.judged.action.waits
    package = one.package.name
    changes = _brought_back(workspace, tree, one.package, found)
    return Proposal(
        package=package,
        line=line,
        branch=identity.branch_name(one.package, line),
        parent=head,
        commits=(*move, ProposalCommit(texts.commit_message(found.dropped, found.judged), changes)),
        title=texts.title(found.dropped, found.release),
        body=_body(workspace, decision, found),
        fingerprint=found.fingerprint,
        draft=waits or bool(_waiting(made)),
        target_version=found.release.version,
    )


def _waiting(made: Draft | None) -> list[PatchName]:
    """The patches of the move that wait for a person."""
    if made is None:
        return []
    return [edit.name for edit in made.plan.edits if edit.action.waits and edit.name not in made.summary.staying]


def _with_people(
    workspace: Workspace, decision: Decision, found: Returned, wanted: Proposal, standing: ProposalRecord | None
) -> Proposal:
    """With what people put on the branch of the open proposal: they have the last word on whether it waits."""
    one, made = decision.examined, decision.draft
    draft = found.judged.action.waits or bool(_waiting(made))
    people = None
    if standing is not None and standing.target_version == found.release.version:
        asked = [found.dropped.name] if found.judged.action.waits else []
        staying = frozenset[PatchName]() if made is None else made.summary.staying
        asked += _waiting(made)
        package = with_returned(one.package, found.dropped.name, found.content)
        people = put_on(workspace, package, standing, one.source, found.release, asked, staying)
    if people is None:
        return replace(wanted, body=_body(workspace, decision, found), draft=draft)
    return replace(wanted, body=_body(workspace, decision, found, people), draft=people.draft)


def _body(workspace: Workspace, decision: Decision, found: Returned, people: People | None = None) -> str:
    return texts.body(
        found.dropped,
        found.judged,
        found.release,
        found.content,
        moves=decision.draft is not None,
        people=people,
        remote=workspace.remote,
        branch=identity.branch_name(decision.examined.package, f"{RESTORE}{found.dropped.name}"),
    )


def _brought_back(workspace: Workspace, tree: Tree, package: Package, found: Returned) -> Mapping[str, bytes | None]:
    """The files that put the patch at the end of the series again, marked where it waits for a person."""
    before = moving.again(workspace, package, tree)
    name = found.dropped.name
    changes = dict(workspace.layout.restore(tree, before, name, found.content, None))
    if not found.judged.action.waits:
        return changes
    after = moving.again(workspace, package, Overlay(tree, changes))
    added = after.series[-1]
    mark = Edit(Action.ASK, added.name, found.judged)
    return changes | dict(workspace.layout.edit(Overlay(tree, changes), after, (mark,), moving.standing(workspace)))


def is_ours(workspace: Workspace, record: ProposalRecord) -> bool:
    """Whether a sync made this proposal of a patch's return, and no person by hand."""
    mine = dropped_patches(workspace).get(record.package, ())
    return record.fingerprint in {returned_fingerprint(one) for one in mine}


def outdated(workspace: Workspace, examined: Sequence[Examined]) -> Iterator[ProposalRecord]:
    """Open proposals of ours to bring back a patch that is not needed again after all: upstream has it once more, or
    it was brought back by hand. Those that a person asked for stay."""
    ours: dict[PackageName, set[str]] = {}
    for name, dropped in dropped_patches(workspace).items():
        ours[name] = {returned_fingerprint(one) for one in dropped}
    looked = {one.package.name: {r.fingerprint for r in one.returned} for one in examined}
    for open_ in workspace.forge.list():
        if open_.status is not ProposalStatus.OPEN or not open_.line.startswith(RESTORE):
            continue
        was = open_.fingerprint in ours.get(open_.package, set())
        if was and open_.package in looked and open_.fingerprint not in looked[open_.package]:
            yield open_


GONE = "The release has the change again, or the patch is back: nothing is to be restored."
