"""What maintainers complain about in other bots, tried on the whole program with a GitHub: what comes back, what is
lost, what is merged too soon, what is done twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from subprocess import CalledProcessError
from typing import Any

import pytest

from syncbot.forges.github import GitHubForge
from syncbot.store.sql import SqlStore

from .github_world import GitHubWorld
from .test_github_outbox import Killed
from .test_github_people import dashboard, number
from .test_github_sync import World, git, numbered, world

__all__ = ["number", "world"]


def opened(world: World) -> list[tuple[str, str]]:
    found = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    return [(p["id"], p["status"]) for p in found]


def test_a_branch_that_is_merged_in_the_workspace_is_not_closed_before_it_is_pushed(
    world: World, hub: GitHubWorld, number: int
) -> None:
    git(world.workspace.path, "pull", "-q", "--no-edit", str(hub.bare), "syncbot/lib/stable")
    for _again in range(2):
        ran = world.syncbot("sync")
        assert (ran.code, "closed" in ran.out) == (0, False), ran.out
        assert hub.page(number)["state"] == "open"
    hub.as_person("PUT", f"/pulls/{number}/merge", {"sha": hub.page(number)["head"]["sha"]})  # as GitHub sees the push
    assert "lib: ten.patch left the series" in world.syncbot("sync").out
    assert opened(world) == [(str(number), "accepted")]
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_what_a_stale_bot_closed_does_not_come_back(world: World, hub: GitHubWorld, number: int) -> None:
    hub.as_person("PATCH", f"/pulls/{number}", {"state": "closed"})
    hub.here.closers[number] = "stale[bot]"
    world.syncbot("sync")
    assert opened(world) == [(str(number), "rejected")]
    assert f"again:{number}" in dashboard(hub, number)["body"], "a person can have it back"
    assert f"[`lib`]({hub.page(number)['html_url']}): " in dashboard(hub, number)["body"], "and see it"
    assert "(closed by stale\\[bot\\])" in dashboard(hub, number)["body"]
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_a_persons_own_pull_request_is_left_alone_and_ours_is_withdrawn(
    world: World, hub: GitHubWorld, number: int, tmp_path: Any
) -> None:
    clone = tmp_path / "jane"
    git(tmp_path, "clone", "-q", str(hub.bare), str(clone))
    git(clone, "switch", "-q", "-c", "update-lib")
    git(clone, "rm", "-q", "patches/lib/ten.patch")
    git(clone, "commit", "-q", "-am", "lib: ten is upstream")
    git(clone, "push", "-q", "origin", "update-lib")
    theirs = hub.as_person("POST", "/pulls", {"title": "update lib", "head": "update-lib", "base": "main"})
    ran = world.syncbot("sync")
    assert f"proposal {number} was closed: A person proposes the same. ann proposes it in {theirs['number']}" in ran.out
    assert [hub.page(n)["state"] for n in (number, theirs["number"])] == ["closed", "open"]
    assert hub.writes(lambda: world.syncbot("sync")) == []
    hub.as_person("PATCH", f"/pulls/{theirs['number']}", {"state": "closed"})
    world.syncbot("sync")
    assert hub.page(number)["state"] == "open", "within a week it is the same one"


def test_a_closed_dashboard_stops_all_writes(world: World, hub: GitHubWorld, number: int) -> None:
    issue = dashboard(hub, number)
    hub.as_person("PATCH", f"/issues/{issue['number']}", {"state": "closed"})
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    ran: list[Any] = []
    assert hub.writes(lambda: ran.append(world.syncbot("sync"))) == []
    assert "the dashboard was closed by ann, which stops syncbot" in ran[0].err


@pytest.mark.parametrize("state", ["pending", "failure", "success"])
def test_mode_merge_waits_for_checks_that_nobody_demands(
    world: World, hub: GitHubWorld, number: int, state: str
) -> None:
    tip = hub.page(number)["head"]["sha"]
    hub.as_person("POST", f"/statuses/{tip}", {"state": state, "context": "build"})
    manifest = world.workspace.path / "syncbot.toml"
    manifest.write_text(f'mode = "merge"\n{manifest.read_text()}')
    world.workspace.commit("trust it")
    git(world.workspace.path, "push", "-q", str(hub.bare), "HEAD:refs/heads/main")
    world.syncbot("sync")
    assert hub.page(number)["state"] == ("closed" if state == "success" else "open")


STEPS = [
    (GitHubForge, "propose"),
    (GitHubForge, "report_check"),
    (SqlStore, "save_proposal"),
    (GitHubForge, "open_issue"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_a_run_that_is_killed_between_the_steps_is_finished_by_the_next(
    world: World, hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str], after: bool
) -> None:
    """Inside `propose`, tests/forges/test_github_outbox.py kills it at every gap."""
    owner, name = step
    real: Callable[..., Any] = getattr(owner, name)

    def torn(*args: Any, **rest: Any) -> Any:
        if after:
            real(*args, **rest)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, torn)
        with pytest.raises(Killed):
            world.syncbot("sync")
    assert world.syncbot("sync").code == 0
    assert len(hub.gate.pulls(hub.repository)) == 1
    (found,) = opened(world)
    assert "dashboard" in dashboard(hub, int(found[0]))["title"]
    assert found[1] == "open"
    statuses = hub.here.statuses[hub.page(int(found[0]))["head"]["sha"]]
    assert [s["state"] for s in statuses] == ["success"]
    assert hub.writes(lambda: world.syncbot("sync")) == []


@pytest.mark.parametrize("step", ["_set_labels", "_ask_once", "_open"])
def test_what_goes_with_a_proposal_is_owed_by_a_run_that_was_killed(
    world: World, hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The next run has nothing to propose: title, words and branch are as they should be, labels and people are not."""
    settings = world.workspace.path / "syncbot.toml"
    settings.write_text(settings.read_text() + '\n[proposals]\nreviewers = ["ann"]\nassignees = ["ben"]\n')
    real: Callable[..., Any] = getattr(GitHubForge, step)

    def torn(*args: Any, **rest: Any) -> Any:
        if step == "_open":
            real(*args, **rest)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(GitHubForge, step, torn)
        with pytest.raises(Killed):
            world.syncbot("sync")
    told = world.syncbot("sync").out
    (pull,) = hub.gate.pulls(hub.repository)
    assert f"lib: proposal {pull['number']} has now what a run that was killed owed it." in told
    assert "Nothing changed" not in told
    assert [label["name"] for label in pull["labels"]] == ["syncbot"]
    assert [one["login"] for one in pull["requested_reviewers"]] == ["ann"]
    assert [one["login"] for one in pull["assignees"]] == ["ben"]
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_after_the_state_is_lost_nothing_is_doubled_and_a_no_still_holds(
    world: World, hub: GitHubWorld, number: int
) -> None:
    shutil.rmtree(world.workspace.path / "state")
    assert hub.writes(lambda: world.syncbot("sync")) == []
    hub.as_person("PATCH", f"/pulls/{number}", {"state": "closed"})
    shutil.rmtree(world.workspace.path / "state")
    assert "it is not made again. (closed by ann)" in world.syncbot("sync").out
    assert [pull["state"] for pull in hub.gate.pulls(hub.repository)] == ["closed"]


def test_a_version_that_a_persons_commit_does_not_go_with_is_told_once_and_goes_when_merged(
    world: World, hub: GitHubWorld, number: int, tmp_path: Any
) -> None:
    branch = "syncbot/lib/stable"
    clone = tmp_path / "jane"
    git(tmp_path, "clone", "-q", "-b", branch, str(hub.bare), str(clone))
    (clone / "patches/lib/series").write_text("b.patch # of mine\n")
    git(clone, "commit", "-q", "-am", "a word on b")
    git(clone, "push", "-q", "origin", branch)
    world.upstream.release("v1.2", b_c=numbered("b", l20="twenty"))
    assert "was left as it is: edited by A Person" in world.syncbot("sync").out
    (status,) = hub.here.statuses[hub.page(number)["head"]["sha"]]
    assert (status["state"], status["description"]) == (
        "failure",
        f"the newer version, on {branch}-next, does not go with the commits here",
    )
    assert hub.writes(lambda: world.syncbot("sync")) == []
    (said,) = hub.as_person("GET", f"/issues/{number}/comments")
    assert f"Merge `{branch}-next` into `{branch}`" in said["body"]
    git(clone, "fetch", "-q", "origin")
    with suppress(CalledProcessError):  # they changed what the new version deletes
        git(clone, "merge", "-q", "-X", "theirs", "--no-edit", f"origin/{branch}-next")
    git(clone, "rm", "-q", "patches/lib/series")
    git(clone, "commit", "-q", "--no-edit")
    git(clone, "push", "-q", "origin", branch)
    wrote = hub.writes(lambda: world.syncbot("sync"))
    assert f"PUSH refs/heads/{branch}-next" in wrote
    assert git(hub.bare, "branch", "--list", "syncbot/*").split() == [branch]
    assert hub.page(number)["title"] == "lib: 1.0 -> 1.2, drop 2"
    assert len(hub.here.minimised) == 1, "the comment is over"
    (status,) = hub.here.statuses[hub.page(number)["head"]["sha"]]
    assert status["state"] == "success"
    assert hub.writes(lambda: world.syncbot("sync")) == []
