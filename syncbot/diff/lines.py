"""Which lines of one text stand in another, in order: patience anchors first, Myers between them.

Anchoring on lines that are unique on both sides keeps repeated code (braces, `return;`) from being matched to a twin
elsewhere, which is what a judge of patches must avoid most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import NamedTuple

MYERS_LIMIT = 200
"""Edit distance past which a stretch without anchors counts as rewritten: looking on would cost its square."""


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
    if not content:
        return []
    lines = content.split(b"\n")
    last = lines.pop()
    result = [line + b"\n" for line in lines]
    if last:
        result.append(last)
    return result


def match(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Block]:
    """The blocks of equal lines of a and b, increasing on both sides, adjacent ones joined."""
    found: list[Block] = []
    _match(a, b, found)
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
    return {block.a + i: block.b + i for block in blocks for i in range(block.size)}


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


class _Stretch(NamedTuple):
    """A stretch of both texts that is still to be matched."""

    a0: int
    a1: int
    b0: int
    b1: int


def _match(a: Sequence[Hashable], b: Sequence[Hashable], out: list[Block]) -> None:
    stack = [_Stretch(0, len(a), 0, len(b))]
    pieces: list[Block] = []
    while stack:
        rest = _trimmed(a, b, stack.pop(), pieces)
        if rest.a0 == rest.a1 or rest.b0 == rest.b1:
            continue
        anchors = _anchors(a, b, rest)
        if not anchors:
            pieces.extend(_myers(a, rest.a0, rest.a1, b, rest.b0, rest.b1))
            continue
        at_a, at_b = rest.a0, rest.b0
        for i, j in anchors:
            if i < at_a or j < at_b:
                continue
            size = 1 + _equal(a, b, i + 1, j + 1, min(rest.a1 - i, rest.b1 - j) - 1)
            stack.append(_Stretch(at_a, i, at_b, j))
            pieces.append(Block(i, j, size))
            at_a, at_b = i + size, j + size
        stack.append(_Stretch(at_a, rest.a1, at_b, rest.b1))
    out.extend(sorted(pieces))


def _equal(a: Sequence[Hashable], b: Sequence[Hashable], i: int, j: int, most: int) -> int:
    """How many lines are equal from i and j on."""
    size = 0
    while size < most and a[i + size] == b[j + size]:
        size += 1
    return size


def _trimmed(a: Sequence[Hashable], b: Sequence[Hashable], stretch: _Stretch, pieces: list[Block]) -> _Stretch:
    """The stretch without its equal head and tail, which go to the pieces."""
    a0, a1, b0, b1 = stretch
    head = _equal(a, b, a0, b0, min(a1 - a0, b1 - b0))
    if head:
        pieces.append(Block(a0, b0, head))
        a0, b0 = a0 + head, b0 + head
    tail = 0
    while a0 < a1 - tail and b0 < b1 - tail and a[a1 - tail - 1] == b[b1 - tail - 1]:
        tail += 1
    if tail:
        pieces.append(Block(a1 - tail, b1 - tail, tail))
    return _Stretch(a0, a1 - tail, b0, b1 - tail)


def _anchors(a: Sequence[Hashable], b: Sequence[Hashable], stretch: _Stretch) -> list[tuple[int, int]]:
    """Lines unique on both sides, reduced to the longest increasing chain."""
    where_a: dict[Hashable, int] = {}
    for i in range(stretch.a0, stretch.a1):
        where_a[a[i]] = -1 if a[i] in where_a else i
    where_b: dict[Hashable, int] = {}
    for j in range(stretch.b0, stretch.b1):
        line = b[j]
        if where_a.get(line, -1) >= 0:
            where_b[line] = -1 if line in where_b else j
    pairs = sorted((where_a[line], j) for line, j in where_b.items() if j >= 0)
    return _longest_increasing(pairs)


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(tops, j)
        before.append(ends[at - 1] if at else -1)
        if at == len(tops):
            tops.append(j)
            ends.append(index)
        else:
            tops[at] = j
            ends[at] = index
    chain = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _myers(a: Sequence[Hashable], a0: int, a1: int, b: Sequence[Hashable], b0: int, b1: int) -> list[Block]:
    """Greedy shortest edit script of a stretch; nothing matched where it would be too long. Lines that only one side
    has cannot match, so they are taken out first: that shortens the script the most."""
    common = set(a[a0:a1]).intersection(b[b0:b1])
    if not common:
        return []
    at_a = [i for i in range(a0, a1) if a[i] in common]
    at_b = [j for j in range(b0, b1) if b[j] in common]
    pairs = _script([a[i] for i in at_a], [b[j] for j in at_b])
    return _joined([Block(at_a[x], at_b[y], 1) for x, y in pairs])


def _script(a: list[Hashable], b: list[Hashable]) -> list[tuple[int, int]]:
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
