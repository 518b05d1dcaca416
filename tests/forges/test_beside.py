"""The life of a version that people's commits do not go with, on every forge: it stands on a branch beside theirs, one
comment says so, and it goes when it has done its duty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncbot.errors import ForgeRefused
from syncbot.forges.git import GitForge
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import Proposal, ProposalRecord

from .conftest import fill, workspace
from .github_world import BRANCH, GitHubWorld, make_bare_repository
from .test_git_forge import GitWorld
from .world import LATER, NOON, SERIES, World, git

BESIDE = f"{BRANCH}-next"


@pytest.fixture(params=["local", "git", "github"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "github":
        return request.getfixturevalue("hub")
    if request.param == "local":
        return request.getfixturevalue("world")
    made = GitWorld(workspace(tmp_path), tmp_path / "state")
    make_bare_repository(made.bare)
    fill(made)
    return made


def wanted(world: World, series: bytes = b"uno.patch\n") -> Proposal:
    return world.proposal(series)


@pytest.fixture
def apart(anywhere: World) -> World:
    """A person's commit on the branch does not go with the new version."""
    anywhere.forge.propose(anywhere.proposal(), NOON)
    anywhere.push(path=SERIES, text="mine\n")
    anywhere.forge.propose(wanted(anywhere), NOON)
    return anywhere


def branches(world: World) -> list[str]:
    return git(world.bare, "for-each-ref", "--format=%(refname:short)", "refs/heads/syncbot").splitlines()


def told(world: World) -> list[str]:
    return [comment.body for comment in world.forge.comments("1") if comment.author.me]


def writes(world: World, proposal: Proposal) -> Any:
    """What another run writes: for a forge of files their difference."""
    if isinstance(world, GitHubWorld):
        return world.writes(lambda: world.forge.propose(proposal, LATER))
    before = {name: seen for name, seen in world.snapshot().items() if "forge.git/objects" not in name}
    world.forge.propose(proposal, LATER)
    after = {name: seen for name, seen in world.snapshot().items() if "forge.git/objects" not in name}
    return sorted(name for name in {*before, *after} if name.startswith(("records", "proposals", "talk")) and
                  before.get(name) != after.get(name))  # fmt: skip


def bring_together(world: World, *, onto: str = BRANCH) -> None:
    """As the comment says it."""
    clone = world.root.parent / "clone"
    git(clone, "fetch", "-q", str(world.bare), f"+{BESIDE}:{BESIDE}", f"+{BRANCH}:refs/heads/theirs")
    git(clone, "switch", "-q", BRANCH)
    git(clone, "reset", "-q", "--hard", "theirs")
    git(clone, "merge", "-q", "-X", "ours", "--no-edit", BESIDE)
    git(clone, "push", "-q", str(world.bare), f"HEAD:{onto}")


def test_it_is_told_once_with_commands_that_name_both_branches(apart: World) -> None:
    (said,) = told(apart)
    for words in (
        f"git fetch {'' if isinstance(apart, GitHubWorld) else apart.bare}",
        f" {BESIDE}\ngit merge FETCH_HEAD",
        "git push",
    ):
        assert words in said
    assert f"Merge `{BESIDE}` into `{BRANCH}`" in said
    later = wanted(apart, b"tres.patch\n")
    apart.forge.propose(later, LATER)
    assert told(apart) == [said], "a later version is no news: the comment still holds"
    assert git(apart.bare, "show", f"{BESIDE}:{SERIES}") == "tres.patch"
    beside = apart.forge.beside("1")
    assert beside is not None
    assert (beside.tip, beside.fingerprint) == (apart.branch(BESIDE), later.fingerprint)
    assert writes(apart, later) == []


def test_once_people_merged_it_that_is_the_version_and_the_branch_goes(apart: World) -> None:
    beside = apart.forge.beside("1")
    assert beside is not None
    bring_together(apart)
    merged = apart.branch()
    record = apart.forge.propose(wanted(apart), LATER)
    assert (record.note, record.tip, record.fingerprint) == ("", beside.tip, beside.fingerprint)
    assert (apart.branch(), branches(apart)) == (merged, [BRANCH])
    assert apart.forge.beside("1") is None
    assert len(told(apart)) == 1
    assert [edit.author for edit in apart.forge.details("1").edits] == ["A Person", "A Person"]
    assert writes(apart, wanted(apart)) == []


@pytest.mark.parametrize("end", ["reject", "close", "taken"])
def test_it_goes_with_the_proposal(apart: World, end: str) -> None:
    getattr(apart.forge, end)("1", *(() if end == "taken" else ("enough",)), LATER)
    assert branches(apart) == [BRANCH]
    assert apart.forge.beside("1") is None


def test_given_up_commits_end_it(apart: World) -> None:
    record = apart.forge.propose(wanted(apart), LATER, discard=True)
    assert (record.note, branches(apart), apart.branch()) == ("", [BRANCH], record.tip)
    assert writes(apart, wanted(apart)) == []


def test_the_newer_version_may_be_taken_as_it_is(apart: World) -> None:
    beside = apart.forge.beside("1")
    assert beside is not None
    record: ProposalRecord = apart.forge.taken("1", LATER, beside=True)
    assert (record.status, record.tip, record.fingerprint) == (
        ProposalStatus.ACCEPTED, beside.tip, beside.fingerprint,
    )  # fmt: skip
    assert "which stood on a branch beside" in record.note


def test_what_people_put_on_the_branch_beside_is_theirs(apart: World) -> None:
    bring_together(apart, onto=BESIDE)
    mine = apart.branch(BESIDE)
    assert writes(apart, wanted(apart)) == []
    with pytest.raises(ForgeRefused, match=rf"{BESIDE} has commits that syncbot did not make, .* newer version"):
        apart.forge.propose(wanted(apart, b"tres.patch\n"), LATER)
    apart.forge.close("1", "gone", LATER)
    assert apart.branch(BESIDE) == mine


def test_the_page_says_what_to_do(apart: World) -> None:
    if isinstance(apart, GitHubWorld):
        pytest.skip("its page is the comment")
    folder = apart.state / "proposals" if not isinstance(apart.forge, GitForge) else apart.state / "proposals/proposals"
    (page,) = (path.read_text() for path in folder.glob("1-*.md"))
    assert f" {BESIDE}\ngit merge FETCH_HEAD" in page
    assert "syncbot proposals tell 1 discard" in page
    assert "proposals accept" not in page
