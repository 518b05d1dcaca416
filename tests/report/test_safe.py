"""Outside text does no harm on a terminal or in Markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.report import safe

ANYTHING = st.text(alphabet=st.characters(codec=None), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 漢字 🎉", "naïve 漢字 🎉"),
        ("a\x1b[31mred", "a[U+001B][31mred"),
        ("evil\u202etxt.exe", "evil[U+202E]txt.exe"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("two\nlines\r\n\tand  more ", "two lines and more"),
        ("latin \udce9", "latin [xE9]"),
        ("no\u00a0break", "no break"),
    ],
)
def test_a_line(text: str, shown: str) -> None:
    assert safe.line(text) == shown


def test_a_line_is_shortened_with_an_ellipsis() -> None:
    assert safe.line("a long sentence", 7) == "a long…"


@given(ANYTHING)
def test_a_line_is_one_line_of_visible_characters(text: str) -> None:
    shown = safe.line(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1


@given(ANYTHING)
def test_a_block_has_no_hidden_characters_but_line_feeds_and_tabs(text: str) -> None:
    assert all(c.isprintable() or c in "\n\t" for c in safe.block(text))


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("thanks @octocat", "@octocat"),
        ("fixes #12", "#12"),
        ("see GH-34", "GH-34"),
        ("<script>", "<"),
        ("<!-- syncbot:1 -->", "<!--"),
        ("see ftp://[x]", "://"),
        ("[a](b)", "]("),
        ("**bold**", "**"),
        ("a | b", " | "),
    ],
)
def test_markdown_is_not_interpreted(text: str, gone: str) -> None:
    assert gone not in safe.markdown(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://example.org/o/r/issues/1.", "see `https://example.org/o/r/issues/1`."),
        ("www.example.org", "`www.example.org`"),
        ("merged as 1234abc (2024)", "merged as `1234abc` (2024)".replace("(", "\\(").replace(")", "\\)")),
        ("released 20240131, effaced", "released 20240131, effaced"),
    ],
)
def test_addresses_and_commit_ids_can_be_copied_and_are_not_linked(text: str, shown: str) -> None:
    assert safe.markdown(text) == shown


@given(ANYTHING)
def test_a_code_span_cannot_be_left(text: str) -> None:
    span = safe.code(text)
    fence = re.match("`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in inner
    assert span.endswith(fence[0])
    assert "\n" not in span
    assert not re.search(r"(?<!\\)\|", inner)


@given(ANYTHING)
def test_a_fenced_block_cannot_be_closed_from_inside(text: str) -> None:
    first, *body, last = safe.fenced(text).split("\n")
    assert set(last) == {"`"}
    assert first == last
    assert all(last not in line for line in body)


@given(st.text(alphabet="<!->a`\n", max_size=30))
def test_a_marker_cannot_be_forged_even_in_code(text: str) -> None:
    for made in (safe.code(text), safe.fenced(text), safe.markdown(text)):
        assert "<!--" not in made
        assert "-->" not in made


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1.0 -> 1.1", "1.0 -> 1.1"), ("R & D", "R & D"), ("a > b", "a > b"), ("> a", r"\> a"), ("&lt;", "&amp;lt;")],
)
def test_what_need_not_be_escaped_is_readable_as_it_is(text: str, shown: str) -> None:
    assert safe.markdown(text) == shown
