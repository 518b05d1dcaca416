"""The `git` forge: any repository takes the branch, the words lie beside it."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncbot.errors import ForgeRefused, ForgeStopped
from syncbot.forges.branches import Branches
from syncbot.forges.git import GitForge
from syncbot.git.push import LeaseLost, Remote
from syncbot.model.forge import Write
from syncbot.model.ids import CommitId
from syncbot.model.proposals import ProposalStatus
from syncbot.model.settings import ForgeKind, ForgeSettings, Identity, Words
from syncbot.ports import Forge

from .conftest import fill, workspace
from .github_world import BRANCH, make_bare_repository
from .world import LATER, NOON, SERIES, World, git


@dataclass
class GitWorld(World):
    words: Words = Words.MARKDOWN

    @property
    def bare(self) -> Path:
        return self.root.parent / "theirs.git"

    def records(self) -> dict[str, tuple[int, bytes]]:
        """What is kept, with times; not the objects that a look at the branch takes."""
        return {name: seen for name, seen in self.snapshot().items() if not name.startswith("forge.git")}

    @property
    def forge(self) -> GitForge:  # type: ignore[override]  # another forge than the local one
        settings = ForgeSettings(ForgeKind.GIT, remote=str(self.bare), words=self.words, to="list@example.org")
        identity = Identity("Bot", "bot@example.org")
        branches = Branches(
            self.state / "forge.git", self.root, "main", identity, (), lambda: Remote(str(self.bare)),
        )  # fmt: skip
        return GitForge(self.state / "proposals", branches, settings)

    def commit(self, path: str, text: str) -> CommitId:
        made = super().commit(path, text)
        git(self.root, "push", "-q", str(self.bare), "HEAD:refs/heads/main")
        return made


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    made = GitWorld(workspace(tmp_path), tmp_path / "state")
    make_bare_repository(made.bare)
    fill(made)
    return made


def test_a_proposal_is_a_branch_there_and_a_page_here(world: GitWorld) -> None:
    forge: Forge = world.forge
    record = forge.propose(world.proposal(labels=("syncbot",), reviewers=("ann",)), NOON)
    assert git(world.bare, "show", f"{BRANCH}:{SERIES}") == "two.patch"
    page = (world.state / "proposals" / "proposals" / "1-lib.md").read_text()
    assert page.startswith("# lib: 1.0 -> 1.1\n\nProposal 1: open. Branch `syncbot/lib/stable`.")
    assert forge.list() == [record]
    before = world.records()
    assert world.forge.propose(world.proposal(labels=("syncbot",), reviewers=("ann",)), LATER) == record
    assert world.records() == before


def test_the_words_may_be_a_mail(world: GitWorld) -> None:
    world.words = Words.MAIL
    title = "lib: 1.0 -> 1.1\nBcc: everybody@example.org"
    world.forge.propose(world.proposal(title=title, body="Grüße.\n\nFrom here on.\n"), NOON)
    content = (world.state / "proposals" / "mails" / "1.eml").read_bytes()
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert (found["From"], found["To"], found["Bcc"], found["Date"]) == (
        "Bot <bot@example.org>", "list@example.org", None, "Fri, 01 Mar 2024 12:00:00 +0000",
    )  # fmt: skip
    assert found["Subject"] == "lib: 1.0 -> 1.1 Bcc: everybody@example.org"
    body = found.get_content().replace("\r\n", "\n")
    assert body == f"Grüße.\n\nFrom here on.\n\nThe branch:\n\n    git fetch {world.bare} {BRANCH}\n"


def test_a_workspace_with_few_commits_will_do(world: GitWorld) -> None:
    world.commit("README", "so that there is more than one")
    shallow = world.root.with_name("shallow")
    git(world.root, "clone", "-q", "--depth", "1", world.bare.as_uri(), str(shallow))
    world.commit("README", "and the branch moved on")
    record = replace(world, root=shallow, state=shallow.with_name("other")).forge.propose(
        world.proposal(parent=git(shallow, "rev-parse", "HEAD")), NOON
    )
    assert world.branch() == record.tip
    git(world.bare, "fsck", "--full", "--strict")


def test_answers(world: GitWorld) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    with pytest.raises(ForgeRefused, match="not merged, and this forge merges nothing"):
        world.forge.accept("1", LATER)
    closed = world.forge.close("1", "gone", LATER)
    assert (closed.status, closed.note) == (ProposalStatus.CLOSED, "gone")
    git(world.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
    assert world.forge.reopen("1", LATER) == replace(record, updated=LATER)
    assert world.branch() == record.tip
    git(world.root, "pull", "-q", str(world.bare), BRANCH)
    assert world.forge.accept("1", LATER).status is ProposalStatus.ACCEPTED
    assert world.forge.details("1").closed_by is not None
    with pytest.raises(ForgeRefused, match="accepted, not open"):
        world.forge.reject("1", "no", LATER)


def test_peoples_commits_are_replayed_or_left(world: GitWorld) -> None:
    world.forge.propose(world.proposal(), NOON)
    world.push()
    assert [edit.subject for edit in world.forge.details("1").edits] == ["by hand"]
    record = world.forge.propose(world.proposal(b"uno.patch\n"), LATER)
    assert git(world.bare, "log", "-2", "--format=%an", BRANCH) == "A Person\nBot"
    clone = world.root.parent / "clone"
    git(clone, "fetch", "-q", "origin")
    git(clone, "reset", "-q", "--hard", f"origin/{BRANCH}")
    (clone / SERIES).write_text("mine\n")
    git(clone, "commit", "-q", "-am", "mine")
    git(clone, "push", "-q", "origin", f"HEAD:{BRANCH}")
    aside = world.forge.propose(world.proposal(b"tres.patch\n"), LATER)
    assert aside == replace(record, note=f"edited by A Person; the new version is on {BRANCH}-next")
    assert git(world.bare, "show", f"{BRANCH}-next:{SERIES}") == "tres.patch"
    before = world.records()
    assert world.forge.propose(world.proposal(b"tres.patch\n"), LATER + timedelta(hours=1)) == aside
    assert world.records() == before


def test_a_branch_that_moved_meanwhile_is_left(world: GitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.forge.propose(world.proposal(), NOON)
    monkeypatch.setattr(Remote, "heads", lambda self, scratch, names: {"main": world.head()})
    with pytest.raises(LeaseLost):
        world.forge.propose(world.proposal(b"uno.patch\n"), LATER)


def test_a_rehearsal_and_the_kill_switch(world: GitWorld) -> None:
    forge = world.forge
    with forge.rehearsing() as writes:
        forge.propose(world.proposal(), NOON)
    assert [(write.method, write.target) for write in writes] == [
        ("PUSH", f"refs/heads/{BRANCH}"), ("RECORD", "1"),
    ]  # fmt: skip
    assert isinstance(writes[0], Write)
    forge.switch = lambda: "SYNCBOT_STOP is set"
    with pytest.raises(ForgeStopped):
        forge.propose(world.proposal(), NOON)
    assert (forge.list(), git(world.bare, "branch", "--list", "syncbot/*")) == ([], "")
