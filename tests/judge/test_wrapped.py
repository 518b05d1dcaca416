"""Code that upstream has in other line breaks: a formatter makes no other change; and what only looks like its work."""

from __future__ import annotations

import pytest
from test_hostile import by_trees, patch_of

from syncbot.model.verdicts import Action, Proof

HEAD_C = "int run(struct ctx *ctx)\n{\n    prepare_context(ctx);\n    lock_context(ctx, ctx->owner);\n"
TAIL_C = "    unlock_context(ctx, ctx->owner);\n    return finish_context(ctx);\n}\n"
HEAD_PY = "def run(ctx):\n    prepare_context(ctx)\n    lock_context(ctx, ctx.owner)\n"
TAIL_PY = "    unlock_context(ctx, ctx.owner)\n    return finish_context(ctx)\n"


def judged(path: str, head: str, tail: str, mine: str, theirs: str, was: str = "") -> Action:
    """What becomes of the patch that puts `mine` for `was`, where the release has `theirs`."""
    base, after, target = ({path: head + text + tail} for text in (was, mine, theirs))
    found = by_trees(patch_of(base, after), base, target)
    assert found.proof in (None, Proof.MATCHED, Proof.SUGGESTED), "other line breaks are no proof"
    return found.action


CALL = "    report_refusal(ctx, ctx->wanted,\n                   ctx->limit, __LINE__);\n"
SAME_C = {
    "on one line": (CALL, "    report_refusal(ctx, ctx->wanted, ctx->limit, __LINE__);\n"),
    "a line for each": (
        CALL,
        "    report_refusal(\n        ctx,\n        ctx->wanted,\n        ctx->limit,\n        __LINE__);\n",
    ),
    "two statements": (
        "    if (ctx->wanted > ctx->limit) return refuse(ctx, ctx->wanted);\n" + CALL,
        "    if (ctx->wanted > ctx->limit)\n        return refuse(ctx,\n            ctx->wanted);\n" + CALL,
    ),
}


@pytest.mark.parametrize("case", SAME_C)
def test_broken_in_another_way_it_is_there(case: str) -> None:
    assert judged("run.c", HEAD_C, TAIL_C, *SAME_C[case]) is Action.DROP


OTHER_C = {
    "another argument": (CALL, "    report_refusal(ctx, ctx->wanted, ctx->limits, __LINE__);\n"),
    "an argument more": (CALL, "    report_refusal(ctx, ctx->wanted, ctx->limit, __LINE__, 0);\n"),
    "behind a comment": (
        "    // refused\n    report_refusal(ctx, ctx->wanted);\n",
        "    // refused report_refusal(ctx, ctx->wanted);\n",
    ),
    "two words as one": ("    unsigned\n        limit;\n", "    unsignedlimit;\n"),
    "minus minus": ("    limit(ctx->all - -ctx->wanted,\n        ctx);\n", "    limit(ctx->all --ctx->wanted, ctx);\n"),
    "a text with other blanks": (
        '    report_refusal(ctx,\n        "rm -rf /tmp/x");\n',
        '    report_refusal(ctx, "rm -rf / tmp/x");\n',
    ),
    "under a condition": (CALL, "    if (ctx->strict)\n    report_refusal(ctx, ctx->wanted, ctx->limit, __LINE__);\n"),
    "at another place": (CALL, ""),
}


@pytest.mark.parametrize("case", OTHER_C)
def test_what_only_looks_so_is_not(case: str) -> None:
    mine, theirs = OTHER_C[case]
    tail = TAIL_C + "\nint other(struct ctx *ctx)\n{\n" + CALL + "}\n" if not theirs else TAIL_C
    base, after, target = HEAD_C + TAIL_C, HEAD_C + mine + TAIL_C, HEAD_C + theirs + tail
    found = by_trees(patch_of({"run.c": base}, {"run.c": after}), {"run.c": base}, {"run.c": target})
    assert found.action is not Action.DROP, found.reason


SAME_PY = {
    "exploded": (
        "    report_refusal(ctx, ctx.wanted, limit='none')\n",
        '    report_refusal(\n        ctx,\n        ctx.wanted,\n        limit="none",\n    )\n',
    ),
    "quotes": (
        "    if ctx.state == 'refused':\n        return None\n",
        '    if ctx.state == "refused":\n        return None\n',
    ),
}


@pytest.mark.parametrize("case", SAME_PY)
def test_what_a_formatter_makes_of_python_is_there(case: str) -> None:
    assert judged("run.py", HEAD_PY, TAIL_PY, *SAME_PY[case]) is Action.DROP


OTHER_PY = {
    "a tuple of one": (
        "    ctx.allowed = (ctx.wanted_name,)\n",
        "    ctx.allowed = (\n        ctx.wanted_name\n    )\n",
    ),
    "an index of one": ("    use(ctx.table[ctx.wanted,])\n", "    use(\n        ctx.table[ctx.wanted])\n"),
    "deeper": (
        "    if ctx.strict:\n        check(ctx,\n              ctx.limit)\n    refuse(ctx)\n",
        "    if ctx.strict:\n        check(ctx, ctx.limit)\n        refuse(ctx)\n",
    ),
    "a bare return": ("    return\n    refuse(ctx, ctx.limit)\n", "    return refuse(ctx, ctx.limit)\n"),
    "quotes inside": ("    say(ctx, 'a \"b\" c')\n", "    say(ctx, \"a 'b' c\")\n"),
}


@pytest.mark.parametrize("case", OTHER_PY)
def test_what_a_formatter_never_makes_is_not(case: str) -> None:
    assert judged("run.py", HEAD_PY, TAIL_PY, *OTHER_PY[case]) is not Action.DROP


@pytest.mark.parametrize("path", ["run.sh", "Makefile", "notes.txt", "rules.yaml"])
def test_where_a_line_end_says_something_nothing_is_joined(path: str) -> None:
    """`rm -f` and a name on the next line are two commands."""
    mine, theirs = "    remove_all_of --but\n    keep_this_one here\n", "    remove_all_of --but keep_this_one here\n"
    assert judged(path, HEAD_PY, TAIL_PY, mine, theirs) is not Action.DROP


def test_a_patch_that_only_breaks_lines_is_still_one() -> None:
    """It changes nothing but breaks, and the release has the old ones."""
    mine, was = SAME_C["on one line"]
    assert judged("run.c", HEAD_C, TAIL_C, mine, was, was) is not Action.DROP


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("    total = ctx.base_amount\n    -ctx.fee_amount\n", "    total = ctx.base_amount -ctx.fee_amount\n"),
        ("    handler = ctx.handler\n    (ctx.wanted)\n", "    handler = ctx.handler (ctx.wanted)\n"),
    ],
    ids=["a difference", "a call"],
)
def test_where_a_line_end_ends_a_statement_two_are_not_one(mine: str, theirs: str) -> None:
    assert judged("run.py", HEAD_PY, TAIL_PY, mine, theirs) is not Action.DROP
