"""Our own defects: they stay with the package that met them, are told, and the next run goes on from there."""

from __future__ import annotations

from typing import Any

import pytest

from syncbot import judge
from syncbot.errors import Fault
from syncbot.forges.local import LocalForge
from tests.e2e.world import FIX_B, FIX_TEN, World, numbered

MERGED = numbered("a", l10="ten")


@pytest.fixture
def two(world: World) -> World:
    """Packages `lib` (ten and b) and `other` (b), and a release that has ten."""
    world.workspace.package("other", f"git:{world.upstream.path}", "1.0", b=FIX_B)
    world.upstream.release("v1.1", a_c=MERGED)
    return world


def test_a_defect_in_one_package_stops_no_other(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = judge.judge_series

    def broken(series: Any, *arguments: Any, **more: Any) -> Any:
        if len(series) == 2:
            raise RuntimeError("with a secret in it")
        return real(series, *arguments, **more)

    monkeypatch.setattr(judge, "judge_series", broken)
    ran = two.syncbot("sync")
    assert ran.code == 0
    assert ran.err == (
        "syncbot: problem: lib: a defect of syncbot: RuntimeError; run again with --debug and report the traceback\n"
    )
    assert "other: proposal 1 was opened" in ran.out
    assert two.syncbot("check", "lib").code == 3
    assert "with a secret in it" in two.syncbot("--debug", "check", "lib").err


def test_a_promise_that_does_not_hold_is_not_proposed(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(series: Any, *_: Any) -> None:
        if len(series) == 2:
            raise Fault("the new series does not apply")

    monkeypatch.setattr(judge, "verify_promise", broken)
    ran = two.syncbot("sync")
    assert "problem: lib: the new series does not apply" in ran.err
    assert [p["package"] for p in two.syncbot("proposals", "--json").document["proposals"]] == ["other"]


def test_a_run_that_was_cut_off_is_finished_by_the_next(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalForge, "propose", killed)
        ran = two.syncbot("sync")
    assert ran.code == 130
    assert ran.err.strip() == "syncbot: interrupted"
    again = two.syncbot("sync")
    assert "lib: proposal 1 was opened" in again.out
    assert "other: proposal 2 was opened" in again.out
    before = two.workspace.snapshot()
    assert "Nothing changed" in two.syncbot("sync").out
    assert two.workspace.snapshot() == before


def test_a_forge_that_cannot_be_used_is_told_per_package(two: World) -> None:
    (two.workspace.path / "state").mkdir(exist_ok=True)
    (two.workspace.path / "state/proposals").write_text("a file where a folder should be\n")
    ran = two.syncbot("sync")
    assert ran.code == 4
    assert "Traceback" not in ran.err


def test_a_package_with_a_proposal_keeps_it_while_its_upstream_is_away(two: World) -> None:
    two.syncbot("sync")
    hidden = two.upstream.path.rename(two.upstream.path.with_name("away"))
    ran = two.syncbot("sync")
    assert ran.code == 4
    assert len(two.syncbot("proposals", "--json").document["proposals"]) == 2
    hidden.rename(two.upstream.path)
    assert "Nothing changed" in two.syncbot("sync").out


def test_a_package_that_is_no_longer_tracked_loses_its_proposal(two: World) -> None:
    two.syncbot("sync")
    folder = two.workspace.path / "patches/other"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    two.workspace.commit("give up other")
    assert "other: proposal 2 was closed: other is no longer tracked: commit " in two.syncbot("sync").out
    assert two.workspace.series("lib") == ["ten.patch", "b.patch"]
    assert FIX_TEN in (two.workspace.path / "patches/lib/ten.patch").read_text()
