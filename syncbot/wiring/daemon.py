"""The daemon: waits for what is due, by APScheduler, and does it, one run after the other.

Runs are done in the main thread, for that is where signals arrive: a stop that cannot wait any longer breaks a run off
exactly as Ctrl-C does. APScheduler's thread only says what is due; a third one reads settings and posts news. All that
has to outlive the process is in the store: when each schedule ran last, so that what was missed is made up for.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.events import EVENT_JOB_MISSED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from syncbot.errors import StoreError, SyncbotError
from syncbot.model.schedules import Schedule
from syncbot.report.atom import feed
from syncbot.services.due import WEBHOOK, is_marked
from syncbot.services.schedule import DAILY, schedules, why_not, zone
from syncbot.settings import Workspace as Found
from syncbot.settings import open_workspace
from syncbot.store.opening import open_store
from syncbot.wiring import aftermath
from syncbot.wiring.metrics import CONTENT_TYPE, rendered
from syncbot.wiring.presence import ThisProcess
from syncbot.wiring.serving import TEXT, Answer, serving
from syncbot.wiring.triggers import Jittered, missed, trigger

_log = logging.getLogger(__name__)
PATIENCE = 20.0
"""Seconds that a run may still take after SIGTERM; then it is broken off, which takes a few more."""
_KEEPER = 15.0
"""Seconds between two looks at what is to be posted, and at what a webhook marked."""
Sync = Callable[[Found, Schedule], None]
"""Does one run, with these settings. What it raises is logged."""


@dataclass(frozen=True, slots=True)
class Due:
    schedule: Schedule
    since: datetime


class Daemon:
    """The daemon of the workspace that `start` lies in. Raises InputError, StoreError where that cannot be used."""

    def __init__(self, start: Path, environ: Mapping[str, str], sync: Sync) -> None:
        self._start, self._environ, self._sync = start, environ, sync
        self._found = open_workspace(start, environ)
        open_store(self._found.database_url).close()
        self._due: dict[str, Due] = {}
        self._lock = threading.Lock()
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        self._reload, self._over = threading.Event(), threading.Event()
        self._stops = 0
        self._busy: str = ""
        self._scheduler: Any = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)}, timezone="UTC", daemon=True
        )
        self._scheduler.add_listener(self._too_late, EVENT_JOB_MISSED)

    def run(self, *, now: bool = False) -> None:
        """Until a signal ends it. `now`: sync once at the start, too."""
        with self._signals(), self._served():
            self._plan(first=True)
            if now:
                self._add(schedules(self._found.settings)[:1] or (Schedule(DAILY, ""),))
            self._scheduler.start()
            keeper = threading.Thread(target=self._keep, daemon=True)
            keeper.start()
            try:
                self._work()
            finally:
                self._over.set()
                self._reload.set()
                self._scheduler.shutdown(wait=False)
                keeper.join(timeout=5)
        _log.info("stopped")

    def _work(self) -> None:
        while not self._stops:
            with self._lock:
                due = next(iter(self._due.values()), None)
            if due is None:
                select.select([self._ear], [], [])
                os.read(self._ear, 4096)
                continue
            self._busy = due.schedule.name
            try:
                self._one(due)
            except KeyboardInterrupt:
                _log.warning("the run was broken off: what it had learnt is kept", extra={"cause": due.schedule.name})
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                self._busy = ""
                with self._lock:
                    self._due.pop(due.schedule.name, None)

    def _one(self, due: Due) -> None:
        """One run. Its failure is told and does not end the daemon."""
        found = self._found
        try:
            why = why_not(found.settings, datetime.now(UTC))
            if why:
                _left_out(found, due.schedule, why)
                return
            self._sync(found, due.schedule)
        except SyncbotError as error:
            _log.error("the run failed", extra={"cause": due.schedule.name, "error": str(error)})
        except Exception as error:  # noqa: BLE001  # a defect in one run does not end those of the days to come
            _log.exception("a defect of syncbot", extra={"cause": due.schedule.name, "kind": type(error).__name__})
        self._follow_up(found)

    def _follow_up(self, found: Found) -> None:
        with contextlib.suppress(StoreError), contextlib.closing(open_store(found.database_url)) as store:
            aftermath.follow_up(found, self._environ, store, self._waiting())

    def _plan(self, *, first: bool = False) -> None:
        """Tell APScheduler what is due when; at the start, with what was missed while nobody was here."""
        settings = self._found.settings
        self._scheduler.remove_all_jobs()
        with contextlib.closing(open_store(self._found.database_url)) as store:
            last = store.last_started()
        for schedule in schedules(settings):
            anchor = last.get(schedule.name)
            jitter = settings.running.jitter if schedule.jitter is None else schedule.jitter
            made = trigger(schedule, settings, anchor)
            job = {"id": schedule.name, "name": schedule.name, "args": [schedule], "coalesce": True, "max_instances": 1}
            late = int(settings.running.misfire.total_seconds()) or 1
            if jitter:
                made = Jittered(made, int(jitter.total_seconds()))
            self._scheduler.add_job(self._is_due, made, misfire_grace_time=late, **job)
            missed_at = missed(schedule, settings, anchor, datetime.now(UTC)) if first and anchor else None
            if missed_at is not None:
                _log.info("a run was missed, and is done now", extra={"cause": schedule.name, "due": str(missed_at)})
                self._add([schedule])
            where = zone(schedule, settings)
            _log.info(f"syncs at {schedule.when} ({where.key})", extra={"cause": schedule.name})

    def _is_due(self, schedule: Schedule) -> None:
        """Called by APScheduler's thread."""
        self._add([schedule])

    def _add(self, wanted: Any) -> None:
        """Put them into the queue, those that wait there already but once."""
        with self._lock:
            for schedule in wanted:
                self._due.setdefault(schedule.name, Due(schedule, datetime.now(UTC)))
        self._wake()

    def _too_late(self, event: Any) -> None:
        _log.warning("a run was left out: it is too late for it", extra={"cause": event.job_id})

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it is full: awake already
            os.write(self._mouth, b".")

    def _waiting(self) -> datetime | None:
        with self._lock:
            return min((d.since for d in self._due.values() if d.schedule.name != self._busy), default=None)

    def _keep(self) -> None:
        """The third thread: settings are read anew when somebody says so, news are posted when they are due."""
        while not self._over.is_set():
            if self._reload.wait(_KEEPER):
                self._reload.clear()
                if not self._over.is_set():
                    self._read_again()
                continue
            self._hear()
            if self._found.settings.hooks.urls:
                with contextlib.suppress(SyncbotError), contextlib.closing(open_store(self._found.database_url)) as s:
                    aftermath.post(self._found, self._environ, s)

    def _hear(self) -> None:
        """What a webhook marked has a run of its own, sooner than the schedules have it."""
        with contextlib.suppress(SyncbotError), contextlib.closing(open_store(self._found.database_url)) as store:
            if is_marked(store):
                self._add([Schedule(WEBHOOK, "")])

    def _read_again(self) -> None:
        try:
            self._found = open_workspace(self._start, self._environ)
            self._plan()
        except SyncbotError as error:
            _log.error("the settings are not taken, those from before stay", extra={"error": str(error)})
        else:
            _log.info("the settings were read again; they hold from the next run on")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        handlers = {
            signal.SIGTERM: self._asked_to_stop,
            signal.SIGINT: self._asked_to_stop,
            signal.SIGALRM: self._out_of_patience,
            signal.SIGHUP: self._asked_to_read,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        # a signal that comes right before the wait would be heard at the next one only
        ear = signal.set_wakeup_fd(self._mouth, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(ear)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, *_signal: object) -> None:
        self._stops += 1
        if self._stops > 2:
            os._exit(130)
        self._wake()
        if self._stops > 1 and self._busy:
            raise KeyboardInterrupt
        if self._busy:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def _out_of_patience(self, *_signal: object) -> None:
        if self._busy:
            raise KeyboardInterrupt

    def _asked_to_read(self, *_signal: object) -> None:
        self._reload.set()

    @contextlib.contextmanager
    def _served(self) -> Iterator[None]:
        address = self._found.settings.running.address
        if not address:
            yield
            return
        pages = {
            "/metrics": self._metrics,
            "/healthz": self._healthy,
            "/readyz": self._ready,
            "/events.atom": self._feed,
        }
        with serving(address, pages) as port:
            _log.info("serves /metrics, /healthz, /readyz and /events.atom", extra={"port": port})
            yield

    def _metrics(self) -> Answer:
        with contextlib.closing(open_store(self._found.database_url)) as store:
            return 200, CONTENT_TYPE, rendered(store, datetime.now(UTC), self._waiting())

    def _feed(self) -> Answer:
        with contextlib.closing(open_store(self._found.database_url)) as store:
            return 200, "application/atom+xml; charset=utf-8", feed(store.news(0, 100, newest=True)).encode()

    def _healthy(self) -> Answer:
        """Whether the process does what it is for: its scheduler lives."""
        alive = bool(self._scheduler.running)
        return (200 if alive else 503), TEXT, b"ok\n" if alive else b"the scheduler does not run\n"

    def _ready(self) -> Answer:
        """Whether a run could be done now: the store answers, and nobody asked to stop."""
        if self._stops:
            return 503, TEXT, b"stopping\n"
        with contextlib.closing(open_store(self._found.database_url)) as store:
            store.runs(1)
        return 200, TEXT, b"ready\n"


def _left_out(found: Found, schedule: Schedule, why: str) -> None:
    """A run that is due and may not be done is on record, too."""
    _log.info("the run is left out", extra={"cause": schedule.name, "why": why})
    with contextlib.closing(open_store(found.database_url)) as store:
        run = store.begin_run("sync", datetime.now(UTC))
        store.note_start(run, ThisProcess().me(), schedule.name)
        store.finish_run(run, datetime.now(UTC), json.dumps({"left-out": why}))
