"""Where the lines of one text stand in another, worked out only around those that are asked for.

Anchors need all lines of both texts; what lies between two of them needs nothing but itself. A patch changes a few
places of a file, and upstream many: most of what lies between anchors is never asked for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from syncbot.diff.lines import Block, Change, Stretch, anchored_on, equal_below, mapping, trimmed, within

L = TypeVar("L", bound=Hashable)


class Aligned(Generic[L]):
    """`match(a, b)`, asked line by line: `get`, `[]` and `in` are those of its mapping {line of a: line of b}. Neither
    list may change."""

    __slots__ = ("_a", "_b", "_gaps", "_in_a", "_in_b", "_known", "_rest", "_runs")

    def __init__(self, a: list[L], b: list[L]) -> None:
        self._a, self._b = a, b
        self._rest = rest = trimmed(a, b, Stretch(0, len(a), 0, len(b)), [])
        apart = rest.a0 == rest.a1 or rest.b0 == rest.b1
        self._in_a, self._in_b = ([], []) if apart else anchored_on(a, b, rest)
        self._runs: dict[int, int] = {}
        self._gaps: dict[int, list[Block]] = {}
        self._known: dict[int, dict[int, int]] = {}

    @overload
    def get(self, line: int) -> int | None: ...

    @overload
    def get(self, line: int, otherwise: int) -> int: ...

    def get(self, line: int, otherwise: int | None = None) -> int | None:
        """The line of b that is matched with a line of a."""
        rest = self._rest
        if line < rest.a0:
            return line if line >= 0 else otherwise
        if line >= rest.a1:
            return line - rest.a1 + rest.b1 if line < len(self._a) else otherwise
        below = bisect_right(self._in_a, line)
        if below:
            offset = line - self._in_a[below - 1]
            if offset < self._run(below - 1):
                return self._in_b[below - 1] + offset
        found = self._known.get(below)
        if found is None:
            found = self._known[below] = mapping(self._blocks(below))
        return found.get(line, otherwise)

    def __getitem__(self, line: int) -> int:
        found = self.get(line)
        if found is None:
            raise KeyError(line)
        return found

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.get(line) is not None

    def around(self, places: Sequence[Change]) -> list[Change]:
        """What stands between the blocks, as `changes` tells it, wherever it touches one of these stretches of a (which
        increase), and maybe a little more."""
        found: list[Change] = []
        last = -1
        for place in places:
            for gap in self._touched(place):
                if gap > last:
                    found += self._between(gap)
                    last = gap
        return found

    def _touched(self, place: Change) -> Iterator[int]:
        """The gaps that the lines a0..a1 touch: each is named by the anchor below it."""
        anchors = self._in_a
        gap = bisect_left(anchors, place.a0)
        while True:
            stretch = self._stretch(gap)
            if stretch.a0 <= place.a1 and stretch.a1 >= place.a0:
                yield gap
            if gap == len(anchors) or anchors[gap] > place.a1:
                return
            gap = max(gap + 1, bisect_left(anchors, anchors[gap] + self._run(gap)))

    def _between(self, gap: int) -> Iterator[Change]:
        at_a, a1, at_b, b1 = self._stretch(gap)
        for block in [*self._blocks(gap), Block(a1, b1, 0)]:
            if block.a > at_a or block.b > at_b:
                yield Change(at_a, block.a, at_b, block.b)
            at_a, at_b = block.a + block.size, block.b + block.size

    def _blocks(self, gap: int) -> list[Block]:
        """What is matched between the run that ends above an anchor and that anchor."""
        found = self._gaps.get(gap)
        if found is None:
            stretch = self._stretch(gap)
            one_sided = stretch.a0 == stretch.a1 or stretch.b0 == stretch.b1
            found = self._gaps[gap] = [] if one_sided else within(self._a, self._b, stretch)
        return found

    def _stretch(self, gap: int) -> Stretch:
        a0, a1, b0, b1 = self._rest
        if gap:
            run = self._run(gap - 1)
            a0, b0 = self._in_a[gap - 1] + run, self._in_b[gap - 1] + run
        if gap < len(self._in_a):
            a1, b1 = self._in_a[gap], self._in_b[gap]
        return Stretch(a0, max(a0, a1), b0, max(b0, b1))  # a run may go on beyond the next anchor

    def _run(self, anchor: int) -> int:
        """How many lines are equal from an anchor on."""
        found = self._runs.get(anchor)
        if found is None:
            i, j = self._in_a[anchor], self._in_b[anchor]
            most = min(self._rest.a1 - i, self._rest.b1 - j) - 1
            found = self._runs[anchor] = 1 + equal_below(self._a, self._b, i + 1, j + 1, most)
        return found
