"""A patch that goes is shown with what upstream did instead."""

from __future__ import annotations

from dataclasses import replace

from syncbot.model.judgement import SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree, Tree
from syncbot.model.verdicts import Action, Verdict
from syncbot.services.counterparts import with_counterparts
from tests.report.values import judgement
from tests.services.fakes import patch, release, text

BASE, TARGET = release("1.0"), release("1.1")
TREES = {BASE: text(), TARGET: text(l2="two", l10="ten", l11="eleven", l38="last")}


def tree(asked: object) -> Tree:
    return MemoryTree({"a.c": (FILE, TREES[asked])})  # type: ignore[index]  # one of the two


def compared(action: Action, patch: SeriesPatch) -> list[tuple[bytes, bytes]]:
    judged = replace(judgement(patch.name, Verdict.OBSOLETE, action))
    made = with_counterparts(SeriesJudgement("1.0", "1.1", (judged,)), [patch], BASE, TARGET, tree)
    return [(both.ours, both.theirs) for both in made.patches[0].compared]


def test_both_diffs_of_a_patch_that_is_dropped() -> None:
    [(ours, theirs)] = compared(Action.DROP, patch("ten.patch", 10, "ten"))
    assert b"\n-line 10\n+ten\n" in ours
    assert b"\n-line 10\n-line 11\n+ten\n+eleven\n" in theirs
    assert b"+two" not in theirs
    assert b"+last" not in theirs


def test_the_numbers_of_a_patch_may_be_far_off() -> None:
    one = patch("ten.patch", 10, "ten")
    moved = replace(one, content=one.content.replace(b"@@ -7,7 +7,7 @@", b"@@ -907,7 +907,7 @@"))
    assert len(compared(Action.DROP, moved)) == 1


def test_what_stays_or_cannot_be_read_has_none() -> None:
    assert compared(Action.KEEP, patch("ten.patch", 10, "ten")) == []
    assert compared(Action.DROP, patch("other.patch", 20, "twenty")) == []
    assert compared(Action.DROP, replace(patch("x.patch", 10, "ten"), content=b"no patch")) == []
