"""A proposal that comes in by other commits than its own: GitHub's buttons "squash" and "rebase", a squash by hand, a
mail. However it came, it is accepted, what it dropped is kept, and the next run is quiet."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .github_world import GitHubWorld
from .test_github_people import number
from .test_github_sync import World, git, numbered, world
from .test_github_trust import opened

__all__ = ["number", "world"]
BRANCH = "syncbot/lib/stable"
Taking = Callable[[World, GitHubWorld, int], None]


def by_button(way: str) -> Taking:
    """What GitHub does: a commit of its own on the downstream branch, and the pull request is merged."""

    def take(world: World, hub: GitHubWorld, number: int) -> None:
        sha = hub.page(number)["head"]["sha"]
        hub.as_person("PUT", f"/pulls/{number}/merge", {"sha": sha, "merge_method": way})
        git(world.workspace.path, "pull", "-q", "--no-edit", str(hub.bare), "main")

    return take


def by_hand(act: Callable[[Path, GitHubWorld], None]) -> Taking:
    """In a clone of a person's, pushed to the downstream branch: GitHub sees nothing of it."""

    def take(world: World, hub: GitHubWorld, number: int) -> None:  # as the others
        root = world.workspace.path
        git(root, "fetch", "-q", str(hub.bare), BRANCH)
        act(root, hub)
        git(root, "push", "-q", str(hub.bare), "HEAD:refs/heads/main")

    return take


def squash(root: Path, hub: GitHubWorld) -> None:  # as the others
    git(root, "merge", "-q", "--squash", "FETCH_HEAD")
    git(root, "commit", "-q", "-m", "lib 1.1")


def rebase(root: Path, hub: GitHubWorld) -> None:  # as the others
    git(root, "commit", "-q", "--allow-empty", "-m", "something else")
    git(root, "cherry-pick", "HEAD~1..FETCH_HEAD")


def mail(root: Path, hub: GitHubWorld) -> None:  # as the others
    patch = root.parent / "1.eml"
    patch.write_text(git(root, "format-patch", "--stdout", "HEAD..FETCH_HEAD") + "\n")
    git(root, "am", "-q", str(patch))
    git(root, "commit", "-q", "--amend", "-m", "applied from the mail")


WAYS = {
    "button squash": by_button("squash"), "button rebase": by_button("rebase"), "squash": by_hand(squash),
    "rebase": by_hand(rebase), "mail": by_hand(mail),
}  # fmt: skip


@pytest.mark.parametrize("way", list(WAYS))
def test_what_came_in_by_other_commits_is_accepted(world: World, hub: GitHubWorld, number: int, way: str) -> None:
    WAYS[way](world, hub, number)
    ran = world.syncbot("sync")
    assert (ran.code, ran.err) == (0, "")
    assert "lib: ten.patch left the series" in ran.out
    assert "was closed" not in ran.out
    assert opened(world) == [(str(number), "accepted")], "also where GitHub knows it as closed alone"
    assert hub.page(number)["state"] == "closed"
    world.syncbot("sync")
    assert hub.writes(lambda: world.syncbot("sync")) == []
    shutil.rmtree(world.workspace.path / "state")
    assert opened(world) == [(str(number), "accepted")], "nothing comes back, and GitHub alone knows it"
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    world.syncbot("sync")
    assert [status for _id, status in opened(world)] == ["open", "accepted"]
    assert "again:" not in hub.as_person("GET", f"/issues/{number + 1}")["body"]


def test_what_came_in_by_half_is_not_accepted(world: World, hub: GitHubWorld, number: int) -> None:
    root = world.workspace.path
    git(root, "fetch", "-q", str(hub.bare), BRANCH)
    git(root, "checkout", "-q", "FETCH_HEAD", "--", "patches/lib/package.toml")
    world.workspace.commit("the base alone")
    git(root, "push", "-q", str(hub.bare), "HEAD:refs/heads/main")
    world.syncbot("sync")
    assert (str(number), "accepted") not in opened(world)


def test_a_squash_that_is_not_pushed_yet_is_no_rejection(world: World, hub: GitHubWorld, number: int) -> None:
    git(world.workspace.path, "fetch", "-q", str(hub.bare), BRANCH)
    squash(world.workspace.path, hub)
    assert world.syncbot("sync").code == 0
    assert opened(world) == [(str(number), "accepted")]
    assert hub.writes(lambda: world.syncbot("sync")) == []
