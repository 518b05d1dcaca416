"""Scenarios 1 to 11 and 27 of the vocabulary: upstream took the patch, in one way or another."""

from __future__ import annotations

from .changes import Edit, edit, move, reindented, rewrite, to_crlf, write
from .storybook import Story, drops


@drops
def test_exact_cherry_pick(story: Story) -> None:  # 1
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


@drops
def test_same_diff_under_another_message(story: Story) -> None:  # 1
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix, g[2].rework)
    story.takes("guard.patch", message="core: be careful, says Coverity")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


@drops
def test_squashed_with_unrelated_changes(story: Story) -> None:  # 2
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[0].fix, f[2].rework)
    story.upstream(f[0].fix, f[2].rework, f[3].fix, f[1].rework, g[0].fix, g[1].removal, message="sync with our tree")
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none")
    story.ends_with()


@drops
def test_split_over_several_commits(story: Story) -> None:  # 2
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[0].fix, f[2].rework, g[1].fix)
    story.upstream(f[0].fix, message="reader: check the entry")
    story.upstream(f[2].rework, f[3].tweak, message="reader: rework")
    story.upstream(g[1].fix, message="writer: check as well")
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none")
    story.ends_with()


@drops
def test_context_drifted_before_the_merge(story: Story) -> None:  # 3
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[1].above, f[0].rework)
    story.takes("guard.patch")
    story.release("1.1")
    story.expect("guard.patch", "obsolete")
    story.ends_with()


@drops
def test_context_drifted_after_the_merge(story: Story) -> None:  # 3
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.upstream(f[1].below, f[1].above)
    story.upstream(f[0].rework, f.importing("zlib"))
    story.release("1.1")
    story.expect("guard.patch", "obsolete")
    story.ends_with()


def test_file_renamed_then_merged(story: Story) -> None:  # 4
    f = story.source("reader")
    renamed = f"src/input.{f.language}"
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix)
    story.upstream(move(f.path, renamed), message="rename")
    story.upstream(f[1].fix.at(renamed), message="input: guard")
    story.release("1.1")
    story.expect("guard.patch", "obsolete")
    story.ends_with()


def test_file_moved_with_edits_then_merged(story: Story) -> None:  # 4
    f = story.source("reader")
    moved = f"lib/core/reader.{f.language}"
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix, f[2].rework)
    story.upstream(move(f.path, moved), f[0].tweak.at(moved), message="move")
    story.upstream(f[1].fix.at(moved), f[2].rework.at(moved), message="reader: guard")
    story.release("1.1")
    story.expect("guard.patch", "obsolete")
    story.ends_with()


def test_file_renamed_not_merged(story: Story) -> None:  # 5
    f = story.source("reader")
    renamed = f"src/input.{f.language}"
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix)
    story.upstream(move(f.path, renamed), message="rename")
    story.release("1.1")
    story.expect("guard.patch", "refresh", fit="merge")
    story.ends_with(f[1].fix.at(renamed))
    assert story.mode is None or renamed.encode() in (story.judgement("guard.patch").refreshed or b"")


def test_file_moved_with_edits_not_merged(story: Story) -> None:  # 5
    f = story.source("reader")
    moved = f"lib/core/reader.{f.language}"
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix, f[2].rework)
    story.upstream(move(f.path, moved), f[0].tweak.at(moved), f[3].fix.at(moved), message="move")
    story.release("1.1")
    story.expect("guard.patch", "refresh", fit="merge")
    story.ends_with(f[1].fix.at(moved), f[2].rework.at(moved))


def test_merged_then_reindented(story: Story) -> None:  # 6
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.upstream(rewrite(f.path, reindented), message="reindent everything")
    story.release("1.1")
    story.expect("guard.patch", "obsolete or asked", "obsolete")


def test_merged_then_converted_to_crlf(story: Story) -> None:  # 6
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.upstream(rewrite(f.path, to_crlf), message="line ends of the other kind")
    story.release("1.1")
    story.expect("guard.patch", "obsolete or asked", "obsolete")


def test_merged_then_edited_further(story: Story) -> None:  # 7
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.upstream(f[1].edited, message="reader: use the common check")
    story.release("1.1")
    # every line of it was written anew: a later edit may have undone it, and only a person can tell
    story.expect("guard.patch", "asked", "obsolete or asked")


def test_merged_then_its_function_moved_to_another_file(story: Story) -> None:  # 7
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    body = f[1].text.replace(f[1].anchor, f[1].anchor + f[1].guard)
    story.upstream(Edit(f.path, body, b""), Edit(g.path, g[0].text, g[0].text + b"\n\n" + body), message="move code")
    story.release("1.1")
    story.expect("guard.patch", "asked", "obsolete")


def test_one_of_two_files_merged(story: Story) -> None:  # 8
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guards.patch", f[1].fix, g[2].fix)
    story.upstream(f[1].fix, message="reader: guard")
    story.release("1.1")
    story.expect("guards.patch", "trim", proof="proved or matched")
    story.ends_with(g[2].fix)


def test_one_of_two_hunks_merged(story: Story) -> None:  # 8
    f = story.source("reader")
    story.starts(f)
    story.carries("guards.patch", f[0].fix, f[3].fix)
    story.upstream(f[3].fix, message="reader: guard")
    story.release("1.1")
    story.expect("guards.patch", "trim", proof="proved or matched")
    story.ends_with(f[0].fix)


def test_one_of_three_hunks_left_and_it_drifted(story: Story) -> None:  # 8
    f = story.source("reader")
    story.starts(f)
    story.carries("guards.patch", f[0].fix, f[1].fix, f[3].fix)
    story.upstream(f[0].fix, f[3].fix, f[1].above, message="reader: guard some")
    story.release("1.1")
    story.expect("guards.patch", "trim")
    story.ends_with(f[1].fix)


def test_merged_then_reverted(story: Story) -> None:  # 9
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    commit = story.takes("guard.patch")
    story.reverts("guard.patch", commit)
    story.release("1.1")
    story.expect("guard.patch", "untouched", "reverted", fit="untouched")
    story.ends_with(f[1].fix)


def test_the_revert_squashed_into_other_edits(story: Story) -> None:  # 9
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.upstream(f[1].fix.undone, f[3].rework, f[0].tweak, message="reader: many small things")
    story.release("1.1")
    story.expect("guard.patch", "applies", "reverted", fit="exact")
    story.ends_with(f[1].fix)


@drops
def test_merged_reverted_merged_again(story: Story) -> None:  # 10
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    commit = story.takes("guard.patch")
    story.reverts("guard.patch", commit)
    story.release("1.1")
    story.upstream(f[3].tweak)
    story.takes("guard.patch", message="reader: guard, second attempt")
    story.release("1.2")
    story.expect("guard.patch", "obsolete", fit="none")
    story.ends_with()


def test_merged_reindented_then_removed(story: Story) -> None:  # 11
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.upstream(rewrite(f.path, reindented), message="reindent everything")
    guard = reindented(f.text[:1] + b"\n" + f[1].guard).split(b"\n", 1)[1]
    story.upstream(Edit(f.path, guard, b""), message="reader: the guard is wrong here")
    story.release("1.1")
    story.expect("guard.patch", "needed", "reverted")


@drops
def test_merged_and_applies_cleanly_a_second_time(story: Story) -> None:  # 27
    """Upstream put the new function elsewhere: where the patch wants it, there is still room for another one."""
    f = story.source("reader")
    gap = b"\n" if f.language == "c" else b"\n\n"
    story.starts(f)
    new = f.spare.text
    story.carries("helper.patch", Edit(f.path, f[1].text, f[1].text + gap + new))
    story.upstream(Edit(f.path, f[3].text, f[3].text + gap + new), message="reader: helper")
    story.release("1.1")
    story.expect("helper.patch", "obsolete or asked", "obsolete")


def test_merged_elsewhere_in_a_list_and_applies_again(story: Story) -> None:  # 27
    names = [
        f"option_{word}_{story.seed}"
        for word in ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota"]
    ]
    listed = "".join(f'\t{{ "{name}", parse_{name}, {number} }},\n' for number, name in enumerate(names))
    f = story.source("reader", language="c")
    ours = '\t{ "option_kappa", parse_option_kappa, KAPPA_DEFAULT },\n'
    third, last = (f'\t{{ "{names[n]}", parse_{names[n]}, {n} }},\n' for n in (2, 8))
    story.starts(
        f, write("src/options.c", f.text.decode() + "\nstatic struct option options[] = {\n" + listed + "};\n")
    )
    story.carries("option.patch", edit("src/options.c", third, third + ours))
    story.upstream(edit("src/options.c", last, last + ours), message="options: kappa")
    story.release("1.1")
    # the same line in the next list would look the same: never dropped, never kept silently
    story.expect("option.patch", "obsolete or asked", "obsolete or asked")
