"""What a story may expect, in words, and what must hold of every judgement whatever the story."""

from __future__ import annotations

from collections.abc import Callable

from syncbot.model.judgement import Judgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict

BY_FIT = {
    Fit.UNTOUCHED: (Verdict.UNTOUCHED, Action.KEEP),
    Fit.EXACT: (Verdict.APPLIES, Action.KEEP),
    Fit.MERGE: (Verdict.REFRESH, Action.REWRITE),
    Fit.CONFLICT: (Verdict.CONFLICT, Action.ASK),
}
ASKABLE = {Verdict.OBSOLETE, Verdict.SUPERSEDED, Verdict.MOOT, Verdict.CONFLICT}

WORDS: dict[str, Callable[[Judgement], bool]] = {
    "obsolete": lambda j: j.verdict is Verdict.OBSOLETE and j.action is Action.DROP,
    "pinned": lambda j: j.verdict is Verdict.OBSOLETE and j.action is not Action.DROP,
    "asked": lambda j: j.verdict in ASKABLE and j.action is Action.ASK,
    "needed": lambda j: j.verdict in {verdict for verdict, _ in BY_FIT.values()},
    "kept": lambda j: j.action is Action.KEEP,
}


def meets(judgement: Judgement, expected: str) -> bool:
    """Whether the judgement is one of the words, such as `obsolete or asked`. A word that is not in WORDS is a
    verdict's own name."""
    return any(_meets(judgement, word) for word in expected.split(" or "))


def _meets(judgement: Judgement, word: str) -> bool:
    if word in WORDS:
        return WORDS[word](judgement)
    return judgement.verdict is Verdict(word)


def wrongs(judgement: Judgement, patch: SeriesPatch) -> list[str]:
    """What contradicts the vocabulary in one judgement; empty when it is coherent."""
    j = judgement
    found = [
        (j.name != patch.name, "another name than the series has"),
        (not j.reason.strip() or "\n" in j.reason.strip(), f"the reason is not one sentence: {j.reason!r}"),
        (j.action not in _actions(j, patch), f"{j.verdict} with fit {j.fit} and proof {j.proof} cannot be {j.action}"),
        (not _fit_agrees(j), f"{j.verdict} cannot have the fit {j.fit}"),
        (j.action is Action.DROP and (j.proof is None or not j.proof.automatic), f"dropped with proof {j.proof}"),
        (j.verdict is Verdict.TRIM and j.proof is None, "trimmed without a proof"),
        (j.verdict in _STAYS and j.proof is not None, f"{j.verdict} removes nothing, yet has proof {j.proof}"),
        ((j.refreshed is not None) != (j.action is Action.REWRITE), f"{j.action} with refreshed={j.refreshed!r}"),
        (j.action is Action.DROP and j.lines_after != 0, f"dropped, yet {j.lines_after} lines stay"),
        (j.action is Action.KEEP and j.lines_after != j.lines_before, "kept, yet its size changed"),
        (j.verdict is Verdict.TRIM and j.lines_after > j.lines_before, "trimmed, yet larger"),
        (patch.keep is not None and j.action is Action.DROP, "dropped against downstream's word"),
        (_half_proved(j), "dropped as proved, yet a hunk is not upstream"),
    ]
    return [f"{j.name}: {text}" for wrong, text in found if wrong]


_STAYS = {Verdict.UNTOUCHED, Verdict.APPLIES, Verdict.REFRESH, Verdict.CONFLICT, Verdict.BROKEN}


def _actions(j: Judgement, patch: SeriesPatch) -> set[Action]:
    if j.verdict is Verdict.OBSOLETE:
        if patch.keep is not None:
            return {Action.KEEP, Action.ASK}
        return {Action.DROP} if j.proof is not None and j.proof.automatic else {Action.ASK}
    if j.verdict in (Verdict.HELD, Verdict.REVERTED):
        return {BY_FIT[j.fit][1]} if j.fit in BY_FIT else set()
    return {
        Verdict.BROKEN: {Action.REPORT},
        Verdict.TRIM: {Action.REWRITE},
        Verdict.SUPERSEDED: {Action.ASK},
        Verdict.MOOT: {Action.ASK},
        Verdict.UNTOUCHED: {Action.KEEP},
        Verdict.APPLIES: {Action.KEEP},
        Verdict.REFRESH: {Action.REWRITE},
        Verdict.CONFLICT: {Action.ASK},
    }[j.verdict]


def _fit_agrees(j: Judgement) -> bool:
    for fit, (verdict, _) in BY_FIT.items():
        if j.verdict is verdict:
            return j.fit is fit
    if j.verdict is Verdict.OBSOLETE and j.proof is Proof.PROVED:
        return j.fit is Fit.NONE
    return True


def _half_proved(j: Judgement) -> bool:
    if j.action is not Action.DROP or j.proof is not Proof.PROVED:
        return False
    states = {hunk.state for file in j.files for hunk in file.hunks}
    return not states <= {HunkState.UPSTREAM, HunkState.TRIVIAL}
