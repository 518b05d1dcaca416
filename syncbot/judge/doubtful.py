"""Steps that put a patch to a person, each with its evidence; a claim or a likeness is no ground to drop."""

from __future__ import annotations

from collections.abc import Sequence

from syncbot.judge.blocks import TELLING, State
from syncbot.judge.case import Case, Decision, ask, named, resolved
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.gone import deletions
from syncbot.judge.rules import MISSING, SMALL, UPSTREAM, block_score, deciding, is_upstream
from syncbot.judge.weights import Kind
from syncbot.model.judgement import Evidence
from syncbot.model.verdicts import Proof, Verdict

SUGGEST = 0.35
"""The score from which a patch that cannot be dropped is put to a person as perhaps merged."""


def twice(case: Case) -> Decision | None:
    """It would apply, but what it adds is there already: carrying it on would add it a second time. Too dangerous to
    keep, not sure enough to drop."""
    doubled = [file for file in case.files if any(block.state is State.TWICE for block in file.blocks)]
    if not doubled:
        return None
    detail = f"it applies, but what it adds to {named(doubled)} is there already"
    return ask(case, Verdict.OBSOLETE, detail, Proof.SUGGESTED, Evidence("twice", detail))


def partly(case: Case) -> Decision | None:
    """It would apply, but much of its code, or of the test that it brings, is in the release: upstream has it in
    another form, and carried on it would stand beside that."""
    if not all(resolved(file) for file in case.files):
        return None
    tests = [file for file in case.files if file.kind is Kind.TEST]
    for files, what, least in ((deciding(case.files), "what it adds", SUGGEST), (tests, "its test", MISSING)):
        weight, there = _added(files)
        if weight >= (SMALL if files is tests else TELLING) and there >= least:
            detail = f"it applies, but {there:.0%} of {what} is there already in {named(files)}"
            return ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED, Evidence("text", detail))
    return None


def _added(files: Sequence[FileFinding]) -> tuple[float, float]:
    """The weight of the blocks that add something, and how much of it (0..1) is in the release. Those that git would
    not merge were only let in because the release has nothing of them."""
    blocks = [b for file in files for b in file.blocks if b.measures.added and b.state is not State.BESIDE]
    weight = sum(block.weight for block in blocks)
    return weight, sum(block.weight * block_score(block, weight) for block in blocks) / (weight or 1.0)


def moot(case: Case) -> Decision | None:
    """What it changes is no more: the file, or the lines around each change, deleted with nothing in their place.
    Whether the bug lives on elsewhere is a person's question."""
    deciders = [file for file in deciding(case.files) if not is_upstream(file)]
    if not deciders or not all(_deleted(file) for file in deciders):
        return None
    gone = all(file.state is FileState.GONE for file in deciders)
    detail = (
        f"{named(deciders)} gone from the release" if gone else f"upstream deleted what it changes in {named(deciders)}"
    )
    deleted = deletions(case.trace, deciders)
    if deleted:
        detail += f" (commit {', '.join(fact.commit[:12] for fact in deleted if fact.commit)})"
    return ask(case, Verdict.MOOT, detail, Proof.SUGGESTED, Evidence("gone", detail), *deleted)


def _deleted(file: FileFinding) -> bool:
    if file.state is FileState.GONE:
        return True
    telling = [
        block for block in file.blocks if block.state not in UPSTREAM and (block.weight or block.state is State.CUT)
    ]
    return bool(telling) and all(block.state is State.CUT for block in telling)


def declared(case: Case) -> Decision | None:
    """It does not fit, it says that it is upstream's own change, and it is older than the release (or the release's
    changelog names its advisory): most likely upstream has it in another form. A claim is no ground to drop."""
    if not case.claims.likely_merged:
        return None
    return ask(case, Verdict.SUPERSEDED, case.claims.why, Proof.DECLARED, *case.claims.evidence)


def suggested(case: Case) -> Decision | None:
    """Much of it is there, not enough to drop: a person looks at both versions."""
    if case.score.score < SUGGEST or not case.score.weight:
        return None
    detail = f"{case.score.score:.0%} of its weight is in the release" + (
        f", but {case.score.veto}" if case.score.veto else ""
    )
    return ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED, Evidence("text", detail))
