"""Texts as hypothesis makes them: files of lines, and files that came of others by edits."""

from __future__ import annotations

from hypothesis import strategies as st

REPEATED = (b"}\n", b"\n", b"\treturn 0;\n", b"\tbreak;\n", b"    pass\n", b"x\r\n")
"""Lines that stand everywhere: what placing and merging stumble over."""

unique_lines = st.integers(0, 400).map(lambda n: b"line %d;\n" % n)
any_lines = st.one_of(unique_lines, unique_lines, st.sampled_from(REPEATED))
odd_lines = st.one_of(
    any_lines, st.binary(max_size=6).map(lambda raw: raw.replace(b"\n", b"").replace(b"\0", b"") + b"\n")
)


@st.composite
def edited(draw: st.DrawFn, lines: list[bytes], line: st.SearchStrategy[bytes], most: int = 3) -> list[bytes]:
    """The lines after one to `most` edits: stretches deleted, inserted or replaced."""
    result = list(lines)
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, len(result)))
        gone = draw(st.integers(0, min(3, len(result) - at)))
        result[at : at + gone] = draw(st.lists(line, max_size=3))
    return result


@st.composite
def pairs(draw: st.DrawFn, line: st.SearchStrategy[bytes] = any_lines, least: int = 0) -> tuple[bytes, bytes]:
    """A text and an edited one; each may lack the newline at its end."""
    before = draw(st.lists(line, min_size=least, max_size=30))
    after = draw(edited(before, line))
    return draw(_ended(before)), draw(_ended(after))


@st.composite
def drifted(draw: st.DrawFn, line: st.SearchStrategy[bytes] = any_lines) -> tuple[bytes, bytes, bytes]:
    """A text, what a patch makes of it, and what somebody else made of it."""
    before = draw(st.lists(line, min_size=4, max_size=30))
    return b"".join(before), b"".join(draw(edited(before, line, 2))), b"".join(draw(edited(before, line, 2)))


@st.composite
def unique_drifted(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """The same with no line twice in the base, and new lines that stand in neither base nor the other side."""
    before = [b"base %d\n" % n for n in range(draw(st.integers(3, 24)))]
    ours = draw(edited(before, st.integers(0, 10**6).map(lambda n: b"ours %d\n" % n)))
    theirs = draw(edited(before, st.integers(0, 10**6).map(lambda n: b"theirs %d\n" % n)))
    return b"".join(before), b"".join(ours), b"".join(theirs)


@st.composite
def alike(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """No line twice in the base, and few different new lines: both sides may make the same change, or part of it."""
    before = [b"base %d\n" % n for n in range(draw(st.integers(2, 12)))]
    new = st.integers(0, 4).map(lambda n: b"new %d\n" % n)
    return b"".join(before), b"".join(draw(edited(before, new, 2))), b"".join(draw(edited(before, new, 2)))


@st.composite
def _ended(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    text = b"".join(lines)
    if text.endswith(b"\n") and draw(st.integers(0, 4)) == 0 and not text.endswith(b"\n\n") and len(lines[-1]) > 1:
        return text[:-1]
    return text
