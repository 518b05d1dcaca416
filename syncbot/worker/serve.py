"""The process of a worker: it takes jobs until it is told to stop, and outlives what happens to its database.

SIGTERM: the job at hand is finished, unless it takes longer than GRACE; then it is given back and done by another
worker. A second signal does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout

from syncbot.errors import InputError, StoreError
from syncbot.git.leftovers import clear
from syncbot.git.run import end_all
from syncbot.settings import DATABASE_VARIABLE, open_workspace
from syncbot.store.engine import is_server
from syncbot.store.opening import open_store
from syncbot.wiring.machine import machine_name
from syncbot.wiring.workspace import state_of
from syncbot.worker import jobs
from syncbot.worker.keeper import ALIVE, Keeper, Seen, keep
from syncbot.worker.queue import Queue
from syncbot.worker.tasks import Tasks

GRACE = 25.0
"""Seconds that the job at hand may take after SIGTERM: schedulers kill after 30."""
_POLL = 2.0
"""Seconds between two looks for jobs of which no notification told: those that were put off."""
_SHORTEST, _LONGEST = 0.5, 30.0
"""Seconds between two attempts to get the database back, or to find something to do where nothing is left."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manner:
    """`dead`: seconds without a sign of life after which a worker is taken for dead, the same for all workers; `first`:
    seconds between the first two tries of a job; `now`: everything is due at the start; `drain`: the end is where
    nothing is left to do."""

    dead: float = 30.0
    first: float = 30.0
    now: bool = False
    drain: bool = False


def serve(start: Path, environ: Mapping[str, str], manner: Manner) -> None:
    """Work for the workspace that `start` lies in, until stopped. Raises InputError where its state is not on a server,
    StoreError where that cannot be used at the start."""
    found = open_workspace(start, environ)
    if not is_server(found.database_url):
        what = "workers share their work through PostgreSQL, and the state is not there"
        raise InputError(what, f"set {DATABASE_VARIABLE} to postgresql://USER@HOST/DATABASE; see `syncbot migrate`")
    cache = state_of(found) / "cache"
    machine = machine_name(cache)
    clear(cache / "git")
    store = open_store(found.database_url)
    queue = Queue(found.database_url)
    try:
        queue.prepare()
        if manner.now:
            queue.put([jobs.PLANNING])
        tasks = Tasks(start, environ, queue, machine, manner.first)

        def seen() -> Seen:
            store.set_fact(ALIVE, machine, datetime.now(UTC).isoformat())
            return {name: datetime.fromisoformat(at) for name, at in store.facts(ALIVE).items()}

        seen()
        keeper = Keeper(
            queue, machine, manner.dead, seen, lambda n, a, why, private: tasks.give_up(n, a, why, private=private)
        )
        _log.info("working as %s", machine)
        asyncio.run(_Process(queue, tasks, keeper, machine, manner).run())
        tasks.close()
    finally:
        queue.close()
        store.close()


class _Process:
    """One event loop. Procrastinate's worker lives as long as its connections do; this one makes new ones."""

    def __init__(self, queue: Queue, tasks: Tasks, keeper: Keeper, machine: str, manner: Manner) -> None:
        self._queue, self._keeper, self._manner = queue, keeper, manner
        self._places = [jobs.queue_of(machine), jobs.ANYWHERE]
        self._app = _app(queue, tasks)
        self._worker: Worker | None = None
        self._stopping = asyncio.Event()
        self._doing: set[int] = set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        wait, over = _SHORTEST, False
        while not over:
            begun = loop.time()
            try:
                over = await self._work()
            except (ConnectorException, psycopg.Error, PoolTimeout, StoreError, OSError) as error:
                _log.warning("the database of the jobs is out of reach (%s); trying again", type(error).__name__)
            over = over or self._stopping.is_set()
            wait = _SHORTEST if loop.time() - begun > wait else min(2 * wait, _LONGEST)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0 if over else wait)

    async def _work(self) -> bool:
        """Until stopped, or until something happens to the connections. Whether all is done that was to be done."""
        async with self._app.open_async():
            self._worker = Worker(
                self._app,
                queues=self._places,
                name=self._places[0],
                wait=not self._manner.drain,
                fetch_job_polling_interval=_POLL,
                delete_jobs=DeleteJobCondition.ALWAYS,
                install_signal_handlers=False,
                update_heartbeat_interval=self._manner.dead / 3,
                stalled_worker_timeout=self._manner.dead,
                worker_middleware=[self._noted],
            )
            keeping = asyncio.create_task(keep(self._look, min(_POLL, self._manner.dead / 3)))
            running: Callable[[], Awaitable[None]] = self._worker.run
            try:
                await running()
            finally:
                keeping.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeping
            return self._manner.drain and await self._is_empty()

    async def _look(self) -> None:
        worker = None if self._worker is None else self._worker.worker_id
        await self._keeper.look(self._app.job_manager, worker, self._doing)

    async def _noted(
        self, go_on: Callable[[], Awaitable[object]], context: procrastinate.JobContext, _worker: Worker
    ) -> object:
        """Which job is being done, for the keeper and for the end."""
        id = context.job.id
        assert id is not None, "it was fetched"
        self._doing.add(id)
        try:
            return await go_on()
        finally:
            # what follows is that it is said to be done: the keeper sees it lost only where that takes two looks
            self._doing.discard(id)

    async def _is_empty(self) -> bool:
        await self._look()
        counts = await asyncio.to_thread(self._queue.counts)
        return counts.waiting + counts.doing == 0

    def _stop(self) -> None:
        if self._stopping.is_set():
            self._leave()
        self._stopping.set()
        _log.info("stopping after the job at hand")
        if self._worker is not None:
            stop: Callable[[], None] = self._worker.stop
            stop()
        # a thread of its own: the loop may wait for the very job
        timer = threading.Timer(GRACE, self._leave)
        timer.daemon = True
        timer.start()

    def _leave(self) -> None:
        """The job takes too long: another worker does it once more, which does no harm."""
        end_all()
        for id in set(self._doing):
            with contextlib.suppress(StoreError):
                self._queue.give_back(id)
        os._exit(0)


def _app(queue: Queue, tasks: Tasks) -> procrastinate.App:
    app = procrastinate.App(connector=queue.connector(), periodic_defaults={"max_delay": 120})
    for name, task in tasks.named().items():
        made = app.task(name=name, queue=jobs.ANYWHERE, lock=name, queueing_lock=name, priority=jobs.FIRST)(task)
        if name == jobs.TICK:
            app.periodic(cron="* * * * *")(made)
    return app
