"""Workers on a real PostgreSQL: what one leaves another takes up, each thing is done once, and in its turn."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.periodic import PeriodicDeferrer

from syncbot.errors import StoreError
from syncbot.model.running import Holder
from syncbot.services import turns
from syncbot.services.planning import errands as planned
from syncbot.services.workspace import Workspace
from syncbot.store import SqlStore, open_store
from syncbot.wiring.workspace import opened
from syncbot.worker import jobs
from syncbot.worker.keeper import ALIVE
from syncbot.worker.queue import Counts, Queue
from syncbot.worker.serve import Manner, _app, serve
from syncbot.worker.tasks import Tasks
from tests.e2e.world import FIX_B, FIX_TEN, TEN, A, B, Ran, Upstream, World, make, numbered
from tests.postgres import Server

DRAIN = Manner(dead=5.0, first=0.0, drain=True)
ALL = Manner(dead=5.0, first=0.0, now=True, drain=True)
NAMES = ["lib", "one", "two"]


class Many:
    """A workspace of three packages, each with a release to move to, whose state is on a server."""

    def __init__(self, world: World, address: str, folder: Path) -> None:
        self.world, self.address, self.folder = world, address, folder
        self.root = world.workspace.path
        self.store: SqlStore = open_store(address)
        self.queue = Queue(address)
        self.queue.prepare()

    def work(self, manner: Manner = DRAIN, machine: str = "") -> None:
        """A worker in this process, until nothing is left. `machine`: the name of its state folder."""
        environ = dict(os.environ)
        if machine:
            environ["SYNCBOT_STATE"] = str(self.folder / machine)
        serve(self.root, environ, manner)

    def syncbot(self, *arguments: str) -> Ran:
        return self.world.syncbot(*arguments)

    def open(self) -> list[tuple[str, str]]:
        return sorted((p.package, p.target_version) for p in self.store.proposals())

    def order(self) -> list[str]:
        """The packages in the order in which they were done."""
        notes = [self.store.notes(run.id) for run in reversed(self.store.runs(99))]
        return [note.package for of_run in notes for note in of_run]

    def done(self, query: str, *values: Any) -> list[Any]:
        """Something done to the database behind everybody's back."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            found = connection.execute(query, values)  # type: ignore[call-overload]  # ours
            return found.fetchall() if found.description else []

    def queues(self) -> set[str]:
        return {row[0] for row in self.done("SELECT queue_name FROM procrastinate_jobs")}

    def died(self, beats: str, attempts: int = 0, once: str = "package lib") -> None:
        """The waiting job, that of `lib`, was taken by a worker that gave its last sign of life so long ago."""
        self.done(
            "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = (SELECT id FROM w) "
            "WHERE queueing_lock = %s",
            *(beats, attempts, once),
        )


@pytest.fixture(scope="session")
def prepared(postgresql: Server, migrated: str) -> str:
    """The name of a database with the tables of the jobs, too."""
    address = postgresql.new(migrated)
    queue = Queue(address)
    queue.prepare()
    queue.close()
    return address.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def many(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    postgresql: Server,
    prepared: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Many]:
    world = make(tmp_path, capsys)
    world.upstream.release("v1.1", a_c=numbered("a", **TEN))
    for name in NAMES[1:]:
        upstream = Upstream(tmp_path / name)
        upstream.release("v1.0", a_c=A, b_c=B)
        upstream.release("v1.1", a_c=numbered("a", **TEN))
        world.workspace.package(name, f"git:{upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
    address = postgresql.new(prepared)
    monkeypatch.setenv("SYNCBOT_DATABASE_URL", address)
    made = Many(world, address, tmp_path)
    yield made
    made.queue.close()
    made.store.close()
    postgresql.drop(address)


def errands(many: Many) -> list[jobs.Job]:
    """The jobs that a plan would put in now."""
    with opened(many.root, os.environ, lambda what, done, total: None) as workspace:
        return [jobs.package_job(one, many.store.mirror_places()) for one in planned(workspace)]


def test_a_worker_does_everything_once_and_the_next_one_finds_nothing_to_do(many: Many) -> None:
    many.work(ALL)
    assert many.open() == [(name, "1.1") for name in NAMES]
    assert sorted(many.order()) == NAMES
    before = many.world.workspace.snapshot()
    many.work(ALL)
    assert many.world.workspace.snapshot() == before
    assert many.queue.counts() == Counts(0, 0)
    assert many.store.leases() == []


def test_the_state_is_on_the_server_alone(many: Many) -> None:
    many.work(ALL)
    assert list((many.root / "state").glob("*.db*")) == []
    assert many.syncbot("sync").out.count("proposal") >= 3  # the same services, the same state
    assert len(many.open()) == 3


def test_of_each_package_one_job_waits_and_of_each_mirror_one_is_done(many: Many) -> None:
    planned = errands(many)
    assert many.queue.put(planned) == 3
    assert many.queue.put(planned) == 0
    many.died("0 seconds")
    many.done("UPDATE procrastinate_jobs SET lock = 'same'")
    fetched = many.done("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")
    assert fetched == [(None,)]  # all of one mirror: the first is being done


def test_what_a_dead_worker_had_in_hand_is_taken_over(many: Many) -> None:
    many.queue.put(errands(many))
    many.died("1 hour")
    many.work()
    assert many.open() == [(name, "1.1") for name in NAMES]


def test_what_a_dead_worker_had_is_dropped_where_it_waits_anew(many: Many) -> None:
    planned = errands(many)
    many.queue.put(planned)
    many.died("1 hour")
    assert many.queue.put(planned) == 1
    many.work()
    assert sorted(many.order()) == NAMES


def test_a_package_at_which_workers_keep_dying_is_given_up_and_shown(many: Many) -> None:
    many.queue.put(errands(many))
    many.died("1 hour", attempts=jobs.MOST - 1)
    many.work()
    assert many.open() == [("one", "1.1"), ("two", "1.1")]
    (letter,) = many.store.dead_letters()
    assert (letter.name, letter.attempts, letter.why) == ("lib", 6, "6 workers died while they were at it")
    said = many.syncbot("doctor", "--offline")
    assert said.code == 2
    assert "FAIL  jobs given up: 1 job: lib, tried 6 times: 6 workers died while they were at it" in said.out
    many.queue.put([jobs.SHOWING])
    many.work()
    pages = "".join(page.read_text() for page in (many.root / "state" / "proposals").rglob("*.md"))
    assert "given up after 6 tries: 6 workers died while they were at it" in pages
    many.work(ALL)
    assert many.store.dead_letters() == []
    assert many.open() == [(name, "1.1") for name in NAMES]
    assert "jobs given up: none" in many.syncbot("doctor", "--offline").out


class Cut:
    """A store whose connection is cut as leases are given back, so many times."""

    def __init__(self, store: SqlStore, times: int) -> None:
        self._store, self._times = store, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def release(self, holder: Holder) -> None:
        self._times -= 1
        if self._times >= 0:
            raise StoreError("the connection was cut")
        self._store.release(holder)


def _break_off(workspace: Workspace) -> None:
    with turns.taken(workspace, turns.Asked()) as turn:
        assert turn.take("lib")
        raise KeyError("what went wrong before")


@pytest.mark.parametrize(("times", "left"), [(2, []), (9, ["lib"])])
def test_leases_are_given_back_though_a_connection_is_cut(times: int, left: list[str], many: Many) -> None:
    """Where it stays cut, what went wrong before is not hidden by it, and the leases end by themselves."""
    with opened(many.root, os.environ, lambda *_: None) as workspace:
        cut: Any = Cut(many.store, times)
        with pytest.raises(KeyError, match="before"):
            _break_off(replace(workspace, store=cut))
    assert [lease.name for lease in many.store.leases()] == left


def test_what_is_due_is_planned_though_workers_keep_dying_and_given_up_in_the_end(many: Many) -> None:
    """No package can be the cause, and nothing is done while it is not planned."""
    planned = jobs.planned("schedule", now=True)
    many.queue.put([planned])
    many.died("1 hour", attempts=jobs.MOST - 1, once="plan schedule")
    many.work()
    assert (many.open(), many.store.dead_letters()) == ([(name, "1.1") for name in NAMES], [])
    many.queue.put([planned])
    many.died("1 hour", attempts=jobs.MOST_FOR_ALL - 1, once="plan schedule")
    many.work()
    assert [letter.name for letter in many.store.dead_letters()] == ["@plan schedule"]
    many.queue.put([planned])
    many.work()
    assert many.store.dead_letters() == []


def test_what_fails_is_tried_again_and_given_up_in_the_end_and_holds_up_nobody(many: Many) -> None:
    upstream = many.world.upstream.path
    upstream.rename(upstream.with_name("away"))
    many.work(ALL)
    assert many.open() == [("one", "1.1"), ("two", "1.1")]
    assert many.order()[:3] == NAMES
    assert many.order()[3:] == ["lib"] * (jobs.MOST - 1)
    assert [(letter.name, letter.attempts) for letter in many.store.dead_letters()] == [("lib", jobs.MOST)]
    upstream.with_name("away").rename(upstream)
    many.syncbot("sync", "lib")
    many.queue.put(errands(many))
    many.work()
    assert many.store.dead_letters() == []


def test_a_defect_met_while_planning_is_tried_again_and_told_in_the_end(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_arguments: object, **_rest: object) -> None:
        raise TypeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr("syncbot.worker.tasks.sync", defect)
        many.work(ALL)
    assert [(letter.name, letter.why) for letter in many.store.dead_letters()] == [
        ("@plan", "a defect of syncbot: TypeError")
    ]
    many.work(ALL)
    assert many.open() == [(name, "1.1") for name in NAMES]
    assert many.store.dead_letters() == []


def test_the_first_try_after_a_failure_waits(many: Many) -> None:
    shutil.rmtree(many.world.upstream.path)
    many.queue.put([job for job in errands(many) if job.once == "package lib"])
    tasks = Tasks(many.root, os.environ, many.queue, "here", first=40.0)
    (row,) = many.done("DELETE FROM procrastinate_jobs RETURNING args")
    before = datetime.now(UTC)
    tasks.package(**row[0])
    tasks.close()
    ((attempt, at),) = many.done("SELECT args ->> 'attempt', scheduled_at FROM procrastinate_jobs")
    assert attempt == "2"
    assert timedelta(seconds=35) < at - before < timedelta(seconds=60)


def test_a_package_that_another_run_works_on_waits_and_that_is_no_failure(many: Many) -> None:
    other = Holder("token", "elsewhere", 1)
    many.store.claim(["lib"], other, datetime.now(UTC), lambda _holder: False)
    many.queue.put([job for job in errands(many) if job.once == "package lib"])
    (row,) = many.done("DELETE FROM procrastinate_jobs RETURNING args")
    tasks = Tasks(many.root, os.environ, many.queue, "here", first=0.0)
    tasks.package(**row[0])
    tasks.close()
    assert many.open() == []
    ((attempt,),) = many.done("SELECT args ->> 'attempt' FROM procrastinate_jobs")
    assert attempt == "1"


def test_security_goes_first(many: Many) -> None:
    secure = "Fixes: CVE-2024-12345\n\n" + FIX_TEN
    many.world.workspace.package("two", f"git:{many.folder / 'two'}", "1.0", ten=secure, b=FIX_B)
    many.work(ALL)
    assert many.order() == ["two", "lib", "one"]


def test_a_mirror_is_used_where_it_lies(many: Many) -> None:
    many.work(ALL, machine="alpha")
    (alpha,) = set(many.store.mirror_places().values())
    many.queue.put(errands(many))
    assert many.queues() == {jobs.queue_of(alpha)}
    many.work(machine="alpha")
    assert set(many.store.mirror_places().values()) == {alpha}


def test_what_waits_for_a_machine_that_is_gone_is_done_elsewhere(many: Many) -> None:
    many.work(ALL, machine="alpha")
    (alpha,) = set(many.store.mirror_places().values())
    many.queue.put(errands(many))
    many.store.set_fact(ALIVE, alpha, (datetime.now(UTC) - timedelta(hours=1)).isoformat())
    many.work(machine="beta")
    places = set(many.store.mirror_places().values())
    assert alpha not in places
    assert len(places) == 1
    assert many.queue.counts() == Counts(0, 0)


def test_what_waits_too_long_for_a_busy_machine_is_done_by_an_idle_one(many: Many) -> None:
    many.work(ALL, machine="alpha")
    many.queue.put(errands(many))
    assert many.queue.take_from_others("beta", patience=60, most=2) == 0
    assert many.queue.take_from_others("beta", patience=0, most=2) == 2
    assert jobs.ANYWHERE in many.queues()


def test_the_minute_s_tick_fires_once_for_all_workers(many: Many) -> None:
    async def defer(at: float) -> None:
        app = _app(many.queue, Tasks(many.root, os.environ, many.queue, "here", 0.0))
        async with app.open_async():
            deferrer = PeriodicDeferrer(app.periodic_registry, max_delay=120)
            await deferrer.defer_jobs(deferrer.get_previous_tasks(at=at))

    for _ in range(3):
        asyncio.run(defer(1_700_000_000.0))
    assert many.done("SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY 1") == [("tick", 1)]


def test_a_tick_puts_in_what_is_due_and_what_somebody_marked(many: Many) -> None:
    (many.root / "syncbot.toml").write_text('schedule = "every 1h"\n')
    many.world.workspace.commit("each hour")
    many.store.set_fact("due", "two", datetime.now(UTC).isoformat())
    tasks = Tasks(many.root, os.environ, many.queue, "here", 0.0)
    tasks.tick(int(time.time()))
    tasks.close()
    rows = many.done("SELECT queueing_lock FROM procrastinate_jobs ORDER BY priority DESC, id")
    assert [lock for (lock,) in rows] == ["plan schedule", "package two", "board"]
    assert many.store.facts("due") == {}
    many.work()
    assert many.open() == [(name, "1.1") for name in NAMES]
    tasks.tick(int(time.time()))
    assert many.queue.counts() == Counts(0, 0)  # the hour is not over
    tasks.close()


def test_connections_that_are_cut_all_the_time_lose_nothing(many: Many) -> None:
    over = threading.Event()

    def cut() -> None:
        while not over.wait(0.7):
            many.done(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    cutting = threading.Thread(target=cut)
    cutting.start()
    timer = threading.Timer(6, over.set)
    timer.start()
    try:
        many.work(ALL)
    finally:
        over.set()
        cutting.join()
    many.work(ALL)  # what was broken off when the plan itself was
    assert many.open() == [(name, "1.1") for name in NAMES]
    assert many.queue.counts() == Counts(0, 0)


def test_sigterm_ends_a_worker_in_peace(many: Many) -> None:
    command = [sys.executable, "-m", "syncbot", "-C", str(many.root), "worker"]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while not many.done("SELECT 1 FROM procrastinate_workers") and time.monotonic() < end:
        time.sleep(0.1)
    worker.send_signal(signal.SIGTERM)
    _, said = worker.communicate(timeout=60)
    assert (worker.returncode, said) == (0, b"")
    assert many.done("SELECT 1 FROM procrastinate_workers") == []


def test_without_a_server_there_are_no_workers(many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCBOT_DATABASE_URL")
    ran = many.syncbot("worker")
    assert ran.code == 2
    assert "the state is not there; set SYNCBOT_DATABASE_URL to postgresql://USER@HOST/DATABASE" in ran.err


def test_the_state_moves_to_the_server_by_one_command(many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCBOT_DATABASE_URL")
    assert many.syncbot("sync").code == 0
    monkeypatch.setenv("SYNCBOT_DATABASE_URL", many.address)
    many.done("DELETE FROM fact")
    ran = many.syncbot("migrate", "--json")
    assert (ran.code, ran.document["before"]) == (0, False)
    assert many.open() == [(name, "1.1") for name in NAMES]
    assert "the same in both" in many.syncbot("migrate").out
