"""A patch's claims about upstream, held against what is known of the release."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from syncbot.judge.declarations import Declarations
from syncbot.judge.declarations import read as read_declarations
from syncbot.judge.history import Place
from syncbot.judge.lineage import Lineage
from syncbot.model.advisories import Advice
from syncbot.model.ids import CommitId
from syncbot.model.judgement import Evidence
from syncbot.model.trees import Tree, day_of

CHANGELOGS = tuple(
    folder + name + ending
    for folder in ("", "doc/", "docs/")
    for name in (
        "CHANGELOG",
        "ChangeLog",
        "Changelog",
        "changelog",
        "CHANGES",
        "Changes",
        "NEWS",
        "HISTORY",
        "RELEASE_NOTES",
    )
    for ending in ("", ".md", ".rst", ".txt")
)
_ADVISORY = re.compile(rb"CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}", re.I)

_NUMBER = re.compile(rb"(?:#|\bGH-|\b(?:bug|issue|issues/|pull/|PR) ?#?)(\d{2,7})\b", re.I)

MOST_FIXES = 6
"""Fixing commits of one record that are looked up."""

Day = date | Callable[[], date | None] | None
"""The day of a release, or how to ask for it, or None where it is not known."""


@dataclass(frozen=True, slots=True)
class Claims:
    """`likely_merged`: the claims and what is known of the release fit together; `why` says how."""

    declared: Declarations
    likely_merged: bool
    why: str
    evidence: tuple[Evidence, ...]


NO_CLAIMS = Claims(Declarations((), (), (), "", ""), False, "", ())


@dataclass(slots=True)
class Facts:
    """What is known of the release beside its files: its day (None: unknown), and the advisories and bug numbers that
    its changelogs name and the base's did not. Those are read on first need. `advice`: what advisories say of both
    releases; `history`: where a commit that one names is looked up."""

    base: Tree
    target: Tree
    day: Day = None
    advice: Sequence[Advice] = ()
    history: Lineage | None = None
    _before: bytes | None = field(default=None)
    _after: bytes | None = field(default=None)

    @property
    def released(self) -> date | None:
        """The release's day, asked for once."""
        if callable(self.day):
            self.day = self.day()
        return self.day

    def names_advisory(self, name: str) -> bool:
        return self._is_new(_ADVISORY, name)

    def names_number(self, number: str) -> bool:
        return self._is_new(_NUMBER, number)

    def _is_new(self, pattern: re.Pattern[bytes], word: str) -> bool:
        if self._after is None:
            self._after = _changelogs(self.target)
        if not _names(pattern, self._after, word):
            return False  # most are not named: then nobody asks what the base's say
        if self._before is None:
            self._before = _changelogs(self.base)
        return not _names(pattern, self._before, word)


def _changelogs(tree: Tree) -> bytes:
    """All of them, in capitals."""
    return b"\n".join(content.upper() for path in CHANGELOGS if (content := tree.read(path)))


def _names(pattern: re.Pattern[bytes], text: bytes, word: str) -> bool:
    """Whether a text names it. Looked for by its letters first: a pattern takes far longer to read a changelog."""
    own = word.encode()
    at = text.find(own)
    while at >= 0:
        end = text.find(b"\n", at) % (len(text) + 1)
        line = text[text.rfind(b"\n", 0, at) + 1 : end]
        if own in pattern.findall(line):
            return True
        at = text.find(own, end)
    return False


def claims_of(header: bytes, name: str, facts: Facts) -> Claims:
    """The claims of one patch. A claim counts only where it can be true: a change cannot be in a release that is older
    than itself."""
    said = read_declarations(header, name)
    if not (said.from_upstream or said.bugs or said.status or said.mentioned or said.trackers):
        return NO_CLAIMS
    evidence = [Evidence("declared", f"its header says {said.merged!r}")] if said.merged else []
    evidence += [Evidence("advisory", f"it names {text}") for text in said.advisories]
    evidence += [Evidence("bug", text) for text in said.trackers]
    evidence += [Evidence("status", f"its status towards upstream is {said.status!r}")] if said.status else []
    evidence += _in_changelog(said, facts)
    advised = [_Advised(one, facts.history) for one in facts.advice if one.name in said.advisories]
    evidence += [line for one in advised for line in one.evidence()]
    named = [a for a in said.advisories if facts.names_advisory(a)]
    if named:
        return Claims(said, True, f"the release's changelog names {named[0]}", tuple(evidence))
    why = next((one.brought for one in advised if one.brought), "")
    if why:
        return Claims(said, True, why, tuple(evidence))
    upstream = bool(said.merged or said.commits)
    released = facts.released if upstream and said.dated is not None else None
    older = said.dated is not None and released is not None and said.dated < released
    why = f"it says that it is upstream's own change, of {said.dated}, before the release of {released}"
    return Claims(said, upstream and older, why if upstream and older else "", tuple(evidence))


def _in_changelog(said: Declarations, facts: Facts) -> list[Evidence]:
    """What the release's own changelog says that the base's did not. A number may be another tracker's: it is shown,
    and decides nothing."""
    named = [a for a in said.advisories if facts.names_advisory(a)]
    named += [f"#{number}" for number in said.bugs if facts.names_number(number)]
    return [Evidence("changelog", f"the release's changelog names {', '.join(named)}")] if named else []


class _Advised:
    """What an advisory says of the release. Its word weighs as much as the changelog's: no ground to drop anything. A
    record that the base already fulfils says nothing of what the release brings."""

    def __init__(self, advice: Advice, history: Lineage | None) -> None:
        self._advice = advice
        self._history = history
        self._fixes = [] if history is None else [found for c in advice.commits[:MOST_FIXES] if (found := self._fix(c))]

    def _fix(self, commit: CommitId) -> tuple[Place, Evidence] | None:
        """Where upstream's history has a fixing commit; None where it does not."""
        assert self._history is not None, "asked only where there is one"
        history, first_release, _ = self._history.parts
        keys = history.by_id(commit)
        if len(keys) != 1:
            return None
        place, facts = history.place(keys[0]), history.commit(keys[0])
        release = first_release(facts.id) if first_release is not None and place is Place.RELEASE else None
        detail = f"{self._said} fixed in commit {commit[:12]}, {_PLACES[place]}: {facts.subject!r}"
        day = day_of(facts.time)
        written = "" if day is None else day.isoformat()
        return place, Evidence("advised", detail, facts.id, facts.subject, facts.author_name, written, release or "")

    @property
    def _said(self) -> str:
        advice = self._advice
        named = "that it is" if advice.record.upper() == advice.name else f"that {advice.name} is"
        return f"advisory {advice.record} says {named}"

    @property
    def brought(self) -> str:
        """Why the release, and not the base, has the fix by the record's word; empty: it does not say so."""
        places = [place for place, _ in self._fixes]
        if self._advice.in_base or Place.BASE in places:
            return ""
        if self._advice.in_target:
            return f"{self._said} fixed in {self._advice.fixed}"
        commit = next((fact.commit for place, fact in self._fixes if place is Place.RELEASE), None)
        return "" if commit is None else f"{self._said} fixed in commit {commit[:12]}, which is in the release"

    def evidence(self) -> list[Evidence]:
        advice = self._advice
        found = [fact for _, fact in self._fixes]
        if not advice.fixed:
            return found
        where = "as the base has it" if advice.in_base else "not in the release"
        if advice.in_target and not advice.in_base:
            where = "as the release has it"
        return [Evidence("advised", f"{self._said} fixed in {advice.fixed}, {where}"), *found]


_PLACES = {
    Place.BASE: "which the base has already",
    Place.RELEASE: "which is in the release",
    Place.BRANCH: "which is on the branch, not in the release",
    Place.ELSEWHERE: "which is on another line of upstream's only",
}
