"""People on GitHub: what they comment, tick and close is obeyed, and no more is written than that takes."""

from __future__ import annotations

import pytest

from .github_world import GitHubWorld
from .test_github_sync import World, world

__all__ = ["world"]


@pytest.fixture
def number(world: World) -> int:
    """The bot's pull request, which drops one of two patches."""
    assert world.syncbot("sync").code == 0
    return int(world.syncbot("proposals", "list", "--json").document["proposals"][0]["id"])


def dashboard(hub: GitHubWorld, number: int) -> dict[str, str]:
    """The issue that came after the pull request."""
    issue: dict[str, str] = hub.as_person("GET", f"/issues/{number + 1}")
    assert "dashboard" in issue["title"]
    return issue


def test_a_comment_keeps_one_patch_and_gets_its_reaction(world: World, hub: GitHubWorld, number: int) -> None:
    said = hub.as_person("POST", f"/issues/{number}/comments", {"body": "/syncbot keep ten.patch we need it"})
    assert world.syncbot("sync").code == 0
    page = hub.page(number)
    assert page["title"] == "lib: 1.0 -> 1.1, keep 2"
    reactions = hub.as_person("GET", f"/issues/comments/{said['id']}/reactions")
    assert [(r["user"]["login"], r["content"]) for r in reactions] == [("bot", "+1")]
    assert {label["name"] for label in page["labels"]} == {"syncbot"}
    assert hub.writes(lambda: world.syncbot("sync")) == []


def test_a_box_ticked_on_the_dashboard_is_obeyed_and_unticked(world: World, hub: GitHubWorld, number: int) -> None:
    hub.as_person("PATCH", f"/pulls/{number}", {"state": "closed"})
    world.syncbot("sync")
    issue = dashboard(hub, number)
    box = f"- [ ] <!-- syncbot-box: again:{number} -->"
    assert box in issue["body"]
    hub.as_person(
        "PATCH", f"/issues/{issue['number']}", {"body": issue["body"].replace(box, box.replace("[ ]", "[x]"))}
    )
    world.syncbot("sync")
    assert hub.page(number)["state"] == "open", "the same one, open again"
    assert "[x]" not in dashboard(hub, number)["body"]
    assert hub.writes(lambda: world.syncbot("sync")) == []
