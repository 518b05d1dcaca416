"""Steps that rest on upstream's history: what a commit brought, took back, or holds for a later release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.judge.blocks import TELLING, THERE, BlockFinding, State
from syncbot.judge.case import Case, Decision, ask, drop, missing
from syncbot.judge.files import FileFinding
from syncbot.judge.lineage import SMALL, Trace, names
from syncbot.judge.needed import by_fit
from syncbot.judge.present import needed_beside
from syncbot.judge.rules import REMAINS, UPSTREAM, deciding, is_half
from syncbot.judge.texts import squeezed_of
from syncbot.judge.weights import is_trivial
from syncbot.model.verdicts import Proof, Verdict

MOST_DEAD = 0.25
"""Share of a large patch's weight that upstream may have taken out again since, and the rest still be the patch."""


def traced(case: Case) -> Decision | None:
    """A commit of the release holds the patch, every block of its code, and no later commit took it back; what differs
    in the release was edited since. Not so where the release still has what stood there before."""
    trace = case.trace
    if trace is None or not trace.absorbed or trace.missing_code:
        return None
    if standing(case.files) or needed_beside(case.files) or not lives_on(case, trace):
        return None
    if trace.altered and not case.score.matches:
        return None
    return drop(case, Proof.TRACED, f"upstream took it as {names(trace.absorbed)}", *missing(case))


def reverted(case: Case) -> Decision | None:
    """Upstream had it and a later commit of the release took it back: whoever needs it still needs it."""
    trace = case.trace
    if trace is None or not trace.found.taken_back:
        return None
    back = trace.found.taken_back[0]
    return replace(by_fit(case), verdict=Verdict.REVERTED, detail=f"commit {back.commit.id[:12]} took it back")


def held(case: Case) -> Decision | None:
    """A commit beyond the release holds it: the next release may bring it."""
    if case.trace is None or not case.trace.found.held or case.trace.absorbed:
        return None
    best = case.trace.found.held[0]
    return replace(by_fit(case), verdict=Verdict.HELD, detail=f"commit {best.commit.id[:12]} is on the branch")


def resembling(case: Case) -> Decision | None:
    """A commit of the release is this patch, but not all of its code is in it or in the release."""
    if case.trace is None or not case.trace.absorbed:
        return None
    detail = f"commit {names(case.trace.absorbed)} is nearly this patch"
    return ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED)


def standing(files: Sequence[FileFinding]) -> bool:
    """Whether a deciding file is in the release as it was before the patch, or its mode or kind so, or a telling change
    stands there under a condition that the patch does not have."""
    for file in deciding(files):
        if is_half(file):
            return True
        if any(block.measures.guarded for block in file.blocks):
            return True
    return False


def lives_on(case: Case, trace: Trace) -> bool:
    """Whether what the commit brought is still there: each telling change at its place, to the letter or with edits
    that leave it nearer to the patch than to what was before; or moved to a file that upstream changed together with
    this one. A later edit that takes it out again has undone the change, whatever its message says."""
    total = dead = 0.0
    for file in deciding(case.files):
        for block in file.blocks:
            total += block.weight
            if not block.weight or _alive(file, block, trace):
                continue
            if block.state in (State.NEEDED, State.BESIDE) and block.weight >= TELLING:
                return False  # its place is as it was before: that change was taken out, however large the rest is
            dead += block.weight
    return dead <= (MOST_DEAD * total if total >= SMALL else 0.0)


def _alive(file: FileFinding, block: BlockFinding, trace: Trace) -> bool:
    found = block.measures
    if block.state in (*UPSTREAM, State.TWICE):
        return True
    if not found.added:
        return found.remains < REMAINS
    here = found.alignment + (1 - found.alignment) * found.followed
    if here >= THERE and found.remains < REMAINS:
        return True
    after = file.change.after
    added = squeezed_of(after.content)[block.change.b0 : block.change.b1] if after else []
    telling = [line for line in added if not is_trivial(line)]
    return bool(telling) and sum(line in trace.moved() for line in telling) >= THERE * len(telling)
