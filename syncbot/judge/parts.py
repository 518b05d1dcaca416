"""Several commits in one patch file: one entry of the series, with a verdict for each commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.diff.patch import Patch
from syncbot.judge.describe import sentence
from syncbot.judge.rewrite import rewritten_commit
from syncbot.model.judgement import Judgement, Part
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action, Fit, Proof, Verdict

_WEAKEST = [Proof.SUGGESTED, Proof.DECLARED, Proof.MATCHED, Proof.TRACED, Proof.PROVED]
_FITS = [Fit.CONFLICT, Fit.MERGE, Fit.EXACT, Fit.UNTOUCHED, Fit.NONE]


def combined(
    index: int, entry: SeriesPatch, patch: Patch, judged: Sequence[Judgement], target_name: str = "the release"
) -> Judgement:
    """The entry's judgement: it waits where one commit does, goes where all go, else stays with what stays. The first
    commit that stays says which ones went upstream."""
    parts = tuple(Part(j.index, commit.subject, j.verdict) for j, commit in zip(judged, patch.commits, strict=True))
    verdict, action = _verdict(judged)
    refreshed = None
    binary = any(file.binary for commit in patch.commits for file in commit.files)
    if action is Action.REWRITE and binary:
        action = Action.ASK  # its payload cannot be written anew commit by commit
    if action is Action.REWRITE:
        staying = [(commit, j) for commit, j in zip(patch.commits, judged, strict=True) if j.action is not Action.DROP]
        notes = [_note(parts, judged, target_name), *[""] * (len(staying) - 1)]
        refreshed = b"".join(rewritten_commit(patch, *one, note) for one, note in zip(staying, notes, strict=True))
    proofs = [j.proof for j in judged if j.proof is not None]
    detail = ", ".join(f"commit {part.index} {part.verdict}" for part in parts)
    leading = next((j for j in judged if j.verdict is verdict), judged[0])
    return replace(
        leading,
        index=index,
        fit=min((j.fit for j in judged), key=_FITS.index),
        verdict=verdict,
        action=action,
        reason=sentence(verdict, detail),
        proof=min(proofs, key=_WEAKEST.index) if proofs and action is not Action.KEEP else None,
        blocked_by=tuple(dict.fromkeys(name for j in judged for name in j.blocked_by if name != entry.name)),
        evidence=tuple(e for j in judged for e in j.evidence),
        files=tuple(f for j in judged for f in j.files),
        parts=parts,
        compared=tuple(c for j in judged for c in j.compared),
        refreshed=refreshed,
        lines_before=sum(j.lines_before for j in judged),
        lines_after=sum(j.lines_before if action.waits else j.lines_after for j in judged),
    )


def _note(parts: Sequence[Part], judged: Sequence[Judgement], target_name: str) -> str:
    """The line that says which commits of the file went upstream, empty where none did."""
    gone = []
    for part, j in zip(parts, judged, strict=True):
        if j.action is Action.DROP:
            by = f" as {j.absorbed_by[:12]}" if j.absorbed_by else ""
            gone.append(f"commit {part.index} ({part.subject}){by}" if part.subject else f"commit {part.index}{by}")
    return f"[syncbot: upstream has, in {target_name}: {', '.join(gone)}]" if gone else ""


def _verdict(judged: Sequence[Judgement]) -> tuple[Verdict, Action]:
    for j in judged:
        if j.action.waits:
            return j.verdict, j.action
    if all(j.action is Action.DROP for j in judged):
        return Verdict.OBSOLETE, Action.DROP
    if any(j.action is Action.DROP or j.verdict is Verdict.TRIM for j in judged):
        return Verdict.TRIM, Action.REWRITE
    if any(j.action is Action.REWRITE for j in judged):
        return Verdict.REFRESH, Action.REWRITE
    applied = any(j.verdict is not Verdict.UNTOUCHED for j in judged)
    return (
        next(j.verdict for j in judged if j.verdict is not Verdict.UNTOUCHED) if applied else Verdict.UNTOUCHED
    ), Action.KEEP
