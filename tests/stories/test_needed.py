"""Scenarios 12 to 19 and 28 to 30 (without 17): upstream did something else, or nothing, or took it away."""

from __future__ import annotations

from .changes import Edit, edit, remove, write
from .storybook import Story, drops


def test_upstream_did_nothing_to_its_files(story: Story) -> None:
    f = story.source("reader")
    story.starts(f, story.source("writer"))
    story.carries("guard.patch", f[1].fix)
    story.upstream(story.source("writer")[0].fix)
    story.release("1.1")
    story.expect("guard.patch", "untouched", fit="untouched")
    story.ends_with(f[1].fix)


def test_it_applies_shifted(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[2].fix)
    story.upstream(f[0].fix, f[1].rework, f.importing("zlib"))
    story.release("1.1")
    story.expect("guard.patch", "applies", fit="exact")
    story.ends_with(f[2].fix)


def test_it_applies_only_by_a_merge(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[2].fix)
    story.upstream(f[2].above, f[0].rework)
    story.release("1.1")
    story.expect("guard.patch", "refresh", fit="merge")
    story.ends_with(f[2].fix)


def test_merged_on_the_branch_after_the_release_was_cut(story: Story) -> None:  # 12
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.takes("guard.patch")
    story.expect("guard.patch", "applies", "held", fit="exact")
    story.ends_with(f[1].fix)


def test_merged_on_the_branch_release_cut_from_another(story: Story) -> None:  # 12
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.branch("stable-1", start="1.0")
    story.upstream(f[3].tweak)
    story.release("1.0.1")
    story.expect("guard.patch", "applies", "held", fit="exact")
    story.ends_with(f[1].fix)


def test_the_same_hunk_landed_in_another_function(story: Story) -> None:  # 13
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f.twin(0))
    story.upstream(f.twin(1), message="guard when saving")
    story.release("1.1")
    story.expect("guard.patch", "needed", fit="exact or merge")
    story.ends_with(f.twin(0))


def test_the_same_hunk_landed_in_the_earlier_twin(story: Story) -> None:  # 13
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f.twin(1))
    story.upstream(f.twin(0), message="guard when loading")
    story.release("1.1")
    story.expect("guard.patch", "needed")


def test_same_guard_with_another_error_code(story: Story) -> None:  # 14
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[1].recoded, message="guard in the reader, with the right error")
    story.release("1.1")
    story.expect("guard.patch", "superseded or conflict", "superseded")


def test_another_fix_for_the_same_cve(story: Story) -> None:  # 14
    f = story.source("reader")
    cve = f"CVE-2020-{12340 + story.seed}"
    story.starts(f, write("NEWS", "1.0: first\n"))
    header = f"Description: check entries\nBug: {cve}\n\n"
    story.carries("guard.patch", f[1].fix, header=header)
    news = edit("NEWS", "1.0: first\n", f"1.1: fixes {cve}\n1.0: first\n")
    story.upstream(f[1].other_fix, news, message=f"reader: checked entries ({cve})")
    story.release("1.1")
    story.expect("guard.patch", "superseded or conflict", "superseded")


def test_patched_file_deleted(story: Story) -> None:  # 15
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.upstream(remove(f.path), g[0].rework, message="drop the reader")
    story.release("1.1")
    story.expect("guard.patch", "moot")


def test_patched_function_deleted(story: Story) -> None:  # 15
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(Edit(f.path, f[1].text, b""), message="drop what nobody calls")
    story.release("1.1")
    story.expect("guard.patch", "moot or conflict", "moot")


def test_deletion_patch_and_upstream_deleted_more(story: Story) -> None:  # 16
    f = story.source("reader")
    story.starts(f)
    story.carries("less.patch", f[1].removal)
    story.upstream(f[1].wider_removal, message="reader: less noise")
    story.release("1.1")
    story.expect("less.patch", "obsolete or moot", "obsolete")


@drops
def test_deletion_patch_merged_as_it_is(story: Story) -> None:  # 16
    f = story.source("reader")
    story.starts(f)
    story.carries("less.patch", f[1].removal)
    story.takes("less.patch")
    story.upstream(f[3].rework)
    story.release("1.1")
    story.expect("less.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


def test_unrelated_commit_with_the_same_subject(story: Story) -> None:  # 18
    f, g = story.source("reader"), story.source("writer")
    header = "From: Dora Down <dora@down.example>\nSubject: [PATCH] Fix build\n\n---\n"
    story.starts(f, g)
    story.carries("build.patch", f[1].fix, header=header)
    story.upstream(f[3].rework, g[0].tweak, message="Fix build")
    story.release("1.1")
    story.expect("build.patch", "applies", fit="exact")
    story.ends_with(f[1].fix)


def test_both_sides_set_the_same_line(story: Story) -> None:  # 19
    f = story.source("reader")
    tweak = f[1].tweak
    upstreams = Edit(f.path, tweak.old, tweak.old.replace(b"=", b"= 0x77 +", 1))
    story.starts(f)
    story.carries("tweak.patch", tweak)
    story.upstream(upstreams, message="another value")
    story.release("1.1")
    story.expect("tweak.patch", "conflict", fit="conflict")


def test_header_names_a_commit_that_does_something_else(story: Story) -> None:  # 28
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    liar = story.upstream(g[0].fix, f[3].tweak, message="writer: guard\n\nFixes: CVE-2019-4444")
    header = (
        f"Description: guard\nOrigin: upstream, commit {liar}\nApplied-Upstream: 1.1\nBug: CVE-2019-4444\n"
        f"(cherry picked from commit {liar})\n\n"
    )
    story.carries("guard.patch", f[1].fix, header=header)
    story.release("1.1")
    story.expect("guard.patch", "applies", fit="exact")
    story.ends_with(f[1].fix)


def test_header_says_it_is_in_a_release_that_never_had_it(story: Story) -> None:  # 28
    f = story.source("reader")
    header = "Subject: guard\nUpstream-Status: Backport [in release 1.1]\n\n[ Upstream commit deadbeef ]\n---\n"
    story.starts(f)
    story.carries("guard.patch", f[1].fix, header=header)
    story.upstream(f[1].above, message="drift, and CVE-2019-4444 is fixed")
    story.release("1.1")
    story.expect("guard.patch", "refresh", fit="merge")
    story.ends_with(f[1].fix)


def test_backported_to_an_older_line_only(story: Story) -> None:  # 29
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.branch("stable-0", start="1.0")
    story.takes("guard.patch")
    story.release("1.0.1")
    story.branch("main")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("guard.patch", "applies", "held or needed", fit="exact")
    story.ends_with(f[1].fix)


def test_merged_in_the_second_reverted_in_the_fourth(story: Story) -> None:  # 30
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[0].tweak)
    story.release("1.1")
    commit = story.takes("guard.patch")
    story.release("1.2")
    story.upstream(f[2].rework)
    story.release("1.3")
    story.reverts("guard.patch", commit)
    story.release("1.4")
    story.upstream(f[3].tweak)
    story.release("1.5")
    story.expect("guard.patch", "applies", "reverted", fit="exact")
    story.ends_with(f[1].fix)


@drops
def test_several_releases_and_merged_in_the_second(story: Story) -> None:  # 30, the other way
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    for number, change in enumerate((f[0].tweak, None, f[2].rework, f[3].tweak), start=1):
        if change is None:
            story.takes("guard.patch")
        else:
            story.upstream(change)
        story.release(f"1.{number}")
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()
