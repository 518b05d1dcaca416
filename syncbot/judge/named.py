"""The commits that a header names, looked up in upstream's history: evidence of what they are, never a ground to drop.
Only here does a name in a header become a commit that faces may link to: upstream does have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.judge.declarations import Declarations
from syncbot.judge.history import History, Place
from syncbot.judge.lineage import Trace
from syncbot.model.judgement import Evidence

MOST_NAMED = 6
"""Commits of one header that are looked up."""
_WHERE = {
    Place.BASE: "which the base has already",
    Place.RELEASE: "which is in the release",
    Place.BRANCH: "which is on the branch, not in the release",
    Place.ELSEWHERE: "which is on another line of upstream's only",
}


def named_commits(declared: Declarations, trace: Trace | None) -> tuple[Evidence, ...]:
    """One line per commit that the header names: where upstream has it, and whether it is this patch."""
    names = list(dict.fromkeys((*declared.commits, *declared.mentioned)))[:MOST_NAMED]
    if trace is None or trace.history is None:
        return tuple(Evidence("declared", f"it names commit {name}") for name in names)
    found: list[Evidence] = []
    for name in names:
        fact = _looked_up(name, trace, trace.history)
        if fact.commit is None or fact.commit not in {earlier.commit for earlier in found}:
            found.append(fact)
    return tuple(found)


def _looked_up(name: str, trace: Trace, history: History) -> Evidence:
    keys: Sequence[int] = history.by_id(name)
    if len(keys) != 1:
        many = "is short for several commits" if keys else "upstream's history does not have"
        return Evidence("declared", f"it names commit {name[:12]}, which {many}")
    [key] = keys
    place = history.place(key)
    held = {match.commit.key for match in (*trace.found.absorbed, *trace.found.held)}
    part = {match.commit.key for match in trace.found.partial}
    same = ", and holds it" if key in held else ", and has a part of it" if key in part else ""
    fact = trace.fact("declared", "", history.commit(key))
    told = f"it names commit {name[:12]}, {_WHERE[place]}{same}"
    if not same:
        told += f": {fact.subject!r} by {fact.author}"
    release = fact.release if place in (Place.BASE, Place.RELEASE) else ""
    return replace(fact, detail=told, release=release)
