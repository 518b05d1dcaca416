"""What the jobs do: the same services as `syncbot sync` runs, on one package at a time.

A job never fails as Procrastinate has it: what is to be tried again is put in anew, with its delay, before the old job
ends; what is given up becomes a dead letter. So a job that waits never hides behind one that is done.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncbot.errors import ForgeStopped, InputError, SyncbotError
from syncbot.model.ids import PackageName
from syncbot.model.queue import DeadLetter
from syncbot.services import planning, summing
from syncbot.services.planning import Again, Errand, Urgency
from syncbot.services.sync import sync
from syncbot.services.workspace import Workspace
from syncbot.wiring import workspace as wiring
from syncbot.worker import jobs, ticks
from syncbot.worker.queue import Queue
from syncbot.worker.reading import ReadOnce

_log = logging.getLogger(__name__)
KEPT = 60.0
"""Seconds for which a workspace is kept open: what its forge was asked is known as long."""


class Tasks:
    """The jobs of a worker for the workspace that `start` lies in. One at a time. `machine`: whose mirrors are used;
    `first`: seconds between the first two tries."""

    def __init__(self, start: Path, environ: Mapping[str, str], queue: Queue, machine: str, first: float) -> None:
        self._start, self._environ = start, environ
        self._queue, self._machine, self._first = queue, machine, first
        self._held: tuple[ExitStack, Workspace, float] | None = None

    def close(self) -> None:
        """Give back what is kept open."""
        held, self._held = self._held, None
        if held is not None:
            held[0].close()

    def package(self, *, package: str, mirror: str, urgency: int = 0, private: bool = False, attempt: int = 1) -> None:
        """Sync one package."""
        errand = Errand(PackageName(package), mirror, Urgency(urgency), private)
        try:
            with self._workspace(errand.package) as workspace:
                again = planning.again(sync(workspace, (package,), cause="worker", alone=True), package)
                if again is None:
                    workspace.store.forget_dead_letter(package)
                    workspace.store.save_mirror_place(mirror, self._machine, workspace.clock.now())
        except SyncbotError as error:
            self._tell(errand, error)
            again = planning.after(error)
        except Exception as error:  # noqa: BLE001  # a defect met with one package must not stop the others
            _log.debug("%s failed", package, exc_info=True)
            again = Again(f"a defect of syncbot: {type(error).__name__}")
        if again is not None:
            self._again(errand, again, attempt)

    def plan(self, *, cause: str = "", now: bool = True, attempt: int = 1) -> None:
        """Put in what is due: of one schedule, or everything. People are heard first, and what is left of packages that
        are gone is taken back."""
        again: Again | None = None
        letter = jobs.letter(jobs.PLAN, {"cause": cause})
        try:
            with self._workspace() as workspace:
                due = None if now else ticks.due(workspace.settings, cause)
                sync(workspace, cause=cause or "worker", due=lambda _package: False)
                self._put(workspace, planning.errands(workspace, due=due))
                workspace.store.forget_dead_letter(letter)
        except SyncbotError as error:
            _log.warning("nothing was planned: %s", error)
            again = planning.after(error)
        except Exception as error:  # noqa: BLE001  # a defect must not stop the days to come without a word
            _log.warning("nothing was planned: a defect of syncbot", exc_info=True)
            again = Again(f"a defect of syncbot: {type(error).__name__}")
        if again is not None and attempt == jobs.MOST:
            self.give_up(letter, attempt, again.why)
        elif again is not None:
            self._queue.put([jobs.planned(cause, now=now, attempt=attempt + 1, delay=jobs.pause(attempt, self._first))])

    def tick(self, timestamp: int) -> None:
        """Once a minute: see which schedules are due, and which packages somebody marked."""
        try:
            with self._workspace() as workspace:
                at = datetime.fromtimestamp(timestamp, UTC)
                fired = ticks.fired(workspace.settings, workspace.store.last_started(), at)
                self._queue.put([jobs.planned(name) for name in fired])
                marked = ticks.marked(workspace)
                if marked:
                    self._put(workspace, ticks.errands(workspace, marked))
                    ticks.seen(workspace, marked)
        except SyncbotError as error:  # the next one is a minute away
            _log.warning("the schedules were not looked at: %s", error)

    def board(self) -> None:
        """Bring the dashboard up to date."""
        try:
            with self._workspace() as workspace:
                summing.show(workspace)
        except SyncbotError as error:  # the next day makes it anew
            _log.warning("the dashboard was not written: %s", error)

    def _put(self, workspace: Workspace, errands: tuple[Errand, ...]) -> None:
        places = workspace.store.mirror_places()
        count = self._queue.put([jobs.package_job(errand, places) for errand in errands])
        if count:
            self._queue.put([jobs.SHOWING])
        _log.info("%d packages are due, %d jobs are new", len(errands), count)

    def _again(self, errand: Errand, again: Again, attempt: int) -> None:
        """Put it in anew, or give it up."""
        self.close()  # whatever went wrong, the next one starts afresh
        tried = attempt + again.counts
        if tried > jobs.MOST:
            self.give_up(errand.package, attempt, again.why, private=errand.private)
            return
        delay = max(again.wait, jobs.pause(attempt, self._first) if again.counts else 0.0)
        job = jobs.package_job(errand, {}, attempt=tried, delay=delay)
        self._queue.put([job])

    def give_up(self, name: str, attempts: int, why: str, *, private: bool = False) -> None:
        """What was tried often enough is shown to people, and holds up nobody."""
        _log.warning("a job was given up after %d tries", attempts)
        with self._workspace() as workspace:
            letter = DeadLetter(name, attempts, why, workspace.clock.now(), private)
            workspace.store.save_dead_letter(letter)

    def _tell(self, errand: Errand, error: SyncbotError) -> None:
        level = logging.INFO if isinstance(error, ForgeStopped | InputError) else logging.WARNING
        _log.log(level, "%s: %s", "a private package" if errand.private else errand.package, error.what)

    @contextmanager
    def _workspace(self, package: str = "") -> Iterator[Workspace]:
        """The workspace, opened anew where it was opened a while ago, something went wrong in it, or another worker has
        proposed something for the package since."""
        if self._held is not None and (time.monotonic() - self._held[2] > KEPT or _is_stale(self._held[1], package)):
            self.close()
        if self._held is None:
            stack = ExitStack()
            opened = stack.enter_context(wiring.opened(self._start, self._environ, _quiet, jobs=1))
            once = replace(opened, layout=ReadOnce(opened.layout, opened.downstream.head))
            self._held = (stack, once, time.monotonic())
        try:
            yield self._held[1]
        except BaseException:
            self.close()
            raise

    def named(self) -> dict[str, Callable[..., Any]]:
        return {jobs.PACKAGE: self.package, jobs.PLAN: self.plan, jobs.TICK: self.tick, jobs.BOARD: self.board}


def _is_stale(workspace: Workspace, package: str) -> bool:
    """Whether the forge, as it was asked, lacks what the store knows of this package's proposals."""
    if not package:
        return True
    stored = {record.id: record.tip for record in workspace.store.proposed() if record.package == package}
    known = {record.id: record.tip for record in workspace.forge.list() if record.package == package}
    return stored != known


def _quiet(what: str, done: int, total: int) -> None:
    """A worker logs; it shows no progress."""
