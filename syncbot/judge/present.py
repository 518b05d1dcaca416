"""Steps that say: the release has it, all of it or part. The only ones that remove anything."""

from __future__ import annotations

from collections.abc import Sequence

from syncbot.judge.blocks import State
from syncbot.judge.case import Case, Decision, drop, edited, missing, named, resolved
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.rules import UPSTREAM, deciding, is_expected, is_upstream
from syncbot.judge.weights import is_prose, is_surely_test
from syncbot.model.judgement import Evidence
from syncbot.model.verdicts import Action, Fit, Proof, Verdict


def nothing(case: Case) -> Decision | None:
    """A patch that changes nothing has nothing left to carry: true of any release."""
    if case.files:
        return None
    return drop(case, Proof.PROVED, "it changes nothing", Evidence("empty", "the patch changes no file"))


def proved(case: Case) -> Decision | None:
    """With or without the patch the release is the same: merging it changes nothing, or each block's after-image stands
    at its own place and its before-image does not."""
    if not all(is_upstream(file) for file in case.files):
        return None
    if any(block.state is State.WRAPPED for file in case.files for block in file.blocks):
        said = "every change stands at its place, some of it in other line breaks"
        return drop(case, Proof.MATCHED, said, Evidence("placed", f"{said}, in {named(case.files)}"))
    kind = "merge-noop" if all(file.state is FileState.NOOP for file in case.files) else "placed"
    what = "merging it changes nothing" if kind == "merge-noop" else "every change stands at its place"
    return drop(case, Proof.PROVED, what, Evidence(kind, f"{what} in {named(case.files)}"))


def code_proved(case: Case) -> Decision | None:
    """All code of the patch is proved to be there; only tests, documentation or changelogs differ, which upstream
    rewrites as it merges. They are listed."""
    deciders = deciding(case.files)
    if not case.score.weight or not all(is_upstream(file) for file in deciders) or needed_beside(case.files):
        return None
    return drop(
        case,
        Proof.MATCHED,
        "every change of code is there",
        Evidence("placed", f"all code in {named(deciders)}"),
        *missing(case),
    )


def matched(case: Case) -> Decision | None:
    """Without a history that knows better: overwhelming presence at its own place, with nothing against it, no change
    that still merges with effect, no removed line that remains."""
    if needed_beside(case.files) or not case.score.matches or (case.trace is not None and case.trace.speaks_against):
        return None
    detail = f"{case.score.score:.0%} of its weight stands at its own place and nothing speaks against it"
    return drop(case, Proof.MATCHED, detail, Evidence("text", detail), *missing(case), *edited(case))


def trim(case: Case) -> Decision | None:
    """Each removed hunk is proved by itself, and the rest merges cleanly."""
    if any(file.state in (FileState.OPEN, FileState.GONE) and not resolved(file) for file in case.files):
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


def needed_beside(files: Sequence[FileFinding]) -> bool:
    """Whether a file that does not decide, but is neither prose nor surely a test, is in the release as the patch found
    it, or a change of it is still needed: whatever it is for, upstream did not take that part."""
    deciders = deciding(files)
    return any(
        _wanting(file)
        and not is_prose(file.change.path)
        and not is_surely_test(file.change.path)
        and not is_expected(file, files)
        for file in files
        if file not in deciders
    )


def _wanting(file: FileFinding) -> bool:
    if file.state is FileState.UNTOUCHED:
        return True
    return file.state is FileState.CLEAN and any(b.state is State.NEEDED and b.measures.acts for b in file.blocks)
