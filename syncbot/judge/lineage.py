"""What upstream's history says of a patch, in the words of the cascade. Pure: the history is handed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr, parsedate_to_datetime
from functools import cache

from syncbot.diff.patch import Patch, subject_of
from syncbot.judge.commits import CommitSearch, Findings, Match
from syncbot.judge.commits_score import PART
from syncbot.judge.commits_sketch import Reader
from syncbot.judge.history import CommitFacts, History, Witness
from syncbot.judge.locate import said
from syncbot.model.ids import CommitId
from syncbot.model.judgement import Evidence
from syncbot.model.trees import day_of

MOST_LOST = 0.2
"""Share of a large patch's code that the commit may have in another form."""
SMALL = 10.0
"""Weight of code below which nothing may differ: there one word is another patch."""
LEAST = 0.05
"""Weight that counts as nothing."""
MOST_MOVES = 200
"""Commits, and files, that are looked through for lines that left a patch's file."""
FirstRelease = Callable[[CommitId], str | None]
_FIELD = re.compile(r"^(From|Author|Date):[ \t]*(.*)$", re.M)


class Lineage:
    """An upstream's history, bound to one base, one target and one branch head. `first_release` names the release that
    first had a commit; None where releases are not known."""

    def __init__(self, history: History, first_release: FirstRelease | None = None) -> None:
        self._history = history
        self._search = CommitSearch(history)
        self._first_release = first_release

    def trace(
        self, patch: Patch, base: Reader, target: Reader, aliases: Mapping[str, Collection[str]] | None = None
    ) -> Trace:
        """What became of the patch."""
        found = self._search.find(patch.files, witness_of(patch.header), base, target, aliases)
        first = None
        if self._first_release is not None and found.absorbed and not found.taken_back:
            first = self._first_release(found.absorbed[0].commit.id)
        known = any(self._history.knows(path) for file in found.sketch.files for path in file.paths)
        return Trace(found, first, known, cache(lambda: self._moved(found, base, target)))

    def _moved(self, found: Findings, base: Reader, target: Reader) -> frozenset[bytes]:
        """The lines that the release has and the base had not, in files that commits after the absorbing one changed
        together with the patch's own."""
        own = {path for file in found.sketch.files for path in file.paths}
        first = min((match.commit.key for match in found.absorbed), default=0)
        keys = {touch.key for path in own for touch in self._history.touches(path) if touch.key > first}
        others = {t.path for key in sorted(keys)[:MOST_MOVES] for t in self._history.changed(key)} - own
        lines: set[bytes] = set()
        for path in sorted(others)[:MOST_MOVES]:
            lines |= said(target(path) or b"") - said(base(path) or b"")
        return frozenset(lines)


@dataclass(frozen=True, slots=True)
class Trace:
    """`first_release`: the first that has the absorbing commit, None where it is not known."""

    found: Findings
    first_release: str | None = None
    known: bool = False
    """Whether upstream's history has any of the patch's files: then a merge would have left a commit."""
    moved: Callable[[], frozenset[bytes]] = frozenset
    """The lines, without white space, that upstream may have moved out of the patch's files."""

    @property
    def absorbed(self) -> tuple[Match, ...]:
        """Commits of the release that hold the patch and were not taken back. A part of it is not it."""
        if self.found.taken_back:
            return ()
        return tuple(match for match in self.found.absorbed if match.rule is not PART)

    @property
    def speaks_against(self) -> bool:
        """Whether a merge would have left a commit, and there is none with even a part of the patch."""
        found = self.found
        if found.taken_back or found.held:
            return True
        return self.known and not (found.absorbed or found.partial)

    @property
    def missing_code(self) -> bool:
        """Whether a block of code is in none of the absorbing commits, nor anything in its place."""
        files = self.found.sketch.files
        code = any(file.is_code and file.weight > 0 for file in files)
        return any(files[block.file].is_code or not code for block in self.found.missing)

    @property
    def altered(self) -> bool:
        """Whether the commit took the code in another form than the patch has it. A name only finds the commit; its
        content must be the patch to the letter where that is small, and nearly so where it is large."""
        sketch = self.found.sketch
        code = any(file.is_code and file.weight > 0 for file in sketch.files)
        total = lost = 0.0
        for block, share in zip(sketch.blocks, self.found.blocks, strict=True):
            if sketch.files[block.file].is_code or not code:
                total += block.weight
                lost += block.weight * (1 - share)
        return lost > MOST_LOST * total or (total < SMALL and lost > LEAST)

    @property
    def commit(self) -> CommitId | None:
        return self.absorbed[0].commit.id if self.absorbed else None

    def evidence(self) -> tuple[Evidence, ...]:
        """One line a commit: what it is to the patch, its subject, author and day."""
        found = self.found
        lines = [_line("absorbed", "upstream's commit", m.commit) for m in found.absorbed]
        for back in found.taken_back:
            how = "takes it back, as its message says" if back.by_message else "takes it back, as its content shows"
            lines.append(_line("taken-back", how, back.commit))
        lines += [_line("held", "on the branch, not in the release", m.commit) for m in found.held]
        lines += [_line("partial", "has a part of it", m.commit) for m in found.partial]
        lines += [_line("twin", "has the same lines at another place", commit) for commit in found.twins]
        return tuple(lines)


def _line(kind: str, what: str, commit: CommitFacts) -> Evidence:
    day = day_of(commit.time)
    return Evidence(kind, f"{what}: {commit.subject!r} by {commit.author_name}, {day or 'on no day'}", commit.id)


def witness_of(header: bytes) -> Witness:
    """The author's address, the time and the subject that a patch's header claims."""
    text = header.decode("utf-8", "surrogateescape")
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, value.strip())
    address = parseaddr(fields.get("From") or fields.get("Author") or "")[1]
    return Witness(address, _seconds(fields.get("Date", "")), subject_of(header))


def _seconds(text: str) -> int | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def names(commits: Sequence[Match]) -> str:
    """The commits in short, for a sentence."""
    return ", ".join(match.commit.id[:12] for match in commits[:3])
