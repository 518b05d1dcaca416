"""What upstream's branch holds for a package that has nowhere to go yet."""

from __future__ import annotations

import sqlite3

import pytest

from tests.e2e.world import FIX_TEN, B, World, diff, git, numbered

TEN = numbered("a", l10="ten")


def judgements(world: World) -> int:
    with sqlite3.connect(world.workspace.path / "state/syncbot.db") as opened:
        return int(opened.execute("SELECT count(*) FROM judgement").fetchone()[0])


def test_an_up_to_date_package_is_asked_daily_what_its_branch_holds(world: World) -> None:
    assert "up to date" in world.syncbot("check").out
    world.upstream.commit("Write ten out", a_c=TEN)
    commit = git(world.upstream.path, "rev-parse", "HEAD")
    ran = world.syncbot("check")
    assert ran.out.splitlines()[1:3] == [
        "lib      1.0      2 patches             up to date  Upstream has nothing newer on this line.",
        "                             ten.patch  held        Upstream has it on a branch, but not in this release: "
        f"commit {commit[:12]}, expected in the next release that is cut from there.",
    ]
    [package] = world.syncbot("check", "--json").document["packages"]
    assert (package["up_to_date"], package["target"], package["patches"]) == (True, None, [])
    ten, b = package["ahead"]
    assert (ten["verdict"], ten["fit"], ten["action"]) == ("held", "untouched", "keep")
    assert (b["verdict"], b["action"]) == ("untouched", "keep")
    [fact] = [e for e in ten["evidence"] if e["kind"] == "held"]
    assert (fact["commit"], fact["subject"], fact["release"]) == (commit, "Write ten out", None)
    story = world.syncbot("explain", "lib", "ten.patch").out
    assert "has it, on the branch only; no release has it yet:" in story
    assert "has no release after 1.0; its branch was looked at." in story


@pytest.mark.parametrize("settings", ["bump = false\n", 'range = "<1.1"\n'])
def test_what_a_later_release_has_is_not_said_to_be_on_a_branch(world: World, settings: str) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", settings, ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=TEN)
    commit = git(world.upstream.path, "rev-parse", "HEAD")
    told = f"Release 1.1 has it (commit {commit[:12]}); this one has not."
    ran = world.syncbot("sync")
    assert told in ran.out
    assert "on a branch" not in ran.out
    assert ("Only `bump = false` keeps it." in ran.out) == settings.startswith("bump")
    story = world.syncbot("explain", "lib", "ten.patch").out
    assert told in story
    assert f"Commit {commit} has it, and 1.1 has the commit:" in story
    for lie in ("has no release after", "on the branch", "on a branch"):
        assert lie not in story
    board = (world.workspace.path / "state/proposals/issues/issue-1.md").read_text()
    assert "### Held for the next release" not in board


def test_the_dashboard_has_what_waits_for_the_next_release_of_a_package_that_cannot_move(world: World) -> None:
    world.upstream.commit("Write ten out", a_c=TEN)
    world.syncbot("sync")
    board = (world.workspace.path / "state/proposals/issues/issue-1.md").read_text()
    assert "### Held for the next release (1)" in board


def test_what_the_branch_took_back_is_told_no_more(world: World) -> None:
    world.upstream.commit("Write ten out", a_c=TEN)
    assert "held" in world.syncbot("check").out
    git(world.upstream.path, "revert", "--no-edit", "HEAD")
    assert "held" not in world.syncbot("check").out


def test_where_nothing_moved_nothing_is_judged_or_written(world: World) -> None:
    world.upstream.commit("Write ten out", a_c=TEN)
    world.syncbot("sync")
    before, made = world.workspace.snapshot(), judgements(world)
    ran = world.syncbot("sync")
    assert "Nothing changed: 1 package, 2 patches." in ran.out
    assert world.workspace.snapshot() == before
    world.upstream.commit("Something else", b_c=B + "more\n")
    world.syncbot("sync")
    assert judgements(world) == made, "the branch moved, and the answer is the same"


def test_being_held_moves_nothing(world: World) -> None:
    world.upstream.commit("Write ten out", a_c=TEN)
    ran = world.syncbot("sync")
    assert ran.code == 0
    assert world.syncbot("proposals").out == "No proposal is open.\n"
    assert "up to date" in world.syncbot("report").out
    assert world.syncbot("history").out.count("1.0 -> 1.0") == 0
    assert world.syncbot("check", "--exit-code").code == 0


def test_a_release_that_waits_is_asked_again_when_the_branch_moves(world: World) -> None:
    world.upstream.release("v1.1", b_c=B + "more\n")
    world.syncbot("sync")
    world.upstream.commit("Write ten out", a_c=TEN)
    [package] = world.syncbot("sync", "--json").document["packages"]
    assert [p["verdict"] for p in package["patches"]] == ["held", "applies"]
    assert package["outcome"] == "updated", "its proposal tells it, too"


def test_the_release_that_has_it_makes_the_proposal(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN)
    world.upstream.commit("Write ten out", a_c=TEN)
    world.syncbot("sync")
    git(world.upstream.path, "tag", "v1.1")
    assert "lib: 1.0 -> 1.1, drop 1" in world.syncbot("sync").out


def test_a_package_that_follows_a_branch_has_it_at_once(world: World) -> None:
    patch = diff("a.c", numbered("a"), TEN)
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'track = "branch:main"\n', ten=patch)
    world.upstream.commit("Write ten out", a_c=TEN)
    ran = world.syncbot("check")
    assert "obsolete" in ran.out
