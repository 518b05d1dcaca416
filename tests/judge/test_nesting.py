"""What upstream merged and formatted otherwise is merged; what stands under a new condition is not."""

from __future__ import annotations

import pytest
from test_hostile import CODE, FINISH, SETUP, Files, by_trees, function, patch_of, stays

from syncbot.model.verdicts import Action

CHECK = "    if (wanted > limit)\n        refuse_request(ctx, wanted);\n    audit_request(ctx, wanted);\n"
TABBED = "    if (wanted > limit)\n\t\trefuse_request(ctx, wanted);\n    audit_request(ctx, wanted);\n"
REMARK = "    /*\n     * Too much is refused.\n     */\n"
LONG_REMARK = "    /* Too much\n       is refused,\n       and told. */\n"
BRANCH = "    if (ctx->closed) {\n        return -1;\n    }\n"
CALL = "    audit_request(ctx, wanted);\n"
FAST = "    if (ctx->fast) {\n        count_request(ctx);\n    }\n"


def split_from(guard: str, drift: str = "    drift_nearby(ctx);\n") -> tuple[Files, Files, Files]:
    """Base, patched, and a release that has the patched middle as `guard` says, its context changed."""
    moved = SETUP.replace("    setup_7(ctx);\n", "    setup_7(ctx);\n" + drift)
    return {CODE: function("")}, {CODE: function(CHECK)}, {CODE: function(guard, setup=moved)}


@pytest.mark.parametrize(
    "merged",
    [TABBED, REMARK + CHECK, LONG_REMARK + CHECK, BRANCH + CHECK, FAST + CHECK],
    ids=["tabs", "comment above", "comment without stars", "a branch that returns above", "a block above"],
)
def test_what_only_looks_deeper_is_there(merged: str) -> None:
    """Another indentation, a comment, a branch that ends before it: the change does what it did."""
    base, after, target = split_from(merged)
    assert by_trees(patch_of(base, after), base, target).action is Action.DROP


@pytest.mark.parametrize(
    "switched",
    [
        "    if (strict_mode) {\n" + "".join("    " + x for x in CHECK.splitlines(keepends=True)) + "    }\n",
        "    if (strict_mode)\n    {\n" + "".join("    " + x for x in CHECK.splitlines(keepends=True)) + "    }\n",
        "#if defined(STRICT)\n" + CHECK + "#endif\n",
        "    return run_fast(ctx);\n" + CHECK,
        "    /* no more:\n" + CHECK + "    */\n",
        FAST.replace("    }\n", "") + "".join("    " + x for x in CHECK.splitlines(keepends=True)) + "    }\n",
        "    while (retry_again(ctx)) {\n" + "".join("    " + x for x in CHECK.splitlines(keepends=True)) + "    }\n",
    ],
    ids=["if", "if, brace below", "#if", "after a return", "in a comment", "in the block above", "in a loop"],
)
def test_what_stands_under_something_new_is_not(switched: str) -> None:
    """Dropped, the product is checked only sometimes, or never."""
    base, after, target = split_from(switched)
    stays(by_trees(patch_of(base, after), base, target))


def test_a_condition_without_a_brace_is_a_condition() -> None:
    """One statement, and a new `if` right above it."""
    base, after = {CODE: function("")}, {CODE: function(CALL)}
    target = {CODE: function("    if (strict_mode)\n    " + CALL, setup=SETUP + "    drift_nearby(ctx);\n")}
    stays(by_trees(patch_of(base, after), base, target))


def test_in_a_language_that_nests_by_indentation_deeper_is_deeper() -> None:
    """No new line stands above it: it has only moved into the branch that was there."""
    head = (
        "def run(ctx):\n"
        + "".join(f"    setup_{i}(ctx)\n" for i in range(6))
        + "    if ctx.fast:\n        count(ctx)\n"
    )
    tail = "".join(f"    finish_{i}(ctx)\n" for i in range(6))
    check = "audit_request(ctx, ctx.wanted)\n    report_request(ctx, ctx.wanted)\n"
    base, after = {"run.py": head + tail}, {"run.py": head + "    " + check + tail}
    target = {"run.py": head + "        " + check.replace("    report", "        report") + "    drift()\n" + tail}
    stays(by_trees(patch_of(base, after), base, target))


def test_a_comment_reworded_upstream_is_no_reason_to_carry_the_code() -> None:
    """The patch's code is there, its comment says it in other words."""
    mine = "    /* Never let more in than there is room for. */\n" + CHECK + FINISH.replace("finish", "close")
    theirs = "    /* Refuse what does not fit (see the manual). */\n" + CHECK + FINISH.replace("finish", "close")
    base, after, target = {CODE: function("")}, {CODE: function(mine)}, {CODE: function(theirs)}
    assert by_trees(patch_of(base, after), base, target).action is Action.DROP


def test_a_patch_of_comments_alone_is_not_dropped_for_other_comments() -> None:
    mine = "    /* Never let more in than there is room for. */\n"
    theirs = "    /* Nobody knows what this is for any more. */\n"
    base, after, target = {CODE: function("")}, {CODE: function(mine)}, {CODE: function(theirs)}
    stays(by_trees(patch_of(base, after), base, target))


@pytest.mark.parametrize("returned", ["return 0;", "return;", "break;", "continue;"])
def test_what_a_guard_does_counts_however_short(returned: str) -> None:
    """A line too common to weigh is all that the guard is for."""
    base, after = {CODE: function("")}, {CODE: function("    if (wanted > limit)\n        return -1;\n")}
    target = {CODE: function(f"    if (wanted > limit)\n        {returned}\n", setup=SETUP + "    drift(ctx);\n")}
    stays(by_trees(patch_of(base, after), base, target))
