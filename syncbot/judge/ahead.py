"""What waits on the branch for a later release, and is still there."""

from __future__ import annotations

from syncbot.judge.commits import Match
from syncbot.judge.history import History, Link, Place
from syncbot.judge.lineage import Trace
from syncbot.model.judgement import Evidence

MOST_LINKS = 6
"""Reverts of reverts of reverts ... that are followed."""


def awaited(trace: Trace) -> tuple[Match, ...]:
    """The commits beyond the release that hold the patch, those left out that the branch has taken back since: nothing
    is to be expected of them."""
    history = trace.history
    if history is None:
        return trace.found.held
    return tuple(match for match in trace.found.held if not _reverting(history, match.commit.key))


def taken_back_ahead(trace: Trace | None) -> tuple[Evidence, ...]:
    """The commits of the branch that took such a commit back."""
    if trace is None or trace.history is None:
        return ()
    keys = dict.fromkeys(key for match in trace.found.held for key in _reverting(trace.history, match.commit.key))
    how = "on the branch, takes it back as its message says"
    return tuple(trace.fact("taken-back", how, trace.history.commit(key)) for key in keys)


def _reverting(history: History, key: int, depth: int = 0) -> list[int]:
    """Commits of the branch whose message takes key back, and that are not taken back themselves. A subject alone may
    mean another commit of that name; but here it only keeps a hope from being raised."""
    if depth >= MOST_LINKS:
        return []
    links = (Link.REVERTS, Link.REVERTS_SUBJECT)
    return [
        other
        for other, link in history.mentions(key)
        if link in links and history.place(other) is Place.BRANCH and not _reverting(history, other, depth + 1)
    ]
