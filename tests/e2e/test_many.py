"""Many packages at a time: in processes, interrupted, and on the second day."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tests.e2e.world import FIX_B, FIX_TEN, A, B, Upstream, World, git, numbered

MERGED = numbered("a", l10="ten")
NAMES = ("ash", "elm", "fir", "oak", "yew")


@pytest.fixture
def grove(world: World, tmp_path: Path) -> World:
    """Five more packages, each with an upstream of its own, one of them unreachable; a release for three of them."""
    for name in NAMES:
        upstream = Upstream(tmp_path / name)
        upstream.release("v1.0", a_c=A, b_c=B)
        if name != "oak":
            upstream.release("v1.1", a_c=MERGED)
        world.workspace.package(name, f"git:{upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
    shutil.rmtree(tmp_path / "fir")
    return world


def started(world: World, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "syncbot", "-C", str(world.workspace.path), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environ, cwd=Path.cwd()
    )


def without_times(document: object) -> object:
    """Two runs differ in when they were."""
    if isinstance(document, dict):
        return {k: without_times(v) for k, v in document.items() if k not in ("at", "opened", "updated", "tip", "run")}
    return [without_times(item) for item in document] if isinstance(document, list) else document


def test_two_processes_say_what_one_says_in_the_same_order(grove: World, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(grove.workspace.path, twin)
    one = grove.syncbot("sync", "--json", "--jobs", "1")
    grove.workspace.path = twin
    two = grove.syncbot("sync", "--json", "--jobs", "2")
    assert one.code == two.code == 0, two.err
    assert without_times(one.document) == without_times(two.document)
    assert [p["package"] for p in two.document["packages"]] == ["ash", "elm", "lib", "oak", "yew"]
    assert [p["package"] for p in two.document["problems"]] == ["fir"]
    assert "ash: ten.patch" not in two.err


def test_what_went_wrong_in_a_process_is_told_as_if_it_were_here(grove: World) -> None:
    here, there = (grove.syncbot("check", "--jobs", jobs) for jobs in ("1", "2"))
    assert "problem: fir: cannot reach" in here.err
    assert here.err == there.err


def test_an_unchanged_world_is_not_read_or_written(grove: World) -> None:
    """The second day: not one object of a mirror is there to be read, and nothing changes on disk."""
    grove.syncbot("sync")
    state = grove.workspace.path / "state"
    objects = [*state.glob("cache/git/*.git/objects")]
    assert len(objects) == 5
    before = grove.workspace.snapshot()
    files = {p: p.stat().st_mtime_ns for p in (state / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"}
    for jobs in ("1", "2"):
        ran = grove.syncbot("sync", "--jobs", jobs)
        assert "Nothing changed" in ran.out
    assert grove.workspace.snapshot() == before
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert {p for p in (state / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"} == set(files)


def test_what_the_state_is_asked_does_not_grow_with_the_packages(world: World) -> None:
    """An unchanged world: so many questions for all, none for each."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    counts = []
    for names in ((), ("ash", "elm"), ("fir", "oak", "yew", "bay", "box", "nut")):
        for name in names:
            world.workspace.package(name, f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
        world.syncbot("sync", "--jobs", "1")
        event.listen(Engine, "before_cursor_execute", note)
        try:
            ran = world.syncbot("sync", "--jobs", "1")
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert "Nothing changed" in ran.out
        counts.append(len(asked))
        asked.clear()
    assert counts[0] == counts[1] == counts[2]


@pytest.mark.parametrize("what", ["patch", "reference", "settings"])
def test_a_change_of_the_same_size_and_time_is_noticed(world: World, what: str) -> None:
    world.upstream.release("v1.1", a_c=A, b_c=B)
    git(world.upstream.path, "tag", "v1.2", "v1.0")
    git(world.upstream.path, "pack-refs", "--all")
    one, other = (git(world.upstream.path, "rev-parse", tag) for tag in ("v1.2", "v1.1"))
    world.syncbot("sync")
    assert "Nothing changed" in world.syncbot("sync").out
    patches = world.workspace.path / "patches" / "lib"
    file, old, new = {
        "patch": (patches / "ten.patch", "+ten", "+TEN"),
        "settings": (patches / "package.toml", 'base = "1.0"', 'base = "1.1"'),
        "reference": (world.upstream.path / ".git/packed-refs", f"{one} refs/tags/v1.2", f"{other} refs/tags/v1.2"),
    }[what]
    before, times = file.read_text(), file.stat()
    assert old in before
    file.write_text(before.replace(old, new))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.stat().st_size == times.st_size
    ran = world.syncbot("sync", "--json")
    if what == "reference":
        assert "changed after it was seen" in ran.out
    else:
        assert ran.document["changed"] or ran.document["problems"]


def test_a_release_that_left_the_files_alone_is_answered_from_memory(grove: World, tmp_path: Path) -> None:
    grove.syncbot("sync")
    upstream = Upstream.__new__(Upstream)
    upstream.path = tmp_path / "oak"
    upstream.release("v1.1", c_c="c\n")
    [first] = grove.syncbot("sync", "oak", "--json").document["packages"]
    upstream.release("v1.2", c_c="more\n")
    asked = memories(grove)
    [second] = grove.syncbot("sync", "oak", "--json").document["packages"]
    assert [p["verdict"] for p in first["patches"]] == [p["verdict"] for p in second["patches"]] == ["untouched"] * 2
    assert (first["target"]["version"], second["target"]["version"]) == ("1.1", "1.2")
    assert memories(grove) == asked, "nothing was asked that was not asked before"


def memories(world: World) -> list[tuple[int]]:
    with closing(sqlite3.connect(world.workspace.path / "state" / "syncbot.db")) as database:
        return database.execute("SELECT id FROM memory WHERE package = 'oak'").fetchall()


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """A registry that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server


def heard(server: socket.socket, count: int) -> list[socket.socket]:
    """Wait for so many connections, and keep them open."""
    server.settimeout(60)
    return [server.accept()[0] for _ in range(count)]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_in_the_midst_of_it_leaves_all_as_it_was(grove: World, deaf: socket.socket, jobs: str) -> None:
    grove.syncbot("report")  # makes the empty database
    index = {"PIP_INDEX_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}/simple", "PIP_CONFIG_FILE": os.devnull}
    for name in ("slow", "slower"):
        grove.workspace.package(name, f"pypi:{name}", "1.0", ten=FIX_TEN)
    before = grove.workspace.snapshot()
    run = started(grove, "sync", "--jobs", jobs, **index)
    waiting = heard(deaf, 1)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err.strip()) == (130, "", "syncbot: interrupted")
    assert grove.workspace.snapshot() == before
    with closing(sqlite3.connect(grove.workspace.path / "state" / "syncbot.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for each in waiting:
        each.close()
    again = grove.syncbot("sync", *NAMES, "lib")
    assert again.code == 0
    assert "ash: proposal 1 was opened" in again.out


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not tell of children")
def test_a_worker_that_is_killed_costs_at_most_its_package(grove: World, deaf: socket.socket) -> None:
    index = {"PIP_INDEX_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}/simple", "PIP_CONFIG_FILE": os.devnull}
    grove.workspace.package("slow", "pypi:slow", "1.0", ten=FIX_TEN)
    run = started(grove, "sync", "--json", "--jobs", "2", **index)

    def kill() -> None:
        """Whoever asks the deaf registry is killed, as often as it asks."""
        while True:
            try:
                heard(deaf, 1)
            except OSError:
                return
            for task in Path(f"/proc/{run.pid}/task").glob("*/children"):
                for pid in map(int, task.read_text().split()):
                    if b"syncbot.wiring.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    told = json.loads(out)
    problems = {p["package"]: p["message"] for p in told["problems"]}
    killed = {name for name, message in problems.items() if "its process was ended by SIGKILL" in message}
    assert "slow" in killed
    assert set(problems) == {"fir"} | killed, "the other process may have been at a package as it was killed with it"
    assert {p["package"] for p in told["packages"]} == {"ash", "elm", "lib", "oak", "yew"} - killed
