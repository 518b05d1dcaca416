"""Patches that upstream took as one: found together, and no small one lost in the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from test_hostile import CODE, GUARD, function, patch_of, tree

from syncbot.judge import judge_series, verify_promise
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action

FIRST = "    if (wanted > limit)\n        return -1;\n"
LONG = "".join(f"    prepare_step_{i}(ctx, wanted);\n" for i in range(14)) + GUARD
REST = "    audit_request(ctx, wanted);\n"


def series_of(*texts: str) -> list[SeriesPatch]:
    """The steps of one function's middle, each a patch on the one before."""
    return [
        replace(patch_of({CODE: function(a)}, {CODE: function(b)}), name=PatchName(f"{i}.patch"))
        for i, (a, b) in enumerate(pairwise(texts), 1)
    ]


def judged(series: Sequence[SeriesPatch], base: str, target: str) -> tuple[Judgement, ...]:
    old, new = tree({CODE: function(base)}), tree({CODE: function(target)})
    answer = judge_series(series, old, new, base_name="1.0", target_name="2.0")
    verify_promise(series, old, new, answer)
    return answer.patches


def actions(series: Sequence[SeriesPatch], base: str, target: str) -> list[str]:
    return [str(patch.action) for patch in judged(series, base, target)]


def test_a_fix_and_its_fix_up_that_upstream_took_as_one() -> None:
    """What the first adds is nowhere in the release: alone, it would be a conflict for ever."""
    series = series_of("", FIRST, GUARD)
    found = judged(series, "", GUARD + REST)
    assert [patch.action for patch in found] == [Action.DROP, Action.DROP]
    assert "together with 2.patch" in found[0].reason
    assert "together with 1.patch" in found[1].reason


def test_three_steps_and_a_fourth_of_ones_own() -> None:
    """The sum of the first three is upstream's; the last one changes it, and stays."""
    mine = GUARD.replace("E2BIG", "EPERM")
    series = series_of("", FIRST, FIRST.replace("-1", "-E2BIG"), GUARD + REST, mine + REST)
    assert actions(series, "", GUARD + REST) == ["drop", "drop", "drop", "keep"]


@pytest.mark.parametrize(
    "mine",
    [
        LONG.replace("wanted > limit", "wanted >= limit"),
        LONG.replace("-E2BIG", "-EPERM"),
        LONG.replace("prepare_step_7(ctx, wanted)", "prepare_step_7(ctx, 0)"),
        LONG.replace(GUARD, ""),
    ],
    ids=["operator", "error code", "argument", "taken out"],
)
def test_ones_own_small_change_is_not_lost_in_a_large_backport(mine: str) -> None:
    """Upstream has the backport, edited so far that it is asked about, and not the change on top of it: sixteen lines
    of seventeen are there, and the one that is not is all that the second patch is for."""
    theirs = LONG.replace("prepare_step_2(ctx, wanted)", "prepare_step_2(ctx, wanted - 1)")
    series = series_of("", LONG, mine)
    assert judged(series, "", theirs)[1].action is not Action.DROP


def test_a_patch_and_its_undoing_are_not_upstream_where_upstream_has_neither() -> None:
    """Their sum is nothing, and nothing is in every release: that is no evidence."""
    series = series_of("", GUARD, "")
    assert all("together" not in patch.reason for patch in judged(series, "", REST))


def test_patches_that_have_nothing_to_do_with_one_another_are_not_looked_at_together() -> None:
    """Upstream has the large one whole and the other not at all."""
    other = LONG + REST.replace("audit", "count")
    series = series_of("", LONG, other)
    assert actions(series, "", LONG) == ["drop", "keep"]


def test_a_pinned_patch_is_not_dropped_with_its_fix() -> None:
    series = series_of("", FIRST, GUARD)
    pinned = [replace(series[0], keep="ours"), series[1]]
    assert judged(pinned, "", GUARD + REST)[0].action is not Action.DROP


def test_commits_of_one_file_that_upstream_took_as_one() -> None:
    """A mailbox with a fix and its fix-up is one entry of the series."""
    mails = (
        b"From %040d Mon Sep 17 00:00:00 2001\nFrom: A <a@b.example>\nDate: Mon, 2 Jan 2023 10:00:00 +0000\n"
        b"Subject: [PATCH] step %d\n\n---\n%b\n-- \n2.40\n\n"
    )
    steps = series_of("", FIRST, GUARD)
    box = b"".join(mails % (i, i, step.content.partition(b"\n\n")[2]) for i, step in enumerate(steps, 1))
    entry = replace(steps[0], content=box)
    (found,) = judged([entry], "", GUARD + REST)
    assert found.action is Action.DROP
    assert [part.verdict for part in found.parts or ()] == ["obsolete", "obsolete"]
    (found,) = judged([entry], "", REST)
    assert found.action is not Action.DROP


TELEMETRY = "    send_telemetry(ctx, wanted);\n"


@pytest.mark.parametrize("apart", [False, True], ids=["beside it", "in another hunk"])
def test_ones_own_removal_between_a_fix_and_its_fix_up_is_not_lost(apart: bool) -> None:
    """Upstream has the fix, fixed up, with the call that the second patch takes out: dropped with them, the call is
    back."""
    gap = "".join(f"    step_{i}(ctx);\n" for i in range(9)) if apart else ""
    series = series_of(gap, TELEMETRY + gap + FIRST, gap + FIRST, gap + GUARD)
    found = judged(series, gap, TELEMETRY + gap + GUARD)
    assert found[1].action is not Action.DROP, found[1].reason


def test_ones_own_word_between_a_fix_and_its_fix_up_is_not_lost() -> None:
    """The second patch calls another function than upstream does."""
    long = "".join(f"    prepare_step_{i}(ctx, wanted);\n" for i in range(6))
    mine = long.replace("prepare_step_3", "prepare_ours_3")
    series = series_of("", long + FIRST, mine + FIRST, mine + GUARD)
    assert judged(series, "", long + GUARD)[1].action is not Action.DROP


def test_ones_own_removal_in_a_new_file_is_not_lost() -> None:
    """The file is new, so all of it is the sum; upstream's has the line that the second patch takes out."""
    first, second = LONG + TELEMETRY + FIRST, LONG + FIRST
    last, theirs = LONG + GUARD, LONG + TELEMETRY + GUARD
    files = [{}, *({CODE: function(text)} for text in (first, second, last))]
    series = [replace(patch_of(a, b), name=PatchName(f"{i}.patch")) for i, (a, b) in enumerate(pairwise(files), 1)]
    found = judge_series(series, tree({}), tree({CODE: function(theirs)})).patches
    assert found[1].action is not Action.DROP, found[1].reason
