"""Values made by hand, with defaults for what a test does not speak of."""

from __future__ import annotations

from syncbot.model.ids import PatchName
from syncbot.model.judgement import Evidence, FileReport, HunkReport, Judgement, SeriesJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict

BASE = Release("1.0", "v1.0", "b" * 40)
TARGET = Release("1.2", "v1.2", "c" * 40)


def judgement(
    name: str,
    verdict: Verdict,
    action: Action,
    *,
    reason: str = "",
    lines: tuple[int, int] = (2, 2),
    blocked_by: tuple[str, ...] = (),
    path: str = "a.c",
    detail: str = "merging it changes nothing",
    refreshed: bytes | None = None,
) -> Judgement:
    dropped = action is Action.DROP
    return Judgement(
        index=1,
        name=PatchName(name),
        fit=Fit.NONE if dropped else Fit.EXACT,
        verdict=verdict,
        action=action,
        reason=reason,
        proof=Proof.PROVED if dropped else None,
        blocked_by=tuple(PatchName(b) for b in blocked_by),
        first_release="1.1" if dropped else None,
        evidence=(Evidence("merge-noop", detail),) if dropped else (),
        files=(FileReport(path, path, (HunkReport(1, HunkState.UPSTREAM if dropped else HunkState.EXACT, 7, 9),)),),
        refreshed=refreshed,
        lines_before=lines[0],
        lines_after=lines[1],
    )


def series(*judgements: Judgement) -> SeriesJudgement:
    return SeriesJudgement("1.0", "1.2", judgements)
