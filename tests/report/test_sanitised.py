"""Nothing from outside reaches anybody: through GitHub's own Markdown parser, no mention or marker is left."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given, settings

from syncbot.plan.identity import slug
from syncbot.report import safe
from syncbot.report.references import ZERO_WIDTH
from tests.report import github
from tests.report.hostile import TEXTS, WORST

PLENTY = settings(max_examples=300)


@pytest.mark.parametrize(
    "text",
    [
        "thanks @octocat", "cc @org/team", "see #1", "see o/r#1", "GH-1", "fixes #1", "https://github.com/o/r/issues/1",
        "commit deadbee1", "o/r@deadbee1", "[x](https://github.com/o/r/pull/1)", "<a href='https://x.org'>x</a>",
        "www.example.org", "a@b.example",
    ],
)  # fmt: skip
def test_the_detector_finds_what_github_would(text: str) -> None:
    assert github.rendered(text).events


@pytest.mark.parametrize("text", ["`@octocat fixes #1`", "```\n@octocat #1\n```", "a # b", "x@y", "20240101"])
def test_the_detector_leaves_alone_what_github_does(text: str) -> None:
    assert not github.rendered(text).events


@PLENTY
@given(TEXTS)
@example(WORST)
def test_a_sentence_reaches_nobody(text: str) -> None:
    for markdown in (safe.markdown(text), f"- why: {safe.markdown(text)}.", f"> **Note:** {safe.markdown(text)}"):
        seen = github.rendered(markdown)
        assert seen.events == []
        assert seen.comments == []
        assert set(seen.tags) <= {"p", "code", "ul", "li", "blockquote", "strong", "br"}


@PLENTY
@given(TEXTS)
@example(WORST)
def test_a_sentence_says_what_was_said(text: str) -> None:
    reader = github.html(f"say {safe.markdown(text)}")
    shown = html.unescape(re.sub(r"<[^>]*>", "", reader)).replace(ZERO_WIDTH, "").strip()
    assert re.sub(r"\s+", " ", shown) == re.sub(r"\s+", " ", f"say {safe.line(text)}".strip())


@PLENTY
@given(TEXTS, TEXTS)
@example(WORST, WORST)
def test_a_cell_stays_one_cell(first: str, second: str) -> None:
    rows = [
        f"| {safe.code(first)} | {safe.markdown(second)} |",
        f"| {safe.markdown(first)} | {safe.code(second)} |",
    ]
    seen = github.rendered("\n".join(["| a | b |", "|---|---|", *rows]))
    assert seen.events == []
    assert seen.comments == []
    assert seen.tags.count("td") == 4
    assert seen.tags.count("tr") == 3


@PLENTY
@given(TEXTS)
@example(WORST)
def test_a_code_span_is_one_span(text: str) -> None:
    seen = github.rendered(f"a {safe.code(text)} b")
    assert seen.events == []
    assert seen.tags == ["p", "code"]
    assert seen.text.strip() == "a  b"


@PLENTY
@given(TEXTS)
@example(WORST)
def test_a_fence_cannot_be_broken_out_of(text: str) -> None:
    made = f"<details><summary>x</summary>\n\n{safe.fenced(text, 'diff')}\n\n</details>\n\nend"
    seen = github.rendered(made)
    assert seen.events == []
    assert seen.comments == []
    assert seen.tags == ["details", "summary", "pre", "code", "p"]
    assert not seen.closed_badly
    assert seen.text.split() == ["x", "end"]
    assert not re.search(r"^/[A-Za-z]", made, re.MULTILINE)


@PLENTY
@given(TEXTS)
@example(WORST)
def test_the_summary_of_a_story_holds_it(text: str) -> None:
    seen = github.rendered(f"<details><summary>1. {safe.html(text)}: drop</summary>\n\nstory\n\n</details>")
    assert seen.events == []
    assert seen.tags == ["details", "summary", "code", "p"]
    assert not seen.closed_badly
    assert seen.codes[0].replace(ZERO_WIDTH, "") == safe.line(text)


@PLENTY
@given(TEXTS)
@example(WORST)
def test_titles_and_commit_messages_reach_nobody(text: str) -> None:
    for made in (safe.plain(text), safe.plain(text, 72)):
        assert github.commit_events(made) == []
        assert made.isprintable()
        assert not re.search(r"\[(skip ci|ci skip|no ci|skip actions|actions skip)\]|\*\*\*NO_CI\*\*\*", made, re.I)
        assert "<!--" not in made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fixes #12, thanks @octocat", "fixes # 12, thanks @ octocat"),
        ("see GH-3 and o/r#4", "see GH- 3 and o/r# 4"),
        ("mail jane@example.org", "mail jane@example.org"),
        ("https://github.com/o/r/issues/1", "https://redirect.github.com/o/r/issues/1"),
        ("https://ghe.example.org/o/r/pull/1", "https://ghe.example.org/o/r/pull/ 1"),
        ("build [skip ci]", "build (skip ci)"),
    ],
)
def test_a_commit_message_stays_readable(text: str, shown: str) -> None:
    assert safe.plain(text) == shown


@PLENTY
@given(TEXTS)
@example(WORST)
def test_a_squashed_body_closes_nothing(text: str) -> None:
    for made in (safe.markdown(text), safe.code(text), safe.fenced(text), safe.html(text)):
        assert github.closes(made) == []


@PLENTY
@given(TEXTS)
@example(WORST)
def test_a_branch_name_holds_nothing_of_it(text: str) -> None:
    name = f"syncbot/{slug(text)}/stable"
    assert re.fullmatch(r"syncbot/[A-Za-z0-9._-]+/stable", name)
    assert github.commit_events(f"Merge pull request from org/{name}") == []
