"""A series against a release: each patch on top of what stays of the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import Patch
from syncbot.errors import HostileInput, InputError
from syncbot.judge.case import Decision, make_case
from syncbot.judge.claims import Day, Facts, claims_of
from syncbot.judge.decide import decide
from syncbot.judge.describe import broken, judgement_of
from syncbot.judge.files import FileFinding, FileState, find
from syncbot.judge.fits import placed_anyway
from syncbot.judge.lineage import Lineage, Trace
from syncbot.judge.locate import Renames
from syncbot.judge.needed import by_fit
from syncbot.judge.parts import combined
from syncbot.judge.stack import Misfit, Overlay
from syncbot.judge.stacks import Stacks, Stand, is_of_waiting, stand_on, stands_free
from syncbot.judge.together import Together, as_one, summed_up
from syncbot.model.advisories import Advice
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action, Fit, Proof, Verdict


def judge_series(
    series: Sequence[SeriesPatch],
    base: Tree,
    target: Tree,
    *,
    base_name: str = "base",
    target_name: str = "target",
    released: Day = None,
    history: Lineage | None = None,
    advice: Sequence[Advice] = (),
) -> SeriesJudgement:
    """Judge every entry of a series that applies to `base` against the release `target`. One bad patch never stops the
    rest: it is `broken` and reported. `released`: the day of the release, or how to ask for it. `history`: upstream's,
    bound to these two; None: the trees alone are judged. `advice`: of advisories, about both. Reads only
    the files that the patches touch, and path lists where one is missing."""
    facts = Facts(base, target, released, advice, history)
    stacks = Stacks(Overlay(base), Overlay(base), Overlay(target), Renames(base, target), facts, history)
    together = Together(series)
    judged = tuple(_entry(index, patch, stacks, together, target_name) for index, patch in enumerate(series, 1))
    return SeriesJudgement(base_name, target_name, judged)


def _entry(index: int, entry: SeriesPatch, stacks: Stacks, together: Together, target_name: str) -> Judgement:
    """One line of the series; a file of several commits is judged commit by commit."""
    try:
        patch = parse_patch(entry.content, entry.strip, stacks.full.exists)
        if len(patch.commits) < 2:
            return _one(index, entry, patch, stacks, together, target_name)
        return _several(index, entry, patch, stacks, target_name)
    except (InputError, HostileInput) as error:
        return broken(index, entry, str(error))


def _one(
    index: int, entry: SeriesPatch, patch: Patch, stacks: Stacks, together: Together, target_name: str
) -> Judgement:
    stand = stand_on(patch, stacks)
    if isinstance(stand, Misfit):
        if entry.waiting:
            return broken(index, entry, f"it still waits for a person ({stand.path}: {stand.why})")
        return broken(index, entry, f"{stand.path}: {stand.why}")
    decision = _decide(entry, patch, stand, stacks)
    open_ = decision.action is not Action.DROP and decision.verdict is not Verdict.UNTOUCHED and not stand.already
    if index - 1 in together.found or (open_ and together.look(index - 1, decision, stacks)):
        decision = together.dropped(index - 1, decision)
    stacks.advance(entry.name, decision, stand)
    return judgement_of(index, entry, patch, decision, _told(stand, decision), target_name)


def _decide(entry: SeriesPatch, patch: Patch, stand: Stand, stacks: Stacks) -> Decision:
    files = [placed_anyway(patch, find(change, stacks.target, stacks.renames)) for change in stand.changes]
    files = [_moved_on(file, stacks) for file in files]
    claims = claims_of(patch.header, entry.name, stacks.facts)
    case = make_case(patch, files, claims, _trace(patch, stand, files, stacks), already=stand.already)
    decision = decide(case)
    if decision.verdict is Verdict.MOOT and stand.blocked_by and is_of_waiting(files, stacks):
        decision = by_fit(case)  # what seems to be gone was never there
    if stand.fuzz and decision.action is Action.KEEP:
        why = f"as it is written it needs fuzz {stand.fuzz}"
        decision = replace(decision, fit=Fit.MERGE, verdict=Verdict.REFRESH, action=Action.REWRITE, detail=why)
    if stand.drifted and decision.action is Action.DROP:
        detail = "the base has the change already, at other lines than the patch says: is it the same place"
        return replace(decision, action=Action.ASK, proof=Proof.SUGGESTED, detail=detail)
    if entry.keep is not None and decision.action is Action.DROP:
        return replace(decision, action=Action.ASK, detail=f"{decision.detail}; but it is pinned: {entry.keep}")
    if entry.drop and entry.keep is None and decision.verdict is not Verdict.OBSOLETE:
        return _told_to_go(decision, entry.drop)
    if stand.blocked_by and not _stands_alone(decision, stand, files, stacks):
        return _blocked(decision)
    return decision


def _told_to_go(decision: Decision, why: str) -> Decision:
    """It goes on downstream's own word, whatever it is to the release; that is no claim about upstream."""
    detail = f"{decision.detail}; it goes with this release on downstream's own word, {why}".removeprefix("; ")
    return replace(decision, action=Action.DROP, proof=None, detail=detail)


def _trace(patch: Patch, stand: Stand, files: Sequence[FileFinding], stacks: Stacks) -> Trace | None:
    if stacks.history is None or stand.already:
        return None
    aliases = {file.change.path: [file.target.path] for file in files if file.moved and file.target}
    return stacks.history.trace(patch, stacks.full.read, stacks.target.read, aliases)


def _moved_on(file: FileFinding, stacks: Stacks) -> FileFinding:
    """A file that is as the patch wants it only because upstream took an earlier patch of the stack: upstream did
    change it, so it applies rather than being untouched."""
    if file.state is not FileState.UNTOUCHED or file.target is None:
        return file
    path = file.target.path
    if stacks.target.below.entry(path) == stacks.before.below.entry(path):
        return file
    return replace(file, state=FileState.CLEAN)


def _stands_alone(decision: Decision, stand: Stand, files: Sequence[FileFinding], stacks: Stacks) -> bool:
    """Whether the answer for a patch that stands on a waiting one holds without that one."""
    if stand.entangled:
        return False
    if decision.action is Action.DROP:
        return True
    return decision.verdict in (Verdict.UNTOUCHED, Verdict.APPLIES, Verdict.REFRESH) and stands_free(files, stacks)


def _told(stand: Stand, decision: Decision) -> Stand:
    """How it stands as people are told: what does not wait is blocked by nothing."""
    return stand if decision.action.waits else replace(stand, blocked_by=())


def _blocked(decision: Decision) -> Decision:
    """It stands on a patch that waits, so it waits too, whatever its own text says."""
    telling = decision.action in (Action.ASK, Action.DROP)
    verdict = decision.verdict if telling else Verdict.CONFLICT
    return replace(
        decision,
        fit=Fit.CONFLICT,
        verdict=verdict,
        action=Action.ASK,
        proof=Proof.SUGGESTED if telling and decision.proof else None,
        detail="it stands on a patch that waits for a person",
    )


def _several(index: int, entry: SeriesPatch, patch: Patch, stacks: Stacks, target_name: str) -> Judgement:
    """Each commit of the file on top of the one before; all of them wait where one does."""
    trial = stacks.copy()
    judged, stands = [], []
    pieces = [Patch((commit,), patch.strip, patch.prefixes) for commit in patch.commits]
    for number, (commit, piece) in enumerate(zip(patch.commits, pieces, strict=True), 1):
        stand = stand_on(piece, trial)
        if isinstance(stand, Misfit):
            return broken(index, entry, f"commit {number} ({commit.subject}): {stand.path}: {stand.why}")
        decision = _decide(entry, piece, stand, trial)
        trial.advance(entry.name, decision, stand)
        judged.append(judgement_of(number, entry, piece, decision, _told(stand, decision), target_name))
        stands.append(stand)
    gone = all(judgement.action is Action.DROP for judgement in judged)
    if not gone and entry.keep is None and summed_up(pieces, stacks):
        judged = [as_one(judgement) for judgement in judged]
        trial = stacks.copy()
        trial.drop(pieces)
    whole = combined(index, entry, patch, judged, target_name)
    if whole.action.waits:
        stacks.wait(entry.name, stands)
    else:
        stacks.take(trial)
    return whole
