"""More ways to drop a patch that is still needed. None of them may."""

from __future__ import annotations

import pytest

from .changes import Edit, edit, executable, link, move, remove, write
from .storybook import Story

NUMBERS = range(36)


def conf(story: Story, special: dict[int, str] | None = None) -> str:
    lines = {n: f"setting_{n}_{story.seed} = {n * 3 + story.seed}" for n in NUMBERS} | (special or {})
    return "".join(f"{lines[n]}\n" for n in NUMBERS)


def cases(count: int) -> str:
    """A C function in which the same lines stand again and again."""
    arms = "".join(
        f"\tcase {n}:\n\t\tlock(ctx);\n\t\tflush(ctx);\n\t\tunlock(ctx);\n\t\tbreak;\n" for n in range(count)
    )
    return "int\ndispatch(struct ctx *ctx, int what)\n{\n\tswitch (what) {\n" + arms + "\t}\n\treturn 0;\n}\n"


def test_deletion_where_the_context_repeats(story: Story) -> None:
    """One of many equal lines goes. Upstream took another one out."""
    path = "src/dispatch.c"
    arm = "\tcase {0}:\n\t\tlock(ctx);\n\t\tflush(ctx);\n"
    less = "\tcase {0}:\n\t\tlock(ctx);\n"
    story.starts(write(path, cases(14)))
    change = edit(path, arm.format(4), less.format(4))
    story.carries("less.patch", change)
    story.upstream(edit(path, arm.format(9), less.format(9)), message="no flush for nine")
    story.release("1.1")
    story.expect("less.patch", "needed", fit="exact or merge")
    story.ends_with(change)


def test_adds_a_copy_of_a_line_that_stands_elsewhere(story: Story) -> None:
    f = story.source("reader", language="c")
    story.starts(f)
    line = b"\t\tit->state = 0;\n"
    change = Edit(f.path, f[1].anchor, f[1].anchor + line)
    story.carries("state.patch", change)
    story.upstream(Edit(f.path, f[3].anchor, f[3].anchor + line), message="reset elsewhere")
    story.release("1.1")
    story.expect("state.patch", "applies", fit="exact")
    story.ends_with(change)


@pytest.mark.parametrize("upstream", ["2.1", "3.0"])
def test_version_bump(story: Story, upstream: str) -> None:
    """Downstream says 2.1-down: no version of upstream's is that."""
    story.starts(write("configure.ac", f"AC_INIT([tool], [2.0])\n{conf(story)}"))
    story.carries("version.patch", edit("configure.ac", "[2.0]", "[2.1-down]"))
    story.upstream(edit("configure.ac", "[2.0]", f"[{upstream}]"), message=f"release {upstream}")
    story.release("1.1")
    story.expect("version.patch", "conflict or superseded", fit="conflict")


def test_config_flip_of_another_option(story: Story) -> None:
    special = {n: f"feature_{n} = off" for n in (5, 20)}
    story.starts(write("defaults.conf", conf(story, special)))
    flip = edit("defaults.conf", "feature_5 = off", "feature_5 = on")
    story.carries("flip.patch", flip)
    story.upstream(edit("defaults.conf", "feature_20 = off", "feature_20 = on"), message="turn on")
    story.release("1.1")
    story.expect("flip.patch", "applies", fit="exact")
    story.ends_with(flip)


def test_config_flip_and_the_section_has_the_same_line_already(story: Story) -> None:
    """`enabled = yes` stands in every other section."""
    sections = "".join(f"[part{n}]\npath = /srv/{n}\nenabled = {'no' if n == 3 else 'yes'}\n\n" for n in range(12))
    story.starts(write("parts.ini", sections))
    flip = edit("parts.ini", "path = /srv/3\nenabled = no\n", "path = /srv/3\nenabled = yes\n")
    story.carries("flip.patch", flip)
    story.upstream(edit("parts.ini", "path = /srv/9\nenabled = yes\n", "path = /srv/9\nenabled = no\n"))
    story.release("1.1")
    story.expect("flip.patch", "applies", fit="exact")
    story.ends_with(flip)


def test_an_import_that_came_for_another_reason(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f.importing("zlib"), f[1].fix)
    story.upstream(f.importing("zlib"), f[3].rework, message="compress")
    story.release("1.1")
    story.expect("guard.patch", "trim or applies or refresh")
    story.ends_with(f[1].fix)


def test_an_import_alone_is_enough_for_nothing(story: Story) -> None:
    """Import and use in one hunk's reach: upstream has the import, and code of its own."""
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f.importing("zlib"), f[0].tweak, f[1].fix)
    story.upstream(f.importing("zlib"), f[1].above, message="compress")
    story.release("1.1")
    story.expect("guard.patch", "trim or refresh")
    story.ends_with(f[0].tweak, f[1].fix)


def test_python_reindent_is_a_change(story: Story) -> None:
    """One line moves into the loop: the text is the same but for white space, the program is not."""
    f = story.source("reader", language="py")
    old = b"        total += size * item.factor\n        item.state = "
    new = b"        total += size * item.factor\n    item.state = "
    story.starts(f)
    change = Edit(f.path, old, new, nth=0)
    story.carries("dedent.patch", change)
    story.upstream(f[1].fix, f[3].tweak)
    story.release("1.1")
    story.expect("dedent.patch", "applies", fit="exact")
    story.ends_with(change)


def test_two_lines_swapped(story: Story) -> None:
    f = story.source("reader")
    first, second = f[1].removal.old.splitlines(keepends=True)[:2]
    change = Edit(f.path, first + second, second + first)
    story.starts(f)
    story.carries("swap.patch", change)
    story.upstream(f[3].rework, f[0].tweak)
    story.release("1.1")
    story.expect("swap.patch", "applies", fit="exact")
    story.ends_with(change)


def test_two_lines_swapped_and_the_context_drifted(story: Story) -> None:
    f = story.source("reader")
    first, second = f[1].removal.old.splitlines(keepends=True)[:2]
    change = Edit(f.path, first + second, second + first)
    story.starts(f)
    story.carries("swap.patch", change)
    story.upstream(f[1].below, f[1].above)
    story.release("1.1")
    story.expect("swap.patch", "applies or refresh or conflict")


def test_merged_into_a_sibling_function(story: Story) -> None:
    """Upstream's guard is the patch's text, but for a sibling: where the patch wants it, there is none."""
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(Edit(f.path, f[3].anchor, f[3].anchor + f[1].guard), message="guard in the sibling")
    story.release("1.1")
    story.expect("guard.patch", "applies or asked")


def test_file_deleted_and_another_of_its_name_elsewhere(story: Story) -> None:
    f = story.source("reader")
    stranger = story.source("stranger", path=f"plugins/reader.{f.language}")
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix)
    story.upstream(remove(f.path), write(stranger.path, stranger.text), message="plugins")
    story.release("1.1")
    story.expect("guard.patch", "moot")


def test_file_deleted_and_a_same_named_one_has_the_guard(story: Story) -> None:
    f = story.source("reader")
    stranger = story.source("stranger", path=f"plugins/reader.{f.language}")
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix)
    text = stranger.text.replace(stranger[0].anchor, stranger[0].anchor + f[1].guard)
    story.upstream(remove(f.path), write(stranger.path, text), message="plugins")
    story.release("1.1")
    story.expect("guard.patch", "asked")


def generated(story: Story, stamp: int, extra: str = "") -> str:
    checks = "".join(f"checking_{n}() {{ probe {n * stamp % 97} {n + stamp}; }}\n" for n in range(60))
    return f"# Generated by autotool 2.{stamp}. Do not edit.\n{checks}{extra}"


def test_generated_file_regenerated_and_the_code_merged(story: Story) -> None:  # 26
    f = story.source("reader")
    new = "checking_new() { probe guard; }\n"
    story.starts(f, write("configure", generated(story, 3)))
    story.carries("guard.patch", f[1].fix, write("configure", generated(story, 3, new)))
    story.upstream(f[1].fix, write("configure", generated(story, 5, new)), message="guard; regenerate")
    story.release("1.1")
    story.expect("guard.patch", "obsolete")
    story.ends_with()
    if story.mode:
        assert "configure" in {report.path for report in story.judgement("guard.patch").files}


def test_generated_file_regenerated_and_the_code_not_merged(story: Story) -> None:  # 26
    f = story.source("reader")
    story.starts(f, write("configure", generated(story, 3)))
    story.carries("guard.patch", f[1].fix, write("configure", generated(story, 4)))
    story.upstream(f[3].tweak, write("configure", generated(story, 5)), message="regenerate")
    story.release("1.1")
    story.expect("guard.patch", "conflict or refresh or applies")


def test_merged_under_ifdef(story: Story) -> None:
    """Upstream has the guard, but only where a macro is set that nobody sets."""
    f = story.source("reader", language="c")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    wrapped = b"#ifdef PARANOID\n" + f[1].guard + b"#endif\n"
    story.upstream(Edit(f.path, f[1].anchor, f[1].anchor + wrapped), message="guard, for the paranoid")
    story.release("1.1")
    story.expect("guard.patch", "asked or needed")


def test_merged_but_guarded_off(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    if f.language == "c":
        wrapped = b"\tif (0) {\n" + b"".join(b"\t" + line for line in f[1].guard.splitlines(keepends=True)) + b"\t}\n"
    else:
        pad = f[1].guard[: len(f[1].guard) - len(f[1].guard.lstrip(b" "))]
        lines = f[1].guard.splitlines(keepends=True)
        wrapped = pad + b"if False:\n" + b"".join(b"    " + line for line in lines)
    story.upstream(Edit(f.path, f[1].anchor, f[1].anchor + wrapped), message="guard, not yet")
    story.release("1.1")
    story.expect("guard.patch", "asked or needed")


def test_the_guard_was_merged_as_a_comment(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    mark = b"//" if f.language == "c" else b"# "
    commented = b"".join(mark + line for line in f[1].guard.splitlines(keepends=True))
    story.upstream(Edit(f.path, f[1].anchor, f[1].anchor + commented), message="to think about")
    story.release("1.1")
    story.expect("guard.patch", "asked or needed")


def test_the_test_merged_and_not_the_code(story: Story) -> None:
    f, t = story.source("reader"), story.source("check", path="tests/test_reader.py", language="py")
    story.starts(f, t)
    story.carries("guard.patch", f[1].fix, t[1].fix)
    story.upstream(t[1].fix, message="tests: a case for it")
    story.release("1.1")
    story.expect("guard.patch", "trim or untouched or applies or refresh")
    story.ends_with(f[1].fix)


def test_the_code_merged_and_not_its_test(story: Story) -> None:
    """Code decides: a test that upstream did not take keeps nothing alive that is lost, but may stay."""
    f, t = story.source("reader"), story.source("check", path="tests/test_reader.py", language="py")
    story.starts(f, t)
    story.carries("guard.patch", f[1].fix, t[1].fix)
    story.upstream(f[1].fix, message="reader: guard")
    story.release("1.1")
    story.expect("guard.patch", "trim or obsolete or asked")


def test_half_of_a_hunk_merged(story: Story) -> None:
    """Two of the guard's lines came, the error did not."""
    f = story.source("reader", language="c")
    lines = f[1].guard.splitlines(keepends=True)
    half = b"".join(lines[:2] + lines[3:])
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(Edit(f.path, f[1].anchor, f[1].anchor + half), message="warn only")
    story.release("1.1")
    story.expect("guard.patch", "asked or needed")


def test_the_removed_line_is_still_there(story: Story) -> None:
    """Upstream added what the patch adds, and kept what the patch removes."""
    f = story.source("reader")
    rework = f[1].rework
    story.starts(f)
    story.carries("rework.patch", rework)
    story.upstream(Edit(f.path, rework.old, rework.old + rework.new), message="both ways")
    story.release("1.1")
    story.expect("rework.patch", "asked or needed")


def test_two_equal_insertions_and_one_of_them_merged(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guards.patch", f.twin(0), f.twin(1))
    story.upstream(f.twin(1), message="guard when saving")
    story.release("1.1")
    story.expect("guards.patch", "trim")
    story.ends_with(f.twin(0))


def test_deletes_a_file_that_upstream_moved(story: Story) -> None:
    f = story.source("reader")
    moved = f"legacy/reader.{f.language}"
    story.starts(f, story.source("writer"))
    story.carries("gone.patch", remove(f.path))
    story.upstream(move(f.path, moved), f[1].tweak.at(moved), message="to legacy")
    story.release("1.1")
    story.expect("gone.patch", "asked or refresh or obsolete")


def test_symlink_where_upstream_has_a_file(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("link.patch", link("src/latest", f"reader.{f.language}"))
    story.upstream(write("src/latest", f"reader.{f.language}"), message="a file, not a link")
    story.release("1.1")
    story.expect("link.patch", "conflict or superseded")


def test_new_file_needs_its_mode(story: Story) -> None:
    story.starts(story.source("writer"))
    script = "#!/bin/sh\n" + "".join(f"step_{n} --seed {story.seed}\n" for n in range(30))
    story.carries("script.patch", write("run.sh", script), executable("run.sh"))
    story.upstream(write("run.sh", script), message="the script, not executable")
    story.release("1.1")
    story.expect("script.patch", "asked or needed or trim")


def test_a_number_that_is_nearly_the_same(story: Story) -> None:
    """Upstream raised the limit too, but not as far."""
    story.starts(write("limits.h", "".join(f"#define LIMIT_{n} {n * 10}\n" for n in NUMBERS)))
    story.carries("limit.patch", edit("limits.h", "LIMIT_17 170\n", "LIMIT_17 4096\n"))
    story.upstream(edit("limits.h", "LIMIT_17 170\n", "LIMIT_17 4095\n"), message="higher")
    story.release("1.1")
    story.expect("limit.patch", "conflict or superseded", fit="conflict")


def test_the_block_was_merged_and_its_call_was_not(story: Story) -> None:
    """A helper and the line that calls it: the helper alone does nothing."""
    f = story.source("reader")
    gap = b"\n" if f.language == "c" else b"\n\n"
    call = b"\tcheck_all_now(ctx);\n" if f.language == "c" else b"    check_all_now(tree)\n"
    if f[3].anchor.startswith(b"        "):
        call = b"    " + call
    helper = Edit(f.path, f[0].text, f[0].text + gap + f.spare.text)
    use = Edit(f.path, f[3].anchor, f[3].anchor + call)
    story.starts(f)
    story.carries("helper.patch", helper, use)
    story.upstream(helper, message="a helper")
    story.release("1.1")
    story.expect("helper.patch", "trim")
    story.ends_with(use)


def test_a_merged_patch_of_many_hunks_and_one_silently_taken_out(story: Story) -> None:
    """A commit holds it all, and a later one takes one guard of many out again: the rest is no excuse."""
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guards.patch", *(file[n].fix for file in (f, g) for n in range(4)))
    story.takes("guards.patch")
    story.upstream(f[2].fix.undone, message="simplify")
    story.release("1.1")
    story.expect("guards.patch", "asked or needed or trim")
