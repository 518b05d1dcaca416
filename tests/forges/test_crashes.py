"""The local forge is killed between any two of its steps; the next call finishes, or repeats without doubling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from syncbot.forges import folder as folder_module
from syncbot.forges import local as local_module
from syncbot.forges import local_branches as branches_module
from syncbot.forges.folder import ProposalFolder
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord

from .world import LATER, NOON, SERIES, World, git


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


STEPS = [
    (branches_module, "make_bare"),
    (branches_module, "bring"),
    (branches_module, "build_commits"),
    (ProposalFolder, "write"),
    (local_module, "move_branch"),
    (ProposalFolder, "write_page"),
    (local_module, "land"),
]


def killed(monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], after: bool, call: Callable[[], object]) -> None:
    """Do `call` in a process that ends just before or just after one step."""
    owner, name = step
    real = getattr(owner, name)

    def torn(*args: object, **rest: object) -> object:
        if after:
            real(*args, **rest)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, torn)
        with pytest.raises(Killed):
            call()


def settled(world: World, title: str) -> ProposalRecord:
    """Everything of proposal 1 says the same."""
    (record,) = world.forge.list()
    assert (record.id, record.title) == ("1", title)
    assert world.branch() == record.tip
    assert git(world.bare, "show", f"{record.tip}:{SERIES}") == "two.patch"
    assert (world.state / "proposals" / "1-lib.md").read_text() == folder_module.page(record)
    return record


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS[:6], ids=lambda step: step[1])
def test_opening_survives_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], after: bool
) -> None:
    killed(monkeypatch, step, after, lambda: world.forge.propose(world.proposal(), NOON))
    world.forge.propose(world.proposal(), LATER)
    settled(world, "lib: 1.0 -> 1.1")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS[2:6], ids=lambda step: step[1])
@pytest.mark.parametrize("title", ["second", "third"])
def test_updating_survives_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], after: bool, title: str
) -> None:
    world.forge.propose(world.proposal(b"\n"), NOON)
    killed(monkeypatch, step, after, lambda: world.forge.propose(world.proposal(title="second"), LATER))
    world.forge.propose(world.proposal(title=title), LATER + timedelta(hours=1))
    settled(world, title)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", [(local_module, "bring"), STEPS[3], *STEPS[5:]], ids=lambda step: step[1])
@pytest.mark.parametrize("moved", [False, True])
def test_accepting_survives_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], after: bool, moved: bool
) -> None:
    tip = world.forge.propose(world.proposal(), NOON).tip
    if moved:
        world.commit("README", "hello")
    killed(monkeypatch, step, after, lambda: world.forge.accept("1", LATER))
    assert world.forge.accept("1", LATER).status is ProposalStatus.ACCEPTED
    assert world.clean()
    assert git(world.root, "rev-list", "--count", "HEAD") == ("6" if moved else "4")
    git(world.root, "merge-base", "--is-ancestor", tip, "HEAD")
    assert "accepted" in (world.state / "proposals" / "1-lib.md").read_text()


def test_a_merge_that_was_killed_before_the_branch_moved_is_finished(world: World) -> None:
    tip = world.forge.propose(world.proposal(), NOON).tip
    git(world.root, "fetch", "-q", str(world.bare), tip)
    git(world.root, "read-tree", "-m", "-u", "HEAD", tip)  # what git does before it moves the branch
    world.forge.accept("1", LATER)
    assert world.head() == tip
    assert world.clean()


def test_opening_over_an_accepted_one_survives_a_crash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.forge.propose(world.proposal(), NOON)
    world.forge.accept("1", NOON)
    step = (local_module, "move_branch")
    killed(monkeypatch, step, False, lambda: world.forge.propose(world.proposal(b"\n"), LATER))
    head = world.head()
    accepted = world.forge.accept("2", LATER)  # not taken for merged because its branch still stands at the old tip
    assert (accepted.id, git(world.root, "rev-parse", "HEAD^")) == ("2", head)
    assert (world.root / SERIES).read_text() == "\n"


def test_a_forge_repository_that_was_deleted_is_built_again(world: World) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    world.bare.rename(world.bare.with_name("away"))
    second = world.forge.propose(world.proposal(), LATER)
    assert (second.id, world.branch()) == (first.id, second.tip)
