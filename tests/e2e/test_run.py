"""The daemon, as a process of its own: what is due, what was missed, settings read again, stopped, killed."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from syncbot.model.running import LEASE, Holder
from syncbot.store import open_store
from syncbot.wiring import daemon
from tests.e2e.world import World, numbered

MERGED = numbered("a", l10="ten")
NEVER = 'schedule = "never"\n'
PATIENCE = 60.0
SOON = 0.5
"""The daemon's patience with a run after SIGTERM, shortened."""


class Started:
    """`syncbot` as a process; its log lines as documents."""

    def __init__(self, world: World, *arguments: str, **environ: str) -> None:
        program = f"from syncbot.wiring import daemon; daemon.PATIENCE = {SOON}; from syncbot.cli import main; main()"
        command = [sys.executable, "-c", program, "-C", str(world.workspace.path), *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environ
        )
        self.said: list[dict[str, Any]] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def hear(self, message: str) -> dict[str, Any]:
        """The next log line with that message."""
        until = time.monotonic() + PATIENCE
        while True:
            line = self._lines.get(timeout=max(0.1, until - time.monotonic()))
            assert line is not None, f"it ended without {message!r}: {self.said}"
            document = json.loads(line)
            self.said.append(document)
            if message in document["message"]:
                return dict(document)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        return self.process.wait(PATIENCE)


@pytest.fixture
def start(world: World) -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def made(*arguments: str, **environ: str) -> Started:
        started.append(Started(world, *arguments, **environ))
        return started[-1]

    yield made
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()


def settings(world: World, text: str) -> None:
    (world.workspace.path / "syncbot.toml").write_text(text)


def database(world: World) -> str:
    return f"sqlite:///{world.workspace.path / 'state' / 'syncbot.db'}"


def runs(world: World) -> list[dict[str, Any]]:
    return list(world.syncbot("runs", "--json").document["runs"])


def test_it_syncs_at_once_where_asked_and_stops_when_told(world: World, start: Callable[..., Started]) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    settings(world, NEVER)
    running = start("run", "--now")
    ended = running.hear("the run ends")
    assert (ended["run"], ended["done"], ended["failed"]) == (1, 1, 0)
    running.signal(signal.SIGTERM)
    running.hear("stopped")
    assert running.end() == 0
    [run] = runs(world)
    assert run["cause"] == "daily"
    assert run["pid"] == running.process.pid


def test_what_was_missed_is_made_up_for_once(world: World, start: Callable[..., Started]) -> None:
    """The machine slept through five times at which a run was due."""
    settings(world, 'schedule = "every 1h"\n')
    with closing(open_store(database(world))) as store:
        run = store.begin_run("sync", datetime.now(UTC) - timedelta(hours=5, minutes=1))
        store.note_start(run, Holder("t", "here", 1), "daily")
        store.finish_run(run, datetime.now(UTC) - timedelta(hours=5), "{}")
    running = start("run")
    assert running.hear("a run was missed")["cause"] == "daily"
    running.hear("the run ends")
    running.signal(signal.SIGTERM)
    assert running.end() == 0
    assert len(runs(world)) == 2


def test_what_was_missed_too_long_ago_is_left(world: World, start: Callable[..., Started]) -> None:
    settings(world, 'schedule = "every 24h"\n[run]\nmisfire = "1h"\n')
    with closing(open_store(database(world))) as store:
        run = store.begin_run("sync", datetime.now(UTC) - timedelta(hours=26))
        store.note_start(run, Holder("t", "here", 1), "daily")
        store.finish_run(run, datetime.now(UTC) - timedelta(hours=26), "{}")
    running = start("run")
    running.hear("syncs at every 24h")
    running.signal(signal.SIGTERM)
    assert running.end() == 0
    assert len(runs(world)) == 1


def test_outside_of_the_windows_nothing_is_run_and_that_is_on_record(
    world: World, start: Callable[..., Started]
) -> None:
    today = datetime.now(UTC).date()
    days = f"{today - timedelta(days=1)}..{today + timedelta(days=1)}"
    settings(world, f'{NEVER}[run]\npauses = ["{days}"]\n')
    running = start("run", "--now")
    assert "runs pause from" in running.hear("left out")["why"]
    running.signal(signal.SIGTERM)
    assert running.end() == 0
    [run] = runs(world)
    assert run["result"] == "left-out"
    assert "runs pause from" in run["why"]


def test_settings_are_read_again_and_wrong_ones_are_not_taken(world: World, start: Callable[..., Started]) -> None:
    settings(world, 'schedule = "0 3 * * *"\n')
    running = start("run")
    running.hear("syncs at 0 3 * * *")
    settings(world, 'schedule = "whenever"\n')
    running.signal(signal.SIGHUP)
    told = running.hear("the settings are not taken, those from before stay")
    assert 'schedule is "whenever"' in told["error"]
    settings(world, 'schedule = "0 4 * * *"\n')
    running.signal(signal.SIGHUP)
    running.hear("syncs at 0 4 * * *")
    running.signal(signal.SIGTERM)
    assert running.end() == 0


def test_owners_and_packages_have_times_of_their_own(world: World, start: Callable[..., Started]) -> None:
    world.workspace.package("own", f"git:{world.upstream.path}", "1.0", 'owners = ["team"]\n')
    settings(world, f'{NEVER}[schedules.theirs]\nwhen = "every 1h"\nowners = ["team"]\n')
    with closing(open_store(database(world))) as store:
        run = store.begin_run("sync", datetime.now(UTC) - timedelta(hours=1, minutes=1))
        store.note_start(run, Holder("t", "here", 1), "theirs")
        store.finish_run(run, datetime.now(UTC) - timedelta(hours=1), "{}")
    running = start("run")
    assert running.hear("the run ends")["done"] == 1
    running.signal(signal.SIGTERM)
    assert running.end() == 0
    [last, _first] = runs(world)
    assert last["cause"] == "theirs"
    notes = world.syncbot("runs", "--json", str(last["id"])).document["notes"]
    assert [(note["package"], note["state"]) for note in notes] == [("own", "done")]


class Deaf:
    """A server that takes connections, keeps them, and never answers."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._kept: list[socket.socket] = []
        self.port = server.getsockname()[1]

    def accept(self) -> None:
        self._kept.append(self._server.accept()[0])


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Deaf(server)


def stuck(world: World, deaf: Deaf) -> None:
    """A package whose upstream never answers."""
    world.workspace.package("stuck", f"git:http://127.0.0.1:{deaf.port}/x", "1.0")


def test_a_run_that_cannot_end_is_broken_off_and_leaves_nothing_behind(
    world: World, start: Callable[..., Started], deaf: Deaf
) -> None:
    stuck(world, deaf)
    settings(world, NEVER)
    running = start("run", "--now")
    running.hear("the run begins")
    deaf.accept()
    running.signal(signal.SIGTERM)
    running.signal(signal.SIGINT)  # a second word: at once
    running.hear("broken off: what it had learnt is kept")
    assert running.end() == 0
    with closing(open_store(database(world))) as store:
        assert store.leases() == []
    [run] = runs(world)
    assert run["result"] == "stopped"


def test_sigterm_breaks_a_run_off_when_patience_is_over(
    world: World, start: Callable[..., Started], deaf: Deaf
) -> None:
    stuck(world, deaf)
    settings(world, NEVER)
    running = start("run", "--now")
    running.hear("the run begins")
    deaf.accept()
    running.signal(signal.SIGTERM)
    running.hear("broken off: what it had learnt is kept")
    assert running.end() == 0


def test_patience_and_what_comes_after_it_fit_into_thirty_seconds() -> None:
    assert daemon.PATIENCE + 5 < 30


def test_a_second_sync_says_who_holds_the_lock_and_takes_the_rest(
    world: World, start: Callable[..., Started], deaf: Deaf
) -> None:
    stuck(world, deaf)
    first = start("sync", "stuck", SYNCBOT_LOG="json")
    first.hear("the run begins")
    deaf.accept()
    ran = world.syncbot("sync", "--json")
    [left] = ran.document["skipped"]
    assert left["package"] == "stuck"
    assert f"{socket.gethostname()}, pid {first.process.pid}, since " in left["why"]
    assert [package["package"] for package in ran.document["packages"]] == ["lib"]
    assert f"stuck: left out: {socket.gethostname()}, pid {first.process.pid}" in world.syncbot("sync").out
    first.signal(signal.SIGTERM)
    assert first.end() == 130
    with closing(open_store(database(world))) as store:
        assert store.leases() == []


def test_kill_9_leaves_no_lock_behind(world: World, start: Callable[..., Started], deaf: Deaf) -> None:
    stuck(world, deaf)
    first = start("sync", "stuck", "lib", SYNCBOT_LOG="json")
    first.hear("the run begins")
    deaf.accept()
    first.signal(signal.SIGKILL)
    first.end()
    with closing(open_store(database(world))) as store:
        assert {lease.name for lease in store.leases()} >= {"lib", "stuck"}
    ran = world.syncbot("sync", "lib", "--json")
    assert ran.document["skipped"] == []
    assert [package["package"] for package in ran.document["packages"]] == ["lib"]
    with closing(open_store(database(world))) as store:
        assert store.leases() == []


def test_a_lease_from_another_machine_ends_without_signs_of_life(world: World) -> None:
    elsewhere = Holder("token", "elsewhere", 7, "another boot", "1")
    with closing(open_store(database(world))) as store:
        store.claim(["lib"], elsewhere, datetime.now(UTC), lambda _holder: False)
        [left] = world.syncbot("sync", "--json").document["skipped"]
        assert "elsewhere, pid 7" in left["why"]
        store.release(elsewhere)
        store.claim(["lib"], elsewhere, datetime.now(UTC) - LEASE, lambda _holder: False)
    assert world.syncbot("sync", "--json").document["skipped"] == []


def test_it_serves_metrics_health_and_the_feed(world: World, start: Callable[..., Started]) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    settings(world, f'{NEVER}[run]\naddress = "127.0.0.1:0"\n')
    running = start("run", "--now")
    base = f"http://127.0.0.1:{running.hear('serves /metrics')['port']}"
    running.hear("the run ends")
    assert requests.get(f"{base}/healthz", timeout=10).text == "ok\n"
    assert requests.get(f"{base}/readyz", timeout=10).status_code == 200
    metrics = requests.get(f"{base}/metrics", timeout=10).text
    assert 'syncbot_runs_total{cause="daily",result="done"} 1.0' in metrics
    assert 'syncbot_patches{verdict="obsolete"} 1.0' in metrics
    assert 'syncbot_proposals{state="open"} 1.0' in metrics
    assert "lib: ten.patch is obsolete at 1.1" in requests.get(f"{base}/events.atom", timeout=10).text
    assert requests.get(f"{base}/else", timeout=10).status_code == 404
    state = world.workspace.path / "state"
    (state / "syncbot.db").rename(state / "gone.db")
    (state / "syncbot.db").mkdir()
    assert requests.get(f"{base}/readyz", timeout=10).status_code == 503


def test_a_wrong_address_is_told_at_the_start(world: World, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings(world, f'{NEVER}[run]\naddress = "127.0.0.1:{taken.getsockname()[1]}"\n')
        ran = world.syncbot("run")
    assert ran.code == 2
    assert "cannot be served" in ran.err
