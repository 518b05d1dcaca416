"""Whether an open proposal still says what a sync would say now: one that does not is not merged."""

from __future__ import annotations

import json

from syncbot.diff.identity import patch_id
from syncbot.errors import InputError
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.proposal_words import RESTORE
from syncbot.model.proposals import ProposalRecord, Run
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action
from syncbot.services import moving, remembered
from syncbot.services.notice import judgement_of, merged_by_hand, series_at
from syncbot.services.overlay import files_of
from syncbot.services.regaining import is_ours
from syncbot.services.workspace import Workspace

_SYNC = "run syncbot sync first: it brings the proposal up to date"
_RESTORE = "run syncbot restore again: it brings the proposal up to date"


def require_fresh(workspace: Workspace, record: ProposalRecord) -> None:
    """Raises InputError where a person said something of the proposal that no sync has acted on, or where the package
    has changed on the downstream branch since it was made. What was merged by hand is an answer already."""
    if merged_by_hand(workspace, record):
        return
    if record.note:
        raise InputError(
            f"proposal {record.id} has a newer version: it was {record.note}",
            "`syncbot proposals show` says how to bring both together",
        )
    why = _unheard(workspace, record) or _moved(workspace, record)
    if why:
        by_hand = record.line.startswith(RESTORE) and not is_ours(workspace, record)
        raise InputError(f"proposal {record.id} is out of date: {why}", _RESTORE if by_hand else _SYNC)


def _unheard(workspace: Workspace, record: ProposalRecord) -> str:
    """A word that the proposal does not know of, empty where there is none."""
    asked = remembered.wanted(workspace).asked(record.package, record.line)
    if asked:
        return f"a person asked for {asked} since it was made"
    words = [word for word in workspace.store.patch_words(record.package) if word.line == record.line]
    if not words:
        return ""
    judged = judgement_of(workspace, record)
    actions = {} if judged is None else {patch.name: patch.action for patch in judged.judgement.patches}
    series = {patch_id(patch.content, patch.strip): patch.name for patch in series_at(workspace, record)}
    for word in words:
        name = series.get(word.patch_id)
        if name is None:  # said of other content
            continue
        denied = word.wish is Wish.KEEP and actions.get(name) is Action.DROP
        if denied or _is_news(workspace, record, word):
            return f"a person said to {word.wish.value} {name} since it was made"
    return ""


def _is_news(workspace: Workspace, record: ProposalRecord, word: PatchWord) -> bool:
    """Whether no sync that came to its end has seen the word: one may find that it changes nothing."""
    return word.at > record.updated and not any(_saw(run, word) for run in workspace.store.runs())


def _saw(run: Run, word: PatchWord) -> bool:
    ended = run.kind == "sync" and run.outcome is not None and run.started >= word.at
    return ended and "failed" not in json.loads(run.outcome or "{}")


def _moved(workspace: Workspace, record: ProposalRecord) -> str:
    """What became of the package on the downstream branch, empty where it is as the proposal found it. By the measure
    of a sync, which makes such a proposal anew."""
    head = workspace.downstream.head()
    if head == record.parent:
        return ""
    before, now = workspace.downstream.at(record.parent), workspace.downstream.at(head)
    try:
        then = moving.at(workspace, before, record.package)
        found, wanted = files_of(now, then), files_of(before, then)
    except InputError as error:
        return f"commit {record.parent[:12]}, which it stands on, cannot be read ({error.what})"
    changed = sorted(path for path in {*found, *wanted} if found.get(path) != wanted.get(path))
    if changed:
        return f"{changed[0]} has changed since it was made"
    return _pinned_since(workspace, record, now, {patch.name: patch.keep for patch in then.series})


def _pinned_since(workspace: Workspace, record: ProposalRecord, now: Tree, before: dict[str, str | None]) -> str:
    """The settings of a package may stand outside its own files."""
    try:
        series = moving.at(workspace, now, record.package).series
    except InputError as error:
        return f"{record.package} cannot be read any more ({error.what})"
    other = [patch.name for patch in series if patch.keep != before.get(patch.name)]
    return f"the pin of {other[0]} has changed since it was made" if other else ""
