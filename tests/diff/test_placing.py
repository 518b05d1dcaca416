"""Hunks go where `git apply` and GNU `patch` put them, or nowhere."""

from __future__ import annotations

import oracles
import pytest
import texts
from hypothesis import assume, given

from syncbot.diff.parse import parse_patch
from syncbot.diff.place import Applied, apply_file, context_sizes
from syncbot.diff.render import render_file

NAME = oracles.NAME
Three = tuple[bytes, bytes, bytes]


def the_patch(before: bytes, after: bytes) -> bytes:
    assume(before != after)
    assume(b"\r" not in before + after)  # GNU patch strips CRs as it likes
    return render_file(NAME, NAME, before, after)


def placed(content: bytes, patch: bytes, *, reverse: bool = False, fuzz: int = 0) -> Applied | None:
    (file,) = parse_patch(patch).files
    return apply_file(content, file, reverse=reverse, fuzz=fuzz)


def content_of(applied: Applied | None) -> bytes | None:
    return None if applied is None else applied.content


def check(ours: Applied | None, git: bytes | None, gnu: bytes | None) -> None:
    """Without fuzz a placement is one that both tools would make. Where the hunk would do in several places the tools
    may choose differently: then ours is one of theirs."""
    if ours is None:
        assert git is None or gnu is None, "both tools apply it"
        return
    assert git is not None, "git apply refuses it"
    assert gnu is not None, "GNU patch refuses it"
    assert ours.content in (git, gnu)


@given(texts.drifted())
def test_forward(three: Three) -> None:
    before, after, other = three
    patch = the_patch(before, after)
    check(placed(other, patch), oracles.git_apply(other, patch), oracles.gnu_patch(other, patch))


@given(texts.unique_drifted())
def test_forward_with_unique_lines(three: Three) -> None:
    before, after, other = three
    patch = the_patch(before, after)
    git, gnu = oracles.git_apply(other, patch), oracles.gnu_patch(other, patch)
    ours = placed(other, patch)
    check(ours, git, gnu)
    assert ours is None or ours.content == git == gnu


@given(texts.drifted())
def test_reverse(three: Three) -> None:
    before, after, _ = three
    patch = the_patch(before, after)
    assert content_of(placed(after, patch, reverse=True)) == before
    assert oracles.git_apply(after, patch, "-R") == before


@given(texts.drifted())
def test_reverse_in_drifted_content(three: Three) -> None:
    before, after, other = three
    patch = the_patch(before, after)
    ours = placed(other, patch, reverse=True)
    check(ours, oracles.git_apply(other, patch, "-R"), oracles.gnu_patch(other, patch, "-R"))


@given(texts.unique_drifted())
def test_fuzz(three: Three) -> None:
    """Where GNU patch takes a hunk with fuzz 2 that has its context at both ends, ours goes to the same place. (A hunk
    with less at one end GNU patch holds to that end of the file, or puts anywhere once no context is left.)"""
    before, after, other = three
    patch = the_patch(before, after)
    (file,) = parse_patch(patch).files
    assume([context_sizes(hunk) for hunk in file.hunks] == [(3, 3)])
    gnu = oracles.gnu_patch(other, patch, "--fuzz=2")
    ours = placed(other, patch, fuzz=2)
    assert gnu is None or content_of(ours) == gnu
    assert ours is None or count_of(ours.content, b"ours") == count_of(after, b"ours")


def count_of(content: bytes | None, word: bytes) -> int:
    return (content or b"").count(word)


TEXT = b"".join(b"line %d\n" % n for n in range(1, 41))


def changed(text: bytes, old: bytes, new: bytes) -> bytes:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.parametrize("shift", [-9, -1, 0, 1, 7, 300])
def test_offsets_are_told(shift: int) -> None:
    patch = render_file(NAME, NAME, TEXT, changed(TEXT, b"line 20\n", b"line twenty\n"))
    other = b"new\n" * shift + TEXT if shift >= 0 else b"".join(TEXT.splitlines(keepends=True)[-shift:])
    ours = placed(other, patch)
    assert ours is not None
    assert ours.content == changed(other, b"line 20\n", b"line twenty\n")
    assert [(p.shift, p.fuzz, p.copies) for p in ours.placements] == [(shift, 0, 1)]


@pytest.mark.parametrize(("gone", "fuzz"), [(b"line 17\n", 1), (b"line 18\n", 2), (b"line 23\n", 1), (b"line 22\n", 2)])
def test_fuzz_is_told_and_never_taken_unasked(gone: bytes, fuzz: int) -> None:
    patch = render_file(NAME, NAME, TEXT, changed(TEXT, b"line 20\n", b"line twenty\n"))
    other = changed(TEXT, gone, b"something else\n")
    assert placed(other, patch) is None
    assert placed(other, patch, fuzz=fuzz - 1) is None
    ours = placed(other, patch, fuzz=fuzz)
    assert ours is not None
    assert [p.fuzz for p in ours.placements] == [fuzz]
    assert ours.content == changed(other, b"line 20\n", b"line twenty\n")


def test_changed_lines_are_never_fuzzed() -> None:
    patch = render_file(NAME, NAME, TEXT, changed(TEXT, b"line 20\n", b"line twenty\n"))
    assert placed(changed(TEXT, b"line 20\n", b"line XX\n"), patch, fuzz=3) is None


def test_of_several_places_the_nearest() -> None:
    block = b"start\na\nb\nc\nend\n"
    text = (block + b"".join(b"filler %d\n" % n for n in range(9))) * 6
    lines = text.splitlines(keepends=True)
    after = b"".join([*lines[:44], b"B\n", *lines[44:]])
    patch = render_file(NAME, NAME, text, after)
    ours = placed(b"one more\n" + text, patch)
    assert ours is not None
    assert ours.content == b"one more\n" + after
    assert ours.placements[0].copies > 1


def test_a_hunk_at_the_start_stays_at_the_start() -> None:
    patch = render_file(NAME, NAME, TEXT, b"first\n" + TEXT)
    other = b"something new\n" + TEXT
    check(placed(other, patch), oracles.git_apply(other, patch), oracles.gnu_patch(other, patch))


def test_a_hunk_at_the_end_stays_at_the_end() -> None:
    patch = render_file(NAME, NAME, TEXT, TEXT + b"last\n")
    other = TEXT + b"something new\n"
    check(placed(other, patch), oracles.git_apply(other, patch), oracles.gnu_patch(other, patch))


@pytest.mark.parametrize("end", [b"line", b"line\n"])
def test_the_newline_at_the_end_counts(end: bytes) -> None:
    """A hunk whose last context line has no newline does not match one that has, and the other way round."""
    before, other = b"a\nb\nc\n" + end, b"a\nb\nc\n" + (b"line\n" if end == b"line" else b"line")
    patch = render_file(NAME, NAME, before, before.replace(b"b\n", b"B\n"))
    assert content_of(placed(before, patch)) == before.replace(b"b\n", b"B\n")
    assert placed(other, patch) is None


def test_crlf_content_and_crlf_patch() -> None:
    text = TEXT.replace(b"\n", b"\r\n")
    after = changed(text, b"line 20\r\n", b"line twenty\r\n")
    patch = render_file(NAME, NAME, text, after)
    assert content_of(placed(text, patch)) == after
    assert oracles.git_apply(text, patch) == after
    assert placed(TEXT, patch) is None, "line ends are content"


def test_two_hunks_never_overlap_or_swap() -> None:
    twice = changed(changed(TEXT, b"line 5\n", b"five\n"), b"line 30\n", b"thirty\n")
    patch = render_file(NAME, NAME, TEXT, twice)
    lines = TEXT.splitlines(keepends=True)
    swapped = b"".join(lines[20:] + lines[:20])
    assert placed(swapped, patch) is None
    assert oracles.gnu_patch(swapped, patch) is None
