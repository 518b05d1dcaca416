"""Upstream takes back what made a patch superfluous: the patch that was dropped is needed again."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from tests.e2e.test_proposal_branches import clone_of, push
from tests.e2e.world import FIX_B, FIX_TEN, A, World, diff, git, numbered

TEN = numbered("a", l10="ten")


@pytest.fixture
def lost(world: World) -> World:
    """The drop of ten.patch was accepted with 1.1; upstream reverts in 1.2."""
    world.upstream.release("v1.1", a_c=TEN)
    world.syncbot("sync")
    assert world.syncbot("proposals", "accept", "1").code == 0
    assert world.workspace.series("lib") == ["b.patch"]
    world.upstream.commit("More of a", a_c=numbered("a", l10="ten", l30="thirty"))
    git(world.upstream.path, "revert", "--no-edit", "v1.1")
    git(world.upstream.path, "tag", "v1.2")
    return world


def proposals(world: World) -> dict[str, Any]:
    """{line: proposal} of those that are open."""
    return {p["line"]: p for p in world.syncbot("proposals", "--json").document["proposals"]}


def test_a_revert_upstream_is_an_alert_and_a_proposal_to_restore(lost: World) -> None:
    ran = lost.syncbot("sync")
    assert ran.code == 0
    head = git(lost.upstream.path, "rev-parse", "--short=12", "HEAD")
    told = f"ten.patch, dropped with 1.1, is needed again: 1.2 has it no more (commit {head} took it back)"
    assert f"alert: lib: {told}" in ran.err
    assert "lib: proposal 3 brings it back: lib: restore ten.patch, 1.2 lost it" in ran.out
    assert set(proposals(lost)) == {"stable", "restore:ten.patch"}
    told = "ten.patch was dropped and is needed again: proposal 3 would bring it back"
    assert lost.syncbot("report").err == f"syncbot: alert: lib: {told}\n"
    assert "It is needed again: proposal 3 would bring it back." in lost.syncbot("explain", "lib", "ten.patch").out
    body = lost.syncbot("proposals", "show", "3").out
    assert "took it back: Revert" in body
    assert "This proposal holds the move to 1.2, too" in body
    assert "ten.patch, dropped with 1.1, is needed again" in lost.syncbot("proposals", "show", "2").out
    assert lost.syncbot("proposals", "accept", "3").code == 0
    assert lost.workspace.series("lib") == ["b.patch", "ten.patch"]
    manifest = (lost.workspace.path / "patches/lib/package.toml").read_text()
    assert 'base = "1.2"' in manifest
    assert "keep" not in manifest, "it may be dropped again when upstream has it again"
    for name in lost.workspace.series("lib"):
        patch = lost.workspace.path / "patches/lib" / name
        subprocess.run(["git", "apply", "--check", str(patch)], cwd=lost.upstream.path, check=True)
    again = lost.syncbot("sync")
    assert again.err == ""
    assert proposals(lost) == {}, "that to move alone has nothing left to do"


def test_check_tells_it_too_and_proposes_nothing(lost: World) -> None:
    ran = lost.syncbot("check", "--json")
    [package] = ran.document["packages"]
    [back] = package["returned"]
    assert (back["name"], back["verdict"]) == ("ten.patch", "reverted")
    assert "alert: lib: ten.patch, dropped with 1.1, is needed again" in ran.err
    assert proposals(lost) == {}


def test_it_is_proposed_once_and_a_second_sync_writes_nothing(lost: World) -> None:
    lost.syncbot("sync")
    before = lost.workspace.snapshot()
    ran = lost.syncbot("sync")
    assert "Nothing changed" in ran.out
    assert lost.workspace.snapshot() == before


def test_after_the_move_alone_was_accepted_the_patch_is_still_proposed(lost: World) -> None:
    lost.syncbot("sync")
    lost.syncbot("proposals", "accept", "2")
    lost.syncbot("sync")
    [restore] = proposals(lost).values()
    assert (restore["id"], restore["line"]) == ("3", "restore:ten.patch")
    assert "holds the move" not in lost.syncbot("proposals", "show", "3").out
    before = lost.workspace.snapshot()
    lost.syncbot("sync")
    assert lost.workspace.snapshot() == before
    assert lost.syncbot("proposals", "accept", "3").code == 0
    assert lost.workspace.series("lib") == ["b.patch", "ten.patch"]


def test_a_rejected_return_is_not_proposed_again_at_this_release_or_the_next(lost: World) -> None:
    lost.syncbot("sync")
    lost.syncbot("proposals", "reject", "3", "--reason", "we can live without it")
    lost.upstream.release("v1.3", a_c=numbered("a", l30="thirty", l50="fifty"))
    ran = lost.syncbot("sync")
    assert "needed again" not in ran.err
    assert set(proposals(lost)) == {"stable"}


def test_a_return_that_upstream_takes_back_withdraws_its_proposal(lost: World) -> None:
    lost.syncbot("sync")
    lost.upstream.release("v1.3", a_c=numbered("a", l10="ten", l30="thirty"))
    ran = lost.syncbot("sync")
    assert "proposal 3 was closed: The release has the change again" in ran.out
    assert set(proposals(lost)) == {"stable"}


def test_a_patch_that_came_back_is_dropped_again_when_upstream_has_it_again(lost: World) -> None:
    lost.syncbot("sync")
    lost.syncbot("proposals", "accept", "3")
    lost.upstream.release("v1.3", a_c=numbered("a", l10="ten", l30="thirty"))
    ran = lost.syncbot("sync")
    assert "drop 1" in ran.out
    lost.syncbot("proposals", "accept", next(p["id"] for p in proposals(lost).values()))
    assert lost.workspace.series("lib") == ["b.patch"]
    lost.upstream.release("v1.4", a_c=numbered("a", l30="thirty"))
    assert "brings it back" in lost.syncbot("sync").out, "a later drop is another question"


def test_a_restored_patch_is_refreshed_to_fit(world: World) -> None:
    world.upstream.release("v1.1", a_c=TEN)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.upstream.release("v1.2", a_c=numbered("a", l8="eight", l12="twelve"))
    world.syncbot("sync")
    assert world.syncbot("proposals", "accept", proposals(world)["restore:ten.patch"]["id"]).code == 0
    text = (world.workspace.path / "patches/lib/ten.patch").read_text()
    assert text.startswith("Subject: write ten out\n")
    assert " eight\n" in text
    subprocess.run(
        ["git", "apply", "--check", str(world.workspace.path / "patches/lib/ten.patch")],
        cwd=world.upstream.path,
        check=True,
    )


def test_one_that_does_not_fit_comes_back_as_a_draft_that_waits(world: World) -> None:
    world.upstream.release("v1.1", a_c=TEN)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    git(world.upstream.path, "revert", "--no-edit", "v1.1")
    world.upstream.release("v1.2", a_c=A.replace("a 10\n", "a number ten\n"))
    world.syncbot("sync")
    restore = proposals(world)["restore:ten.patch"]
    assert restore["draft"] is True
    shown = world.syncbot("proposals", "show", restore["id"]).out
    assert "it does not apply there, so a person has to rebase it" in shown


def test_both_of_two_patches_come_back_each_by_itself(world: World) -> None:
    """The second fits only on top of the first: it waits until that is there."""
    both = numbered("a", l10="ten", l13="thirteen")
    second = diff("a.c", TEN, both)
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, second=second, b=FIX_B)
    world.upstream.release("v1.1", a_c=both)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    assert world.workspace.series("lib") == ["b.patch"]
    world.upstream.release("v1.2", a_c=A)
    world.syncbot("sync")
    found = proposals(world)
    assert (found["restore:ten.patch"]["draft"], found["restore:second.patch"]["draft"]) == (False, True)
    world.syncbot("proposals", "accept", found["restore:ten.patch"]["id"])
    world.syncbot("sync")
    last = proposals(world)["restore:second.patch"]
    assert last["draft"] is False
    world.syncbot("proposals", "accept", last["id"])
    assert world.workspace.series("lib") == ["b.patch", "ten.patch", "second.patch"]


@pytest.mark.parametrize("more", ['mode = "observe"\n', "private = true\n"])
def test_where_nothing_may_be_proposed_it_is_only_told(lost: World, more: str) -> None:
    manifest = lost.workspace.path / "patches/lib/package.toml"
    manifest.write_text(manifest.read_text() + more)
    lost.workspace.commit("no proposals")
    lost.syncbot("sync")
    assert proposals(lost) == {}
    assert "needed again" in lost.syncbot("check", "--private").err


def test_mode_merge_does_not_move_on_without_the_patch(lost: World) -> None:
    manifest = lost.workspace.path / "patches/lib/package.toml"
    manifest.write_text(manifest.read_text() + 'mode = "merge"\n')
    lost.workspace.commit("merge by yourself")
    lost.syncbot("sync")
    assert 'base = "1.1"' in manifest.read_text()
    assert set(proposals(lost)) == {"stable", "restore:ten.patch"}


def test_a_patch_that_a_person_brings_back_by_hand_is_not_proposed(lost: World) -> None:
    folder = lost.workspace.path / "patches/lib"
    (folder / "mine.patch").write_text(FIX_TEN)
    (folder / "series").write_text("b.patch\nmine.patch\n")
    (folder / "package.toml").write_text((folder / "package.toml").read_text().replace('"1.1"', '"1.2"'))
    lost.workspace.commit("bring it back, and move")
    assert "needed again" not in lost.syncbot("sync").err
    assert proposals(lost) == {}


def test_a_dry_run_tells_it_and_writes_nothing(lost: World) -> None:
    before = lost.workspace.snapshot()
    ran = lost.syncbot("sync", "--dry-run")
    assert "is needed again" in ran.err
    assert lost.workspace.snapshot() == before


def test_what_people_say_of_a_return_is_obeyed(lost: World) -> None:
    lost.syncbot("sync")
    before = proposals(lost)["restore:ten.patch"]
    (lost.workspace.path / "README.md").write_text("mine\n")
    lost.workspace.commit("my own business")
    assert lost.syncbot("proposals", "tell", "3", "rebase").code == 0
    lost.syncbot("sync")
    after = proposals(lost)["restore:ten.patch"]
    assert (before["id"], before["parent"] != after["parent"]) == (after["id"], True)
    before = lost.workspace.snapshot()
    lost.syncbot("sync")
    assert lost.workspace.snapshot() == before, "it was made anew once"
    lost.syncbot("proposals", "reject", "3", "--reason", "we do without it")
    lost.syncbot("sync")
    dashboard = lost.workspace.path / "state/proposals/issues/issue-1.md"
    box = "- [ ] <!-- syncbot-box: again:3 -->"
    assert box in dashboard.read_text()
    assert "(we do without it)" in dashboard.read_text()
    dashboard.write_text(dashboard.read_text().replace(box, box.replace("[ ]", "[x]")))
    lost.syncbot("sync")
    assert proposals(lost)["restore:ten.patch"]["id"] == "3", "the same one, open again"
    before = lost.workspace.snapshot()
    lost.syncbot("sync")
    assert lost.workspace.snapshot() == before


def test_one_that_a_person_made_by_hand_is_not_made_anew_by_the_bot(world: World) -> None:
    world.upstream.release("v1.1", a_c=TEN)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.syncbot("restore", "lib", "ten.patch", "--reason", "ours")
    ran = world.syncbot("proposals", "tell", "2", "rebase")
    assert ran.code == 2
    assert "this proposal was made by hand; run syncbot restore again" in ran.err


@pytest.fixture
def waiting(world: World) -> World:
    """ten.patch was dropped; 1.2 took it back, with other words in its place: its return is a draft."""
    world.upstream.release("v1.1", a_c=TEN)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    git(world.upstream.path, "revert", "--no-edit", "v1.1")
    world.upstream.release("v1.2", a_c=A.replace("a 10\n", "a number ten\n"))
    world.syncbot("sync")
    assert proposals(world)["restore:ten.patch"]["draft"] is True
    return world


def put_on_branch(world: World, text: str) -> None:
    """A person rewrites ten.patch on the branch of its return."""
    restore = proposals(world)["restore:ten.patch"]
    clone = clone_of(world, restore["branch"])
    (clone / "patches/lib/ten.patch").write_text(text)
    series = (clone / "patches/lib/series").read_text()
    (clone / "patches/lib/series").write_text(re.sub(r" # syncbot: waiting.*", "", series))
    push(clone, "rebase ten")


FITS = diff("a.c", A.replace("a 10\n", "a number ten\n"), TEN)


@pytest.mark.parametrize("looked", [True, False])
def test_a_return_that_a_person_settled_on_its_branch_can_be_accepted(waiting: World, *, looked: bool) -> None:
    put_on_branch(waiting, FITS)
    if looked:
        waiting.syncbot("sync")
        restore = proposals(waiting)["restore:ten.patch"]
        assert restore["draft"] is False
        body = waiting.syncbot("proposals", "show", restore["id"]).out
        assert "1 commit of people is on the branch: rebase ten of A Person." in body
        assert "The series with them was applied to 1.2 from scratch, without fuzz." in body
        assert "ten.patch, which waited for a person, was written anew by one." in body
        before = waiting.workspace.snapshot()
        waiting.syncbot("sync")
        assert waiting.workspace.snapshot() == before
    assert waiting.syncbot("proposals", "accept", proposals(waiting)["restore:ten.patch"]["id"]).code == 0
    assert waiting.workspace.series("lib") == ["b.patch", "ten.patch"]
    assert waiting.syncbot("sync", "--exit-code").code == 0


def test_a_return_that_people_spoilt_is_a_draft_and_says_why(lost: World) -> None:
    lost.syncbot("sync")
    assert proposals(lost)["restore:ten.patch"]["draft"] is False
    put_on_branch(lost, FITS)
    ran = lost.syncbot("proposals", "accept", "3")
    assert "with what people put on its branch ('rebase ten' of A Person) it does not apply to 1.2" in ran.err
    lost.syncbot("sync")
    assert proposals(lost)["restore:ten.patch"]["draft"] is True
    body = lost.syncbot("proposals", "show", "3").out
    assert "With that, the series does not apply to 1.2: ten.patch: a.c" in body


def test_one_made_by_hand_is_looked_at_when_it_is_accepted(world: World) -> None:
    world.upstream.release("v1.1", a_c=TEN)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.syncbot("restore", "lib", "ten.patch", "--reason", "ours")
    record = proposals(world)["restore:ten.patch"]
    assert record["draft"] is True, "1.1 has it, so it does not apply"
    put_on_branch(world, FITS)
    ran = world.syncbot("proposals", "accept", record["id"])
    assert "it does not apply to 1.1: ten.patch: a.c" in ran.err
    clone = world.workspace.path.parent / "mine"
    (clone / "patches/lib/ten.patch").write_text(diff("a.c", TEN, TEN.replace("ten\n", "TEN\n")))
    push(clone, "another ten")
    assert world.syncbot("proposals", "accept", record["id"]).code == 0
    assert world.workspace.series("lib") == ["b.patch", "ten.patch"]


@pytest.mark.parametrize("setting", ["max-open = 1", 'windows = ["00:00-00:01"]', "per-hour = 1"])
def test_returns_keep_to_the_limits_too(lost: World, setting: str) -> None:
    (lost.workspace.path / "syncbot.toml").write_text(f"[proposals]\n{setting}\n")
    lost.syncbot("sync")
    assert "restore:ten.patch" not in proposals(lost)
