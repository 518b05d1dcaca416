"""Several machines work on one repository's proposals: what one of them pushed is no person's for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbot.forges.github import GitHubForge
from syncbot.git.push import Remote
from syncbot.store import SqlStore, open_store
from syncbot.wiring.puts import shared_puts

from .github_world import GitHubWorld
from .test_github_outbox import Killed
from .world import LATER, NOON, git


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return open_store(f"sqlite:///{tmp_path / 'shared.db'}")


def machine(hub: GitHubWorld, store: SqlStore, folder: Path) -> GitHubForge:
    """A process that starts on a machine with this folder of its own."""
    hub.state = folder
    forge = hub.forge
    forge._branches.shared = shared_puts(store, hub.repository)
    return forge


def killed_after_its_push(forge: GitHubForge, hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    push = Remote.push

    def torn(*arguments: object) -> None:
        push(*arguments)  # type: ignore[arg-type]  # passed on
        raise Killed

    proposal = hub.proposal(b"one.patch\n", target_version="1.2")
    with monkeypatch.context() as patch:
        patch.setattr(Remote, "push", torn)
        with pytest.raises(Killed):
            forge.propose(proposal, LATER)


def test_what_another_machine_pushed_before_it_was_killed_is_syncbots(
    hub: GitHubWorld, store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(hub, store, tmp_path / "a").propose(hub.proposal(), NOON)
    killed_after_its_push(machine(hub, store, tmp_path / "b"), hub, monkeypatch)
    again = machine(hub, store, tmp_path / "a")
    record = again.propose(hub.proposal(b"", target_version="1.3"), LATER)
    assert again.details(record.id).edits == ()
    assert "-next" not in git(hub.bare, "for-each-ref", "--format=%(refname)", "refs/heads")


def test_what_a_person_pushed_stays_a_persons_on_every_machine(
    hub: GitHubWorld, store: SqlStore, tmp_path: Path
) -> None:
    record = machine(hub, store, tmp_path / "a").propose(hub.proposal(), NOON)
    hub.push(author="Bot <bot@example.org>")
    for name in ("a", "b"):
        assert len(machine(hub, store, tmp_path / name).details(record.id).edits) == 1
