"""What is looked for in a text as a whole is what each of its lines says by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncbot.diff.lines import lines_of
from syncbot.judge.enclosing import Outline, outline
from syncbot.judge.locate import FEW, Renames, said
from syncbot.judge.texts import ONE_BY_ONE, Counts
from syncbot.judge.weights import squeezed_of
from syncbot.model.trees import FILE, MemoryTree

SIGNED = [b"#if A", b"# if B", b"\t#elif C", b" # else", b"#endif", b"\f#if E", b"#", b"x #if D"]
SECTIONS = [b"[one]", b"[[t]] # x", b" [two]", b"[a = 2]", b"x[3]"]
pieces = st.sampled_from([*SIGNED, *SECTIONS, b"", b" ", b"\r", b"if", b"}", b"word"])
texts = st.builds(
    lambda lines, end: b"\n".join(lines) + end, st.lists(pieces, max_size=30), st.sampled_from([b"", b"\n"])
)


def depth_by_lines(lines: list[bytes]) -> list[int]:
    """How many `#if`s are open before each line, and after the last, as one who reads line by line counts them."""
    depths = [0]
    for line in lines:
        word = line.split()[:2]
        sign = b"".join(word)[:6] if word and word[0].startswith(b"#") else b""
        change = 1 if sign.startswith(b"#if") else -1 if sign.startswith(b"#endif") else 0
        depths.append(max(depths[-1] + change, 0))
    return depths


@given(texts)
def test_conditions_are_open_where_their_lines_stand(content: bytes) -> None:
    lines = lines_of(content)
    found = outline(content)
    assert [len(found.branches(at)) for at in range(len(lines) + 1)] == depth_by_lines(lines)


@given(texts)
def test_a_place_at_the_margin_is_in_the_nearest_section_above(content: bytes) -> None:
    lines = lines_of(content)
    found = outline(content)
    section: tuple[frozenset[bytes], ...] = ()
    for at, line in enumerate(lines):
        assert found.heads(at, 0) == section
        if line.rstrip() in (b"[one]", b"[[t]] # x"):
            section = (frozenset({line.rstrip().replace(b" ", b"")}),)


@given(texts)
def test_what_is_handed_over_says_what_the_lines_say(content: bytes) -> None:
    """The same outline, from its lines alone and with all that was known of them, asked twice."""
    lines = lines_of(content)
    alone, told = Outline(lines), outline(content)
    for _ in range(2):
        for at in range(len(lines) + 1):
            for depth in (0, 1, 9):
                assert alone.heads(at, depth) == told.heads(at, depth)
            assert alone.branches(at) == told.branches(at)
            assert alone.paragraph(at) == told.paragraph(at)


@given(st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"i"]), max_size=60), st.randoms())
def test_however_a_line_is_counted_it_is_there_as_often(lines: list[bytes], chooser: object) -> None:
    content = b"".join(line + b"\n" for line in lines)
    counts = Counts(content, frozenset({b"a", b"b", b"c", b"d", b"e", b"f", b"g"}))
    asked = [b"i", b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"x", b"y", *[b"%d" % n for n in range(ONE_BY_ONE)]]
    chooser.shuffle(asked)  # type: ignore[attr-defined]  # hypothesis does not say what it draws
    assert {line: counts[line] for line in asked} == {line: squeezed_of(content).count(line) for line in asked}


def test_lines_are_held_by_a_new_file_that_has_enough_of_them() -> None:
    """Few are looked for by their letters first; letters within another line are not the line."""
    whole = [f"value_{at} = compute({at})" for at in range(3 * FEW)]
    for size in (FEW - 2, 2 * FEW):
        lines = said("\n".join(whole[:size]).encode())
        for kept, held in ((size, True), (size // 2, False)):
            text = "\n".join([f"    {line}" for line in whole[:kept]] + [f"x{line}x" for line in whole[kept:size]])
            target = MemoryTree({"new.py": (FILE, text.encode())})
            assert Renames(MemoryTree({}), target).holds(lines, 0.9) is held
