"""What must not be merged or promised: a forge that is stopped, a proposal out of date, a remote out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbot.model.forge import Reaction
from tests.e2e.test_people import comment, dashboard, quiet, say, tick
from tests.e2e.world import World, git, numbered


@pytest.fixture
def proposed(world: World) -> World:
    """Both patches are in 1.1, and a proposal says so."""
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"), b_c=numbered("b", l20="twenty"))
    assert world.syncbot("sync").code == 0
    return world


def head(world: World) -> str:
    return git(world.workspace.path, "rev-parse", "HEAD")


def status(world: World) -> list[str]:
    return [p["status"] for p in world.syncbot("proposals", "list", "--all", "--json").document["proposals"]]


@pytest.mark.parametrize("order", [("accept", "1"), ("reject", "1", "--reason", "no")])
def test_a_stopped_forge_takes_no_answer_and_nothing_is_half_done(
    proposed: World, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    before = (head(proposed), proposed.workspace.snapshot())
    monkeypatch.setenv("SYNCBOT_STOP", "1")
    ran = proposed.syncbot("proposals", *order)
    assert ran.code == 2
    assert "nothing is written: SYNCBOT_STOP is set" in ran.err
    assert (head(proposed), proposed.workspace.snapshot()) == before
    assert status(proposed) == ["open"]


def test_mode_merge_merges_nothing_where_the_forge_is_stopped(proposed: World) -> None:
    path = proposed.workspace.path / "syncbot.toml"
    path.write_text('mode = "merge"\n[forge]\nstop = true\n')
    proposed.workspace.commit("stop")
    before = head(proposed)
    assert "the setting forge.stop is on" in proposed.syncbot("sync").err
    assert head(proposed) == before
    path.write_text('mode = "merge"\n')
    proposed.workspace.commit("go")
    proposed.syncbot("sync")
    assert status(proposed) == ["accepted"]


def test_a_stopped_restore_writes_no_bundle(proposed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proposed.syncbot("proposals", "accept", "1").code == 0
    before = proposed.workspace.snapshot()
    monkeypatch.setenv("SYNCBOT_STOP", "1")
    ran = proposed.syncbot("restore", "lib", "ten.patch", "--reason", "ours")
    assert ran.code == 2
    assert "nothing is written: SYNCBOT_STOP is set" in ran.err
    assert proposed.workspace.snapshot() == before


def test_a_word_that_no_sync_has_heard_is_heard_before_the_proposal_is_accepted(proposed: World) -> None:
    assert proposed.syncbot("proposals", "tell", "1", "keep", "ten.patch", "still wanted").code == 0
    before = head(proposed)
    ran = proposed.syncbot("proposals", "accept", "1")
    assert ran.code == 2
    assert "out of date: a person said to keep ten.patch since it was made; run syncbot sync first" in ran.err
    assert head(proposed) == before
    proposed.syncbot("sync")
    assert proposed.syncbot("proposals", "accept", "1").code == 0
    assert [text.split()[0] for text in proposed.workspace.series("lib")] == ["ten.patch"]


def test_a_pin_that_was_committed_since_is_not_merged_over(proposed: World) -> None:
    declared = proposed.workspace.path / "patches/lib/package.toml"
    declared.write_text(declared.read_text() + '[keep]\n"ten.patch" = "ours"\n')
    proposed.workspace.commit("pin it")
    before = head(proposed)
    ran = proposed.syncbot("proposals", "accept", "1")
    assert ran.code == 2
    assert "patches/lib/package.toml has changed since it was made; run syncbot sync first" in ran.err
    assert head(proposed) == before
    proposed.syncbot("sync")
    ran = proposed.syncbot("proposals", "accept", "1")
    assert "is a draft: it waits for a person" in ran.err  # the pinned patch does not apply any more
    assert proposed.workspace.series("lib") == ["ten.patch", "b.patch"]


def test_commits_elsewhere_make_no_proposal_out_of_date(proposed: World) -> None:
    (proposed.workspace.path / "README.md").write_text("mine\n")
    proposed.workspace.commit("my own business")
    assert proposed.syncbot("proposals", "accept", "1").code == 0


@pytest.mark.parametrize("there", [True, False])
def test_a_dry_run_meets_the_trouble_of_a_real_one(world: World, tmp_path: Path, there: bool) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    if there:
        git(tmp_path, "init", "-q", "--bare", str(tmp_path / "theirs.git"))
    (world.workspace.path / "syncbot.toml").write_text('[forge]\nkind = "git"\nremote = "../theirs.git"\n')
    world.workspace.commit("settings")
    rehearsed, real = world.syncbot("sync", "--dry-run"), world.syncbot("sync")
    assert rehearsed.code == real.code != 0
    assert rehearsed.err == real.err
    assert "would push" not in rehearsed.out


def test_a_dry_run_says_that_the_forge_is_stopped(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    (world.workspace.path / "syncbot.toml").write_text("[forge]\nstop = true\n")
    world.workspace.commit("settings")
    ran = world.syncbot("sync", "--dry-run")
    assert "nothing would be written: the setting forge.stop is on" in ran.err
    assert "would push" not in ran.out


@pytest.fixture
def dropped(proposed: World) -> World:
    """Both drops were accepted; the package went back to 1.0, and proposal 2 brings a patch back, made by hand."""
    assert proposed.syncbot("proposals", "accept", "1").code == 0
    proposed.workspace.package("lib", f"git:{proposed.upstream.path}", "1.0", 'range = "<1.1"\nmode = "observe"\n')
    assert proposed.syncbot("restore", "lib", "ten.patch", "--reason", "ours").code == 0
    return proposed


def test_a_patch_that_comes_back_to_a_package_that_changed_since_is_not_accepted(dropped: World) -> None:
    toml = dropped.workspace.path / "patches/lib/package.toml"
    toml.write_text(toml.read_text() + 'owners = ["jane@example.org"]\n')
    dropped.workspace.commit("owners")
    before = head(dropped)
    ran = dropped.syncbot("proposals", "accept", "2")
    assert ran.code == 2
    assert "proposal 2 is out of date: patches/lib/package.toml has changed since it was made" in ran.err
    assert "run syncbot restore again: it brings the proposal up to date" in ran.err
    assert head(dropped) == before
    assert dropped.syncbot("restore", "lib", "ten.patch", "--reason", "ours").code == 0
    assert status(dropped) == ["open", "accepted"], "it is the same one"
    assert dropped.syncbot("proposals", "accept", "2").code == 0
    assert dropped.workspace.series("lib") == ["ten.patch"]


def second(world: World) -> str:
    found = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    return next(str(one["status"]) for one in found if one["id"] == "2")


@pytest.mark.parametrize("way", ["terminal", "comment", "dashboard"])
def test_a_rejected_return_that_a_person_made_comes_back_on_a_persons_word(dropped: World, way: str) -> None:
    dropped.syncbot("proposals", "reject", "2", "--reason", "not now")
    dropped.syncbot("sync")
    assert second(dropped) == "rejected"
    if way == "terminal":
        assert dropped.syncbot("proposals", "tell", "2", "retry").out == "Proposal 2 is open again.\n"
    elif way == "comment":
        said = say(dropped, "2", "/syncbot retry")
        dropped.syncbot("sync")
        assert comment(dropped, "2", said).answered == {Reaction.DONE}
    else:
        tick(dashboard(dropped), "again:2")
        dropped.syncbot("sync")
        assert "again:2" not in dashboard(dropped).read_text()
    assert second(dropped) == "open"
    dropped.syncbot("sync")
    assert quiet(dropped)
    assert dropped.syncbot("proposals", "accept", "2").code == 0
    assert dropped.workspace.series("lib") == ["ten.patch"]
