"""The cascade: findings of one patch -> what it is to the release. Sure steps first; each settles or passes on."""

from __future__ import annotations

from dataclasses import replace

from syncbot.judge.ahead import taken_back_ahead
from syncbot.judge.case import Case, Decision, Step
from syncbot.judge.doubtful import declared, moot, partly, suggested, twice
from syncbot.judge.named import named_commits
from syncbot.judge.needed import applies, conflict, refresh, untouched
from syncbot.judge.present import code_proved, matched, nothing, proved, trim
from syncbot.judge.sides import compared
from syncbot.judge.traced import held, lost_again, resembling, reverted, traced
from syncbot.model.verdicts import Action, Proof

CASCADE: tuple[Step, ...] = (
    nothing,
    proved,
    code_proved,
    traced,
    matched,
    trim,
    reverted,
    twice,
    partly,
    moot,
    held,
    lost_again,
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


def _told(case: Case, decision: Decision) -> Decision:
    """The decision with everything that is known beside it: claims, commits, the first release."""
    evidence = decision.evidence
    if decision.proof is not Proof.DECLARED:
        evidence += case.claims.evidence
    evidence += named_commits(case.claims.declared, case.trace)
    if decision.action is Action.ASK:
        decision = replace(decision, compared=compared(case, decision.verdict))
    if case.trace is None:
        return replace(decision, evidence=evidence)
    gone = decision.action is Action.DROP
    return replace(
        decision,
        evidence=evidence + case.trace.evidence() + taken_back_ahead(case.trace),
        absorbed_by=case.trace.commit if gone else None,
        first_release=case.trace.first_release if gone else None,
    )
