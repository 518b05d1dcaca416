"""What a stranger found on a GitHub: orders that were done once must not be done against a later no, answers say what
they are about, and what syncbot closes says why where people look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .github_world import GitHubWorld
from .test_github_faults import Fault, status
from .test_github_people import dashboard, number
from .test_github_sync import World, git, world
from .test_github_trust import opened

__all__ = ["number", "world"]
BRANCH = "syncbot/lib/stable"


def say(hub: GitHubWorld, number: int, body: str) -> None:
    hub.as_person("POST", f"/issues/{number}/comments", {"body": body})


def told(hub: GitHubWorld, number: int) -> list[str]:
    """What the bot wrote below it."""
    return [c["body"] for c in hub.as_person("GET", f"/issues/{number}/comments") if c["user"]["login"] == "bot"]


def close(hub: GitHubWorld, number: int) -> None:
    hub.as_person("PATCH", f"/pulls/{number}", {"state": "closed"})


def tick(hub: GitHubWorld, number: int, box: str, path: str) -> None:
    body = hub.as_person("GET", f"/issues/{number}")["body"]
    assert f"- [ ] <!-- syncbot-box: {box} -->" in body
    ticked = body.replace(f"- [ ] <!-- syncbot-box: {box} -->", f"- [x] <!-- syncbot-box: {box} -->")
    hub.as_person("PATCH", f"/{path}/{number}", {"body": ticked})


def push(hub: GitHubWorld, folder: Path, path: str, text: str) -> str:
    """A person's commit on the proposal's branch."""
    clone = folder / "jane"
    if not clone.exists():
        git(folder, "clone", "-q", "-b", BRANCH, str(hub.bare), str(clone))
    git(clone, "pull", "-q", "--no-edit", "origin", BRANCH)
    (clone / path).write_text(text)
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "by hand")
    git(clone, "push", "-q", "origin", f"HEAD:{BRANCH}")
    return git(clone, "rev-parse", "HEAD")


def publish(world: World, hub: GitHubWorld, path: str) -> None:
    """The downstream branch moves on, and the package does not."""
    (world.workspace.path / path).write_text("mine\n")
    world.workspace.commit("my own business")
    git(world.workspace.path, "push", "-q", str(hub.bare), "HEAD:refs/heads/main")


@pytest.mark.parametrize("way", ["retry of an open one", "opened again by hand", "box of the dashboard"])
def test_what_was_welcome_once_stays_closed_when_a_person_closes_it_later(
    world: World, hub: GitHubWorld, number: int, way: str
) -> None:
    if way == "retry of an open one":
        say(hub, number, "/syncbot retry")
    else:
        close(hub, number)
        world.syncbot("sync")
        if way == "opened again by hand":
            hub.as_person("PATCH", f"/pulls/{number}", {"state": "open"})
        else:
            tick(hub, number + 1, f"again:{number}", "issues")
    ran = world.syncbot("sync")
    assert ("was opened again" in ran.out) == (way == "box of the dashboard")
    assert opened(world) == [(str(number), "open")]
    close(hub, number)
    for _run in range(2):
        world.syncbot("sync")
        assert opened(world) == [(str(number), "rejected")]
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_what_was_said_before_a_person_closed_it_is_overtaken(world: World, hub: GitHubWorld, number: int) -> None:
    say(hub, number, "/syncbot retry")
    close(hub, number)
    pull = hub.page(number)
    assert pull["closed_at"] >= pull["created_at"]
    for comment in hub.as_person("GET", f"/issues/{number}/comments"):  # in the same second, perhaps
        hub.here.edited[comment["id"]] = "2024-01-01T00:00:00Z"
    world.syncbot("sync")
    assert opened(world) == [(str(number), "rejected")]
    assert "`/syncbot retry` cannot be done: this proposal was rejected after that." in told(hub, number)


def test_a_closed_one_that_somebody_edits_is_no_new_no(world: World, hub: GitHubWorld, number: int) -> None:
    close(hub, number)
    world.syncbot("sync")
    tick(hub, number + 1, f"again:{number}", "issues")
    hub.gate.faults.append(Fault("PATCH", f"/pulls/{number}", status(422, "state cannot be changed")))
    assert "was opened: " in world.syncbot("sync").out, "GitHub keeps the first one closed"
    newest = opened(world)[0]
    assert newest[1] == "open"
    body = hub.page(number)["body"]
    hub.as_person("PATCH", f"/pulls/{number}", {"body": body.replace("### Controls", "### Control", 1)})
    world.syncbot("sync")
    world.syncbot("sync")
    assert opened(world)[0] == newest


@pytest.mark.parametrize("where", ["comment", "box", "dashboard"])
def test_a_rebase_that_is_refused_says_which_and_moves_nothing(
    world: World, hub: GitHubWorld, number: int, tmp_path: Path, where: str
) -> None:
    pushed = push(hub, tmp_path, "by-hand", "x")
    world.syncbot("sync")
    publish(world, hub, "README.md")
    world.syncbot("sync")
    if where == "comment":
        say(hub, number, "/syncbot rebase")
    elif where == "box":
        tick(hub, number, "rebase", "pulls")
    else:
        tick(hub, number + 1, f"rebase:{number}", "issues")
    wrote = hub.writes(lambda: world.syncbot("sync"))
    assert not [one for one in wrote if one.startswith("PUSH")]
    assert git(hub.bare, "rev-parse", BRANCH) == pushed
    named = "`/syncbot rebase`" if where == "comment" else '"Make this proposal anew on the branch as it is now"'
    assert told(hub, number) == [
        f"{named} cannot be done: the branch has 1 commit that syncbot did not make; it is carried over to each new "
        "version where that goes cleanly. `/syncbot discard` makes it anew and gives it up."
    ]
    for page in (hub.page(number), dashboard(hub, number)):
        assert "[x]" not in page["body"]
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_given_up_commits_leave_no_trace_in_the_title(
    world: World, hub: GitHubWorld, number: int, tmp_path: Path
) -> None:
    plain = hub.page(number)["title"]
    push(hub, tmp_path, "patches/lib/series", "")
    world.syncbot("sync")
    say(hub, number, "/syncbot discard")
    wrote = hub.writes(lambda: world.syncbot("sync"))
    assert wrote.count(f"PATCH /pulls/{number}") == 1
    page = hub.page(number)
    assert (page["title"], "commit of people" in page["body"]) == (plain, False)
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_the_result_stands_on_the_commit_that_people_see(
    world: World, hub: GitHubWorld, number: int, tmp_path: Path
) -> None:
    """A check that is required would never come, else."""
    for text in ("one", "two"):  # the second commit has the words of the first: the body stays as it is
        head = push(hub, tmp_path, "by-hand", text)
        world.syncbot("sync")
        assert hub.page(number)["head"]["sha"] == head
        assert [(s["context"], s["state"]) for s in hub.here.statuses[head]] == [("syncbot", "success")]
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_a_proposal_that_closes_itself_says_why_where_people_see_it(
    world: World, hub: GitHubWorld, number: int
) -> None:
    manifest = world.workspace.path / "patches/lib/package.toml"
    manifest.write_text(f'{manifest.read_text()}mode = "observe"\n')
    world.workspace.commit("observe")
    world.syncbot("sync")
    assert hub.page(number)["state"] == "closed"
    assert told(hub, number) == [
        "Closed by syncbot: Its mode is observe: nothing is proposed. That is no rejection: where the reason for this "
        "comes back within seven days, this opens again."
    ]


@pytest.mark.parametrize("way", ["merge", "squash"])
def test_what_was_merged_on_the_forge_is_not_proposed_anew_before_the_workspace_has_it(
    world: World, hub: GitHubWorld, number: int, way: str
) -> None:
    head = hub.page(number)["head"]["sha"]
    hub.as_person("PUT", f"/pulls/{number}/merge", {"sha": head, "merge_method": way})
    for _run in range(2):
        ran = world.syncbot("sync")
        assert f"proposal {number} was merged on the forge, and the workspace has not got that yet; git pull" in ran.out
        assert opened(world) == [(str(number), "accepted")]
    git(world.workspace.path, "pull", "-q", "--no-edit", str(hub.bare), "main")
    assert "git pull" not in world.syncbot("sync").out
    assert opened(world) == [(str(number), "accepted")]


def test_a_dry_run_stops_where_a_real_one_would(world: World, hub: GitHubWorld, number: int) -> None:
    hub.as_person("PATCH", f"/issues/{dashboard(hub, number)['number']}", {"state": "closed"})
    ran: Any = world.syncbot("sync", "--dry-run")
    assert (ran.code, "the dashboard was closed by ann, which stops syncbot" in ran.err) == (2, True)


def test_an_order_that_changes_nothing_is_no_update(world: World, hub: GitHubWorld, number: int) -> None:
    say(hub, number, "/syncbot rebase")
    ran: list[Any] = []
    wrote = hub.writes(lambda: ran.append(world.syncbot("sync")))
    assert [one.rpartition("/")[2] for one in wrote] == ["reactions"]
    assert "was updated" not in ran[0].out
