"""Steps that say: still needed, and how it fits."""

from __future__ import annotations

from syncbot.judge.case import Case, Decision, ask, named, resolved
from syncbot.judge.files import FileState
from syncbot.model.judgement import Evidence
from syncbot.model.verdicts import Action, Fit, Verdict


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
        evidence=(Evidence("blob-identity", f"{named(case.files)} as before"),),
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
        evidence=(Evidence("placement", f"every hunk applies without fuzz in {named(case.files)}"),),
    )


def refresh(case: Case) -> Decision | None:
    """Upstream's changes and the patch's do not touch: the three-way merge is clean in every file."""
    if not all(resolved(file) for file in case.files):
        return None
    moved = [f"{file.change.path} is now {file.target.path}" for file in case.files if file.moved and file.target]
    return Decision(
        Fit.MERGE,
        Verdict.REFRESH,
        Action.REWRITE,
        "; ".join(moved),
        case.files,
        evidence=(
            Evidence("merge", f"a clean three-way merge in {named(case.files)}"),
            *(Evidence("renamed", text) for text in moved),
        ),
    )


def conflict(case: Case) -> Decision:
    """What is left."""
    open_files = [file for file in case.files if not resolved(file)]
    return ask(case, Verdict.CONFLICT, f"conflict in {named(open_files)}", None)


def by_fit(case: Case) -> Decision:
    """What the trees alone say of a patch that is still needed."""
    for step in (untouched, applies, refresh):
        decision = step(case)
        if decision is not None:
            return decision
    return conflict(case)
