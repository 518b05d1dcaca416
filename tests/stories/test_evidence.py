"""What a judgement shows for its verdict: commits with author, day and release; line numbers; both versions."""

from __future__ import annotations

import pytest

from syncbot.model.judgement import Evidence
from syncbot.model.verdicts import HunkState

from .changes import Edit, remove
from .storybook import Story


def facts(story: Story, name: str, kind: str) -> list[Evidence]:
    return [e for e in story.judgement(name).evidence if e.kind == kind]


def in_git(story: Story) -> bool:
    return story.mode == "git"


def test_the_absorbing_commit_with_author_day_and_first_release(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[0].tweak)
    commit = story.takes("guard.patch")
    story.release("1.1")
    story.upstream(f[3].tweak)
    story.release("1.2")
    story.expect("guard.patch", "obsolete")
    if in_git(story):
        [fact] = facts(story, "guard.patch", "absorbed")
        shown = (fact.commit, fact.author, fact.date, fact.release)
        assert shown == (commit, "Dora Down", "2020-09-16", "v1.1")
        assert fact.subject == "guard in the reader"
        assert fact.detail.endswith("by Dora Down, 2020-09-16, first in v1.1")


def test_what_two_releases_brought_in_parts_is_first_in_the_second(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guards.patch", f[1].fix, g[2].fix)
    story.upstream(f[1].fix)
    story.release("1.1")
    second = story.upstream(g[2].fix)
    story.release("1.2")
    story.expect("guards.patch", "obsolete")
    if in_git(story):
        judged = story.judgement("guards.patch")
        assert (judged.first_release, judged.absorbed_by) == ("v1.2", second)
        assert sorted(fact.release for fact in facts(story, "guards.patch", "absorbed")) == ["v1.1", "v1.2"]


def test_an_untouched_patch_is_looked_up_on_the_branch(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.upstream(g[0].rework)
    story.release("1.1")
    commit = story.takes("guard.patch")
    story.expect("guard.patch", "untouched", "held", fit="untouched")
    if in_git(story):
        reason = story.judgement("guard.patch").reason
        assert reason.endswith(f"commit {commit[:12]}, expected in the next release that is cut from there.")
        [fact] = facts(story, "guard.patch", "held")
        assert (fact.commit, fact.release) == (commit, "")


def test_a_later_release_that_has_it_is_named(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.upstream(g[0].rework)
    story.release("1.1")
    commit = story.takes("guard.patch")
    for tag in ("2.0rc1", "2.0", "2.1"):
        story.release(tag)
    story.target = "1.1"
    story.expect("guard.patch", "untouched", "held")
    if in_git(story):
        assert f"commit {commit[:12]}, which v2.0 has." in story.judgement("guard.patch").reason
        assert [e.release for e in facts(story, "guard.patch", "held")] == ["v2.0"]


def test_what_the_branch_took_back_is_not_waited_for(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.upstream(g[0].rework)
    story.release("1.1")
    commit = story.takes("guard.patch")
    back = story.reverts("guard.patch", commit)
    story.expect("guard.patch", "untouched")
    if in_git(story):
        assert [e.commit for e in facts(story, "guard.patch", "taken-back")] == [back]


def test_what_the_branch_took_in_again_is(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.upstream(g[0].rework)
    story.release("1.1")
    back = story.reverts("guard.patch", story.takes("guard.patch"))
    story.upstream(
        *story.carried["guard.patch"].changes,
        message=f'Revert "Revert "guard in the reader""\n\nThis reverts commit {back}.',
    )
    story.expect("guard.patch", "untouched", "held")


def test_a_patch_that_is_untouched_since_it_was_taken_in_and_back(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    commit = story.takes("guard.patch")
    back = story.reverts("guard.patch", commit)
    story.release("1.1")
    story.expect("guard.patch", "untouched", "reverted", fit="untouched")
    if in_git(story):
        [fact] = facts(story, "guard.patch", "taken-back")
        assert (fact.commit, fact.author, fact.release) == (back, "Uma Upstream", "v1.1")


def test_the_commit_that_deleted_the_file(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[3].tweak)
    commit = story.upstream(remove(f.path), g[0].rework, message="drop the reader")
    story.upstream(g[1].rework)
    story.release("1.1")
    story.expect("guard.patch", "moot")
    [state] = {hunk.state for file in story.judgement("guard.patch").files for hunk in file.hunks}
    assert state is HunkState.GONE
    if in_git(story):
        assert f"(commit {commit[:12]})" in story.judgement("guard.patch").reason
        [fact] = facts(story, "guard.patch", "deleted")
        assert (fact.commit, fact.subject, fact.release) == (commit, "drop the reader", "v1.1")


def test_the_commit_that_deleted_the_function(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[3].rework)
    commit = story.upstream(Edit(f.path, f[1].text, b""), message="drop what nobody calls")
    story.upstream(f[0].tweak)
    story.release("1.1")
    story.expect("guard.patch", "moot or conflict", "moot")
    if in_git(story):
        assert [e.commit for e in facts(story, "guard.patch", "deleted")] == [commit]


def test_both_versions_side_by_side(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    commit = story.upstream(f[1].recoded, message="guard in the reader, with the right error")
    story.release("1.1")
    story.expect("guard.patch", "superseded or conflict", "superseded")
    places = [c for c in story.judgement("guard.patch").compared if c.commit is None]
    [place] = places
    assert f[1].guard in place.ours
    assert f[1].recoded.new in place.theirs
    mine = story.carried["guard.patch"].after[f.path][1].splitlines(keepends=True)
    there = story.files("1.1")[f.path][1].splitlines(keepends=True)
    assert place.our_line is not None
    assert place.their_line is not None
    assert mine[place.our_line - 1] == place.ours.splitlines(keepends=True)[0]
    assert there[place.their_line - 1] == place.theirs.splitlines(keepends=True)[0]
    if in_git(story):
        diffs = [c for c in story.judgement("guard.patch").compared if c.commit is not None]
        assert {c.commit for c in diffs} <= {commit}


def test_a_patch_that_fits_has_nothing_to_compare(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[3].rework)
    story.release("1.1")
    story.expect("guard.patch", "applies")
    assert story.judgement("guard.patch").compared == ()


def test_each_hunk_has_its_line_in_both_trees(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guards.patch", f[0].fix, f[2].fix)
    story.upstream(f.importing("zlib"), f[0].fix)
    story.release("1.1")
    story.expect("guards.patch", "trim")
    base, there = (story.files(name)[f.path][1].splitlines(keepends=True) for name in ("1.0", "1.1"))
    [report] = story.judgement("guards.patch").files
    for hunk in report.hunks:
        assert hunk.base_line is not None
        assert hunk.target_line is not None
        assert base[hunk.base_line - 1] == there[hunk.target_line - 1]
    assert report.hunks[0].state is HunkState.UPSTREAM


def test_a_trimmed_patch_says_in_its_header_what_went_upstream(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("guards.patch", f[0].fix, f[2].fix, g[1].fix)
    commit = story.upstream(f[0].fix, g[1].fix, message="guards")
    story.release("1.1")
    story.expect("guards.patch", "trim")
    judged = story.judgement("guards.patch")
    assert judged.refreshed is not None
    header = judged.refreshed[: judged.refreshed.index(b"diff --git")].decode()
    [note] = [line for line in header.splitlines() if line.startswith("[syncbot: ")]
    assert f"all of {g.path}" in note
    assert f"hunk 1 of {f.path}" in note
    assert "in 1.1" in note
    assert (commit[:12] in note) is in_git(story)
    kept = story.carried["guards.patch"].patch.content
    kept = kept[: kept.index(b"diff --git")]
    assert header.encode().replace(f"{note}\n".encode(), b"").replace(b"\n", b"") == kept.replace(b"\n", b"")
    story.ends_with(f[2].fix)


def test_commits_of_one_file_that_went_upstream_are_named_in_what_stays(story: Story) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    story.carries("one.patch", f[1].fix, header="From: A <a@x.example>\nSubject: [PATCH 1/2] guard the reader\n\n---\n")
    story.carries("two.patch", g[1].fix, header="From: A <a@x.example>\nSubject: [PATCH 2/2] guard the writer\n\n---\n")
    start = "From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001\n"
    both = b"".join(start.encode() + one.patch.content for one in story.carried.values())
    story.carried.clear()
    story.carries_text("both.patch", both, f[1].fix, g[1].fix)
    story.upstream(f[1].fix, message="guard the reader")
    story.release("1.1")
    story.expect("both.patch", "trim")
    refreshed = story.judgement("both.patch").refreshed
    assert refreshed is not None
    assert b"[syncbot: upstream has, in 1.1: commit 1 (guard the reader)" in refreshed
    assert b"Subject: [PATCH 2/2] guard the writer\n" in refreshed
    story.ends_with(g[1].fix)


@pytest.mark.parametrize("names", ["cherry-pick", "short"])
def test_a_commit_that_the_header_names_is_looked_up(story: Story, names: str) -> None:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g)
    liar = story.upstream(g[0].fix, message="writer: guard")
    text = liar if names == "cherry-pick" else liar[:10]
    header = f"guard\n\n(cherry picked from commit {text})\nSee commit {'d' * 40}.\n\n"
    story.carries("guard.patch", f[1].fix, header=header)
    story.release("1.1")
    story.expect("guard.patch", "untouched")
    if in_git(story):
        found = [(e.commit, e.detail) for e in facts(story, "guard.patch", "declared")[1:]]
        assert found == [
            (liar, f"it names commit {text[:12]}, which is in the release: 'writer: guard' by Uma Upstream"),
            (None, f"it names commit {'d' * 12}, which upstream's history does not have"),
        ]


def test_the_diff_of_a_commit_that_is_nearly_the_patch(story: Story) -> None:
    f = story.source("reader")
    header = "From: Dora Down <dora@down.example>\nSubject: [PATCH] guard the reader\n\n---\n"
    story.starts(f)
    story.carries("guard.patch", f[1].fix, header=header)
    commit = story.upstream(f[1].recoded, message="guard the reader")
    story.release("1.1")
    story.expect("guard.patch", "superseded or conflict", "superseded")
    if in_git(story):
        [diff] = [c for c in story.judgement("guard.patch").compared if c.commit is not None]
        assert diff.commit == commit
        assert diff.theirs.startswith(b"diff --git ")
        added = [line for line in f[1].recoded.new.splitlines() if line not in f[1].recoded.old.splitlines()]
        assert added
        assert all(b"+" + line in diff.theirs for line in added)
        assert b"+" + f[1].guard.splitlines()[0] in diff.ours
