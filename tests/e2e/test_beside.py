"""A person's commit on the bot's branch conflicts with the next release: what the program says and does, day by day."""

from __future__ import annotations

import pytest

from tests.e2e.test_people import dashboard, forge, quiet, told
from tests.e2e.world import FIX_B, FIX_TEN, World, diff, git, numbered

BRANCH = "syncbot/lib/stable"
BARE = "state/proposals/forge.git"


@pytest.fixture
def apart(world: World) -> World:
    """1.1 has `ten`; a person says something else of `b` on the branch, which 1.2 has. `fifty` stays."""
    fifty = diff("b.c", numbered("b"), numbered("b", l50="fifty"))
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B, fifty=fifty)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    clone = world.workspace.path.parent / "clone"
    bare = str(world.workspace.path / BARE)
    git(clone.parent, "clone", "-q", "-b", BRANCH, bare, str(clone))
    (clone / "patches/lib/series").write_text("b.patch # of mine\nfifty.patch\n")
    git(clone, "commit", "-q", "-am", "a word on b")
    git(clone, "push", "-q", "origin", BRANCH)
    world.upstream.release("v1.2", b_c=numbered("b", l20="twenty"))
    return world


def bring_together(world: World) -> None:
    """The commands of the comment."""
    said = told(world, "1")[-1]
    commands = [text for text in said.splitlines() if text.startswith("git ")]
    clone = world.workspace.path.parent / "fresh"
    if not clone.exists():
        git(clone.parent, "clone", "-q", str(world.workspace.path), str(clone))
    for command in commands:
        solved = ("-X", "theirs", "--no-edit") if command.startswith("git merge") else ()
        git(clone, *command.split()[1:], *solved)


def branches(world: World) -> list[str]:
    found = git(world.workspace.path / BARE, "for-each-ref", "--format=%(refname:short)", "refs/heads/syncbot")
    return found.splitlines()


def statuses(world: World) -> list[str]:
    found = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    return [f"{one['id']}: {one['target']} {one['status']}" for one in found]


def test_what_is_said_is_true_and_said_once(apart: World) -> None:
    ran = apart.syncbot("sync")
    told_ = f"edited by A Person; the new version is on {BRANCH}-next, to be merged into its branch"
    assert f"lib: proposal 1 was left as it is: {told_}" in ran.out
    assert "was updated" not in ran.out
    assert "proposals accept" not in ran.out
    ran = apart.syncbot("sync")
    assert "Nothing changed" in ran.out
    assert "was " not in ran.out
    assert quiet(apart)
    assert f"({told_})" in dashboard(apart).read_text()
    shown = apart.syncbot("proposals", "show", "1").out
    assert f" {BRANCH}-next\n    git merge FETCH_HEAD" in shown
    assert "syncbot proposals tell 1 discard" in shown
    ran = apart.syncbot("proposals", "accept", "1")
    assert (ran.code, f"proposal 1 has a newer version: it was {told_}" in ran.err) == (2, True)


def test_once_it_is_merged_into_the_branch_the_proposal_goes_on(apart: World) -> None:
    apart.syncbot("sync")
    bring_together(apart)
    ran = apart.syncbot("sync")
    assert "lib: proposal 1 was updated: lib: 1.0 -> 1.2, drop 2, keep 1" in ran.out
    assert branches(apart) == [BRANCH]
    assert quiet(apart)
    assert "git merge" not in apart.syncbot("proposals", "show", "1").out
    git(apart.workspace.path, "pull", "-q", "--no-edit", BARE, BRANCH)
    apart.syncbot("sync")
    assert statuses(apart) == ["1: 1.2 accepted"]
    assert "-next" not in "".join(record.note for record in forge(apart).list())
    assert {name for name in ("ten.patch", "b.patch") if name in apart.syncbot("history").out} == {
        "ten.patch", "b.patch",
    }  # fmt: skip
    apart.syncbot("sync")
    assert quiet(apart)


@pytest.mark.parametrize("branch", [BRANCH, f"{BRANCH}-next"])
def test_the_new_version_may_be_merged_before_a_sync_looks_again(apart: World, branch: str) -> None:
    apart.syncbot("sync")
    if branch == BRANCH:
        bring_together(apart)
    git(apart.workspace.path, "pull", "-q", "--no-edit", BARE, branch)
    ran = apart.syncbot("sync")
    assert (ran.code, ran.err) == (0, "")
    assert "b.patch left the series" in ran.out
    assert statuses(apart) == ["1: 1.2 accepted"]
    assert branches(apart) == [BRANCH]
    apart.syncbot("sync")
    assert quiet(apart)
    assert apart.syncbot("restore", "lib", "b.patch", "--reason", "needed").code == 0


def test_a_release_that_takes_the_reason_away_ends_both(apart: World) -> None:
    apart.syncbot("sync")
    apart.workspace.package("lib", f"git:{apart.upstream.path}", "1.2")
    assert "proposal 1 was closed" in apart.syncbot("sync").out
    assert branches(apart) == [BRANCH]
    assert forge(apart).beside("1") is None


def test_the_commands_work_again_on_another_day(apart: World) -> None:
    """The branches are made anew each time: what a first time left behind must not be in the way."""
    apart.syncbot("sync")
    bring_together(apart)
    apart.syncbot("sync")
    clone = apart.workspace.path.parent / "clone"
    git(clone, "fetch", "-q", "origin")
    git(clone, "reset", "-q", "--hard", f"origin/{BRANCH}")
    (clone / "patches/lib/package.toml").write_text(f'upstream = "git:{apart.upstream.path}"\nbase = "1.2" # mine\n')
    git(clone, "commit", "-q", "-am", "a word on the base")
    git(clone, "push", "-q", "origin", BRANCH)
    apart.upstream.release("v1.3", b_c=numbered("b", l20="twenty", l30="thirty"))
    apart.syncbot("sync")
    assert branches(apart) == [BRANCH, f"{BRANCH}-next"]
    bring_together(apart)
    assert "was updated: lib: 1.0 -> 1.3" in apart.syncbot("sync").out
    assert branches(apart) == [BRANCH]
    fresh = apart.workspace.path.parent / "fresh"
    assert git(fresh, "for-each-ref", "--format=%(refname:short)", "refs/heads") == "main"


def test_a_sync_waits_while_somebody_brings_them_together_in_the_workspace(apart: World) -> None:
    apart.syncbot("sync")
    (said,) = told(apart, "1")
    fetch, switch = [text.split()[1:] for text in said.splitlines() if text.startswith("git ")][:2]
    git(apart.workspace.path, *fetch)
    git(apart.workspace.path, *switch)
    ran = apart.syncbot("sync")
    assert (ran.code, "no branch is checked out, but commits of proposal 1" in ran.err) == (2, True)
    git(apart.workspace.path, "switch", "-q", "-")
    assert apart.syncbot("sync").code == 0
    assert statuses(apart) == ["1: 1.1 open"]
