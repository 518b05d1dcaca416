"""What later commits made of a commit that is the patch and no other: written anew, or only laid out in another way.

What stood there before the patch must not be back in any form; what is then left of the patch's own lines is upstream's
to decide, who had them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile import CODE, FINISH, GUARD, SETUP, Files, by_history, function, patch_of, stays
from test_traced import CHECKED, LONG, OTHERS, goes, judged, run

from syncbot.judge.commits_kin import one_word, returns
from syncbot.judge.wrapped import reflowed
from syncbot.model.judgement import Judgement
from syncbot.model.verdicts import Action

OLD = (
    "    fetch_all(ctx, ctx->first, ctx->room);\n"
    "    merge_all(ctx, ctx->first, ctx->count);\n"
    "    ctx->limit = 4096;\n"
    "    flush_all(ctx, ctx->first, ctx->last);\n"
)
NEW = (
    "    fetch_some(ctx, ctx->first, wanted);\n"
    "    log_progress(ctx, wanted, ctx->count);\n"
    "    merge_sorted(ctx, ctx->first, ctx->count, wanted);\n"
    "    ctx->limit = 64;\n"
    "    flush_when_full(ctx, wanted, ctx->last);\n"
)
NEAR = SETUP.replace("setup_7(ctx)", "setup_7(ctx, 0)")
LATER = (
    "    struct walk walk = WALK_INIT;\n"
    "    while (next_chunk(&walk))\n"
    "        state->sorted[walk.at++] = walk.chunk;\n"
    "    ctx->limit = 64;\n"
    "    done(&walk);\n"
)


def of(lines: str, near: str = SETUP, others: str = OTHERS) -> Files:
    return {CODE: others + function(lines, near)}


def rewritten(tmp_path: Path, later: Files, old: str = OLD, new: str = NEW) -> Judgement:
    """The patch that puts `new` in the place of `old`, which upstream took as it is, and what became of it since."""
    base, after = of(old), of(new)
    return by_history(tmp_path, patch_of(base, after), base, ("Take only what is wanted", after), ("Walk", later))


def test_lines_that_replaced_old_ones_may_be_replaced(tmp_path: Path) -> None:
    goes(rewritten(tmp_path, of(LATER)))


BACK: dict[str, Files] = {
    "one of the old lines beside it": of(LATER + "    merge_all(ctx, ctx->first, ctx->count);\n"),
    "one of them in another function": of(
        LATER, others=OTHERS.replace("    second_2(ctx);\n", "    merge_all(ctx, ctx->first, ctx->count);\n")
    ),
    "one of them in another file": {
        **of(LATER),
        "walk.c": "int walk(struct ctx *ctx)\n{\n    merge_all(ctx, ctx->first, ctx->count);\n}\n",
    },
    "a value on its way back": of(LATER.replace("= 64", "= 2048")),
    "all of them": of(OLD, NEAR),
    "nothing in their place": of("", NEAR),
}


@pytest.mark.parametrize("what", BACK)
def test_lines_that_replaced_old_ones_are_undone_where_the_old_are_written_again(what: str, tmp_path: Path) -> None:
    stays(rewritten(tmp_path, BACK[what]))


FILTER = (
    "    refs = only_of(ctx, refs, wanted);\n"
    "    count_left_out(ctx, refs, wanted);\n"
    "    log_left_out(ctx, refs, ctx->owner);\n"
    "    return wrap_filtered(ctx, refs, wanted);\n"
)
PLAIN = "    return wrap(ctx, refs);\n"
LISTS = "".join(f"int list_{n}(struct ctx *ctx)\n{{\n    refs = all_{n}(ctx);\n{PLAIN}}}\n\n" for n in range(12))


@pytest.mark.parametrize(("elsewhere", "drops"), [("", True), ("copy_all(ctx, wanted);", False)])
def test_a_tiny_patch_whose_old_line_goes_on_in_a_helper_is_asked(elsewhere: str, drops: bool, tmp_path: Path) -> None:
    """Its line was edited in several words; the same commit wrote the unchecked call that it was to replace, for all to
    use."""
    old, new = "    copy_all(ctx, wanted);\n", "    copy_checked(ctx, wanted, limit);\n"
    helper = f"void copy_some(struct ctx *ctx, size_t wanted)\n{{\n    {elsewhere}\n}}\n\n" if elsewhere else ""
    later = of("    copy_guarded(ctx, wanted, limit, owner);\n", NEAR, helper + OTHERS)
    found = rewritten(tmp_path, later, old, new)
    goes(found) if drops else stays(found)


@pytest.mark.parametrize("more", [CHECKED, LONG])
def test_an_old_line_that_stands_everywhere_is_back_as_well(more: str, tmp_path: Path) -> None:
    """A list is filtered; then it is not, in a commit that also works beside it. The old line says nothing by itself,
    for a dozen functions end with it: here it stands where the filter was."""

    def tree(end: str, near: str = SETUP, middle: str = "") -> Files:
        listing = "int list(struct ctx *ctx)\n{\n" + near + end + "}\n\n"
        return {CODE: LISTS + listing + function(middle)}

    base, after = tree(PLAIN), tree(FILTER, middle=more)
    later = tree("    audit(ctx);\n" + PLAIN, NEAR, middle=more)
    stays(by_history(tmp_path, patch_of(base, after), base, ("Filter", after), ("Audit", later)))


LOOP = "    for (item = first(ctx); item; item = next(ctx, item)) {\n{}        mark(ctx, item);\n    }\n"
SKIP = "        if (item->owner != wanted->owner)\n            continue;\n"


def test_a_condition_that_was_taken_out_of_a_large_patch_is_missed(tmp_path: Path) -> None:
    """All else of it stands, and so does another `continue`."""
    body = LONG[len(CHECKED) :] + "    if (!item)\n        return -ENOENT;\n"
    full, rest = (body + LOOP.replace("{}", skip) + "    finish_marks(ctx);\n" for skip in (SKIP, ""))
    stays(judged(tmp_path, full, run(rest, setup=NEAR)))


def test_other_lines_where_nothing_stood_may_be_what_a_revert_left(tmp_path: Path) -> None:
    """A check came in and went again, and what came at once in its place checks nothing."""
    stays(judged(tmp_path, CHECKED, run("    publish_news(ctx, ctx->news);\n    count_readers(ctx);\n")))


def test_a_commit_that_did_more_than_the_patch_is_not_the_patch(tmp_path: Path) -> None:
    """What came of its lines may be for the sake of the rest."""
    more = OTHERS.replace("third_", "third_and_last_").replace("first_", "at_first_").replace("second_", "then_")
    base, after = of(OLD), of(NEW)
    commits = [("Take only what is wanted", of(NEW, others=more)), ("Walk", of(LATER, others=more))]
    stays(by_history(tmp_path, patch_of(base, after), base, *commits))


WORDS = {"another error": ("-E2BIG", "-EINTR"), "another name": ("wanted > limit", "needed > limit")}


@pytest.mark.parametrize("what", WORDS)
def test_a_tiny_patch_may_be_for_the_word_that_changed(what: str, tmp_path: Path) -> None:
    old, new = WORDS[what]
    later = run(GUARD.replace(old, new), setup=NEAR)
    stays(judged(tmp_path, GUARD, later))


def test_in_a_tiny_patch_a_word_that_was_there_before_counts_as_well(tmp_path: Path) -> None:
    """It brings a call in; what is called with is another thing now, and nobody can tell what for."""
    old, new, now = (
        "    copy_all(ctx, wanted);\n",
        "    copy_checked(ctx, wanted);\n",
        "    copy_checked(ctx, needed);\n",
    )
    stays(rewritten(tmp_path, of(now, NEAR), old, new))
    goes(rewritten(tmp_path / "more", of(now.replace("needed", "needed, ctx->owner"), NEAR), old, new))
    why = "".join(f"    /* Why line {n} of all this is as it is, and was not before. */\n" for n in range(3))
    stays(rewritten(tmp_path / "explained", of(why + now, NEAR), old, why + new))


# Laid out in another way.

BROKEN = LONG.replace(", wanted, &state", ",\n              wanted,\n              &state").replace(
    "log_warning(", "log_warning(\n            "
)
JOINED = LONG.replace("wanted %zu of %zu", "wanted %zu of all the %zu that there are here")
SPLIT = JOINED.replace(", wanted, ctx->limit);", ",\n                    wanted, ctx->limit);")
WIDE = "    if (wanted > ctx->limit && ctx->strict) {\n        report(ctx, wanted);\n        return -E2BIG;\n    }\n"


@pytest.mark.parametrize(("first", "then"), [(LONG, BROKEN), (BROKEN, LONG), (SPLIT, JOINED), (JOINED, SPLIT)])
def test_a_formatter_takes_nothing_out(first: str, then: str, tmp_path: Path) -> None:
    assert judged(tmp_path, first, run(then)).action is Action.DROP
    goes(judged(tmp_path / "again", first, run(then), run(then.replace("prepare_3(", "prepare_now("))))


def test_lines_that_were_joined_are_taken_out_together(tmp_path: Path) -> None:
    """Of twelve lines that a formatter made six of, upstream took the half out: a half of the patch, not a quarter."""
    calls = [f"    audit_request_{n}(\n        ctx, wanted, ctx->owner_{n});\n" for n in range(6)]
    joined = [call.replace("(\n        ", "(") for call in calls]
    steps = [run("".join(joined)), run("".join(joined[:3]), setup=NEAR)]
    found = judged(tmp_path, "".join(calls), *steps)
    stays(found)


def test_a_condition_that_goes_on_in_the_next_line_did_not_turn(tmp_path: Path) -> None:
    wider = WIDE.replace("wanted > ctx->limit && ctx->strict", "wanted > ctx->limit &&\n        ctx->strict && on(ctx)")
    stays(judged(tmp_path, WIDE, run(wider)))
    goes(judged(tmp_path / "same", WIDE, run(wider.replace(" && on(ctx)", ""), setup=NEAR)))
    goes(judged(tmp_path / "named", WIDE, run(wider.replace("strict && on(ctx)", "strictly"), setup=NEAR)))


def test_only_line_breaks_count_as_laid_out_in_another_way() -> None:
    old, new = [b"call(a,", b"     b);"], [b"call(a, b);"]
    assert reflowed(old, new, {}, "a.c") == {0: 0, 1: 0}
    assert reflowed(new, old, {}, "a.c") == {0: 0}
    assert reflowed(old, new, {}, "a.txt") == {}, "where a line's end says something"
    assert reflowed(old, [b"call(b, a);"], {}, "a.c") == {}
    assert reflowed([b"call(a, // once", b"     b);"], [b"call(a, // once b);"], {}, "a.c") == {}
    assert reflowed([b"if a:", b"    b()", b"c()"], [b"if a:", b"    b()", b"    c()"], {}, "a.py") == {}


@pytest.mark.parametrize(
    ("was", "made", "now", "back"),
    [
        (b"x = 9", b"x = 4", b"x = 6", True),
        (b"x = 9", b"x = 4", b"x = 3", False),
        (b"x = 1.9.2", b"x = 1.10.0", b"x = 1.9.9", True),
        (b"x = 1.9.2", b"x = 1.10.0", b"x = 2.0.1", False),
        (b"on 2018-01-09 19:57", b"on 2018-02-09 18:02", b"on 2018-03-15 17:00", False),
        (b"x = 9", b"x = 4", b"y = 6", False),
        (b"y = 9", b"x = 4", b"x = 6", False),
    ],
)
def test_a_value_goes_back_or_on(was: bytes, made: bytes, now: bytes, back: bool) -> None:
    assert returns(now, made, [was]) is back


def test_one_word_may_come_go_or_be_another() -> None:
    assert all(one_word(b"a = call(b)", new) for new in (b"a = call(c)", b"a = !call(b)", b"a = call()"))
    assert not any(one_word(b"a = call(b)", new) for new in (b"a = take(c)", b"return"))


# The commit's own place, where the lines beside it were edited before it came.

ENTRY = "- job:\n    name: check-all\n    parent: base\n    vars:\n      env: all\n"
NEXT = "# Experimental\n- job:\n    name: cover\n    parent: tox\n"


def jobs(above: str, entry: str) -> Files:
    rest = "".join(f"- job:\n    name: part-{n}\n    parent: tox-{n}\n    vars:\n      env: e{n}\n\n" for n in range(6))
    return {"zuul.yaml": rest + above + entry + ("\n" if entry else "") + NEXT, "main.c": function("")}


@pytest.mark.parametrize("path", ["conf/jobs.yaml"])
def test_lines_on_one_side_tell_the_place(path: str, tmp_path: Path) -> None:
    """A job was put in before upstream's own next one; above it, other jobs stand here and there."""
    here, there = "- job:\n    name: mine\n    parent: upgrade\n\n", "- job:\n    name: theirs\n    parent: docs\n\n"

    def tree(above: str, entry: str) -> Files:
        return {path: jobs(above, entry)["zuul.yaml"], "main.c": function("", finish=FINISH)}

    base, after = tree(here, ""), tree(here, ENTRY)
    steps = [("Document", tree(there, "")), ("Check all", tree(there, ENTRY))]
    later = ("Go on", tree(there, ENTRY.replace("env: all", "env: all-of-them")))
    goes(by_history(tmp_path, patch_of(base, after), base, *steps, later))


def test_a_long_comment_in_a_file_that_moved_does_not_make_a_tiny_patch_large(tmp_path: Path) -> None:
    """A word of its only statement was altered; trees weigh nothing of the other file, for it is elsewhere now."""
    said = "".join(f"/* Of what is wanted in case {n}, only so much is taken. */\n" for n in range(14))

    def files(code: str, notes: str, path: str = "old.c") -> Files:
        return {CODE: OTHERS + function(code), path: notes}

    line, part = "    set_limit(ctx, wanted);\n", OTHERS.replace("other_", "part_")
    base, after = files("", part), files(line, said + part)
    strange = "".join(f"int strange_{n}(void)\n{{\n    return {n};\n}}\n\n" for n in range(40))
    later = files(line.replace("wanted", "offered"), said + strange, "kept/new.c")
    steps = (("Merge it", after), ("Move", files(line, said + part, "kept/new.c")), ("Work on it", later))
    stays(by_history(tmp_path, patch_of(base, after), base, *steps))
