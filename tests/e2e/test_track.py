"""`track`, `doctor`, `run`: around the daily job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.world import FIX_TEN, World, git, numbered


def test_tracking_finds_the_newest_release_that_all_patches_apply_to(world: World) -> None:
    world.upstream.release("v1.1", b_c=numbered("b", l1="one"))
    world.upstream.release("v1.2", a_c=numbered("a", l10="eleven"))
    folder = world.workspace.path / "patches" / "mine"
    folder.mkdir()
    (folder / "ten.patch").write_text(FIX_TEN)
    (folder / "series").write_text("ten.patch\n")
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "mine")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0] == "mine is tracked at 1.1 with 1 patch; the newest release is 1.2."
    text = (folder / "package.toml").read_text()
    assert f'upstream = "git:{world.upstream.path}"' in text
    assert 'base = "1.1"' in text
    world.workspace.commit("track mine")
    assert "conflict" in world.syncbot("check", "mine").out


def test_tracking_without_patches_starts_at_the_newest_of_the_range(world: World) -> None:
    for tag in ("v1.1", "v2.0", "v2.1rc1"):
        world.upstream.release(tag)
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "one", "--range", "1.*", "--json")
    assert ran.document["base"]["version"] == "1.1"
    assert ran.document["written"] == ["patches/one/package.toml", "patches/one/series"]
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "early", "--track", "prerelease", "--json")
    assert ran.document["base"]["version"] == "2.1rc1"


def test_tracking_a_branch_follows_its_head(world: World) -> None:
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "head", "--track", "branch:main", "--json")
    assert ran.document["base"]["identity"] == git(world.upstream.path, "rev-parse", "main")
    world.workspace.commit("track head")
    assert world.syncbot("check", "head", "--json").document["packages"][0]["up_to_date"]
    world.upstream.commit("more", b_c=numbered("b", l2="two"))
    [package] = world.syncbot("sync", "head", "--json").document["packages"]
    assert package["outcome"] == "proposed"
    assert package["target"]["identity"] == git(world.upstream.path, "rev-parse", "main")


def test_tracking_patches_that_fit_no_release_writes_nothing(world: World) -> None:
    folder = world.workspace.path / "patches" / "mine"
    folder.mkdir()
    (folder / "x.patch").write_text(FIX_TEN.replace("a 9\n", "something else\n"))
    (folder / "series").write_text("x.patch\n")
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "mine")
    assert ran.code == 2
    assert "none of the 1 releases of git:" in ran.err
    assert 'declare the release that they were made for: base = "..."' in ran.err
    assert not (folder / "package.toml").exists()


def test_doctor_is_well_in_a_good_workspace(world: World) -> None:
    ran = world.syncbot("doctor")
    assert ran.code == 0, ran.out
    assert ran.out.splitlines()[-1] == "All is well."
    assert "ok    upstream of lib: 1 releases" in ran.out


def test_doctor_says_what_is_wrong_and_how_to_mend_it(world: World) -> None:
    (world.workspace.path / "patches/lib/package.toml").write_text('upstream = "git:/nowhere/x.git"\nbase = "1"\n')
    (world.workspace.path / "state").mkdir(exist_ok=True)
    (world.workspace.path / "state/syncbot.db").write_bytes(b"not a database at all, but long enough to be read\n" * 40)
    ran = world.syncbot("doctor", "--json")
    assert ran.code == 2
    wrong = {f["name"]: f["remedy"] for f in ran.document["findings"] if not f["well"]}
    assert set(wrong) == {"database", "upstream of lib"}
    assert all(wrong.values())


def test_doctor_outside_of_a_workspace(world: World, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = world.syncbot("-C", str(tmp_path / "empty"), "doctor")
    assert ran.code == 2
    assert "remedy: run `syncbot init`" in ran.out


def test_run_syncs_at_the_start_and_stops_at_a_signal(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    command = [sys.executable, "-m", "syncbot", "-C", str(world.workspace.path), "run", "--now"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as daemon:
        try:
            assert daemon.stdout is not None
            said = ""
            for line in daemon.stdout:
                said += line
                if "once the proposals are accepted" in line:
                    break
            daemon.send_signal(signal.SIGTERM)
            _rest, errors = daemon.communicate(timeout=60)
        finally:
            daemon.kill()
    assert "lib: proposal 1 was opened" in said
    assert daemon.returncode == 0, errors
    assert "syncbot: stopped" in errors
    assert "Traceback" not in errors
