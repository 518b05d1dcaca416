"""Which lines of one text stand in another, in order: patience anchors first, Myers between them.

Anchoring on lines that are unique on both sides keeps repeated code (braces, `return;`) from being matched to a twin
elsewhere, which is what a judge of patches must avoid most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from functools import lru_cache
from itertools import compress, count, islice
from operator import gt, is_not
from typing import NamedTuple, TypeVar

L = TypeVar("L", bound=Hashable)
"""A line, or whatever stands for one."""

MYERS_LIMIT = 200
"""Edit distance past which a stretch without anchors counts as rewritten: looking on would cost its square."""

FEW = 40
"""Lines of a stretch, both sides together, of which it is looked at once whether they have any in common."""


class Block(NamedTuple):
    """A run of `size` lines equal on both sides, starting at line `a` of one and `b` of the other (from 0)."""

    a: int
    b: int
    size: int


class Change(NamedTuple):
    """Lines a0..a1 of one text stand where b0..b1 stand in the other (half open, from 0); one side may be empty."""

    a0: int
    a1: int
    b0: int
    b1: int


def split_lines(content: bytes) -> list[bytes]:
    """Lines with their line ends; only `\\n` ends a line, as for git."""
    if b"\r" not in content:
        return content.splitlines(keepends=True)  # which would end lines at CR, too
    lines = content.split(b"\n")
    last = lines.pop()
    result = [line + b"\n" for line in lines]
    if last:
        result.append(last)
    return result


@lru_cache(maxsize=64)
def lines_of(content: bytes) -> list[bytes]:
    """`split_lines`, remembered: the patches of a stack meet the same files. Callers must not change the list."""
    return split_lines(content)


def match(a: list[L], b: list[L]) -> list[Block]:
    """The blocks of equal lines of a and b, increasing on both sides, adjacent ones joined."""
    return within(a, b, Stretch(0, len(a), 0, len(b)))


def within(a: list[L], b: list[L], stretch: Stretch) -> list[Block]:
    """The same of a stretch of both."""
    found: list[Block] = []
    stack = [stretch]
    while stack:
        rest = trimmed(a, b, stack.pop(), found)
        if rest.a0 == rest.a1 or rest.b0 == rest.b1:
            continue
        if rest.a1 - rest.a0 + rest.b1 - rest.b0 <= FEW:
            common = set(a[rest.a0 : rest.a1]).intersection(b[rest.b0 : rest.b1])
            if not common:
                continue
        anchors = anchored_on(a, b, rest)
        if anchors[0]:
            stack += _anchored(a, b, rest, anchors, found)
        else:
            found += _myers(a, rest.a0, rest.a1, b, rest.b0, rest.b1)
    found.sort()
    return _joined(found)


def changes(blocks: Sequence[Block], size_a: int, size_b: int) -> list[Change]:
    """What stands between the blocks."""
    result = []
    at_a = at_b = 0
    for block in [*blocks, Block(size_a, size_b, 0)]:
        if block.a > at_a or block.b > at_b:
            result.append(Change(at_a, block.a, at_b, block.b))
        at_a, at_b = block.a + block.size, block.b + block.size
    return result


def mapping(blocks: Sequence[Block]) -> dict[int, int]:
    """{line of a: line of b} for every matched line."""
    found: dict[int, int] = {}
    for a, b, size in blocks:
        found.update(zip(range(a, a + size), range(b, b + size), strict=True))
    return found


def _joined(blocks: list[Block]) -> list[Block]:
    result: list[Block] = []
    for block in blocks:
        if result:
            last = result[-1]
            if last.a + last.size == block.a and last.b + last.size == block.b:
                result[-1] = Block(last.a, last.b, last.size + block.size)
                continue
        result.append(block)
    return result


class Stretch(NamedTuple):
    """A stretch of both texts that is still to be matched."""

    a0: int
    a1: int
    b0: int
    b1: int


def _anchored(
    a: list[L], b: list[L], stretch: Stretch, anchors: tuple[list[int], list[int]], found: list[Block]
) -> list[Stretch]:
    """The stretches between the anchors, whose blocks go to `found`, each with the equal lines below it."""
    at_a, at_b = stretch.a0, stretch.b0
    gaps = []
    in_a, in_b = anchors
    index, count = 0, len(in_a)
    while index < count:
        i, j = in_a[index], in_b[index]
        size = 1 + equal_below(a, b, i + 1, j + 1, min(stretch.a1 - i, stretch.b1 - j) - 1)
        if at_a < i and at_b < j:
            gaps.append(Stretch(at_a, i, at_b, j))
        found.append(Block(i, j, size))
        at_a, at_b = i + size, j + size
        # the anchors within the block are passed over: those that are below it on both sides come next
        index = max(bisect_left(in_a, at_a, index), bisect_left(in_b, at_b, index))
    gaps.append(Stretch(at_a, stretch.a1, at_b, stretch.b1))
    return gaps


def equal_below(a: list[L], b: list[L], i: int, j: int, most: int) -> int:
    """How many lines are equal from i and j on. By leaps: stretches are compared far faster than line by line."""
    if not most or a[i] != b[j]:
        return 0
    size, leap = 1, 8
    while size < most:
        end = min(size + leap, most)
        if a[i + size : i + end] != b[j + size : j + end]:
            while end - size > 1:
                middle = (size + end) // 2
                if a[i + size : i + middle] == b[j + size : j + middle]:
                    size = middle
                else:
                    end = middle
            break
        size = end
        leap *= 4
    return size


def _equal_above(a: list[L], b: list[L], i: int, j: int, most: int) -> int:
    """How many lines are equal right above i and j."""
    if not most or a[i - 1] != b[j - 1]:
        return 0
    size, leap = 1, 8
    while size < most:
        end = min(size + leap, most)
        if a[i - end : i - size] != b[j - end : j - size]:
            while end - size > 1:
                middle = (size + end) // 2
                if a[i - middle : i - size] == b[j - middle : j - size]:
                    size = middle
                else:
                    end = middle
            break
        size = end
        leap *= 4
    return size


def trimmed(a: list[L], b: list[L], stretch: Stretch, found: list[Block]) -> Stretch:
    """The stretch without its equal head and tail, which are blocks."""
    a0, a1, b0, b1 = stretch
    head = equal_below(a, b, a0, b0, min(a1 - a0, b1 - b0))
    if head:
        found.append(Block(a0, b0, head))
        a0, b0 = a0 + head, b0 + head
    tail = _equal_above(a, b, a1, b1, min(a1 - a0, b1 - b0))
    if tail:
        found.append(Block(a1 - tail, b1 - tail, tail))
    return Stretch(a0, a1 - tail, b0, b1 - tail)


def anchored_on(a: list[L], b: list[L], stretch: Stretch) -> tuple[list[int], list[int]]:
    """Where the lines stand that are unique on both sides, reduced to the longest increasing chain: in a, and in b.
    Every line of two files goes through this, so it is done by what runs without Python's loop."""
    a0, a1, b0, b1 = stretch
    mine, theirs = a[a0:a1], b[b0:b1]
    in_mine, in_theirs = _numbers(a0, a1), _numbers(b0, b1)
    where: dict[L, int | None] = dict(zip(theirs, in_theirs, strict=True))  # the last place of each
    if len(where) < len(theirs):
        where.update(dict.fromkeys(compress(theirs, map(is_not, map(where.get, theirs), in_theirs))))
    spots = list(map(where.get, mine))
    found = dict(zip(spots, in_mine, strict=True))
    found.pop(None, None)
    if len(found) + spots.count(None) < len(spots):
        for spot in set(compress(spots, map(is_not, map(found.get, spots), in_mine))):
            found.pop(spot, None)  # two lines of a
    in_a, in_b = list(found.values()), [spot for spot in found if spot is not None]
    if in_b != sorted(in_b):
        return _longest_increasing(in_a, in_b)
    return in_a, in_b


_HELD: list[list[int]] = [[]]


def _numbers(start: int, end: int) -> list[int]:
    """The numbers of a range, made once: the same objects are told apart without a look at their values."""
    held = _HELD[0]
    if end > len(held):
        held = _HELD[0] = list(range(2 * end))
    return held[start:end]


def _longest_increasing(in_a: list[int], in_b: list[int]) -> tuple[list[int], list[int]]:
    """The longest chain of pairs (the first numbers increase already) that increases in the second ones, too. Mostly
    they do: what rises above all before it is taken in whole runs."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    index = 0
    for fall in [*compress(count(1), map(gt, in_b, islice(in_b, 1, None))), len(in_b)]:
        while index < fall and tops and in_b[index] <= tops[-1]:
            at = bisect_left(tops, in_b[index])
            before.append(ends[at - 1] if at else -1)
            tops[at], ends[at] = in_b[index], index
            index += 1
        if index < fall:
            before.append(ends[-1] if ends else -1)
            before.extend(range(index, fall - 1))
            tops += in_b[index:fall]
            ends.extend(range(index, fall))
            index = fall
    chain = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(at)
        at = before[at]
    chain.reverse()
    return [in_a[index] for index in chain], [in_b[index] for index in chain]


def _myers(a: list[L], a0: int, a1: int, b: list[L], b0: int, b1: int) -> list[Block]:
    """Greedy shortest edit script of a stretch; nothing matched where it would be too long. Lines that only one side
    has cannot match, so they are taken out first: that shortens the script the most."""
    common = set(a[a0:a1]).intersection(b[b0:b1])
    if not common:
        return []
    at_a = [i for i, line in enumerate(a[a0:a1], a0) if line in common]
    at_b = [j for j, line in enumerate(b[b0:b1], b0) if line in common]
    if len(at_a) == 1 == len(at_b):
        return [Block(at_a[0], at_b[0], 1)]
    pairs = _script([a[i] for i in at_a], [b[j] for j in at_b])
    return _joined([Block(at_a[x], at_b[y], 1) for x, y in pairs])


def _script(a: list[L], b: list[L]) -> list[tuple[int, int]]:
    """The pairs of equal lines on a shortest edit script, or none past the limit."""
    size_a, size_b = len(a), len(b)
    limit = min(size_a + size_b, MYERS_LIMIT)
    middle = limit + 1
    reach = [-1] * (2 * middle + 1)
    reach[middle + 1] = 0
    trace: list[list[int]] = []
    for distance in range(limit + 1):
        trace.append(reach[middle - distance - 1 : middle + distance + 2])
        for k in range(-distance, distance + 1, 2):
            left, right = reach[middle + k - 1], reach[middle + k + 1]
            x = right if k == -distance or (k != distance and left < right) else left + 1
            y = x - k
            if x > size_a or y > size_b:
                reach[middle + k] = x
                continue
            while x < size_a and y < size_b and a[x] == b[y]:
                x, y = x + 1, y + 1
            reach[middle + k] = x
            if x >= size_a and y >= size_b:
                return _walk_back(trace, size_a, size_b)
    return []


def _walk_back(trace: list[list[int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for distance in range(len(trace) - 1, -1, -1):
        reach, middle = trace[distance], distance + 1
        k = x - y
        left, right = reach[middle + k - 1], reach[middle + k + 1]
        down = k == -distance or (k != distance and left < right)
        start_x = right if down else left + 1
        start_y = start_x - k
        while x > start_x and y > start_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        if distance:
            x, y = (start_x, start_y - 1) if down else (start_x - 1, start_y)
    return pairs[::-1]
