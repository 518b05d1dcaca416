"""Obeying people: the boxes they tick on proposals and the commands they write below them, each once.

Asked by polling, before a sync decides anything. Only people who may push are obeyed; everybody who asked gets a
reaction, and where something cannot be done or was not understood, a comment. An order is remembered once it is done; a
run that is killed in between does it again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache

from syncbot.diff.identity import patch_id
from syncbot.errors import ForgeRefused, InputError
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.forge import Comment, Permission, PersonKind, Reaction
from syncbot.model.packages import SeriesPatch
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.model.verdicts import Action
from syncbot.report import controls
from syncbot.report.controls import Command, Word
from syncbot.report.safe import code, line, markdown
from syncbot.report.words import and_more, plural
from syncbot.services import packages, remembered, turns
from syncbot.services.notice import settle
from syncbot.services.regaining import is_ours
from syncbot.services.workspace import Workspace

_LISTENS = timedelta(days=controls.LISTENS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one order. `words`: Markdown, empty where the reaction says it all."""

    reaction: Reaction
    words: str = ""


_DONE = Answer(Reaction.DONE)
_BY_HAND = "this proposal was made by hand; run `syncbot restore` again to make it anew"


def obey(workspace: Workspace, at: datetime) -> int:
    """Carry out what people asked since the last run; gives how many orders there were. Raises ForgeError."""
    known = {record.id: record for record in workspace.store.proposals()}
    may = cache(workspace.forge.permission)
    count = 0
    for record in workspace.forge.list():
        before = known.get(record.id)
        is_open = record.status is ProposalStatus.OPEN
        if is_open and before is not None and before.status is ProposalStatus.REJECTED:
            remembered.welcome(workspace, record.fingerprint, at)  # a person opened it again: that takes the no back
        if is_open:
            count += _boxes(workspace, record, at)
        elif record.status is ProposalStatus.REJECTED and at - record.updated < _LISTENS:
            is_news = before is None or before.status is not ProposalStatus.REJECTED
            count += _second_thought(workspace, record, at, is_news=is_news)
        if is_open or at - record.updated < _LISTENS:
            was_open = before is not None and before.status is ProposalStatus.OPEN
            ended = record.updated if was_open and not is_open else None
            for comment in workspace.forge.comments(record.id):
                count += _comment(workspace, record, comment, may, at, ended=ended)
    return count


def tell(workspace: Workspace, record: ProposalRecord, text: str) -> Answer:
    """Carry out one order of the person at the terminal, `keep ten.patch "why"`: who may run syncbot may write."""
    found = controls.commands(f"{controls.PREFIX} {' '.join(text.split())}")
    return _carried_out(workspace, record, found[0], "", workspace.clock.now())


def _boxes(workspace: Workspace, record: ProposalRecord, at: datetime) -> int:
    """Who can tick a box may write. The tick goes with the next version of the body, so it is obeyed until then."""
    names = [name for name in controls.ticked(record.body) if name in _BOXES]
    for name in names:
        asked = controls.of_box(name)
        answer = _carried_out(workspace, record, asked, "", at)
        if answer.words:
            workspace.forge.comment(record.id, controls.answer(asked, answer.words), at)
    if {Word.RETRY.value, Word.REJECT.value} <= set(names):
        workspace.store.set_obeyed(_retried(record, at), at)  # the tick stays there, and is no second thought
    return len(names)


def _second_thought(workspace: Workspace, record: ProposalRecord, at: datetime, *, is_news: bool) -> int:
    """The box that takes a rejection back, ticked after it. Nobody unticks it there, so it is obeyed once; one that was
    ticked when the rejection was first seen came before it, for all that is known."""
    key = _retried(record, record.updated)
    if Word.RETRY.value not in controls.ticked(record.body) or workspace.store.obeyed(key):
        return 0
    if not is_news:
        _retry(workspace, record, at)
    workspace.store.set_obeyed(key, at)
    return int(not is_news)


def _retried(record: ProposalRecord, rejected: datetime) -> str:
    return f"{record.id}/box/{rejected.isoformat()}"


_BOXES = frozenset({Word.REBASE.value, Word.RETRY.value, Word.REJECT.value})


def _comment(
    workspace: Workspace,
    record: ProposalRecord,
    comment: Comment,
    may: Callable[[str], Permission],
    at: datetime,
    *,
    ended: datetime | None,
) -> int:
    """One comment with all its orders. Bots and syncbot itself give none. `ended`: when a person ended the proposal,
    where this run is the first to see it: what was said before that is overtaken."""
    asked = controls.commands(comment.body)
    if not asked or comment.author.me or comment.author.kind is not PersonKind.PERSON:
        return 0
    key = f"{record.id}/{comment.id}/{comment.edited.isoformat()}"
    if comment.answered & {Reaction.DONE, Reaction.REFUSED} or workspace.store.obeyed(key):
        _finish(workspace, record, comment)
        return 0
    if not may(comment.author.login).may_write:
        workspace.store.set_obeyed(key, at)
        workspace.forge.react(record.id, comment.id, Reaction.REFUSED)
        return 0
    if ended is not None and comment.edited < ended:
        answers = [_refused(f"this proposal was {record.status.value} after that") for _one in asked]
    else:
        answers = [_carried_out(workspace, record, one, comment.author.login, at) for one in asked]
    workspace.store.set_obeyed(key, at)
    told = [controls.answer(one, answer.words) for one, answer in zip(asked, answers, strict=True) if answer.words]
    for words in dict.fromkeys(told):
        workspace.forge.comment(record.id, words, at)
    workspace.forge.react(record.id, comment.id, _worst(answers))
    return len(asked)


def _finish(workspace: Workspace, record: ProposalRecord, comment: Comment) -> None:
    """A run that was killed after the deed owes the reaction."""
    if not comment.answered:
        workspace.forge.react(record.id, comment.id, Reaction.SEEN)


def _worst(answers: Sequence[Answer]) -> Reaction:
    order = (Reaction.UNCLEAR, Reaction.REFUSED, Reaction.DONE)
    return next(reaction for reaction in order if any(answer.reaction is reaction for answer in answers))


def _carried_out(workspace: Workspace, record: ProposalRecord, asked: Command, by: str, at: datetime) -> Answer:
    """Do what one command says."""
    if asked.wrong or asked.word is None:
        return Answer(Reaction.UNCLEAR, controls.understood(asked))
    is_open = record.status is ProposalStatus.OPEN
    if asked.word is Word.RETRY:
        return _retry(workspace, record, at)
    if not is_open:
        if asked.word is Word.REJECT and record.status is ProposalStatus.REJECTED:
            return _DONE
        return _refused(_over(record))
    if asked.word is Word.REJECT:
        reason = line(asked.reason, 400) or (f"rejected by {by}" if by else "its box was ticked")
        settle(workspace, workspace.forge.reject(record.id, reason, at), at)
        remembered.unwelcome(workspace, record.fingerprint)
        return Answer(Reaction.DONE, controls.rejected(board=workspace.settings.manners.dashboard))
    if asked.word in (Word.REBASE, Word.DISCARD):
        return anew(workspace, record, asked.word)
    return _patch(workspace, record, asked, by, at)


def _over(record: ProposalRecord) -> str:
    if record.status is ProposalStatus.REJECTED:
        return f"this proposal is rejected; `{controls.PREFIX} retry` takes that back"
    note = f": {markdown(record.note.rstrip('.'))}" if record.status is ProposalStatus.CLOSED and record.note else ""
    return f"this proposal is {record.status.value}{note}"


def _refused(why: str) -> Answer:
    return Answer(Reaction.REFUSED, f"That cannot be done: {why}{'' if why.endswith('?') else '.'}")


def _retry(workspace: Workspace, record: ProposalRecord, at: datetime) -> Answer:
    turns.retry(workspace, (record.package,))  # put aside or not: a person wants it tried now
    if record.status is ProposalStatus.ACCEPTED:
        return _refused("this proposal was accepted; `syncbot restore` brings a patch back")
    if record.line.startswith(RESTORE) and not is_ours(workspace, record):
        return open_again(workspace, record, at)
    workspace.store.forget_patch_words(record.package, record.line)
    now = workspace.forge.find(record.package, record.line)  # one of several orders may have closed it
    if record.status is ProposalStatus.OPEN and (now is None or now.status is ProposalStatus.OPEN):
        workspace.store.forget_rejection(record.fingerprint)
        remembered.make_anew(workspace, record, remembered.REBASE)
    else:
        remembered.welcome(workspace, record.fingerprint, at)
    return _DONE


def open_again(workspace: Workspace, record: ProposalRecord, at: datetime) -> Answer:
    """Bring back what a person proposed by hand: no sync makes it anew."""
    if record.status is ProposalStatus.OPEN:
        return _refused(_BY_HAND)
    try:
        opened = workspace.forge.reopen(record.id, at)
    except ForgeRefused as error:
        return _refused(f"{markdown(error.what)}; run `syncbot restore` again")
    remembered.welcome(workspace, record.fingerprint, at)
    settle(workspace, opened, at)
    return _DONE


def anew(workspace: Workspace, record: ProposalRecord, word: Word) -> Answer:
    """A rebase never costs a person's commits; giving them up has a word of its own."""
    edits = workspace.forge.details(record.id).edits if word is Word.REBASE else ()
    if edits:
        had = plural(len(edits), "commit")
        they, them = ("it is", "it") if len(edits) == 1 else ("they are", "them")
        return _refused(
            f"the branch has {had} that syncbot did not make; {they} carried over to each new version where that goes "
            f"cleanly. `{controls.PREFIX} discard` makes it anew and gives {them} up"
        )
    if record.line.startswith(RESTORE) and not is_ours(workspace, record):
        return _refused(_BY_HAND)
    how = remembered.DISCARD if word is Word.DISCARD else remembered.REBASE
    remembered.make_anew(workspace, record, how)
    return _DONE


def _patch(workspace: Workspace, record: ProposalRecord, asked: Command, by: str, at: datetime) -> Answer:
    """Keep or drop one patch; the rest of the proposal stands."""
    if record.line.startswith(RESTORE):
        return _refused("this proposal brings one patch back; reject it, or merge it")
    try:
        series = packages.one(workspace, record.package).series
    except InputError as error:
        return _refused(f"the package cannot be read: {markdown(error.what)}")
    patch = _named(series, asked.patch)
    if patch is None:
        return _refused(f"the series has no patch {code(line(asked.patch, 100))}; {_nearest(series, asked.patch)}")
    if asked.word is Word.DROP:
        why_not = _still_needed(workspace, record, patch)
        if why_not:
            return _refused(why_not)
    wish = Wish.KEEP if asked.word is Word.KEEP else Wish.DROP
    key = patch_id(patch.content, patch.strip)
    reason = line(asked.reason, 400)
    workspace.store.save_patch_word(
        PatchWord(record.package, record.line, patch.name, key, wish, reason, line(by, 100), at)
    )
    return _DONE


def _nearest(series: Sequence[SeriesPatch], wanted: str) -> str:
    """What may have been meant, else what there is."""
    near = get_close_matches(wanted[:200], [p.name for p in series], 3, 0.85)
    if near:
        return f"did you mean {' or '.join(code(line(name, 100)) for name in near)}?"
    return f"it has {and_more([code(line(p.name, 100)) for p in series], 10)}"


def _named(series: Sequence[SeriesPatch], wanted: str) -> SeriesPatch | None:
    """By its whole name, or by the last part of it where that is one patch's alone."""
    whole = [p for p in series if p.name == wanted]
    last = [p for p in series if p.name.rpartition("/")[2] == wanted]
    found = whole or last
    return found[0] if len(found) == 1 else None


def _still_needed(workspace: Workspace, record: ProposalRecord, patch: SeriesPatch) -> str:
    """Why a patch does not go on a word alone: others may stand on one that applies."""
    if patch.keep is not None:
        return f"{code(patch.name)} is pinned in package.toml; take its line out of `[keep]` first"
    current = workspace.store.current().get(record.package)
    judged = None if current is None else next((p for p in current.judgement.patches if p.name == patch.name), None)
    if judged is None or judged.action.waits or judged.action is Action.DROP:
        return ""
    return (
        f"{code(patch.name)} still applies, and others may stand on it; "
        "delete it from the series in a commit of your own, and what stands on it is judged anew"
    )
