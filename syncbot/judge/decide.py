"""The cascade: findings of one patch -> what it is to the release. Sure steps first; each settles or passes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from syncbot.diff.patch import Patch
from syncbot.judge.blocks import TELLING, THERE, BlockFinding, State
from syncbot.judge.claims import NO_CLAIMS, Claims
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.fits import exact_fit
from syncbot.judge.lineage import SMALL, Trace, names
from syncbot.judge.rules import REMAINS, UPSTREAM, Score, deciding, is_half, is_upstream, weigh
from syncbot.judge.texts import squeezed_of
from syncbot.judge.weights import is_prose, is_trivial
from syncbot.model.ids import CommitId
from syncbot.model.judgement import Evidence
from syncbot.model.verdicts import Action, Fit, Proof, Verdict

MOST_DEAD = 0.25
"""Share of a large patch's weight that upstream may have taken out again since, and the rest still be the patch."""
SUGGEST = 0.35
"""The score from which a patch that cannot be dropped is put to a person as perhaps merged."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one patch is to the release. `files` are the findings to carry out (for keep and rewrite)."""

    fit: Fit
    verdict: Verdict
    action: Action
    detail: str
    files: tuple[FileFinding, ...]
    proof: Proof | None = None
    evidence: tuple[Evidence, ...] = ()
    absorbed_by: CommitId | None = None
    first_release: str | None = None
    note: str = ""
    """A line for the header of a trimmed patch."""
    settled: tuple[FileFinding, ...] = ()
    """Files that a trim takes out: upstream has them."""

    @property
    def all_files(self) -> tuple[FileFinding, ...]:
        return self.files + self.settled


@dataclass(frozen=True, slots=True)
class Case:
    """What the steps look at: the patch, its files' findings, and their weighing."""

    patch: Patch
    files: tuple[FileFinding, ...]
    score: Score
    exact: bool
    already: bool = False
    """The base has the change already, so the findings are those of the change that was found there."""
    claims: Claims = NO_CLAIMS
    trace: Trace | None = None
    """What upstream's history says, None where there is none."""


def make_case(
    patch: Patch,
    files: Sequence[FileFinding],
    claims: Claims = NO_CLAIMS,
    trace: Trace | None = None,
    *,
    already: bool = False,
) -> Case:
    """The case of one patch, its files weighed."""
    found = tuple(files)
    exact = not already and exact_fit(patch, found)
    return Case(patch, found, weigh(deciding(found)), exact, already, claims, trace)


Step = Callable[[Case], Decision | None]


def nothing(case: Case) -> Decision | None:
    """A patch that changes nothing has nothing left to carry: true of any release."""
    if case.files:
        return None
    return _drop(case, Proof.PROVED, "it changes nothing", Evidence("empty", "the patch changes no file"))


def untouched(case: Case) -> Decision | None:
    """Files that are what they were need what they needed: blob identity is exact."""
    if not all(file.state is FileState.UNTOUCHED for file in case.files):
        return None
    return Decision(
        Fit.UNTOUCHED,
        Verdict.UNTOUCHED,
        Action.KEEP,
        "",
        case.files,
        evidence=(Evidence("blob-identity", f"{_files(case.files)} as before"),),
    )


def proved(case: Case) -> Decision | None:
    """With or without the patch the release is the same: merging it changes nothing, or each block's after-image stands
    at its own place and its before-image does not."""
    if not all(is_upstream(file) for file in case.files):
        return None
    kind = "merge-noop" if all(file.state is FileState.NOOP for file in case.files) else "placed"
    what = "merging it changes nothing" if kind == "merge-noop" else "every change stands at its place"
    return _drop(case, Proof.PROVED, what, Evidence(kind, f"{what} in {_files(case.files)}"))


def code_proved(case: Case) -> Decision | None:
    """All code of the patch is proved to be there; only tests, documentation or changelogs differ, which upstream
    rewrites as it merges. They are listed."""
    deciders = deciding(case.files)
    if not case.score.weight or not all(is_upstream(file) for file in deciders) or needed_beside(case.files):
        return None
    return _drop(
        case,
        Proof.MATCHED,
        "every change of code is there",
        Evidence("placed", f"all code in {_files(deciders)}"),
        *_missing(case),
    )


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
    return _drop(case, Proof.TRACED, f"upstream took it as {names(trace.absorbed)}", *_missing(case))


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
    return _ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED)


def matched(case: Case) -> Decision | None:
    """Without a history that knows better: overwhelming presence at its own place, with nothing against it, no change
    that still merges with effect, no removed line that remains."""
    if needed_beside(case.files) or not case.score.matches or (case.trace is not None and case.trace.speaks_against):
        return None
    detail = f"{case.score.score:.0%} of its weight stands at its own place and nothing speaks against it"
    return _drop(case, Proof.MATCHED, detail, Evidence("text", detail), *_missing(case), *_edited(case))


def twice(case: Case) -> Decision | None:
    """It would apply, but what it adds is there already: carrying it on would add it a second time. Too dangerous to
    keep, not sure enough to drop."""
    doubled = [file for file in case.files if any(block.state is State.TWICE for block in file.blocks)]
    if not doubled:
        return None
    detail = f"it applies, but what it adds to {_files(doubled)} is there already"
    return _ask(case, Verdict.OBSOLETE, detail, Proof.SUGGESTED, Evidence("twice", detail))


def trim(case: Case) -> Decision | None:
    """Each removed hunk is proved by itself, and the rest merges cleanly."""
    if any(file.state in (FileState.OPEN, FileState.GONE) and not _resolved(file) for file in case.files):
        return None
    gone = [file for file in case.files if is_upstream(file)]
    part = [
        file
        for file in case.files
        if not is_upstream(file) and any(block.state in UPSTREAM and block.weight for block in file.blocks)
    ]
    if not gone and not part:
        return None
    where = ", ".join([file.change.path for file in gone] + [f"part of {file.change.path}" for file in part])
    rest = tuple(file for file in case.files if file not in gone)
    return Decision(
        Fit.MERGE,
        Verdict.TRIM,
        Action.REWRITE,
        f"{where} is upstream",
        rest,
        Proof.PROVED,
        (Evidence("merge-noop", f"merging it changes nothing in {where}"),),
        note=f"upstream already: {where}",
        settled=tuple(gone),
    )


def applies(case: Case) -> Decision | None:
    """Every hunk stands at one place without fuzz, and the merge agrees."""
    if not case.exact:
        return None
    return Decision(
        Fit.EXACT,
        Verdict.APPLIES,
        Action.KEEP,
        "",
        case.files,
        evidence=(Evidence("placement", f"every hunk applies without fuzz in {_files(case.files)}"),),
    )


def refresh(case: Case) -> Decision | None:
    """Upstream's changes and the patch's do not touch: the three-way merge is clean in every file."""
    if not all(_resolved(file) for file in case.files):
        return None
    moved = [f"{file.change.path} is now {file.target.path}" for file in case.files if file.moved and file.target]
    return Decision(
        Fit.MERGE,
        Verdict.REFRESH,
        Action.REWRITE,
        "; ".join(moved),
        case.files,
        evidence=(
            Evidence("merge", f"a clean three-way merge in {_files(case.files)}"),
            *(Evidence("renamed", text) for text in moved),
        ),
    )


def moot(case: Case) -> Decision | None:
    """What it changes is no more: the file, or the lines around each change, deleted with nothing in their place.
    Whether the bug lives on elsewhere is a person's question."""
    deciders = [file for file in deciding(case.files) if not is_upstream(file)]
    if not deciders or not all(_deleted(file) for file in deciders):
        return None
    gone = all(file.state is FileState.GONE for file in deciders)
    detail = (
        f"{_files(deciders)} gone from the release"
        if gone
        else f"upstream deleted what it changes in {_files(deciders)}"
    )
    return _ask(case, Verdict.MOOT, detail, Proof.SUGGESTED, Evidence("gone", detail))


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
    return _ask(case, Verdict.SUPERSEDED, case.claims.why, Proof.DECLARED, *case.claims.evidence)


def suggested(case: Case) -> Decision | None:
    """Much of it is there, not enough to drop: a person looks at both versions."""
    if case.score.score < SUGGEST or not case.score.weight:
        return None
    detail = f"{case.score.score:.0%} of its weight is in the release" + (
        f", but {case.score.veto}" if case.score.veto else ""
    )
    return _ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED, Evidence("text", detail))


def conflict(case: Case) -> Decision:
    """What is left."""
    open_files = [file for file in case.files if not _resolved(file)]
    return _ask(case, Verdict.CONFLICT, f"conflict in {_files(open_files)}", None)


CASCADE: tuple[Step, ...] = (
    nothing,
    proved,
    code_proved,
    traced,
    matched,
    trim,
    reverted,
    twice,
    moot,
    held,
    untouched,
    applies,
    refresh,
    resembling,
    declared,
    suggested,
    conflict,
)


def decide(case: Case) -> Decision:
    """The first step that settles."""
    for step in CASCADE:
        decision = step(case)
        if decision is not None:
            return _told(case, decision)
    raise AssertionError("the last step always settles")


def by_fit(case: Case) -> Decision:
    """What the trees alone say of a patch that is still needed."""
    for step in (untouched, applies, refresh):
        decision = step(case)
        if decision is not None:
            return decision
    return conflict(case)


def needed_beside(files: Sequence[FileFinding]) -> bool:
    """Whether a file that does not decide, but is no prose, is in the release as the patch found it: upstream never
    touched it, so whatever it is for, the patch's change of it is still needed."""
    deciders = deciding(files)
    return any(
        file.state is FileState.UNTOUCHED and file.change.before is not None and not is_prose(file.change.path)
        for file in files
        if file not in deciders
    )


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


def _told(case: Case, decision: Decision) -> Decision:
    """The decision with everything that is known beside it: claims, commits, the first release."""
    evidence = decision.evidence
    if decision.proof is not Proof.DECLARED:
        evidence += case.claims.evidence
    if case.trace is None:
        return replace(decision, evidence=evidence)
    gone = decision.action is Action.DROP
    return replace(
        decision,
        evidence=evidence + case.trace.evidence(),
        absorbed_by=case.trace.commit if gone else None,
        first_release=case.trace.first_release if gone else None,
    )


def _resolved(file: FileFinding) -> bool:
    return file.state in (FileState.UNTOUCHED, FileState.NOOP, FileState.CLEAN)


def _drop(case: Case, proof: Proof, detail: str, *evidence: Evidence) -> Decision:
    return Decision(Fit.NONE, Verdict.OBSOLETE, Action.DROP, detail, case.files, proof, evidence)


def _ask(case: Case, verdict: Verdict, detail: str, proof: Proof | None, *evidence: Evidence) -> Decision:
    clean = all(_resolved(file) for file in case.files)
    fit = Fit.CONFLICT if not clean else Fit.EXACT if case.exact else Fit.MERGE
    return Decision(fit, verdict, Action.ASK, detail, case.files, proof, evidence)


def _missing(case: Case) -> list[Evidence]:
    absent = [file for file in case.files if file not in deciding(case.files) and not is_upstream(file)]
    return (
        [
            Evidence(
                "missing", f"not taken as they are: {_files(absent)} ({', '.join(sorted({f.kind for f in absent}))})"
            )
        ]
        if absent
        else []
    )


def _edited(case: Case) -> list[Evidence]:
    """A match must say what differs."""
    found = []
    for file in deciding(case.files):
        for block in file.blocks:
            if block.state not in UPSTREAM:
                found.append(Evidence("differs", f"{file.change.path}, line {block.change.b0 + 1}: there with edits"))
    return found


def _files(files: Sequence[FileFinding]) -> str:
    names = [file.change.path for file in files]
    return (
        names[0]
        if len(names) == 1
        else f"{names[0]} and {len(names) - 1} more"
        if len(names) > 2
        else " and ".join(names)
    )
