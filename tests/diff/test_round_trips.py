"""What is written is read back, and taken by `git apply` and GNU `patch` without fuzz."""

from __future__ import annotations

import oracles
import pytest
import texts
from hypothesis import assume, example, given
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch
from syncbot.diff.place import apply_file
from syncbot.diff.render import render_file
from syncbot.model.trees import EXECUTABLE, FILE, SYMLINK

NAME = oracles.NAME


def written(before: bytes | None, after: bytes | None) -> bytes:
    return render_file(None if before is None else NAME, None if after is None else NAME, before, after)


def read(patch: bytes) -> FilePatch:
    (file,) = parse_patch(patch).files
    return file


@given(texts.pairs(texts.odd_lines))
@example((b"a", b"a\n"))
@example((b"a\n", b"a"))
@example((b"a\nb", b"a\nc"))
@example((b"", b"a\n"))
@example((b"a\n", b""))
@example((b"a\r\nb\r\n", b"a\nb\r\n"))
@example((b"-- \n+++ x\n", b"-- y\n+++ z\n"))
@example((b"@@ -1 +1 @@\n", b"diff --git a/x b/x\n"))
def test_what_is_written_is_read_back(pair: tuple[bytes, bytes]) -> None:
    before, after = pair
    assume(before != after)
    file = read(written(before, after))
    assert (file.old_path, file.new_path) == (NAME, NAME)
    there = apply_file(before, file)
    back = apply_file(after, file, reverse=True)
    assert there is not None
    assert there.content == after
    assert back is not None
    assert back.content == before
    assert all((p.shift, p.fuzz) == (0, 0) for p in (*there.placements, *back.placements))


@given(texts.pairs(texts.odd_lines))
@example((b"a", b"a\n"))
@example((b"", b"a"))
def test_both_tools_take_what_is_written(pair: tuple[bytes, bytes]) -> None:
    before, after = pair
    assume(before != after)
    patch = b"Subject: [PATCH] a header\n\n" + written(before, after)
    assert oracles.git_apply(before, patch) == after
    if b"\r" not in patch:  # GNU patch strips CRs as it likes
        assert oracles.gnu_patch(before, patch) == after


@given(texts.pairs(texts.odd_lines))
def test_what_git_writes_is_read(pair: tuple[bytes, bytes]) -> None:
    before, after = pair
    assume(before != after)
    file = read(oracles.git_diff(before, after))
    there = apply_file(before, file)
    back = apply_file(after, file, reverse=True)
    assert there is not None
    assert there.content == after
    assert back is not None
    assert back.content == before


@given(st.lists(texts.any_lines, max_size=12).map(b"".join), st.sampled_from([FILE, EXECUTABLE]))
def test_new_and_deleted_files(content: bytes, mode: int) -> None:
    born = read(render_file(None, NAME, None, content, None, mode))
    dead = read(render_file(NAME, None, content, None, mode, None))
    assert (born.old_path, born.new_path, born.new_mode) == (None, NAME, mode)
    assert (dead.old_path, dead.new_path, dead.old_mode) == (NAME, None, mode)
    made, gone = apply_file(None, born), apply_file(content, dead)
    assert made is not None
    assert made.content == content
    assert gone is not None
    assert gone.content is None
    assert apply_file(content, born) is None, "a new file does not go over one that is there"
    assert apply_file(None, dead) is None
    taken = apply_file(content, born, reverse=True)
    assert taken is not None
    assert taken.content is None


@given(st.lists(texts.any_lines, max_size=12).map(b"".join))
@example(b"")
def test_both_tools_take_new_files(content: bytes) -> None:
    patch = render_file(None, NAME, None, content)
    assert oracles.git_apply(None, patch) == content
    if b"\r" not in patch:
        assert oracles.gnu_patch(None, patch) == content


@given(st.binary(min_size=1, max_size=300), st.binary(max_size=300))
def test_binary_content(before: bytes, after: bytes) -> None:
    before, after = b"\0" + before, b"\0" + after
    assume(before != after)
    patch = written(before, after)
    file = read(patch)
    there, back = apply_file(before, file), apply_file(after, file, reverse=True)
    assert there is not None
    assert there.content == after
    assert back is not None
    assert back.content == before
    assert oracles.git_apply(before, patch) == after


@given(st.binary(min_size=200, max_size=900), st.binary(max_size=20), st.integers(0, 199))
def test_binary_deltas_of_git(before: bytes, new: bytes, at: int) -> None:
    """A small change of a larger file: git writes a delta, not the content."""
    before = b"\0" + before
    after = before[:at] + new + before[at:]
    assume(before != after)
    there = apply_file(before, read(oracles.git_diff(before, after)))
    assert there is not None
    assert there.content == after


def test_binary_for_other_content_is_refused() -> None:
    file = read(written(b"\0one", b"\0two"))
    assert apply_file(b"\0three", file) is None


@pytest.mark.parametrize("modes", [(FILE, EXECUTABLE), (EXECUTABLE, FILE)])
@pytest.mark.parametrize("contents", [(b"a\n", b"a\n"), (b"a\n", b"b\n")])
def test_modes(modes: tuple[int, int], contents: tuple[bytes, bytes]) -> None:
    patch = render_file(NAME, NAME, *contents, *modes)
    file = read(patch)
    assert (file.old_mode, file.new_mode) == modes
    assert oracles.git_apply(contents[0], patch) == contents[1]
    assert oracles.gnu_patch(contents[0], patch) == contents[1]


def test_a_rename_with_an_edit() -> None:
    before = b"".join(b"line %d\n" % n for n in range(20))
    after = before.replace(b"line 9\n", b"line nine\n")
    file = read(render_file("old/name.c", "new/name.c", before, after))
    assert (file.old_path, file.new_path, file.renamed) == ("old/name.c", "new/name.c", True)
    there = apply_file(before, file)
    assert there is not None
    assert there.content == after


def test_a_symlink() -> None:
    file = read(render_file(None, "dir/link", None, b"target.txt", None, SYMLINK))
    assert (file.new_path, file.new_mode) == ("dir/link", SYMLINK)
    there = apply_file(None, file)
    assert there is not None
    assert there.content == b"target.txt"


def test_nothing_is_written_where_nothing_changes() -> None:
    assert render_file(NAME, NAME, b"a\n", b"a\n") == b""


@pytest.mark.parametrize(
    "name",
    [
        "with space/a b.c",
        "tab\there.c",
        'quote".c',
        "back\\slash.c",
        "ümlaut/é.c",
        "latin\udce9.c",
        "b/a/b.c",
        "a b/c a/d",
    ],
)
def test_odd_names(name: str) -> None:
    for before, after in ((b"a\n", b"b\n"), (None, b"a\n"), (b"a\n", None), (None, b""), (b"\0a", b"\0b")):
        old, new = (None if before is None else name), (None if after is None else name)
        file = read(render_file(old, new, before, after))
        assert (file.old_path, file.new_path) == (old, new)


@given(texts.pairs(texts.odd_lines))
def test_hunks_are_what_unidiff_reads(pair: tuple[bytes, bytes]) -> None:
    before, after = pair
    assume(before != after)
    written = render_file("f", "f", before, after)
    assume(b"\0" not in before + after)
    text = written.decode("latin-1")
    (theirs,) = PatchSet(_lines(text))
    (ours,) = parse_patch(written).files
    assert [(hunk.old_start, hunk.new_start) for hunk in ours.hunks] == [
        (hunk.source_start, hunk.target_start) for hunk in theirs
    ]
    for mine, other in zip(ours.hunks, theirs, strict=True):
        assert [(tag, text.removesuffix(b"\n")) for tag, text in mine.lines] == [
            (line.line_type, line.value.encode("latin-1").removesuffix(b"\n"))
            for line in other
            if line.line_type != "\\"
        ]
        ends = sum(line.line_type == "\\" for line in other)
        assert sum(not text.endswith(b"\n") for _, text in mine.lines) == ends


def _lines(text: str) -> list[str]:
    """Split at line feeds alone."""
    return [line + "\n" for line in text[text.index("--- ") :].split("\n")[:-1]]
