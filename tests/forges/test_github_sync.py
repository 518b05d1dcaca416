"""The whole program with a GitHub forge: settings, credentials, one proposal, nothing on the second run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from e2e.world import TEN, World, git, make, numbered

from syncbot.wiring.forges import api_addresses
from syncbot.wiring.pace import SharedPace

from .github_world import GitHubWorld
from .hub.description import checked


@pytest.fixture
def world(
    hub: GitHubWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> World:
    """The workspace's patch `ten` is in upstream's next release."""
    (tmp_path / "program").mkdir()
    made = make(tmp_path / "program", capsys)
    made.upstream.release("v1.1", a_c=numbered("a", **TEN))
    settings = f'[forge]\nkind = "github"\nrepository = "{hub.repository}"\naddress = "{hub.gate.url}"\n'
    (made.workspace.path / "syncbot.toml").write_text(settings)
    made.workspace.commit("settings")
    git(made.workspace.path, "push", "-q", "-f", str(hub.bare), "HEAD:refs/heads/main")
    git(made.workspace.path, "branch", "-M", "main")
    monkeypatch.setenv("SYNCBOT_GITHUB_TOKEN", "tok-bot")
    monkeypatch.setattr(SharedPace, "__call__", lambda self, *, content: None)  # it waits a second for each change
    return made


def test_sync_opens_one_pull_request_and_then_nothing(world: World, hub: GitHubWorld) -> None:
    ran = world.syncbot("sync")
    assert ran.code == 0, ran.err
    page = hub.page(int(world.syncbot("proposals", "list", "--json").document["proposals"][0]["id"]))
    assert page["title"].startswith("lib: 1.0 -> 1.1")
    assert page["head"]["ref"] == "syncbot/lib/stable"
    assert git(hub.bare, "show", "syncbot/lib/stable:patches/lib/series") == "b.patch"
    wrote = hub.writes(lambda: world.syncbot("sync"))
    assert wrote == []
    assert sum(checked.values()) > 0


def test_a_dry_run_lists_exactly_the_requests_and_pushes_of_a_real_one(world: World, hub: GitHubWorld) -> None:
    planned = world.syncbot("sync", "--dry-run", "--json").document["writes"]
    told = [f"{write['method']} {write['target']}".replace(f"/repos/{hub.repository}", "") for write in planned]
    assert hub.writes(lambda: world.syncbot("sync", "--dry-run")) == []
    assert "would push: syncbot/lib/stable" in world.syncbot("sync", "--dry-run").out
    wrote = hub.writes(lambda: world.syncbot("sync"))
    assert [_numberless(text) for text in told] == [_numberless(text) for text in wrote]
    assert world.syncbot("sync", "--dry-run", "--json").document["writes"] == []


def _numberless(text: str) -> str:
    """A new proposal has no number yet, and a new commit no time of a real run."""
    return re.sub(r"\{number\}|(?<=/)[0-9]+(?=/|$)", "N", re.sub(r"[0-9a-f]{40}", "C", text))


@pytest.mark.parametrize("protected", [True, False])
def test_mode_merge_leaves_the_merge_to_the_required_checks(world: World, hub: GitHubWorld, protected: bool) -> None:
    if protected:
        hub.here.protected.add("main")
    settings = world.workspace.path / "syncbot.toml"
    settings.write_text(f'mode = "merge"\n{settings.read_text()}')
    world.workspace.commit("trust it")
    git(world.workspace.path, "push", "-q", str(hub.bare), "HEAD:refs/heads/main")
    ran = world.syncbot("sync")
    assert ran.code == 0, ran.err
    (pull,) = hub.gate.pulls(hub.repository)
    assert (pull["state"], pull["auto_merge"] is not None) == (("open", True) if protected else ("closed", False))
    if protected:
        assert hub.here.auto_merge == {pull["number"]: pull["head"]["sha"]}
        assert hub.writes(lambda: world.syncbot("sync")) == []


def test_doctor_says_whom_the_forge_takes_us_for(
    world: World, hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"{hub.gate.url}/{hub.repository}.git as bot" in world.syncbot("doctor").out
    monkeypatch.setenv("SYNCBOT_GITHUB_TOKEN", "tok-ben")
    assert "ben may not write to" in world.syncbot("doctor").out


def test_the_switch_in_the_environment_stops_it(
    world: World, hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCBOT_STOP", "1")
    ran = world.syncbot("sync")
    assert "nothing is written: SYNCBOT_STOP is set" in ran.err
    assert hub.gate.pulls(hub.repository) == []


def test_a_missing_credential_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCBOT_GITHUB_TOKEN")
    ran = world.syncbot("sync")
    assert ran.code == 2
    assert "there is no credential for GitHub; set SYNCBOT_GITHUB_TOKEN, or SYNCBOT_GITHUB_APP_ID and" in ran.err


@pytest.mark.parametrize(
    ("web", "rest", "graph"),
    [
        ("https://github.com", "https://api.github.com", "https://api.github.com/graphql"),
        ("https://git.corp.example", "https://git.corp.example/api/v3", "https://git.corp.example/api/graphql"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
    ],
)
def test_where_the_interfaces_are(web: str, rest: str, graph: str) -> None:
    assert api_addresses(web) == (rest, graph)
