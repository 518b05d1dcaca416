"""What a later commit puts back of a merged patch's old code, or alters of what the patch only moved: each of these was
dropped once, and a commit on top of a real release showed it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_given_up import merged
from test_gone_on import NEAR
from test_hostile import CODE, FINISH, SETUP, Files, by_history, deeper, function, patch_of, stays
from test_traced import LONG, OTHERS, goes, run

OLD = "    copy_all(ctx, wanted);\n    # copied\n"
NEW = "    /* What is wanted alone. */\n    with_lock(ctx, copy_wanted, wanted);\n"


def helper(lines: str) -> str:
    """The function that the lines went to, with all around them written anew."""
    return "int copy_in(struct own *own)\n{\n    begin(own);\n" + lines + "    end(own);\n}\n\n"


def test_an_old_line_that_stands_where_the_patch_went_is_back(tmp_path: Path) -> None:
    """The patch's place moved to a helper, and there its comment became the old call: all that it added stands, but it
    was added so that the call would go."""
    base, after = run(OLD), run(NEW)
    moved = run("    copy_in(own);\n", others=OTHERS + helper(NEW))
    spoilt = run(
        "    copy_in(own);\n", others=OTHERS + helper("    copy_all(ctx, wanted);\n" + NEW.splitlines(True)[1])
    )
    goes(merged(tmp_path / "moved", base, after, moved))
    stays(merged(tmp_path / "spoilt", base, after, moved, spoilt))


TABLE = "".join(f'    "entry_{n}",\n' for n in range(9))
GONE = '    "entry_left",\n    "entry_lost",\n'


def test_lines_of_a_large_patch_that_stand_elsewhere_again_are_back(tmp_path: Path) -> None:
    """It takes two entries out of a table and adds much; later the two are in another table, and the first moved."""

    def tables(first: str, second: str, middle: str, finish: str = FINISH) -> Files:
        lists = f"char *first[] = {{\n{first}}};\n\nchar *second[] = {{\n{second}}};\n\n"
        return {CODE: lists + function(middle, finish=finish)}

    base, after = tables(TABLE + GONE, "", ""), tables(TABLE, "", LONG)
    near = FINISH.replace("finish_7(ctx)", "finish_7(ctx, 1)")
    renamed = TABLE.replace("entry_", "item_")
    goes(merged(tmp_path / "without", base, after, tables(renamed, "", LONG, near)))
    stays(merged(tmp_path / "with", base, after, tables(renamed, GONE, LONG, near)))


def test_an_old_line_that_upstream_had_renamed_is_needed_where_it_stands(tmp_path: Path) -> None:
    """The patch is a backport: upstream's commit took out the line as it was called by then. What stands there now is
    the line that the patch takes out."""

    def files(line: str, more: str = "", finish: str = FINISH) -> Files:
        return {CODE: OTHERS + function(more + line, finish=finish)}

    old, new = "    info->slave_is_enslaved = success;\n", "    info->state = success ? ATTACHED : NOT_ATTACHED;\n"
    theirs = "    info->port_is_attached = success;\n"
    patch = patch_of(files(old), files(new, LONG))
    steps = (("Rename", files(theirs)), ("Merge it", files(new, LONG)))
    found = by_history(tmp_path / "merged", patch, files(old), *steps, ("More", files(new, LONG, FINISH * 2)))
    assert found.action == "drop", found.reason
    stays(by_history(tmp_path / "undone", patch, files(old), *steps, ("Work on it", files(old, LONG))))


@pytest.mark.parametrize(("word", "drops"), [("no", True), ("yes", False)])
def test_a_line_of_a_file_that_was_deleted_and_restored_is_followed(word: str, drops: bool, tmp_path: Path) -> None:
    """A tiny patch; the file went, as a whole, and came back."""
    rest = "".join(f"OPTION_{n} = {n}\n" for n in range(20))
    driver = rest + "# Until it is tested again\nSUPPORTED = {}\n" + rest.replace("OPTION", "OTHER")
    base, after = ({CODE: run("")[CODE], "driver.py": text} for text in (rest * 2, driver.format("no")))
    base["driver.py"] = driver.replace("# Until it is tested again\nSUPPORTED = {}\n", "")
    restored = {CODE: run("")[CODE], "driver.py": driver.format(word).replace("OTHER_3 = 3", "OTHER_3 = 4")}
    found = merged(tmp_path, base, after, {CODE: run("")[CODE]}, restored)
    assert (found.action == "drop") is drops, found.reason


ONE = '    return mount("tmpfs", path, MS_RDONLY, "blocks=1,inodes=1");\n'
TWO = ONE.replace("inodes=1", "inodes=2")


@pytest.mark.parametrize(("first", "drops"), [("inodes=2", True), ("inodes=1", False)])
def test_an_old_line_beside_the_patchs_own_is_back(first: str, drops: bool, tmp_path: Path) -> None:
    """Upstream tries it the old way first, and only then as the patch has it."""
    tried = ONE.replace("return", "int err =").replace("inodes=1", first)
    then = '    if (err)\n        err = mount("tmpfs", path, MS_RDONLY, "blocks=1,inodes=2");\n    return err;\n'
    found = merged(tmp_path, run(ONE), run(TWO), run(tried + then if not drops else tried + "    return err;\n"))
    assert (found.action == "drop") is drops, found.reason


CHECK = "    if (ctx->room < wanted)\n        report(ctx, wanted, ctx->owner);\n"


@pytest.mark.parametrize(("name", "drops"), [("report", True), ("record", False)])
def test_a_word_of_a_line_that_a_tiny_patch_only_moves_is_asked(name: str, drops: bool, tmp_path: Path) -> None:
    base = run(CHECK)
    after = run("    if (ctx->checked) {\n" + deeper(CHECK) + "    }\n")
    later = run("    if (ctx->checked) {\n" + deeper(CHECK.replace("report", name)) + "    }\n", setup=NEAR)
    found = merged(tmp_path, base, after, later)
    assert (found.action == "drop") is drops, found.reason


@pytest.mark.parametrize(("use", "drops"), [("", False), ("value = left.join(parts)\n", True)])
def test_an_import_that_is_put_back_and_serves_nobody_was_not_taken_out(use: str, drops: bool, tmp_path: Path) -> None:
    body = "".join(f"value_{n} = right.split({n})\n" for n in range(9))
    more = "".join(f"checked_{n} = right.check(value_{n}, {n})\n" for n in range(5))

    def module(imports: str, text: str) -> Files:
        return {"part.py": "from pack import alpha\n" + imports + "from pack import right\n\n" + text}

    base, after = module("from pack import left\n", body), module("", body + more)
    found = merged(tmp_path, base, after, module("from pack import left\n", body + more + use))
    assert (found.action == "drop") is drops, found.reason


STEP = "    settle_devices(ctx);\n"


@pytest.mark.parametrize(("later", "drops"), [(STEP, True), ("", False)])
def test_a_line_that_went_to_another_function_may_be_taken_out_there(later: str, drops: bool, tmp_path: Path) -> None:
    """Its function was given up, and all of it written into another one that was there before."""
    other = "int second(struct ctx *ctx)\n{\n    second_setup(ctx);\n" + "{}" + "    second_end(ctx);\n}}\n\n"
    other = other.replace("{\n    second_setup", "{{\n    second_setup")

    def files(middle: str, inner: str = "") -> Files:
        return {CODE: OTHERS + other.format(inner) + middle}

    base, after = files(function("")), files(function(STEP))
    moved, end = files("int more;\n", SETUP + STEP), files("int more;\n", SETUP + later)
    found = merged(tmp_path, base, after, moved, end)
    assert (found.action == "drop") is drops, found.reason


def test_what_these_cases_share_is_dropped(tmp_path: Path) -> None:
    """The other side: nothing was put back."""
    goes(merged(tmp_path, run(""), run(LONG), run(LONG.replace("count_refusal(", "count_refused("), SETUP + OTHERS)))
