"""The series file: whatever stands in it comes back byte for byte, and an edit changes its own line only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import InputError
from syncbot.model import series as quilt
from syncbot.model.ids import PatchName

A, B = PatchName("a.patch"), PatchName("b.patch")

names = st.from_regex(r"[a-z#/.-]{1,8}", fullmatch=True).filter(quilt.is_name)
lines = st.builds(
    lambda lead, name, options, comment, end: lead + name + options + comment + end,
    st.sampled_from(["", " ", "\t"]),
    st.one_of(names, st.just("")),
    st.sampled_from(["", " -p0", "\t-p1 ", "  "]),
    st.sampled_from(["", " # why", " #", "\t# syncbot: waiting (conflict)", " # syncbot: waiting (x) "]),
    st.sampled_from(["\n", "\r\n"]),
)
texts = st.builds(
    lambda found, tail: ("".join(found) + tail).encode(), st.lists(lines), st.sampled_from(["", "z.patch"])
)


@given(st.one_of(st.binary(max_size=200), texts))
def test_any_bytes_come_back(content: bytes) -> None:
    assert quilt.format(quilt.parse(content)) == content


@given(texts, names)
def test_a_mark_comes_off_without_a_trace(content: bytes, name: str) -> None:
    series = quilt.append(quilt.parse(content), PatchName("fresh"), 0)
    for entry in set(series.names):
        bare = quilt.unmark(series, entry)
        marked = quilt.mark(bare, entry, "conflict")
        assert all(line.waiting for _, found, line in marked.entries if found == entry)
        assert quilt.format(quilt.unmark(marked, entry)) == quilt.format(bare)


@given(texts)
def test_unmarked_lines_stay_when_unmarked(content: bytes) -> None:
    series = quilt.parse(content)
    calm = [name for _, name, line in series.entries if not line.waiting and series.names.count(name) == 1]
    assert all(quilt.unmark(series, name) == series for name in calm)


@given(texts)
def test_removal_takes_nothing_else(content: bytes) -> None:
    series = quilt.parse(content)
    for name in set(series.names):
        assert quilt.remove(series, name).lines == tuple(line for line in series.lines if line.name != name)


@pytest.mark.parametrize(
    ("line", "name", "strip", "waiting"),
    [
        (b"a.patch\n", "a.patch", None, False),
        (b"a.patch -p0\n", "a.patch", 0, False),
        (b"\ta.patch\t-p2\t# why\r\n", "a.patch", 2, False),
        (b"a.patch -pab\n", "a.patch", 1, False),
        (b"a.patch -p1 # syncbot: waiting (moot)", "a.patch", 1, True),
        (b"a.patch # why # syncbot: waiting (moot)\n", "a.patch", None, True),
        (b"a.patch # not syncbot: waiting (moot) yet\n", "a.patch", None, False),
        (b"a#1.patch\n", "a#1.patch", None, False),
        (b"sub/a.patch#x\n", "sub/a.patch#x", None, False),
        (b"caf\xe9.patch\n", "caf\udce9.patch", None, False),
    ],
)
def test_what_a_line_says(line: bytes, name: str, strip: int | None, waiting: bool) -> None:
    [(number, found, entry)] = quilt.parse(line).entries
    assert (number, found, entry.strip, entry.waiting) == (1, name, strip, waiting)


@pytest.mark.parametrize("line", [b"", b"\n", b"  \t\r\n", b"# a.patch\n", b"  # a.patch\n"])
def test_comments_and_blank_lines_name_nothing(line: bytes) -> None:
    assert quilt.parse(line).names == ()


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (lambda s: quilt.remove(s, A), b"# why\na.patch -p0 # x\n\nb.patch\n", b"# why\n\nb.patch\n"),
        (lambda s: quilt.remove(s, B), b"a.patch\r\nb.patch", b"a.patch\r\n"),
        (lambda s: quilt.rename(s, A, B), b"\t a.patch  -p0 # a.patch\n", b"\t b.patch  -p0 # a.patch\n"),
        (lambda s: quilt.append(s, B), b"a.patch\n", b"a.patch\nb.patch\n"),
        (lambda s: quilt.append(s, B, 0), b"a.patch\r\n# end", b"a.patch\r\n# end\r\nb.patch -p0\r\n"),
        (lambda s: quilt.append(s, B), b"", b"b.patch\n"),
        (
            lambda s: quilt.mark(s, A, "moot"),
            b"a.patch  \r\nb.patch",
            b"a.patch   # syncbot: waiting (moot)\r\nb.patch",
        ),
        (lambda s: quilt.mark(s, A, "moot"), b"a.patch # why", b"a.patch # why # syncbot: waiting (moot)"),
        (
            lambda s: quilt.mark(s, A, "moot"),
            b"a.patch # syncbot: waiting (x)\n",
            b"a.patch # syncbot: waiting (moot)\n",
        ),
        (lambda s: quilt.unmark(s, A), b"a.patch -p1\t # why # syncbot: waiting (x)\n", b"a.patch -p1\t # why\n"),
        (lambda s: quilt.unmark(s, A), b"a.patch # why\n", b"a.patch # why\n"),
    ],
)
def test_edits(operation, before: bytes, after: bytes) -> None:  # type: ignore[no-untyped-def]  # a table of lambdas
    assert quilt.format(operation(quilt.parse(before))) == after


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# x\na.patch -R\n", "s:2: a.patch is to be applied in reverse (-R), which is not supported; "),
        (b"a.patch --reverse\n", "s:1: a.patch is to be applied in reverse"),
        (b"a.patch -p1 -l\n", "s:1: a.patch has the option -l, which is not supported; only -pN is"),
        (b"a.patch b.patch\n", "s:1: unexpected 'b.patch' after a.patch; put one patch on a line"),
        (b"a.patch\n\na.patch -p1\n", "s:3: a.patch is listed twice, first on line 1; remove one of the two lines"),
        (b"\xef\xbb\xbfa.patch\n", "s:1: '\\ufeffa.patch' is no name for a patch"),
        (b"a\x00.patch\n", "s:1: 'a\\x00.patch' is no name for a patch"),
    ],
)
def test_what_cannot_be_worked_with(content: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        quilt.check(quilt.parse(content), "s")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["", "a b", "#a", "-a", "a\nb", "a\x7f"])
def test_names_that_a_line_cannot_hold_are_not_appended(name: str) -> None:
    with pytest.raises(InputError, match="is no name for a patch"):
        quilt.append(quilt.parse(b""), PatchName(name))


@pytest.mark.parametrize("word", ["", "two words", "x)", "x\n"])
def test_a_mark_is_one_plain_word(word: str) -> None:
    with pytest.raises(InputError, match="is no word for a mark"):
        quilt.mark(quilt.parse(b"a.patch\n"), A, word)


def test_an_edit_of_a_patch_that_is_not_there_is_refused() -> None:
    for operation in (quilt.remove, quilt.unmark):
        with pytest.raises(InputError, match=r"b\.patch is not in the series"):
            operation(quilt.parse(b"a.patch\n"), B)
    with pytest.raises(InputError, match="in the series already"):
        quilt.append(quilt.parse(b"a.patch\n"), A)
