"""The words of the model as pages show them: one sentence, one colour class, one sign that needs no colour."""

from __future__ import annotations

from syncbot.model.measures import Forwarded
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict

_TONES = {
    Verdict.BROKEN: "bad",
    Verdict.OBSOLETE: "good",
    Verdict.TRIM: "good",
    Verdict.REVERTED: "bad",
    Verdict.SUPERSEDED: "ask",
    Verdict.MOOT: "ask",
    Verdict.HELD: "soon",
    Verdict.UNTOUCHED: "calm",
    Verdict.APPLIES: "calm",
    Verdict.REFRESH: "work",
    Verdict.CONFLICT: "bad",
}
_SIGNS = {
    Verdict.BROKEN: "!",
    Verdict.OBSOLETE: "✓",
    Verdict.TRIM: "◐",
    Verdict.REVERTED: "↶",
    Verdict.SUPERSEDED: "?",
    Verdict.MOOT: "?",
    Verdict.HELD: "→",
    Verdict.UNTOUCHED: "=",
    Verdict.APPLIES: "=",
    Verdict.REFRESH: "≈",
    Verdict.CONFLICT: "×",
}
_STATES = {
    HunkState.UPSTREAM: ("good", "is in the release"),
    HunkState.EXACT: ("calm", "applies at its line"),
    HunkState.SHIFTED: ("calm", "applies at another line"),
    HunkState.MERGE: ("work", "applies by a three-way merge"),
    HunkState.CONFLICT: ("bad", "conflicts"),
    HunkState.GONE: ("ask", "changes what is gone"),
    HunkState.TRIVIAL: ("calm", "changes only trivial lines"),
}
_ACTIONS = {
    Action.KEEP: "stays as it is",
    Action.REWRITE: "is rewritten",
    Action.DROP: "goes",
    Action.ASK: "waits for a person",
    Action.REPORT: "waits for a person",
}
_STATUS = {
    ProposalStatus.OPEN: "work",
    ProposalStatus.ACCEPTED: "good",
    ProposalStatus.REJECTED: "bad",
    ProposalStatus.CLOSED: "calm",
}

VERDICTS = tuple(Verdict)
FITS = tuple(Fit)
PROOFS = tuple(Proof)
FORWARDED = tuple(Forwarded)


def tone(verdict: Verdict | None) -> str:
    """The class of its colour; text and sign say the same."""
    return "none" if verdict is None else _TONES[verdict]


def sign(verdict: Verdict | None) -> str:
    return "·" if verdict is None else _SIGNS[verdict]


def state_tone(state: HunkState) -> str:
    return _STATES[state][0]


def state_words(state: HunkState) -> str:
    return _STATES[state][1]


def action_words(action: Action) -> str:
    return _ACTIONS[action]


def status_tone(status: ProposalStatus) -> str:
    return _STATUS[status]
