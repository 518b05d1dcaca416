"""Alignment is fast in ways that must not show: it gives what a plain reading of its definition gives."""

from __future__ import annotations

import random
from itertools import pairwise

import texts
from hypothesis import given
from hypothesis import strategies as st

from syncbot.diff.lines import Block, changes, mapping, match, split_lines
from syncbot.judge.texts import squeezed_of
from syncbot.judge.weights import squeeze

Pairs = list[tuple[int, int]]


def plainly(a: list[bytes], b: list[bytes]) -> Pairs:
    """The pairs of equal lines, top and bottom first, then anchors, then what lies between; without the last resort
    of a shortest edit script."""
    found: Pairs = []
    _between(a, b, (0, len(a), 0, len(b)), found)
    return sorted(found)


def _between(a: list[bytes], b: list[bytes], stretch: tuple[int, int, int, int], found: Pairs) -> None:
    a0, a1, b0, b1 = stretch
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        found.append((a0, b0))
        a0, b0 = a0 + 1, b0 + 1
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1, b1 = a1 - 1, b1 - 1
        found.append((a1, b1))
    mine, theirs = a[a0:a1], b[b0:b1]
    once = [line for line in mine if mine.count(line) == 1 and theirs.count(line) == 1]
    anchors = _longest([(a0 + mine.index(line), b0 + theirs.index(line)) for line in once])
    if not anchors:
        return
    for i, j in anchors:
        if i < a0 or j < b0:
            continue
        _between(a, b, (a0, i, b0, j), found)
        a0, b0 = i, j
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            found.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
    _between(a, b, (a0, a1, b0, b1), found)


def _longest(pairs: Pairs) -> Pairs:
    """The longest chain that increases on both sides; of several the one that patience sorting finds: each pair lies on
    the first pile whose top is not below it, and points at the top of the pile before."""
    piles: list[list[int]] = []
    before: dict[int, int | None] = {}
    for index, (_, j) in enumerate(pairs):
        at = next((n for n, pile in enumerate(piles) if pairs[pile[-1]][1] >= j), len(piles))
        if at == len(piles):
            piles.append([])
        before[index] = piles[at - 1][-1] if at else None
        piles[at].append(index)
    chain = []
    last = piles[-1][-1] if piles else None
    while last is not None:
        chain.append(pairs[last])
        last = before[last]
    return chain[::-1]


@given(texts.pairs())
def test_every_anchor_of_a_plain_reading_is_there(pair: tuple[bytes, bytes]) -> None:
    a, b = map(split_lines, pair)
    found = mapping(match(a, b))
    assert set(plainly(a, b)) <= set(found.items())


few = st.lists(st.sampled_from([b"%d\n" % n for n in range(12)]), max_size=40)


@given(few, few)
def test_what_moved_and_repeats_is_aligned_as_by_hand(a: list[bytes], b: list[bytes]) -> None:
    found = mapping(match(a, b))
    assert set(plainly(a, b)) <= set(found.items())
    assert all(a[i] == b[j] for i, j in found.items())
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(found.items()))


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=400), st.randoms(use_true_random=False))
def test_long_texts_of_unique_lines_with_some_of_them_moved(numbers: list[int], chooser: random.Random) -> None:
    a = [b"%d\n" % n for n in numbers]
    b = list(a)
    for _ in range(min(3, len(b))):
        line = b.pop(chooser.randrange(len(b)))
        b.insert(chooser.randrange(len(b) + 1), line)
    assert mapping(match(a, b)) == dict(plainly(a, b))


def test_blocks_that_touch_are_one() -> None:
    lines = [b"%d\n" % n for n in range(1000)]
    assert match(lines, lines) == [Block(0, 0, 1000)]
    assert changes(match(lines, [*lines[:500], b"x\n", *lines[500:]]), 1000, 1001) == [(500, 500, 500, 501)]


@given(st.binary(max_size=40), st.sampled_from([b"", b"\n", b" \n", b"\r\n", b"\t"]))
def test_a_whole_text_is_squeezed_as_its_lines_are(text: bytes, end: bytes) -> None:
    content = text + end
    assert squeezed_of(content) == [squeeze(line) for line in split_lines(content)]
    assert b"".join(split_lines(content)) == content
