"""All machines together ask a host no more than one may, on both engines."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from syncbot.errors import StoreError
from syncbot.model.hosts import LEASE
from syncbot.model.settings import Politeness
from syncbot.settings import open_workspace
from syncbot.store import SqlStore, open_store
from syncbot.wiring.hosts import SharedTurns, turns

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOST = "example.org"
ASKING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from syncbot.model.settings import Politeness
from syncbot.sources.http import Http
from syncbot.store import open_store
from syncbot.wiring.hosts import SharedTurns

store = open_store(sys.argv[1])
http = Http(turn=SharedTurns(lambda: store, Politeness(per_host=2)))
with ThreadPoolExecutor(4) as pool:
    assert set(pool.map(lambda _: http.get(sys.argv[2], {}, lambda answer: answer.status), range(12))) == {200}
"""


class Clock:
    """Time passes where somebody sleeps."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def machine(url: str, clock: Clock, request: pytest.FixtureRequest) -> Callable[[Politeness], SharedTurns]:
    """Makes the turns of one more machine."""

    def made(polite: Politeness) -> SharedTurns:
        store = open_store(url)
        request.addfinalizer(store.close)
        return SharedTurns(lambda: store, polite, clock.now, clock.sleep)

    return made


def test_two_processes_ask_a_host_no_more_than_one_may(url: str, httpserver: HTTPServer) -> None:
    open_store(url).close()
    lock, counts = threading.Lock(), Counter[str]()

    def answer(_request: Request) -> Response:
        with lock:
            counts["now"] += 1
            counts["most"] = max(counts["most"], counts["now"])
            counts["all"] += 1
        time.sleep(0.02)
        with lock:
            counts["now"] -= 1
        return Response("hello")

    httpserver.expect_request("/page").respond_with_handler(answer)
    command = [sys.executable, "-c", ASKING, url, httpserver.url_for("/page")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for process in started:
        _out, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    assert counts["all"] == 24
    assert counts["most"] <= 2


def test_two_machines_keep_to_one_rate(machine: Callable[[Politeness], SharedTurns], clock: Clock) -> None:
    polite = Politeness(per_host=4, per_minute=3)
    here, there = machine(polite), machine(polite)
    begun = []
    for _ in range(4):
        for turn in (here, there):
            with turn(HOST):
                begun.append((clock.at - NOON).total_seconds())
    assert begun == [0, 0, 0, 60, 60, 60, 120, 120]


def test_hosts_do_not_wait_for_each_other(machine: Callable[[Politeness], SharedTurns], clock: Clock) -> None:
    polite = Politeness(per_host=1, per_minute=1)
    with machine(polite)(HOST), machine(polite)("example.com"), machine(polite)(""), machine(polite)(""):
        assert clock.at == NOON


def test_a_turn_is_waited_for_longer_and_longer_until_its_machine_is_taken_for_gone(
    machine: Callable[[Politeness], SharedTurns], clock: Clock, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other machine was lost with its turn: nobody gives it back."""
    assert store.take_host_turn(HOST, "lost", NOON, 1, None) == 0.0
    pauses: list[float] = []
    sleep = clock.sleep
    monkeypatch.setattr(clock, "sleep", lambda seconds: [pauses.append(seconds), sleep(seconds)])
    with machine(Politeness(per_host=1))(HOST):
        assert LEASE <= clock.at - NOON < LEASE + timedelta(seconds=3)
    assert pauses == sorted(pauses)
    assert pauses[-1] == 2.0, "nobody polls hard"
    assert len(pauses) < 40


def test_machines_that_share_a_server_share_their_turns(store: SqlStore, engine: str, url: str, tmp_path: Path) -> None:
    """Those of a file are shared by the files beside it."""
    (tmp_path / "syncbot.toml").write_text("upstreams.per-host = 1\n")
    found = open_workspace(tmp_path, {"SYNCBOT_DATABASE_URL": url, "HOME": str(tmp_path)})
    with turns(found)(HOST):
        waits = store.take_host_turn(HOST, "another machine", datetime.now(UTC), 1, None) > 0.0
        assert waits == (engine == "postgresql")


def test_signs_of_life_keep_a_long_request(store: SqlStore) -> None:
    later = NOON + LEASE
    assert store.take_host_turn(HOST, "long", NOON, 1, None) == 0.0
    store.keep_host_turns(["long"], NOON + LEASE / 2)
    assert store.take_host_turn(HOST, "other", later, 1, None) > 0.0
    store.end_host_turn("long", later)
    assert store.take_host_turn(HOST, "other", later, 1, None) == 0.0


def test_where_the_store_is_away_a_machine_goes_by_its_own_turns(clock: Clock) -> None:
    def away() -> SqlStore:
        raise StoreError("the server is away")

    turn = SharedTurns(away, Politeness(per_host=1), clock.now, clock.sleep)
    with turn(HOST), turn(HOST):
        assert clock.at == NOON
