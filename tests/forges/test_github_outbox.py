"""The run is killed just before or just after any of its steps; the next one finishes the work, and doubles nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from syncbot.forges.asked import Asked
from syncbot.forges.github_session import Session
from syncbot.git.push import Remote
from syncbot.model.proposals import Proposal

from .github_world import BRANCH, GitHubWorld
from .test_beside import bring_together
from .world import LATER, NOON, SERIES, git


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


def killed_at(monkeypatch: pytest.MonkeyPatch, gap: int, call: Callable[[], object]) -> bool:
    """Do `call` in a process that ends at a gap: gap 0 is before the first step that changes something, 1 after it, 2
    before the second ... Gives whether there was such a gap."""
    steps = 0

    def torn(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **rest: Any) -> Any:
            nonlocal steps
            mine, steps = steps, steps + 1
            if gap == 2 * mine:
                raise Killed
            found = real(*args, **rest)
            if gap == 2 * mine + 1:
                raise Killed
            return found

        return step

    with monkeypatch.context() as patch:
        for owner, name in ((Session, "send"), (Session, "graphql"), (Remote, "push"), (Asked, "add")):
            patch.setattr(owner, name, torn(getattr(owner, name)))
        try:
            call()
        except Killed:
            return True
        return False


def wanted(hub: GitHubWorld) -> Proposal:
    return hub.proposal(labels=("syncbot", "conflict"), reviewers=("ann",), assignees=("ben",), draft=True)


def finished(hub: GitHubWorld, proposal: Proposal) -> None:
    """One pull request with all that belongs to it, and nothing more to write."""
    (pull,) = hub.gate.pulls(hub.repository)
    assert (pull["title"], pull["state"], pull["draft"]) == (proposal.title, "open", proposal.draft)
    assert sorted(label["name"] for label in pull["labels"]) == sorted(proposal.labels)
    assert [one["login"] for one in pull["requested_reviewers"]] == ["ann"]
    assert [one["login"] for one in pull["assignees"]] == ["ben"]
    assert pull["head"]["sha"] == hub.forge.list()[0].tip
    assert hub.writes(lambda: hub.forge.propose(proposal, LATER)) == []


OPENING = 2 * len(["push", "create", "label", "assignees", "reviewers", "asked"])


@pytest.mark.parametrize(
    ("gap", "lost"),
    [*((gap, False) for gap in range(OPENING)), *((gap, True) for gap in range(1, OPENING, 2))],
)
def test_opening(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, gap: int, lost: bool) -> None:
    proposal = wanted(hub)
    assert killed_at(monkeypatch, gap, lambda: hub.forge.propose(proposal, NOON))
    if lost:
        shutil.rmtree(hub.state)
    hub.forge.propose(proposal, LATER)
    finished(hub, proposal)
    assert git(hub.bare, "rev-list", "--count", f"main..{BRANCH}") == "1"
    whats = [one.what for one in hub.gate.writes]
    assert whats.count(f"POST /repos/{hub.repository}/pulls") == 1
    assert whats.count(f"POST /repos/{hub.repository}/pulls/1/requested_reviewers") == 1


def test_there_is_no_other_gap_in_opening(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not killed_at(monkeypatch, OPENING, lambda: hub.forge.propose(wanted(hub), NOON))


UPDATING = 2 * len(["push", "ready", "words", "label off"])


@pytest.mark.parametrize("gap", range(UPDATING))
def test_updating(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, gap: int) -> None:
    hub.forge.propose(wanted(hub), NOON)
    newer = replace(wanted(hub), title="lib: 1.0 -> 1.2", draft=False, labels=("syncbot",))
    newer = replace(newer, commits=hub.proposal(b"uno.patch\n").commits)
    assert killed_at(monkeypatch, gap, lambda: hub.forge.propose(newer, NOON))
    hub.forge.propose(newer, LATER)
    finished(hub, newer)
    assert git(hub.bare, "show", f"{BRANCH}:{SERIES}") == "uno.patch"


def test_there_is_no_other_gap_in_updating(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.forge.propose(wanted(hub), NOON)
    newer = replace(hub.proposal(b"uno.patch\n"), title="x", labels=("syncbot",))
    assert not killed_at(monkeypatch, UPDATING, lambda: hub.forge.propose(newer, NOON))


@pytest.mark.parametrize("gap", range(2 * len(["push beside", "comment", "note"])))
def test_stepping_aside(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, gap: int) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    pushed = hub.push(path=SERIES, text="mine\n")
    newer = hub.proposal(b"uno.patch\n")
    assert killed_at(monkeypatch, gap, lambda: hub.forge.propose(newer, NOON))
    hub.forge.propose(newer, LATER)
    assert (hub.branch(), len(hub.forge.comments("1"))) == (pushed, 1)
    assert git(hub.bare, "show", f"{BRANCH}-next:{SERIES}") == "uno.patch"
    assert hub.writes(lambda: hub.forge.propose(newer, LATER)) == []


@pytest.mark.parametrize("gap", range(2 * len(["push beside away", "fold the comment away", "words"])))
def test_coming_together(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, gap: int) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.push(path=SERIES, text="mine\n")
    newer = hub.proposal(b"uno.patch\n")
    hub.forge.propose(newer, NOON)
    bring_together(hub)
    pushed = hub.branch()
    assert killed_at(monkeypatch, gap, lambda: hub.forge.propose(newer, NOON))
    record = hub.forge.propose(newer, LATER)
    assert (hub.branch(), record.note, len(hub.forge.comments("1"))) == (pushed, "", 1)
    assert git(hub.bare, "branch", "--list", "syncbot/*").split() == [BRANCH]
    assert hub.writes(lambda: hub.forge.propose(newer, LATER)) == []


@pytest.mark.parametrize("gap", range(2 * len(["comment", "close"])))
def test_closing(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch, gap: int) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    assert killed_at(monkeypatch, gap, lambda: hub.forge.close("1", "gone", NOON))
    assert hub.forge.close("1", "gone", LATER).note == "gone"
    assert hub.forge.list()[0].status.value == "closed"
    (said,) = hub.forge.comments("1")
    assert said.body.startswith("Closed by syncbot: gone That is no rejection")
