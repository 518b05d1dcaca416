"""Proposals that people take in their own way, and what of it stays with one package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.world import FIX_B, FIX_FORTY, World, git, numbered

BRANCH = "syncbot/lib/stable"
FORGE = "state/proposals/forge.git"


def statuses(world: World) -> list[str]:
    found = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    return [f"{one['id']}: {one['status']}" for one in found]


@pytest.fixture
def conflict(world: World) -> World:
    """`forty` does not apply to 1.1, and nothing else is carried: there is only something to ask."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l40="extra large"))
    return world


def squash(root: Path) -> None:
    git(root, "fetch", "-q", FORGE, BRANCH)
    git(root, "merge", "-q", "--squash", "FETCH_HEAD")
    git(root, "commit", "-q", "-m", "lib 1.1")


def rebase(root: Path) -> None:
    git(root, "fetch", "-q", FORGE, BRANCH)
    git(root, "commit", "-q", "--allow-empty", "-m", "something else")
    git(root, "cherry-pick", "HEAD~1..FETCH_HEAD")


def mail(root: Path) -> None:
    git(root, "fetch", "-q", FORGE, BRANCH)
    patch = root.parent / "1.eml"
    patch.write_text(git(root, "format-patch", "--stdout", "HEAD..FETCH_HEAD") + "\n")
    git(root, "am", "-q", "--committer-date-is-author-date", "--no-gpg-sign", str(patch))
    git(root, "commit", "-q", "--amend", "-m", "applied from the mail")


@pytest.mark.parametrize("way", [squash, rebase, mail])
def test_what_came_in_by_other_commits_is_accepted(world: World, way: Callable[[Path], None]) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    assert world.syncbot("sync").code == 0
    way(world.workspace.path)
    ran = world.syncbot("sync")
    assert (ran.code, ran.err) == (0, "")
    assert "was closed" not in ran.out
    assert statuses(world) == ["1: accepted"]
    assert "ten.patch" in world.syncbot("history").out
    world.syncbot("sync")
    before = world.workspace.snapshot()
    world.syncbot("sync")
    assert world.workspace.snapshot() == before
    assert world.syncbot("restore", "lib", "ten.patch", "--reason", "needed").code == 0


def test_what_came_in_by_half_is_not_accepted(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    root = world.workspace.path
    git(root, "fetch", "-q", FORGE, BRANCH)
    git(root, "checkout", "-q", "FETCH_HEAD", "--", "patches/lib/package.toml")
    world.workspace.commit("the base alone")
    world.syncbot("sync")
    assert "1: accepted" not in statuses(world)


def test_trouble_with_one_answer_stays_with_its_package(conflict: World) -> None:
    assert conflict.syncbot("sync").code == 0
    root = conflict.workspace.path
    git(root, "pull", "-q", FORGE, BRANCH)
    clone = root.parent / "clone"
    git(root.parent, "clone", "-q", "-b", BRANCH, str(root / FORGE), str(clone))
    (clone / "by-hand").write_text("x")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "one more")
    git(clone, "push", "-q", "origin", BRANCH)
    conflict.workspace.package("other", f"git:{conflict.upstream.path}", "1.0", b=FIX_B)
    ran = conflict.syncbot("sync")
    assert ran.code == 0
    assert f"problem: lib: proposal 1 is merged, but not what was pushed to {BRANCH} since" in ran.err
    assert "other: proposal 2 was opened" in ran.out
    git(root, "pull", "-q", "--no-rebase", "--no-edit", FORGE, BRANCH)
    ran = conflict.syncbot("sync")
    assert (ran.code, "problem" in ran.err) == (0, False)
    assert "1: accepted" in statuses(conflict)
