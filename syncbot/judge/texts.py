"""The three texts of a file (before the patch, after it, the release's) as lines, made and aligned once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from syncbot.diff.aligned import Aligned
from syncbot.diff.lines import Change, changes, lines_of, match
from syncbot.diff.merge import Region, regions_of
from syncbot.judge.enclosing import Outline, apart
from syncbot.judge.weights import REMARK, columns, is_trivial, remarks, squeeze, squeezed_of, weight

__all__ = ["CONTEXT", "NEARBY", "Texts", "counts_of", "is_head", "lines_of", "squeezed_aligned", "squeezed_of"]

CONTEXT = 3
"""Surrounding lines that say where a block belongs, as in a unified diff."""
ONE_BY_ONE = 6
"""Lines that are looked for in a text one after the other, before many are counted."""
NEARBY = 40
"""Lines around a block, within its own function or list, in which a copy of its text counts as the same change."""
_HEAD = re.compile(
    rb"(static|def|class|func|fn|sub|function|public|private|void|int|struct|impl|module)\b|[A-Za-z_][^;=]*[{(:]\s*$|[}\])]"
)


@lru_cache(maxsize=64)
def counts_of(content: bytes) -> Counter[bytes]:
    return Counter(squeezed_of(content))


@lru_cache(maxsize=16)
def squeezed_aligned(a: bytes, b: bytes) -> Aligned[bytes]:
    """Where the lines of one text stand in the other, white space ignored."""
    return Aligned(squeezed_of(a), squeezed_of(b))


def is_head(line: bytes) -> bool:
    """Whether a line looks like the head of a function, a class or a list."""
    return bool(_HEAD.match(line)) and not line.startswith((b"}", b"]", b")"))


class Counts:
    """How often each squeezed line stands in a text. Most blocks ask for few lines, which are counted one by one; for
    more of them all lines that the patch changes are counted at once, and if need be all that there are."""

    __slots__ = ("_all", "_content", "_few", "_known", "_lines", "_wanted")

    def __init__(self, content: bytes, wanted: frozenset[bytes]) -> None:
        self._content, self._wanted = content, wanted
        self._lines = squeezed_of(content)
        self._known: dict[bytes, int] = {}
        self._few = ONE_BY_ONE
        self._all: Counter[bytes] | None = None

    def __getitem__(self, line: bytes) -> int:
        found = self._known.get(line)
        if found is None:
            found = self._known[line] = self._counted(line)
        return found

    def _counted(self, line: bytes) -> int:
        if self._all is not None:
            return self._all[line]
        if self._few:
            self._few -= 1
            return self._lines.count(line)
        if line in self._wanted:
            self._known |= dict.fromkeys(self._wanted, 0)
            self._known |= Counter(filter(self._wanted.__contains__, self._lines))
            self._few = ONE_BY_ONE
            return self._known[line]
        self._all = counts_of(self._content)
        return self._all[line]


class Changed:
    """The same of a text after some changes: what did not change is not counted again."""

    __slots__ = ("_before", "_more")

    def __init__(self, before: Counts, changes: list[Change], old: list[bytes], new: list[bytes]) -> None:
        self._before = before
        self._more: dict[bytes, int] = {}
        for a0, a1, b0, b1 in changes:
            for line in old[a0:a1]:
                self._more[line] = self._more.get(line, 0) - 1
            for line in new[b0:b1]:
                self._more[line] = self._more.get(line, 0) + 1

    def __getitem__(self, line: bytes) -> int:
        return self._before[line] + self._more.get(line, 0)


def _squeezed_after(old: list[bytes], changes: list[Change], lines: list[bytes]) -> list[bytes]:
    """The squeezed lines of a text after some changes: what did not change is not squeezed again."""
    made: list[bytes] = []
    at = 0
    for a0, a1, b0, b1 in changes:
        made += old[at:a0]
        made += map(squeeze, lines[b0:b1])
        at = a1
    made += old[at:]
    return made


class Texts:
    """Lines (b, a, t), squeezed lines (nb, na, nt), how often each stands there, and the alignments."""

    def __init__(self, before: bytes, after: bytes, target: bytes) -> None:
        self._before = before
        self.b, self.a, self.t = lines_of(before), lines_of(after), lines_of(target)
        self.own = changes(match(self.b, self.a), len(self.b), len(self.a))
        self.nb, self.nt = squeezed_of(before), squeezed_of(target)
        self.na = _squeezed_after(self.nb, self.own, self.a)
        wanted = frozenset(line for c in self.own for line in (*self.nb[c.a0 : c.a1], *self.na[c.b0 : c.b1]))
        self.count_b, self.count_t = Counts(before, wanted), Counts(target, wanted)
        self.count_a = Changed(self.count_b, self.own, self.nb, self.na)
        self.outline_a = Outline(self.a, self.na, self.count_a, after)
        self.outline_b = Outline(self.b, self.nb, self.count_b, before)
        self.outline_t = Outline(self.t, self.nt, self.count_t, target)
        self.remarks = frozenset(squeeze(line) for change in self.own for line in self._remarks(change))
        self._hefts: dict[bytes, float] = {}
        self._windows: dict[Change, tuple[int, int]] = {}
        self.b_to_t = squeezed_aligned(before, target)

    def regions(self) -> list[Region]:
        """What becomes of every place that the patch changes as it is merged with what the release changed."""
        theirs = Aligned(self.b, self.t)
        end = {len(self.b): len(self.t)}
        return regions_of(
            self.t, self.a, theirs.around(self.own), self.own, lambda line: end[line] if line in end else theirs[line]
        )

    def _remarks(self, change: Change) -> list[bytes]:
        return [*remarks(self.b[change.a0 : change.a1]), *remarks(self.a[change.b0 : change.b1])]

    def at_home(self, there: dict[int, int]) -> dict[int, int]:
        """Of lines of the after-image and the release's that they were aligned with, those that are in the same
        function, branch or section there: siblings have much in common. Lines in a row are told by the first of them
        that says something."""
        kept: dict[int, int] = {}
        last, home = (-2, -2), True
        for line, place in sorted(there.items()):
            told = last == (line - 1, place - 1)
            if not told and self.says(self.na[line]):
                deeper = columns(self.t[place]) - columns(self.a[line])
                home = not apart(self.outline_a, line, self.outline_t, place, self.a[line : line + 1], deeper)
                last = line, place
            elif told:
                last = line, place
            if home:
                kept[line] = place
        return kept

    def line_weight(self, line: bytes) -> float:
        heft = self._hefts.get(line)
        if heft is None:
            heft = weight(line, max(self.count_b[line], self.count_a[line], self.count_t[line]))
            heft = self._hefts[line] = heft * REMARK if line in self.remarks else heft
        return heft

    def says(self, line: bytes) -> bool:
        """Whether a squeezed line does something: neither trivial nor a comment."""
        return not is_trivial(line) and line not in self.remarks

    def is_word(self, line: bytes) -> bool:
        """Whether a squeezed line is a statement too common to weigh."""
        return is_trivial(line) and line not in self.remarks and any(97 <= byte <= 122 for byte in line)

    def coined(self, words: Iterable[bytes]) -> set[bytes]:
        """Those words that the file before the patch does not have: what an added line is about."""
        return {word for word in words if len(word) > 2 and word not in self._before}

    def acts(self, line: bytes) -> bool:
        """Whether a squeezed line is anything but blank or a comment; a brace acts."""
        return bool(line) and line not in self.remarks

    def brought(self, change: Change, added: Iterable[bytes]) -> set[bytes]:
        """The squeezed lines that a block brings in (`added`), or to another place in it. What it only indents anew it
        does not bring in: how that reads in the release is no matter of the patch."""
        old = set(self.b[change.a0 : change.a1])
        return set(added) | {self.na[i] for i in range(change.b0, change.b1) if self.a[i] in old}

    def gain(self, line: bytes) -> float | None:
        """How far the release went from the count before the patch to that after it; None where those are equal."""
        before, after = self.count_b[line], self.count_a[line]
        if before == after:
            return None
        return min(1.0, max(0.0, (self.count_t[line] - before) / (after - before)))

    def is_new(self, line: bytes) -> bool:
        """Whether the release has it (squeezed) more often than the file before the patch."""
        return self.count_t[line] > self.count_b[line]

    def window(self, change: Change) -> tuple[int, int]:
        """The release's lines between what surrounds the block: from its third mapped neighbour above to its third
        below."""
        found = self._windows.get(change)
        if found is None:
            low = self._edge(range(change.a0 - 1, -1, -1), 0)
            high = self._edge(range(change.a1, len(self.b)), len(self.t) - 1) + 1
            found = self._windows[change] = low, high
        return found

    def _edge(self, lines: range, otherwise: int) -> int:
        seen = 0
        for line in lines:
            there = self.b_to_t.get(line)
            if there is not None:
                seen += 1
                if seen == CONTEXT:
                    return there
        return otherwise

    def section(self, change: Change) -> tuple[int, int]:
        """The release's lines around the block's place within the same function or list, at most NEARBY each way."""
        low, high = self.window(change)
        first, last = max(low - NEARBY, 0), min(high + NEARBY, len(self.t))
        above = (i for i in range(low - 1, first - 1, -1) if _HEAD.match(self.t[i]))
        below = (i for i in range(high, last) if _HEAD.match(self.t[i]))
        return next(above, first), next(below, last)
