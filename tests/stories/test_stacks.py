"""Scenarios 20 and 21: patches that stand on one another."""

from __future__ import annotations

from .changes import Edit
from .sources import Function
from .storybook import Story


def second_step(function: Function) -> Edit:
    """An edit of what the function's fix added: it needs the fix."""
    guard = function.guard
    first, rest = guard.split(b"\n", 1)
    return Edit(function.path, guard, first + b"\n" + first.replace(b"if", b"elif", 1) + b"\n" + rest)


def fix_up(function: Function) -> Edit:
    """An edit that repairs one line of the guard that an earlier patch added."""
    return Edit(function.path, function.guard, function.guard.replace(b'"', b'"caution: ', 1))


def test_first_merged_second_builds_on_it(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-more.patch", second_step(f[1]))
    story.takes("0001-guard.patch")
    story.release("1.1")
    story.expect("0001-guard.patch", "obsolete", fit="none", proof="proved")
    story.expect("0002-more.patch", "applies or untouched", fit="exact or untouched")
    story.ends_with(second_step(f[1]))


def test_both_merged_in_order(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-more.patch", second_step(f[1]))
    story.takes("0001-guard.patch")
    story.takes("0002-more.patch")
    story.release("1.1")
    story.expect("0001-guard.patch", "obsolete or asked", "obsolete")
    story.expect("0002-more.patch", "obsolete or asked", "obsolete")


def test_the_second_merged_and_not_the_first_elsewhere(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[0].fix)
    story.carries("0002-other.patch", f[3].fix)
    story.takes("0002-other.patch")
    story.release("1.1")
    story.expect("0001-guard.patch", "applies", fit="exact")
    story.expect("0002-other.patch", "obsolete", fit="none", proof="proved")
    story.ends_with(f[0].fix)


def test_a_fix_up_and_both_squashed_upstream(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-wording.patch", fix_up(f[1]))
    story.upstream(f[1].fix, fix_up(f[1]), f[3].tweak, message="reader: guard")
    story.release("1.1")
    # upstream never had the first one's own wording: only the two together are its commit
    story.expect("0001-guard.patch", "obsolete or asked", "obsolete or asked")
    story.expect("0002-wording.patch", "obsolete or asked", "obsolete")


def test_a_fix_up_and_only_the_first_is_upstream(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-wording.patch", fix_up(f[1]))
    story.upstream(f[1].fix, f[3].tweak, message="reader: guard")
    story.release("1.1")
    story.expect("0001-guard.patch", "obsolete", fit="none")
    story.expect("0002-wording.patch", "applies", fit="exact")
    story.ends_with(fix_up(f[1]))


def test_a_fix_up_and_nothing_is_upstream(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-wording.patch", fix_up(f[1]))
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("0001-guard.patch", "applies", fit="exact")
    story.expect("0002-wording.patch", "applies", fit="exact")
    story.ends_with(f[1].fix, fix_up(f[1]))


def test_two_that_undo_each_other(story: Story) -> None:  # 20
    """The release has neither, and looks as it does after the second: that is no reason to drop only one of them."""
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-no-guard.patch", f[1].fix.undone)
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("0001-guard.patch", "applies or obsolete")
    story.expect("0002-no-guard.patch", "applies or obsolete")
    story.ends_with()


def test_two_that_undo_each_other_and_the_first_was_merged(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-no-guard.patch", f[1].fix.undone)
    story.takes("0001-guard.patch")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("0001-guard.patch", "obsolete", fit="none")
    story.expect("0002-no-guard.patch", "applies", fit="exact")
    story.ends_with(f[1].fix.undone)


def test_the_same_patch_twice(story: Story) -> None:  # 20
    """The second does nothing where the first has been: what stays is one guard, not none and not two."""
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries_text("0002-guard.patch", story.carried["0001-guard.patch"].patch.content)
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("0001-guard.patch", "applies", fit="exact")
    story.expect("0002-guard.patch", "obsolete or asked or broken")
    story.ends_with(f[1].fix)


def test_the_same_patch_twice_and_merged(story: Story) -> None:  # 20
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries_text("0002-guard.patch", story.carried["0001-guard.patch"].patch.content)
    story.takes("0001-guard.patch")
    story.release("1.1")
    story.expect("0001-guard.patch", "obsolete", fit="none")
    story.expect("0002-guard.patch", "obsolete or asked or broken")
    story.ends_with()


def test_a_later_patch_reverts_an_earlier_waiting_one(story: Story) -> None:
    """The earlier one conflicts and waits: the later one has nothing to take back, and must not look merged."""
    f = story.source("reader")
    story.starts(f)
    story.carries("0001-tweak.patch", f[1].tweak)
    story.carries("0002-back.patch", f[1].tweak.undone)
    story.upstream(Edit(f.path, f[1].tweak.old, f[1].tweak.old.replace(b"=", b"= 0x55 +", 1)))
    story.release("1.1")
    story.expect("0001-tweak.patch", "conflict", fit="conflict")
    story.expect("0002-back.patch", "asked")
    if story.mode:
        assert story.judgement("0002-back.patch").blocked_by == ("0001-tweak.patch",)


def test_one_conflict_leaves_the_others_unharmed(story: Story) -> None:  # 21
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("0001-writer.patch", g[0].fix)
    story.carries("0002-tweak.patch", f[1].tweak)
    story.carries("0003-reader.patch", f[3].fix)
    story.carries("0004-merged.patch", g[2].fix)
    story.upstream(Edit(f.path, f[1].tweak.old, f[1].tweak.old.replace(b"=", b"= 0x55 +", 1)), g[2].fix)
    story.release("1.1")
    story.expect("0001-writer.patch", "applies", fit="exact")
    story.expect("0002-tweak.patch", "conflict", fit="conflict")
    story.expect("0003-reader.patch", "applies", fit="exact")
    story.expect("0004-merged.patch", "obsolete", fit="none")
    story.ends_with(g[0].fix, f[3].fix)
    if story.mode:
        assert all(not story.judgement(name).blocked_by for name in story.carried)


def test_dependants_of_a_conflict_say_blocked_by(story: Story) -> None:  # 21
    f, g = story.source("reader"), story.source("writer")
    clash = Edit(
        f.path,
        f[1].fix.old,
        f[1].recoded.new.replace(b"return", b"goto fail; return").replace(b"raise", b"1 / 0; raise"),
    )
    story.starts(f, g)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries("0002-more.patch", second_step(f[1]))
    story.carries("0003-free.patch", g[0].fix)
    story.upstream(clash, message="something of our own")
    story.release("1.1")
    story.expect("0001-guard.patch", "conflict or superseded")
    story.expect("0002-more.patch", "asked")
    story.expect("0003-free.patch", "untouched", fit="untouched")
    story.ends_with(g[0].fix)
    if story.mode:
        assert story.judgement("0002-more.patch").blocked_by == ("0001-guard.patch",)
        assert story.judgement("0003-free.patch").blocked_by == ()


def test_a_chain_of_five_with_the_middle_merged(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    names = [f"000{number}-step.patch" for number in range(1, 6)]
    edits = [f[0].fix, f[1].fix, f[2].fix, f[3].fix, f[2].rework]
    for name, change in zip(names, edits, strict=True):
        story.carries(name, change)
    story.takes(names[2])
    story.release("1.1")
    for number, name in enumerate(names):
        if number == 2:
            story.expect(name, "obsolete", fit="none")
        else:  # what upstream took may count as what the later ones stand on
            story.expect(name, "applies or untouched", fit="exact or untouched")
    story.ends_with(*(change for number, change in enumerate(edits) if number != 2))


def test_pinned_by_downstream(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, keep="the release is not trusted yet")
    story.takes("guard.patch")
    story.release("1.1")
    story.expect("guard.patch", "pinned")
