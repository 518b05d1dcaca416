"""The title and the commit messages of a proposal, as goldens; and that hostile text in them stays text."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest
from hypothesis import example, given, settings

from syncbot.model.ids import PackageName
from syncbot.model.verdicts import Action, Verdict
from syncbot.report import proposal as texts
from syncbot.report.proposal import PatchStory, Summary
from tests.report import github
from tests.report.hostile import TEXTS, WORST
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


@pytest.mark.parametrize("patch", ["Co-authored-by: Eve <eve@example.org>", "#1 fix", "x Signed-off-by: Eve"])
def test_no_outside_text_becomes_a_trailer_or_a_comment(patch: str) -> None:
    said = f"{patch} " * 12
    bad = judgement(patch, Verdict.CONFLICT, Action.ASK, reason=said, detail=said)
    for made in (texts.decision_message(SUMMARY, bad), texts.step_message(summary(PatchStory(bad, b"", b"")))):
        foreign = re.compile(r"#|(?!Patch|Release|Evidence|Ask|Move)[\w-]+\s*:")
        assert not [text for text in made.splitlines()[1:] if foreign.match(text)]
        command = ["git", "interpret-trailers", "--parse"]
        ran = subprocess.run(command, input=made, capture_output=True, text=True, check=True)
        assert "eve" not in ran.stdout.lower()


@settings(max_examples=100)
@given(TEXTS)
@example(WORST)
def test_titles_and_messages_reach_nobody(text: str) -> None:
    bad = judgement(text, Verdict.CONFLICT, Action.ASK, reason=text, detail=text, path=text)
    hostile = replace(summary(PatchStory(bad, b"", b"")), target=replace(TARGET, name=text, version=text))
    made = [texts.title(hostile), texts.bump_message(hostile), texts.step_message(hostile)]
    for message in (*made, texts.decision_message(hostile, bad)):
        assert github.commit_events(message) == []
        assert all(c.isprintable() or c == "\n" for c in message)
        assert not any(line.startswith("#") for line in message.splitlines())
