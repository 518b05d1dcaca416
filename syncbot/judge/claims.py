"""A patch's claims about upstream, held against what is known of the release."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from syncbot.judge.declarations import Declarations
from syncbot.judge.declarations import read as read_declarations
from syncbot.model.judgement import Evidence
from syncbot.model.trees import Tree

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
    its changelogs name and the base's did not. Those are read on first need."""

    base: Tree
    target: Tree
    day: Day = None
    _changelogs: tuple[bytes, bytes] | None = field(default=None)

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
        if self._changelogs is None:
            self._changelogs = _changelogs(self.base), _changelogs(self.target)
        before, after = self._changelogs
        return _names(pattern, after, word) and not _names(pattern, before, word)


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
    named = [a for a in said.advisories if facts.names_advisory(a)]
    if named:
        return Claims(said, True, f"the release's changelog names {named[0]}", tuple(evidence))
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
