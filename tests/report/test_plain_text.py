"""A proposal's Markdown as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given

from syncbot.report.plain_text import plain_text
from syncbot.report.safe import code, fenced, html, line, markdown
from tests.report.hostile import TEXTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**`lib` `1.0`: 2 -> 1** (drop 1).", "lib 1.0: 2 -> 1 (drop 1)."),
        (r"a\_b \`x\` &lt;y&gt; 50\% &amp;amp;", r"a_b `x` <y> 50% &amp;"),
        ("see [Warnings](#warnings) below", "see Warnings below"),
        (
            "[`abc`](https://redirect.github.com/o/r/commit/abc) x",
            "abc <https://github.com/o/r/commit/abc> x",
        ),
        ("- [ ] <!-- syncbot-box: rebase --> Make it anew.", "- Make it anew."),
        ("  - `a.c`: hunk 1", "  - a.c: hunk 1"),
        ("### Check it", "Check it\n--------"),
        ("_Left out here: `x`._", "Left out here: x."),
        ("<details><summary>1. <code>a&#95;b</code>: drop</summary>\n\nWhy.\n\n</details>", "1. a_b: drop:\n\nWhy."),
        ("```diff\n-a *b*\n+`c`\n```", "    -a *b*\n    +`c`"),
        (
            "| # | patch | verdict | proof | first release |\n| --: | --- | --- | --- | --- |\n"
            "| 1 | `a\\|b` | obsolete, **drop** | proved | `1.1` |\n| 2 | `c` | applies |  |  |",
            "1. a|b: obsolete, drop; proof: proved; first release: 1.1\n2. c: applies",
        ),
        ("`` a`b `` and `*c*`", "a`b and *c*"),
    ],
)  # fmt: skip
def test_markup_is_taken_off(text: str, expected: str) -> None:
    assert plain_text(text) == f"{expected}\n"


def test_prose_is_wrapped_and_fences_are_not() -> None:
    long = "word " * 30
    made = plain_text(f"{long}\n\n- {long}\n\n```\n{long}\n```\n", 40)
    prose, item, fence = made.rstrip("\n").split("\n\n")
    assert max(map(len, (*prose.splitlines(), *item.splitlines()))) <= 40
    assert item.splitlines()[1].startswith("  word")
    assert fence == f"    {long}".rstrip()


@given(TEXTS)
def test_text_from_outside_is_the_same_in_prose_code_and_folds(text: str) -> None:
    """What was made harmless for Markdown reads as it was, but for addresses and ids, which became code."""
    shown = " ".join(line(text).split())
    for made in (markdown(text), code(text)):
        assert " ".join(plain_text(f"x {made} x").split()) == f"x {shown} x".replace("x  x", "x x")
    folded = plain_text(f"<details><summary>{html(text)}</summary>")
    assert " ".join(folded.split()) == f"{shown}:"
    assert plain_text(fenced(text)).count("```") <= text.count("```")
