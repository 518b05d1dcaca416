"""What every worker looks after beside its own job: jobs of workers that died, and jobs that wait elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from syncbot.errors import SyncbotError
from syncbot.worker import jobs
from syncbot.worker.queue import Queue

_log = logging.getLogger(__name__)
_TAKEN = 2
"""Jobs that an idle worker takes over from another machine at a time."""
ALIVE = "machine"
"""The kind of fact that says when a machine gave its last sign of life."""

Seen = dict[str, datetime]
"""{machine: its last sign of life}."""


class Keeper:
    """`dead`: seconds without a sign of life after which a worker is taken for dead; `seen`: says that this machine
    lives, and gives when which machine said so; `give_up`: makes a dead letter of a job."""

    def __init__(
        self,
        queue: Queue,
        machine: str,
        dead: float,
        seen: Callable[[], Seen],
        give_up: Callable[[str, int, str, bool], None],
    ) -> None:
        self._queue, self._machine, self._dead = queue, machine, dead
        self._seen, self._give_up = seen, give_up
        self._orphans: set[int] = set()

    async def look(self, manager: JobManager, worker: int | None, running: Collection[int]) -> None:
        """Look once. `running`: the jobs that this worker does just now."""
        await self._take_over(manager)
        await self._find_lost(manager, worker, running)
        await asyncio.to_thread(self._share, idle=not running)

    async def _take_over(self, manager: JobManager) -> None:
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._dead):
            if job.attempts + 1 >= jobs.most(job.task_name):
                await self._bury(manager, job)
            else:
                await _return(manager, job)

    async def _find_lost(self, manager: JobManager, worker: int | None, running: Collection[int]) -> None:
        """A job that ended here, but a cut connection kept from being said so, is done once more: that changes nothing.
        It must be seen twice, for it may just be starting."""
        if worker is None:
            return
        mine = await manager.list_jobs_async(status=Status.DOING.value, worker_id=worker)
        lost = {job.id: job for job in mine if job.id is not None and job.id not in running}
        for id in self._orphans & set(lost):
            await _return(manager, lost.pop(id))
        self._orphans = set(lost)

    async def _bury(self, manager: JobManager, job: Job) -> None:
        name = jobs.letter(job.task_name, job.task_kwargs)
        private = bool(job.task_kwargs.get("private", False))
        why = f"{job.attempts + 1} workers died while they were at it"
        await asyncio.to_thread(self._give_up, name, job.attempts + 1, why, private)
        assert job.id is not None, "it comes from the database"
        await manager.finish_job(job, Status.FAILED, delete_job=True)

    def _share(self, *, idle: bool) -> None:
        """What waits for a machine that is gone may be done anywhere; an idle worker also takes what waits too long."""
        waiting = {found for queue in self._queue.machines() if (found := jobs.machine_of(queue)) is not None}
        seen = self._seen()
        newest = max(seen.values())
        gone = {m for m in waiting if m not in seen or newest - seen[m] > timedelta(seconds=2 * self._dead)}
        if gone:
            self._queue.free(gone)
        if idle and waiting - gone - {self._machine}:
            self._queue.take_from_others(self._machine, self._dead, _TAKEN)


async def _return(manager: JobManager, job: Job) -> None:
    """Let another worker do it. Where the same job waits already, this one goes."""
    _log.info("job %s is done again: its worker is gone", job.id)
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        await manager.finish_job(job, Status.ABORTED, delete_job=True)
    except ConnectorException:
        _log.debug("another worker was faster", exc_info=True)


async def keep(look: Callable[[], Awaitable[None]], every: float) -> None:
    """Look again and again, whatever a single look comes to."""
    while True:
        await asyncio.sleep(every)
        try:
            await look()
        except (ConnectorException, SyncbotError):
            _log.debug("the keeper could not look", exc_info=True)
