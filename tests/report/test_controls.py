"""Boxes and commands: what people tick and write is read, and what stands in code or quotations is not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncbot.report import controls
from syncbot.report.controls import Command, Word
from syncbot.report.safe import code, fenced, html, markdown
from tests.report import github
from tests.report.hostile import TEXTS, WORST


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/syncbot rebase", [Command(Word.REBASE)]),
        ("  /SyncBot  Rebase  ", [Command(Word.REBASE)]),
        ("/syncbot keep a.patch it is ours", [Command(Word.KEEP, "a.patch", "it is ours")]),
        ("/syncbot keep `sub/a b.patch` it is ours", [Command(Word.KEEP, "sub/a b.patch", "it is ours")]),
        ('/syncbot drop "a b.patch"', [Command(Word.DROP, "a b.patch")]),
        ("/syncbot drop 'a b.patch' upstream's is better", [Command(Word.DROP, "a b.patch", "upstream's is better")]),
        ("No.\r\n\r\n/syncbot reject not now\r\n", [Command(Word.REJECT, reason="not now")]),
        ("/syncbot retry\n/syncbot discard", [Command(Word.RETRY), Command(Word.DISCARD)]),
        ("/syncbot", [Command(None, wrong="the command is missing")]),
        ("/syncbot dance", [Command(None, wrong="there is no command 'dance'")]),
        ("/syncbot keep", [Command(Word.KEEP, wrong="keep needs the name of a patch")]),
        ("> /syncbot reject", []),
        ("```\n/syncbot reject\n```", []),
        ("~~~~\n```\n/syncbot reject\n~~~~", []),
        ("```\n/syncbot reject", []),
        ("`` ` ``\n/syncbot retry", [Command(Word.RETRY)]),
        ("    /syncbot reject", []),
        ("\t/syncbot reject", []),
        ("try `/syncbot reject`", []),
        ("/syncbotreject", []),
        ("", []),
    ],
)
def test_commands(text: str, asked: list[Command]) -> None:
    assert list(controls.commands(text)) == asked


def test_every_word_has_its_sentence_and_usage() -> None:
    assert all(word.sentence.endswith(".") and controls.USAGE[word].startswith(word) for word in Word)


BODY = f"Some text.\n\n{controls.box('rebase', 'Again.')}\n{controls.box('again:3', '`lib`')}\n"


def test_boxes_are_read_ticked_and_unticked() -> None:
    assert controls.boxes(BODY) == {"rebase": False, "again:3": False}
    assert controls.ticked(BODY) == ()
    ticked = controls.with_ticks(BODY, {"again:3", "gone"})
    assert controls.ticked(ticked) == ("again:3",)
    assert controls.ticked(ticked.replace("[x]", "[X]").replace("- [", "* [").replace("\n", "\r\n")) == ("again:3",)
    assert controls.without_ticks(ticked) == BODY
    assert github.rendered(ticked).tags.count("input") == 2


def test_a_box_in_a_fence_is_none() -> None:
    assert controls.boxes(f"```\n{controls.with_ticks(BODY, {'rebase'})}\n```\n{BODY}") == {
        "rebase": False,
        "again:3": False,
    }


@given(TEXTS, st.sampled_from([code, fenced, markdown, html]))
@example(WORST, fenced)
@example("- [x] <!-- syncbot-box: rebase -->", fenced)
@example("- [x] <!-- syncbot-box: rebase -->", markdown)
def test_outside_text_ticks_no_box(text: str, shown: object) -> None:
    assert callable(shown)
    assert controls.boxes(f"{shown(text)}\n{shown('x ' + text)}\n\n{BODY}") == {"rebase": False, "again:3": False}


@given(TEXTS)
@example(WORST)
def test_whatever_is_asked_the_answer_reaches_nobody(text: str) -> None:
    for asked in controls.commands(f"/syncbot {text}"):
        if asked.wrong:
            assert github.rendered(controls.understood(asked)).events == []


def test_what_is_missing_is_told_without_a_backslash_or_a_backtick_in_it() -> None:
    [asked] = controls.commands("/syncbot keep")
    assert controls.understood(asked).startswith("That was not understood: keep needs the name of a patch. Known are ")


@given(TEXTS)
@example(WORST)
@example("ann proposes it in #12, fixes o/r#3")
def test_what_is_said_below_a_proposal_reaches_nobody(text: str) -> None:
    for said in (controls.withdrawn(text), controls.taken(text)):
        assert github.rendered(said).events == []
        assert github.closes(said) == []
    for asked in (*controls.commands(f"/syncbot {text}"), *controls.commands(f"/syncbot keep '{text}' why")):
        told = controls.answer(asked, controls.understood(asked) if asked.wrong else "That cannot be done: no.")
        assert github.rendered(told).events == []
        assert "syncbot-box" not in "".join(github.rendered(told).comments)


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ("/syncbot KEEP 'a b.patch' why", "`/syncbot keep a b.patch`"),
        ("/syncbot rebase now, please", "`/syncbot rebase`"),
        ("/syncbot frobnicate @ann", "`/syncbot frobnicate @ann`"),
    ],
)
def test_an_answer_names_the_order_that_it_is_about(order: str, named: str) -> None:
    (asked,) = controls.commands(order)
    assert controls.answer(asked, "That cannot be done: no.") == f"{named} cannot be done: no."
    assert controls.answer(asked, "Rejected: it is so.") == "Rejected: it is so."


def test_an_answer_to_a_box_names_its_words() -> None:
    told = controls.answer(controls.of_box("rebase"), "That cannot be done: no.")
    assert told == '"Make this proposal anew on the branch as it is now" cannot be done: no.'
