"""Scenario 17: modes, new and deleted files, renames, symlinks, binaries, submodules; merged and not."""

from __future__ import annotations

import random

from . import tools
from .changes import Change, Edit, executable, link, move, remove, submodule, write
from .storybook import Story

OLD, NEW, OTHER = "1" * 40, "2" * 40, "3" * 40


def merged(story: Story, change: Change, *, renames: bool = False) -> None:
    """The patch has this change, and so has the release: nothing of it is left."""
    story.carries("kind.patch", change, renames=renames)
    story.upstream(change, message="the same upstream")
    story.release("1.1")
    story.expect("kind.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


def not_merged(story: Story, change: Change, *, renames: bool = False) -> None:
    """The patch has this change, and upstream did other things."""
    story.carries("kind.patch", change, renames=renames)
    story.upstream(story.source("writer")[0].fix)
    story.release("1.1")
    story.expect("kind.patch", "untouched", fit="untouched")
    story.ends_with(change)


def begin(story: Story) -> str:
    f = story.source("reader")
    story.starts(f, story.source("writer"))
    return f.path


def blob(story: Story, number: int) -> bytes:
    return random.Random(story.seed * 10 + number).randbytes(300) + b"\0" + bytes(range(256))


def test_mode_merged(story: Story) -> None:
    merged(story, executable(begin(story)))


def test_mode_not_merged(story: Story) -> None:
    not_merged(story, executable(begin(story)))


def test_mode_not_merged_while_the_content_moves_on(story: Story) -> None:
    f = story.source("reader")
    path = begin(story)
    story.carries("kind.patch", executable(path))
    story.upstream(f[1].rework)
    story.release("1.1")
    story.expect("kind.patch", "applies or refresh", fit="exact or merge")
    story.ends_with(executable(path))


def test_content_merged_but_not_the_mode(story: Story) -> None:
    f = story.source("reader")
    path = begin(story)
    story.carries("kind.patch", f[1].fix, executable(path))
    story.upstream(f[1].fix)
    story.release("1.1")
    story.expect("kind.patch", "trim or applies or refresh")
    story.ends_with(executable(path))


def test_mode_merged_but_not_the_content(story: Story) -> None:
    f = story.source("reader")
    path = begin(story)
    story.carries("kind.patch", f[1].fix, executable(path))
    story.upstream(executable(path))
    story.release("1.1")
    story.expect("kind.patch", "trim or applies or refresh")
    story.ends_with(f[1].fix)


def test_new_file_merged(story: Story) -> None:
    begin(story)
    merged(story, write("src/extra.c", story.source("extra").text))


def test_new_file_not_merged(story: Story) -> None:
    begin(story)
    not_merged(story, write("src/extra.c", story.source("extra").text))


def test_new_file_and_upstream_made_another_of_that_name(story: Story) -> None:
    begin(story)
    story.carries("kind.patch", write("src/extra.c", story.source("extra").text))
    story.upstream(write("src/extra.c", story.source("stranger").text))
    story.release("1.1")
    story.expect("kind.patch", "conflict or superseded", fit="conflict")


def test_new_file_merged_and_extended(story: Story) -> None:
    extra = story.source("extra", path="src/extra.c")
    begin(story)
    story.carries("kind.patch", write(extra.path, extra.text))
    story.takes("kind.patch")
    story.upstream(Edit(extra.path, extra[3].text, extra[3].text + b"\n" + extra.spare.text))
    story.release("1.1")
    story.expect("kind.patch", "obsolete or asked", "obsolete")


def test_empty_new_file_merged(story: Story) -> None:
    begin(story)
    merged(story, write("src/empty.h", ""))


def test_empty_new_file_not_merged(story: Story) -> None:
    begin(story)
    not_merged(story, write("src/empty.h", ""))


def test_deleted_file_merged(story: Story) -> None:
    merged(story, remove(begin(story)))


def test_deleted_file_not_merged(story: Story) -> None:
    not_merged(story, remove(begin(story)))


def test_deleted_file_that_upstream_still_edits(story: Story) -> None:
    path = begin(story)
    story.carries("kind.patch", remove(path))
    story.upstream(story.source("reader")[1].fix)
    story.release("1.1")
    story.expect("kind.patch", "conflict", fit="conflict")


def test_rename_merged(story: Story) -> None:
    merged(story, move(begin(story), "src/input.c"), renames=True)


def test_rename_not_merged(story: Story) -> None:
    not_merged(story, move(begin(story), "src/input.c"), renames=True)


def test_rename_not_merged_while_the_content_moves_on(story: Story) -> None:
    path = begin(story)
    story.carries("kind.patch", move(path, "src/input.c"), renames=True)
    story.upstream(story.source("reader")[1].fix)
    story.release("1.1")
    story.expect("kind.patch", "applies or refresh", fit="exact or merge")
    story.ends_with(move(path, "src/input.c"))


def test_rename_with_an_edit_merged(story: Story) -> None:
    path = begin(story)
    fix = story.source("reader")[1].fix.at("src/input.c")
    story.carries("kind.patch", move(path, "src/input.c"), fix, renames=True)
    story.takes("kind.patch")
    story.release("1.1")
    story.expect("kind.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


def test_rename_merged_but_not_the_edit(story: Story) -> None:
    path = begin(story)
    fix = story.source("reader")[1].fix.at("src/input.c")
    story.carries("kind.patch", move(path, "src/input.c"), fix, renames=True)
    story.upstream(move(path, "src/input.c"))
    story.release("1.1")
    story.expect("kind.patch", "trim or refresh or asked")
    if story.mode and not story.judgement("kind.patch").action.waits:
        story.ends_with(fix)


def test_symlink_merged(story: Story) -> None:
    begin(story)
    merged(story, link("src/latest", "reader.c"))


def test_symlink_not_merged(story: Story) -> None:
    begin(story)
    not_merged(story, link("src/latest", "reader.c"))


def test_symlink_merged_with_another_target(story: Story) -> None:
    begin(story)
    story.carries("kind.patch", link("src/latest", "reader.c"))
    story.upstream(link("src/latest", "writer.c"))
    story.release("1.1")
    story.expect("kind.patch", "conflict or superseded")


def test_binary_merged(story: Story) -> None:
    story.starts(story.source("writer"), write("art/logo.bin", blob(story, 1)))
    story.appliers = (tools.git_apply,)
    merged(story, write("art/logo.bin", blob(story, 2)))


def test_binary_not_merged(story: Story) -> None:
    story.starts(story.source("writer"), write("art/logo.bin", blob(story, 1)))
    story.appliers = (tools.git_apply,)
    not_merged(story, write("art/logo.bin", blob(story, 2)))


def test_binary_that_upstream_changed_otherwise(story: Story) -> None:
    story.starts(story.source("writer"), write("art/logo.bin", blob(story, 1)))
    story.appliers = (tools.git_apply,)
    story.carries("kind.patch", write("art/logo.bin", blob(story, 2)))
    story.upstream(write("art/logo.bin", blob(story, 3)))
    story.release("1.1")
    story.expect("kind.patch", "conflict or superseded", fit="conflict")


def test_new_binary_not_merged_with_code_merged(story: Story) -> None:
    f = story.source("reader")
    story.starts(f, story.source("writer"))
    story.appliers = (tools.git_apply,)
    story.carries("kind.patch", f[1].fix, write("art/logo.bin", blob(story, 2)))
    story.upstream(f[1].fix)
    story.release("1.1")
    story.expect("kind.patch", "trim")
    story.ends_with(write("art/logo.bin", blob(story, 2)))


def test_submodule_bump_merged(story: Story) -> None:
    story.starts(story.source("writer"), submodule("vendor/lib", OLD))
    story.appliers = ()
    story.carries("kind.patch", submodule("vendor/lib", NEW))
    story.upstream(submodule("vendor/lib", NEW))
    story.release("1.1")
    story.expect("kind.patch", "obsolete", fit="none", proof="proved")


def test_submodule_bump_not_merged(story: Story) -> None:
    story.starts(story.source("writer"), submodule("vendor/lib", OLD))
    story.appliers = ()
    story.carries("kind.patch", submodule("vendor/lib", NEW))
    story.upstream(story.source("writer")[0].fix)
    story.release("1.1")
    story.expect("kind.patch", "untouched", fit="untouched")


def test_submodule_bumped_to_something_else(story: Story) -> None:
    story.starts(story.source("writer"), submodule("vendor/lib", OLD))
    story.appliers = ()
    story.carries("kind.patch", submodule("vendor/lib", NEW))
    story.upstream(submodule("vendor/lib", OTHER))
    story.release("1.1")
    story.expect("kind.patch", "conflict or superseded")


def test_a_mode_that_the_patch_only_mentions(story: Story) -> None:
    """The `index` line of a diff tells the file's mode; where the tree has another one, that is no change of mode."""
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, dress=lambda text: text.replace(b" 100644\n", b" 100755\n"))
    story.takes("guard.patch")
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")
