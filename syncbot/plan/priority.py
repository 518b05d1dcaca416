"""Which proposals come first where there may not be many."""

from __future__ import annotations

from enum import IntEnum

from syncbot.judge.declarations import read
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action, Verdict
from syncbot.plan.model import Plan

_HEADER = 64 * 1024


class Rank(IntEnum):
    """The lower, the sooner."""

    REVERTED = 0
    """Upstream took back what a patch does: whoever runs the release lacks it."""
    SECURITY = 1
    """A patch goes that mends what an advisory names: the release that has it should ship."""
    DROP = 2
    REWRITE = 3
    REST = 4


def rank(plan: Plan) -> Rank:
    if any(edit.judgement.verdict is Verdict.REVERTED for edit in plan.edits):
        return Rank.REVERTED
    contents = {patch.name: patch.content for patch in plan.package.series}
    dropped = [edit.name for edit in plan.edits if edit.action is Action.DROP]
    if any(read(_header(contents[name]), name).advisories for name in dropped):
        return Rank.SECURITY
    if dropped:
        return Rank.DROP
    return Rank.REWRITE if any(edit.action is Action.REWRITE for edit in plan.edits) else Rank.REST


def advisories(patch: SeriesPatch) -> tuple[str, ...]:
    """The ids of the advisories that a patch says it mends."""
    return read(_header(patch.content), patch.name).advisories


def _header(content: bytes) -> bytes:
    """The text before the first diff."""
    head = content[:_HEADER]
    starts = [at for mark in (b"\ndiff --git ", b"\n--- ", b"\nIndex: ") if (at := head.find(mark)) >= 0]
    return head[: min(starts)] if starts else (b"" if head.startswith((b"diff --git", b"--- ")) else head)
