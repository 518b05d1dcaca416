"""Three-way merges agree with `git merge-file`: on what is clean, and on the content."""

from __future__ import annotations

import oracles
import pytest
import texts
from hypothesis import given

from syncbot.diff.merge import merge3

Three = tuple[bytes, bytes, bytes]


@given(texts.unique_drifted())
def test_as_git_merges_unique_lines(three: Three) -> None:
    merged = merge3(*three)
    assert merged.content == oracles.merge_file(*three)
    assert (merged.content is None) == (merged.conflicts > 0)


@given(texts.alike())
def test_as_git_merges_what_both_sides_may_have_added(three: Three) -> None:
    """(Where the base itself repeats lines there is more than one way to align them, and no right answer.)"""
    assert merge3(*three).content == oracles.merge_file(*three)


@given(texts.drifted())
def test_sides_may_be_swapped(three: Three) -> None:
    base, ours, theirs = three
    assert merge3(base, ours, theirs).content == merge3(base, theirs, ours).content


@given(texts.drifted())
def test_one_side_or_the_same_on_both_is_always_clean(three: Three) -> None:
    base, ours, _ = three
    assert merge3(base, ours, base).content == ours
    assert merge3(base, base, ours).content == ours
    assert merge3(base, ours, ours).content == ours


@given(texts.drifted())
def test_regions_tile_all_three_texts(three: Three) -> None:
    """Every line of every text stands in one region, in order."""
    sizes = [len(text.splitlines(keepends=True)) for text in (t.replace(b"\r", b"") for t in three)]
    at = [0, 0, 0]
    for region in merge3(*three).regions:
        starts, ends = (region.b0, region.o0, region.t0), (region.b1, region.o1, region.t1)
        assert list(starts) == at
        assert all(end >= start for start, end in zip(starts, ends, strict=True))
        at = list(ends)
    assert at == sizes


TWO = (b"line 2\n", b"two\n")
BASE = b"".join(b"line %d\n" % n for n in range(1, 13))


def edit(*changes: tuple[bytes, bytes]) -> bytes:
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (edit(TWO), edit((b"line 9\n", b"nine\n")), edit(TWO, (b"line 9\n", b"nine\n"))),
        (edit(TWO), edit((b"line 2\n", b"deux\n")), None),
        (edit(TWO), edit((b"line 2\n", b"")), None),
        (edit(TWO), edit((b"line 3\n", b"three\n")), None),
        (edit(TWO), edit((b"line 4\n", b"four\n")), edit(TWO, (b"line 4\n", b"four\n"))),
        (edit((b"line 2\n", b"")), edit((b"line 2\n", b"")), edit((b"line 2\n", b""))),
        (edit((b"line 5\n", b"line 5\nx\n")), edit((b"line 5\n", b"line 5\ny\n")), None),
        (edit((b"line 5\n", b"line 5\nx\n")), edit((b"line 5\n", b"line 5\nx\n")), edit((b"line 5\n", b"line 5\nx\n"))),
        (BASE[:-1], edit((b"line 12\n", b"twelve\n")), None),
        (b"", edit((b"line 1\n", b"one\n")), None),
        (b"", BASE, b""),
    ],
    ids=["apart", "same line", "change and delete", "next to", "one between", "both delete", "both insert",
         "both the same", "newline at the end", "emptied and changed", "emptied"],
)  # fmt: skip
def test_table(ours: bytes, theirs: bytes, merged: bytes | None) -> None:
    assert oracles.merge_file(BASE, ours, theirs) == merged
    assert merge3(BASE, ours, theirs).content == merged
