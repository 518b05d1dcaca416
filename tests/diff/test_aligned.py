"""Alignment around a few places says what the alignment of the whole texts says there."""

from __future__ import annotations

import random

import pytest
import texts
from hypothesis import given
from hypothesis import strategies as st

from syncbot.diff.aligned import Aligned
from syncbot.diff.lines import Change, changes, mapping, match, split_lines
from syncbot.diff.merge import merge_regions, regions_of

Lines = list[bytes]
few = st.lists(st.sampled_from([b"%d\n" % n for n in range(12)]), max_size=40)


def edits(a: Lines, b: Lines) -> list[Change]:
    return changes(match(a, b), len(a), len(b))


def touch(change: Change, place: Change) -> bool:
    return change.a0 <= place.a1 and change.a1 >= place.a0


def shuffled(chooser: random.Random, lines: Lines) -> Lines:
    """The lines with some taken out, put in, doubled and moved."""
    result = list(lines)
    for _ in range(chooser.randrange(1, 12)):
        at = chooser.randrange(len(result) + 1)
        match chooser.randrange(4):
            case 0:
                del result[at : at + chooser.randrange(1, 4)]
            case 1:
                result[at:at] = [b"new %d\n" % chooser.randrange(99) for _ in range(chooser.randrange(1, 4))]
            case 2:
                result[at:at] = result[at : at + 3]
            case _:
                moved = result[at : at + 4]
                del result[at : at + 4]
                to = chooser.randrange(len(result) + 1)
                result[to:to] = moved
    return result


@st.composite
def versions(draw: st.DrawFn) -> tuple[Lines, Lines, Lines]:
    """A text and two others that were made of it."""
    chooser = draw(st.randoms(use_true_random=False))
    kinds = draw(st.sampled_from([8, 40, 10**6]))
    base = [b"%d\n" % chooser.randrange(kinds) for _ in range(draw(st.integers(0, 200)))]
    return base, shuffled(chooser, base), shuffled(chooser, base)


def same(a: Lines, b: Lines) -> None:
    whole = mapping(match(a, b))
    asked = list(range(-2, len(a) + 2))
    random.Random(len(a)).shuffle(asked)
    aligned = Aligned(a, b)
    assert {line: found for line in asked if (found := aligned.get(line)) is not None} == whole
    assert [line in aligned for line in asked] == [line in whole for line in asked]
    assert [aligned.get(line, -1) for line in asked] == [whole.get(line, -1) for line in asked]


@given(versions())
def test_each_line_stands_where_the_whole_alignment_has_it(made: tuple[Lines, Lines, Lines]) -> None:
    base, one, other = made
    same(base, one)
    same(one, other)


@given(few, few)
def test_so_it_is_where_lines_repeat(a: Lines, b: Lines) -> None:
    same(a, b)


@given(texts.pairs())
def test_so_it_is_for_code(pair: tuple[bytes, bytes]) -> None:
    same(*map(split_lines, pair))


def test_a_line_that_stands_nowhere_is_no_key() -> None:
    with pytest.raises(KeyError):
        Aligned([b"a\n", b"b\n"], [b"a\n"])[1]


@given(versions())
def test_the_changes_around_some_places_are_those_that_touch_them(made: tuple[Lines, Lines, Lines]) -> None:
    base, one, other = made
    places, whole = edits(base, other), edits(base, one)
    found = Aligned(base, one).around(places)
    touching = [change for change in whole if any(touch(change, place) for place in places)]
    assert [change for change in found if change in touching] == touching
    assert [change for change in whole if change in found] == found, "they are changes of the whole, in order"


@given(versions())
def test_regions_around_one_sides_changes_are_those_of_the_whole_merge(made: tuple[Lines, Lines, Lines]) -> None:
    base, ours, theirs = made
    own, whole = edits(base, theirs), edits(base, ours)
    aligned = Aligned(base, ours)
    standing = {**mapping(match(base, ours)), len(base): len(ours)}
    expected = [
        region
        for region in merge_regions(base, ours, theirs, whole, own)
        if any(region.b0 <= c.a0 and c.a1 <= region.b1 and region.t0 <= c.b0 and c.b1 <= region.t1 for c in own)
    ]
    assert regions_of(ours, theirs, aligned.around(own), own, standing.__getitem__) == expected
