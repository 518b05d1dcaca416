"""One patch with all that was found out about it, and what is decided of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from syncbot.diff.patch import Patch
from syncbot.judge.claims import NO_CLAIMS, Claims
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.fits import exact_fit
from syncbot.judge.lineage import Trace
from syncbot.judge.rules import UPSTREAM, Score, deciding, is_upstream, weigh
from syncbot.model.ids import CommitId
from syncbot.model.judgement import Comparison, Evidence
from syncbot.model.verdicts import Action, Fit, Proof, Verdict


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
    compared: tuple[Comparison, ...] = ()
    """Both versions side by side, where a person is asked."""

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


def resolved(file: FileFinding) -> bool:
    return file.state in (FileState.UNTOUCHED, FileState.NOOP, FileState.CLEAN)


def drop(case: Case, proof: Proof, detail: str, *evidence: Evidence) -> Decision:
    return Decision(Fit.NONE, Verdict.OBSOLETE, Action.DROP, detail, case.files, proof, evidence)


def ask(case: Case, verdict: Verdict, detail: str, proof: Proof | None, *evidence: Evidence) -> Decision:
    clean = all(resolved(file) for file in case.files)
    fit = Fit.CONFLICT if not clean else Fit.EXACT if case.exact else Fit.MERGE
    return Decision(fit, verdict, Action.ASK, detail, case.files, proof, evidence)


def missing(case: Case) -> list[Evidence]:
    absent = [file for file in case.files if file not in deciding(case.files) and not is_upstream(file)]
    return (
        [Evidence("missing", f"not taken as they are: {named(absent)} ({', '.join(sorted({f.kind for f in absent}))})")]
        if absent
        else []
    )


def edited(case: Case) -> list[Evidence]:
    """A match must say what differs."""
    found = []
    for file in deciding(case.files):
        for block in file.blocks:
            if block.state not in UPSTREAM:
                found.append(Evidence("differs", f"{file.change.path}, line {block.change.b0 + 1}: there with edits"))
    return found


def named(files: Sequence[FileFinding]) -> str:
    names = [file.change.path for file in files]
    return (
        names[0]
        if len(names) == 1
        else f"{names[0]} and {len(names) - 1} more"
        if len(names) > 2
        else " and ".join(names)
    )
