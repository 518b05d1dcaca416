"""Jobs in the database that keeps the state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg_pool import PoolTimeout

from syncbot.errors import StoreError
from syncbot.store.engine import WRITER, conninfo, parsed, shown
from syncbot.worker import schema
from syncbot.worker.jobs import ANYWHERE, Job, queue_of

_NAME = "syncbot worker"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs wait, and how many are being done."""

    waiting: int
    doing: int


class Queue:
    """The jobs in the database at `address`, which is a PostgreSQL. Threads may share it. Raises StoreError."""

    def __init__(self, address: str) -> None:
        self._url, self._conninfo = parsed(address), conninfo(address)
        connector = procrastinate.SyncPsycopgConnector(
            conninfo=self._conninfo, min_size=0, max_size=2, timeout=20.0, kwargs={"application_name": _NAME}
        )
        self._app = procrastinate.App(connector=connector)
        self._is_open = False

    def close(self) -> None:
        if self._is_open:
            self._app.close()
            self._is_open = False

    def connector(self) -> procrastinate.PsycopgConnector:
        """For a worker: a pool of its own, in its event loop."""
        return procrastinate.PsycopgConnector(
            conninfo=self._conninfo, min_size=1, max_size=4, timeout=20.0, kwargs={"application_name": _NAME}
        )

    def prepare(self) -> None:
        """Make Procrastinate's tables, or bring them to what the installed one wants."""
        with self._connected() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
            schema.prepare(connection, shown(self._url))

    def put(self, jobs: Iterable[Job]) -> int:
        """Put jobs in; gives how many were new. One of which another one waits is not put in twice."""
        count = 0
        with self._told():
            if not self._is_open:
                self._app.open()
                self._is_open = True
            for job in jobs:
                deferrer = self._app.configure_task(
                    job.task,
                    queue=job.queue,
                    lock=job.lock,
                    queueing_lock=job.once,
                    priority=job.priority,
                    schedule_in={"seconds": round(job.delay)} if job.delay else None,
                )
                try:
                    deferrer.defer(**job.arguments)
                except AlreadyEnqueued:
                    continue
                count += 1
        return count

    def counts(self) -> Counts:
        with self._connected() as connection:
            row = connection.execute(
                "SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing') "
                "FROM procrastinate_jobs"
            ).fetchone()
        assert row is not None, "it counts"
        return Counts(*row)

    def give_back(self, job: int) -> None:
        """A job that we do not finish is to be done by another worker, now. Where it waits anew already, it goes."""
        with self._connected() as connection:
            twin = connection.execute(
                "SELECT 1 FROM procrastinate_jobs mine JOIN procrastinate_jobs other USING (queueing_lock) "
                "WHERE mine.id = %s AND other.id <> mine.id AND other.status = 'todo'",
                (job,),
            ).fetchone()
            if twin is None:
                connection.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", (job,))
            else:
                connection.execute("SELECT procrastinate_finish_job_v1(%s, 'aborted', true)", (job,))

    def free(self, machines: Iterable[str]) -> int:
        """All that waits for these machines, which are gone, may be done anywhere; gives how many."""
        queues = [queue_of(machine) for machine in machines]
        with self._connected() as connection:
            return connection.execute(
                "UPDATE procrastinate_jobs SET queue_name = %s WHERE status = 'todo' AND queue_name = ANY(%s)",
                (ANYWHERE, queues),
            ).rowcount

    def take_from_others(self, machine: str, patience: float, most: int) -> int:
        """Jobs that have waited for other machines for so many seconds may be done anywhere; gives how many."""
        with self._connected() as connection:
            return connection.execute(
                """
                UPDATE procrastinate_jobs SET queue_name = %s WHERE id IN (
                    SELECT job.id FROM procrastinate_jobs job
                    WHERE job.status = 'todo' AND job.queue_name <> ALL(%s)
                      AND coalesce(job.scheduled_at, '-infinity') < now() - %s * interval '1 second'
                      AND (SELECT max(event.at) FROM procrastinate_events event WHERE event.job_id = job.id)
                          < now() - %s * interval '1 second'
                    ORDER BY job.priority DESC, job.id LIMIT %s FOR UPDATE SKIP LOCKED
                )
                """,
                (ANYWHERE, [ANYWHERE, queue_of(machine)], patience, patience, most),
            ).rowcount

    def machines(self) -> set[str]:
        """The queues of machines for which something waits."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT DISTINCT queue_name FROM procrastinate_jobs WHERE status = 'todo' AND queue_name <> %s",
                (ANYWHERE,),
            ).fetchall()
        return {row[0] for row in rows}

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction on a connection of its own."""
        with self._told(), psycopg.connect(self._conninfo, connect_timeout=10, application_name=_NAME) as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.Error, ConnectorException, PoolTimeout) as error:
            said = (str(error.__cause__ or error).strip() or type(error).__name__).splitlines()[0]
            if self._url.password is not None:
                said = said.replace(str(self._url.password), "***")
            raise StoreError(
                f"the jobs in {shown(self._url)} cannot be reached ({said})",
                "start the server, or correct the address in SYNCBOT_DATABASE_URL",
            ) from None
