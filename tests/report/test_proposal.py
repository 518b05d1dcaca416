"""What a proposal says, as goldens; and that hostile text in it stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from syncbot.model.ids import PackageName
from syncbot.model.verdicts import Action, Verdict
from syncbot.report import proposal as texts
from syncbot.report.proposal import PatchStory, Summary
from tests.report.values import BASE, TARGET, judgement, series

DROP = judgement("fix/ten.patch", Verdict.OBSOLETE, Action.DROP, lines=(4, 0))
KEEP = judgement("b.patch", Verdict.APPLIES, Action.KEEP)
ASK = judgement("c.patch", Verdict.CONFLICT, Action.ASK, reason="conflict in a.c")


def summary(*stories: PatchStory, draft: bool = False) -> Summary:
    return Summary(
        package=PackageName("lib"),
        path="patches/lib",
        upstream="git:https://example.org/lib.git",
        line="stable",
        base=BASE,
        target=TARGET,
        judgement=series(*(story.judgement for story in stories)),
        stories=stories,
        draft=draft,
    )


SUMMARY = summary(PatchStory(DROP, b"-old\n+new\n", None), PatchStory(KEEP, b"-x\n+y\n", b"-x\n+y\n"))


def test_title_and_messages() -> None:
    assert texts.title(SUMMARY) == "lib: 1.0 -> 1.2, drop 1, keep 1"
    assert texts.decision_message(SUMMARY, DROP) == (
        "lib: drop ten.patch\n"
        "\n"
        "Patch: fix/ten.patch\n"
        "\n"
        "All of its effect is in the release. This is proved: the release's own\n"
        "files show it. The first release that has it is 1.1.\n"
        "\n"
        "Release: 1.2 (v1.2), cccccccccccccccccccccccccccccccccccccccc\n"
        "\n"
        "Evidence:\n"
        "- merging it changes nothing\n"
    )
    assert texts.bump_message(SUMMARY).startswith("lib: move to 1.2\n\nMove lib from 1.0 (v1.0), bbbb")
    assert texts.step_message(SUMMARY).splitlines()[0] == "lib: 1.0 -> 1.2"


@pytest.mark.parametrize("make", [texts.title, texts.bump_message, texts.step_message])
def test_subjects_hold_72_characters_whatever_comes(make: object) -> None:
    assert callable(make)
    long = replace(SUMMARY, package=PackageName("n" * 80), target=replace(TARGET, version="9" * 60))
    subject = make(long).splitlines()[0]
    assert len(subject) <= 72
    assert len(texts.decision_message(long, DROP).splitlines()[0]) <= 72


def test_a_body_begins_with_the_verdict_line_and_a_table() -> None:
    lines = texts.body(SUMMARY).splitlines()
    assert lines[0] == "**`lib` `1.0` -> `1.2`**: drop 1, keep 1 (2 -> 1 patches, -4 lines)."
    assert "| 1 | `fix/ten.patch` | obsolete | drop | proved | - | `1.1` |" in lines
    assert "<details><summary>1. fix/ten.patch: obsolete, drop</summary>" in lines
    assert 'syncbot proposals reject lib --reason "why"' in lines
    assert "syncbot explain lib fix/ten.patch" in lines


def test_a_draft_says_who_waits_for_whom() -> None:
    draft = replace(summary(PatchStory(ASK, b"x\n", b"x\n"), draft=True), branch="syncbot/lib/stable", remote="f.git")
    made = texts.body(draft)
    assert "git pull --no-rebase --no-edit f.git syncbot/lib/stable\n" in made
    assert "git fetch f.git syncbot/lib/stable\ngit diff HEAD...FETCH_HEAD\n" in made
    assert "This is a draft: at least one patch waits for a person" in made
    assert "**Question:** rebase the conflicting hunks by hand, or delete the patch." in made


def test_a_warning_stands_before_the_table() -> None:
    made = texts.body(replace(SUMMARY, warnings=("release 1.1 changed after it was seen",)))
    assert made.index("**Warning:** release 1.1") < made.index("| # |")


HOSTILE = "x@octocat #12 <img src=x> <!-- marker --> `tick` | \u202e\x1b[0m ](http://evil).patch"


def test_hostile_text_stays_text() -> None:
    bad = judgement(HOSTILE, Verdict.CONFLICT, Action.ASK, reason=HOSTILE, path=HOSTILE, detail=HOSTILE)
    diff = (HOSTILE + "\n```\n</details>\n~~~\n" + "`" * 9).encode()
    made = texts.body(replace(summary(PatchStory(bad, diff, diff)), warnings=(HOSTILE,)))
    assert "<!--" not in made
    assert "-->" not in made
    assert all(c.isprintable() or c in "\n\t\u200b" for c in made)
    outside = without_code(made)
    assert not re.search(r"@\w", outside)
    assert not re.search(r"#\d", outside)
    assert "<img" not in outside
    assert "://" not in outside
    assert outside.count("<details>") == outside.count("</details>") == 1
    for message in (texts.decision_message(SUMMARY, bad), texts.step_message(summary(PatchStory(bad, b"", b"")))):
        assert all(c.isprintable() or c == "\n" for c in message)
        assert not any(line.startswith("#") for line in message.splitlines())


def without_code(text: str) -> str:
    """The Markdown without fenced blocks and code spans: what a forge would interpret."""
    text = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


def test_a_body_fits_a_forge_whatever_it_is_made_of() -> None:
    wide = b"+" + b"x" * 400 + b"\n"
    stories = [PatchStory(replace(KEEP, index=n), wide * 200, wide * 200) for n in range(1, 400)]
    made = texts.body(summary(*stories))
    assert len(made) <= 65_536
    assert "left out here for length" in made
    assert made.rstrip().endswith("stops all proposals for the package.")


def test_the_same_summary_makes_the_same_text() -> None:
    assert texts.body(SUMMARY) == texts.body(replace(SUMMARY))
