"""From a decision to the Judgement that faces print: the one sentence, the hunks, the numbers."""

from __future__ import annotations

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import Patch
from syncbot.errors import InputError
from syncbot.judge.blocks import BlockFinding, State
from syncbot.judge.case import Decision
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.rewrite import rewritten
from syncbot.judge.rules import UPSTREAM
from syncbot.judge.stack import HunkPlace
from syncbot.judge.stacks import Stand
from syncbot.model.judgement import Evidence, FileReport, HunkReport, Judgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action, Fit, HunkState, Verdict


def broken(index: int, entry: SeriesPatch, why: str) -> Judgement:
    """The judgement of a patch that does not apply to its own base, or is none."""
    lines = _lines_of(entry.content)
    return Judgement(
        index,
        entry.name,
        Fit.CONFLICT,
        Verdict.BROKEN,
        Action.REPORT,
        sentence(Verdict.BROKEN, why),
        evidence=(Evidence("broken", why),),
        lines_before=lines,
        lines_after=lines,
    )


def sentence(verdict: Verdict, detail: str) -> str:
    """The verdict's own sentence, with what it rests on."""
    return f"{verdict.sentence[:-1]}: {detail}." if detail else verdict.sentence


def judgement_of(
    index: int, entry: SeriesPatch, patch: Patch, decision: Decision, stand: Stand, target_name: str
) -> Judgement:
    """The whole answer for one patch."""
    evidence = decision.evidence
    if stand.already:
        evidence += (Evidence("already-in-base", "the base has the change already"),)
    if stand.fuzz:
        evidence += (Evidence("fuzz", f"it needs fuzz {stand.fuzz} on its own base"),)
    refreshed = None
    if decision.action is Action.REWRITE:
        note = trim_note(decision, target_name) if decision.verdict is Verdict.TRIM else ""
        prefixes = patch.prefixes if entry.strip is not None else ("a/", "b/")
        refreshed = rewritten(patch, prefixes, decision.files, note)
    before = patch.lines_changed
    after = 0 if decision.action is Action.DROP else before if refreshed is None else _lines_of(refreshed)
    return Judgement(
        index=index,
        name=entry.name,
        fit=decision.fit,
        verdict=decision.verdict,
        action=decision.action,
        reason=sentence(decision.verdict, decision.detail),
        proof=decision.proof,
        blocked_by=stand.blocked_by if decision.action is not Action.DROP else (),
        absorbed_by=decision.absorbed_by,
        first_release=decision.first_release,
        evidence=evidence,
        files=tuple(_report(file, decision.fit) for file in decision.all_files),
        refreshed=refreshed,
        lines_before=before,
        lines_after=after,
        compared=decision.compared,
    )


MOST_TAKEN = 8
"""Hunks that the line in a trimmed patch's header names one by one."""


def trim_note(decision: Decision, target_name: str) -> str:
    """The line that a trimmed patch gets in its header: which hunks went upstream, and with which commit if known."""
    taken = [f"all of {file.change.path}" for file in decision.settled]
    for file in decision.files:
        taken += _taken(file)
    more = f" and {len(taken) - MOST_TAKEN} more" if len(taken) > MOST_TAKEN else ""
    commits = dict.fromkeys(e.commit[:12] for e in decision.evidence if e.commit and e.kind in ("absorbed", "partial"))
    by = f" (commit {', '.join(list(commits)[:3])})" if commits else ""
    return f"[syncbot: upstream has, in {target_name}{by}: {', '.join(taken[:MOST_TAKEN])}{more}]"


def _taken(file: FileFinding) -> list[str]:
    """The hunks of a file that stays which upstream has, or has in part."""
    found = []
    for place in file.change.hunks:
        states = {b.state in UPSTREAM for b in _inside(file, place) if b.weight or b.measures.white}
        if True in states:
            found.append(f"{'part of ' if False in states else ''}hunk {place.index} of {file.change.path}")
    return found or ([f"part of {file.change.path}"] if any(b.state in UPSTREAM for b in file.blocks) else [])


def _inside(file: FileFinding, place: HunkPlace) -> list[BlockFinding]:
    return [b for b in file.blocks if place.start <= b.change.a0 and b.change.a1 <= max(place.end, place.start)]


def _lines_of(content: bytes) -> int:
    try:
        return parse_patch(content).lines_changed
    except InputError:
        return 0


def _report(file: FileFinding, fit: Fit) -> FileReport:
    target = file.target.path if file.target else file.result.path if file.result else None
    places = (
        file.change.hunks
        or tuple(HunkPlace(i, b.change.a0, b.change.a1) for i, b in enumerate(file.blocks, 1))
        or (HunkPlace(1, 0, 0),)
    )
    return FileReport(file.change.path, target, tuple(_hunk(file, place, fit) for place in places))


def _hunk(file: FileFinding, place: HunkPlace, fit: Fit) -> HunkReport:
    inside = _inside(file, place)
    state = _state(file, inside, fit)
    if state is HunkState.GONE:
        return HunkReport(place.index, state, place.start + 1, None)
    if not inside:
        return HunkReport(place.index, state, place.start + 1, place.start + 1 if file.target else None)
    first = inside[0]
    at = first.target
    if at is not None and first.state is State.NOOP and first.change.a0 == first.change.a1:
        at -= first.change.b1 - first.change.b0  # an insertion that is there stands before the line that it precedes
    line = None if at is None else max(at - (first.change.a0 - place.start), 0) + 1
    if state is HunkState.EXACT and line != place.start + 1:
        state = HunkState.SHIFTED
    return HunkReport(place.index, state, place.start + 1, line)


def _state(file: FileFinding, blocks: list[BlockFinding], fit: Fit) -> HunkState:
    if file.state is FileState.GONE:
        return HunkState.GONE
    if file.state is FileState.UNTOUCHED:
        return HunkState.EXACT
    if file.state is FileState.NOOP or (blocks and all(b.state in UPSTREAM for b in blocks)):
        return HunkState.UPSTREAM
    telling = [b for b in blocks if b.weight or b.measures.white] or blocks
    if any(b.state is State.OPEN for b in telling):
        if not any(b.weight or b.measures.white for b in blocks):
            return HunkState.TRIVIAL
        return HunkState.UPSTREAM if fit is Fit.NONE else HunkState.CONFLICT
    if any(b.state is State.CUT for b in telling):
        return HunkState.GONE
    if any(b.state is State.TWICE for b in telling):
        return HunkState.UPSTREAM
    if file.state is FileState.CLEAN:
        return HunkState.EXACT if fit is Fit.EXACT else HunkState.MERGE
    return HunkState.MERGE if telling else HunkState.CONFLICT
