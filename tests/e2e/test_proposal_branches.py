"""What people do with a proposal's own branch: check it out, add to it, settle a draft on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.test_beside import BARE, BRANCH, statuses
from tests.e2e.test_people import forge, proposals, quiet
from tests.e2e.world import FIX_FORTY, FIX_TEN, World, diff, git, numbered


def clone_of(world: World, branch: str = BRANCH) -> Path:
    """A person's clone of the forge, with a proposal's branch checked out."""
    clone = world.workspace.path.parent / "mine"
    git(clone.parent, "clone", "-q", "-b", branch, str(world.workspace.path / BARE), str(clone))
    return clone


def push(clone: Path, message: str) -> str:
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", message)
    git(clone, "push", "-q", "origin", "HEAD")
    return git(clone, "rev-parse", "HEAD")


@pytest.fixture
def drafted(world: World) -> World:
    """1.1 has `ten`, and other words where `forty` writes: a draft."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, ask 1"]
    return world


@pytest.mark.parametrize("name", [BRANCH, f"{BRANCH}-next"])
def test_a_proposals_branch_is_never_taken_for_the_downstream_branch(drafted: World, name: str) -> None:
    root = drafted.workspace.path
    git(root, "fetch", "-q", BARE, f"{BRANCH}:{name}")
    git(root, "switch", "-q", name)
    (root / "patches/lib/series").write_text("")
    drafted.workspace.commit("without forty")
    before = drafted.workspace.snapshot()
    for command in (["sync"], ["sync", "--dry-run"], ["check"], ["proposals", "accept", "1"]):
        ran = drafted.syncbot(*command)
        assert ran.code == 2
        assert f"the branch of a proposal, {name}, is checked out" in ran.err
        assert "git switch BRANCH" in ran.err
    assert drafted.workspace.snapshot() == before
    git(root, "switch", "-q", "main")
    assert drafted.syncbot("sync").code == 0
    assert statuses(drafted) == ["1: 1.1 open"]


@pytest.mark.parametrize("at", ["the tip", "with work on it", "an older version", "the one beside"])
def test_nor_is_a_branch_of_another_name_that_holds_its_commits(drafted: World, at: str) -> None:
    root = drafted.workspace.path
    if at == "the one beside":
        clone = clone_of(drafted)
        (clone / "patches/lib/package.toml").write_text("mine")
        push(clone, "mine")
    git(root, "fetch", "-q", BARE, f"{BRANCH}:mine")
    if at in ("an older version", "the one beside"):
        (root / "patches/lib/package.toml").write_text(
            f'upstream = "git:{drafted.upstream.path}"\nbase = "1.0"\nowners = ["jane"]\n'
        )
        drafted.workspace.commit("an owner")
        drafted.syncbot("sync")
    if at == "the one beside":
        git(root, "fetch", "-q", BARE, f"+{BRANCH}-next:mine")
    git(root, "switch", "-q", "mine")
    if at == "with work on it":
        (root / "patches/lib/series").write_text("")
        drafted.workspace.commit("without forty")
    before = drafted.workspace.snapshot()
    for command in (["sync"], ["sync", "--dry-run"], ["check"], ["proposals", "accept", "1"]):
        ran = drafted.syncbot(*command)
        assert ran.code == 2
        assert re.search(r"the branch mine has commits of (proposal 1|an older proposal) that main, which", ran.err)
        assert "git switch main (or merge mine into it)" in ran.err
    assert drafted.workspace.snapshot() == before
    git(root, "switch", "-q", "main")
    assert drafted.syncbot("sync").code == 0
    assert statuses(drafted) == ["1: 1.1 open"]


def test_another_branch_of_ones_own_is_no_proposals(drafted: World) -> None:
    root = drafted.workspace.path
    git(root, "switch", "-q", "-c", "trunk")
    drafted.workspace.commit("work")
    assert drafted.syncbot("sync").code == 0
    git(root, "fetch", "-q", BARE, BRANCH)
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-edit", "FETCH_HEAD")
    git(root, "branch", "-m", "main", "moved")
    assert drafted.syncbot("sync").code == 0, "the branch that it was made for has another name now"
    assert statuses(drafted) == ["1: 1.1 accepted"]


def test_a_commit_that_only_the_branch_of_a_finished_proposal_holds_is_not_pushed_away(drafted: World) -> None:
    clone = clone_of(drafted)
    (clone / "notes").write_text("mine")
    push(clone, "notes")
    (drafted.workspace.path / "patches/lib/package.toml").write_text(
        f'upstream = "git:{drafted.upstream.path}"\nbase = "1.0"\nowners = ["jane"]\n'
    )
    drafted.workspace.commit("an owner")
    drafted.syncbot("sync")
    replayed = git(drafted.workspace.path / BARE, "rev-parse", BRANCH)
    assert forge(drafted).list()[0].tip == replayed, "with the notes on top"
    drafted.syncbot("proposals", "reject", "1", "--reason", "not now")
    drafted.upstream.release("v1.2", b_c=numbered("b", l50="fifty"))
    ran = drafted.syncbot("sync")
    assert f"the branch {BRANCH} in" in ran.err
    assert "has commits that syncbot did not make" in ran.err
    assert git(drafted.workspace.path / BARE, "rev-parse", BRANCH) == replayed
    git(drafted.workspace.path / BARE, "branch", "-q", "-D", BRANCH)
    assert drafted.syncbot("sync").code == 0
    assert statuses(drafted) == ["2: 1.2 open", "1: 1.1 rejected"]


MINE = diff("b.c", numbered("b"), numbered("b", l30="my thirty"))


@pytest.fixture
def added(world: World) -> World:
    """1.1 has `ten`; a person adds a patch of their own to the branch, which fits."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    clone = clone_of(world)
    (clone / "patches/lib/mine.patch").write_text(MINE)
    with (clone / "patches/lib/series").open("a") as series:
        series.write("mine.patch\n")
    push(clone, "a patch of mine")
    return world


def test_a_persons_patch_that_the_next_release_does_not_take_makes_a_draft(added: World) -> None:
    assert added.syncbot("sync").code == 0
    shown = added.syncbot("proposals", "show", "1").out
    assert "1 commit of people is on the branch: a patch of mine of A Person." in shown
    assert "The series with them was applied to 1.1 from scratch, without fuzz." in shown
    assert quiet(added)
    added.upstream.release("v1.2", b_c=numbered("b", l30="another thirty"))
    assert added.syncbot("sync").code == 0
    [record] = forge(added).list()
    assert (record.title, record.draft) == ("lib: 1.0 -> 1.2, drop 1, keep 1", True)
    first = record.body.split("<details>")[0]
    assert "`a patch of mine` of A Person" in first
    assert "the series does not apply to `1.2`:** mine.patch: b.c: " in first
    assert "applied to the release from scratch" not in first
    assert "mine.patch: b.c: " in added.syncbot("proposals", "show", "1").out
    ran = added.syncbot("proposals", "accept", "1")
    assert ran.code != 0
    assert "'a patch of mine' of A Person" in ran.err
    assert "does not apply to 1.2: mine.patch: b.c: " in ran.err
    assert quiet(added)


def test_a_persons_patch_that_fits_is_accepted_with_the_rest(added: World) -> None:
    added.syncbot("sync")
    assert added.syncbot("proposals", "accept", "1").code == 0
    assert added.workspace.series("lib") == ["forty.patch", "mine.patch"]
    assert statuses(added) == ["1: 1.1 accepted"]
    added.syncbot("sync")
    assert quiet(added)


@pytest.mark.parametrize("looked", [True, False])
def test_a_draft_that_a_person_settled_on_its_branch_can_be_accepted(drafted: World, *, looked: bool) -> None:
    ran = drafted.syncbot("proposals", "accept", "1")
    assert "proposal 1 is a draft: it waits for a person: forty.patch waits" in ran.err
    assert "or merge it by hand: git pull --no-rebase" in ran.err
    clone = clone_of(drafted)
    before = numbered("a", l10="ten", l40="extra large")
    (clone / "patches/lib/forty.patch").write_text(diff("a.c", before, numbered("a", l10="ten", l40="forty")))
    (clone / "patches/lib/series").write_text("forty.patch\n")
    tip = push(clone, "rebase forty")
    if looked:
        assert drafted.syncbot("sync").code == 0
        [record] = forge(drafted).list()
        assert not record.draft
        assert forge(drafted).details("1").labels == {"syncbot"}
        shown = drafted.syncbot("proposals", "show", "1").out
        assert f"at {tip[:12]}" in shown
        assert "with 1 commit of people: rebase forty (A Person)" in shown
        assert quiet(drafted)
    assert drafted.syncbot("proposals", "accept", "1").code == 0
    assert drafted.workspace.series("lib") == ["forty.patch"]
    assert git(drafted.workspace.path, "rev-parse", "HEAD") == tip
    drafted.syncbot("sync")
    assert statuses(drafted) == ["1: 1.1 accepted"]
    assert quiet(drafted)


def test_a_draft_that_is_settled_badly_stays_one_and_says_why(drafted: World) -> None:
    clone = clone_of(drafted)
    (clone / "patches/lib/series").write_text("forty.patch\n")
    push(clone, "without the mark")
    drafted.syncbot("sync")
    [record] = forge(drafted).list()
    assert record.draft
    ran = drafted.syncbot("proposals", "accept", "1")
    assert "does not apply to 1.1: forty.patch: a.c: " in ran.err


def test_a_stop_is_told_of_where_nothing_waits_to_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.syncbot("sync")
    assert "written" not in world.syncbot("sync").err
    monkeypatch.setenv("SYNCBOT_STOP", "1")
    assert "nothing is written: SYNCBOT_STOP is set" in world.syncbot("sync").err
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    assert world.syncbot("sync").err.count("nothing is written") == 1
