"""`track`, `doctor`, `run`: around the daily job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.world import FIX_B, FIX_TEN, World, git, numbered


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
    assert json.loads(errors.splitlines()[-1])["message"] == "stopped"
    assert "Traceback" not in errors


def test_an_address_with_a_password_is_refused_and_nothing_is_written(world: World) -> None:
    ran = world.syncbot("track", "git:http://u:s3cr3t@127.0.0.1/up.git")
    assert ran.code == 2
    assert "holds a password" in ran.err
    assert "s3cr3t" not in ran.out + ran.err
    assert not (world.workspace.path / "patches/up").exists()


def test_tracking_patches_without_a_series_names_them_in_order(world: World) -> None:
    folder = world.workspace.path / "patches" / "mine"
    folder.mkdir()
    (folder / "2-b.patch").write_text(FIX_B)
    (folder / "1-ten.patch").write_text(FIX_TEN)
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "mine")
    assert ran.code == 0, ran.err
    assert "with 2 patches" in ran.out
    assert world.workspace.series("mine") == ["1-ten.patch", "2-b.patch"]


def test_tracking_a_folder_whose_series_leaves_a_patch_out_is_refused(world: World) -> None:
    folder = world.workspace.path / "patches" / "mine"
    folder.mkdir()
    (folder / "b.patch").write_text(FIX_B)
    (folder / "series").write_text("")
    ran = world.syncbot("track", f"git:{world.upstream.path}", "--name", "mine")
    assert ran.code == 2
    assert "not named in series: b.patch; name them in the series, or delete them" in ran.err
    assert not (folder / "package.toml").exists()


def test_patches_whose_series_is_lost_stop_the_package_and_not_the_version(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l50="fifty"))
    (world.workspace.path / "patches/lib/series").unlink()
    world.workspace.commit("lose the series")
    for command in ("check", "sync"):
        ran = world.syncbot(command)
        assert ran.code == 2
        assert "lib: patches/lib: not named in series: b.patch, ten.patch; name them in the series" in ran.err
    assert "not named in series" in world.syncbot("doctor").out


def test_a_fresh_repository_without_commit_can_be_tracked_in(world: World, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q")
    assert world.syncbot("init", str(fresh)).code == 0
    ran = world.syncbot("-C", str(fresh), "track", f"git:{world.upstream.path}")
    assert ran.code == 0, ran.err
    assert (fresh / "patches/lib/package.toml").is_file()
    git(fresh, "add", "-A")
    assert "state/syncbot.db" not in git(fresh, "ls-files")


@pytest.mark.parametrize(
    ("prepare", "written"),
    [
        (lambda _: None, True),
        (lambda root: (root / ".gitignore").write_text("/state/\n"), False),
        (lambda root: (root / "state/.gitignore").write_text("*.db\n"), False),
        (lambda root: ((root / "state/README.md").write_text("kept\n"), git(root, "add", "state/README.md")), False),
    ],
    ids=["plain", "ignored", "own rules", "tracked README"],
)
def test_a_state_folder_is_kept_out_of_git(
    world: World, tmp_path: Path, prepare: Callable[[Path], object], written: bool
) -> None:
    root = tmp_path / "plain"
    (root / "patches").mkdir(parents=True)
    (root / "state").mkdir()
    git(root, "init", "-q")
    prepare(root)
    assert world.syncbot("-C", str(root), "track", f"git:{world.upstream.path}").code == 0
    own = root / "state/.gitignore"
    assert (own.is_file() and own.read_text() == "*\n") is written
    if written:
        git(root, "add", "-A")
        assert git(root, "ls-files", "state") == ""


@pytest.mark.parametrize("address", ["../../lib", "git:../../lib"])
def test_a_relative_path_is_meant_from_here_and_written_from_the_workspace(
    world: World, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    inner = world.workspace.path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    ran = world.syncbot("track", address, "--name", "mine")
    assert ran.code == 0, ran.err
    assert 'upstream = "git:../lib"' in (world.workspace.path / "patches/mine/package.toml").read_text()
    monkeypatch.chdir(world.workspace.path.parent.parent)
    assert world.syncbot("check", "mine").code == 0


def test_doctor_tells_of_a_series_that_does_not_apply_to_its_base(world: World) -> None:
    (world.workspace.path / "patches/lib/b.patch").write_text(FIX_B.replace("b 19\n", "something else\n"))
    ran = world.syncbot("doctor")
    assert ran.code == 2
    assert "the series of lib does not apply to its base 1.0: b.patch" in ran.out


def test_doctor_tells_of_a_detached_head(world: World) -> None:
    git(world.workspace.path, "checkout", "-q", "--detach")
    ran = world.syncbot("doctor")
    assert ran.code == 2
    assert "HEAD is detached" in ran.out
    assert "git switch BRANCH" in ran.out


@pytest.mark.parametrize("command", ["check", "sync", "report", "doctor"])
def test_a_patches_folder_that_is_not_there_is_said(world: World, command: str) -> None:
    (world.workspace.path / "syncbot.toml").write_text('patches = "nowhere"\n')
    ran = world.syncbot(command)
    assert ran.code == 2
    assert "the folder of the packages, nowhere/, is not there" in ran.out + ran.err
