"""The open workspace behind the web face: one for all requests, and what is public of it, ready to be shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import date
from typing import TypeVar, cast

from syncbot.report.measured import Ahead
from syncbot.services import measuring, viewing
from syncbot.services.viewing import View
from syncbot.services.workspace import Workspace
from syncbot.web.charts import Day, days
from syncbot.web.render import warm
from syncbot.web.todo import Task, tasks

T = TypeVar("T")
FRESH = 2.0
"""Seconds for which a view is shown without asking whether something changed."""
DAYS = 8
"""Past days that are held ready."""
PATIENCE = 0.25
"""Seconds that a request waits for a new view where there is an older one to show."""


class Seat:
    """Threads share it. `workspace`: its store may be used by all of them; what touches the work tree or the forge goes
    through `alone`. `views` are made one at a time, in a thread of their own; while one is made the last is shown."""

    def __init__(
        self, workspace: Workspace, *, patience: float = PATIENCE, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.workspace = workspace
        self._patience = patience
        self._ticks = ticks
        self._lock = threading.RLock()
        self._start = threading.Lock()
        self._maker = ThreadPoolExecutor(1, "view")
        self._view: View | None = None
        self._looked = float("-inf")
        self._making: Future[View] | None = None
        self._ahead: tuple[str, list[Ahead]] | None = None
        self._foresee = threading.Lock()
        self._days: dict[date, View] = {}
        self._once: tuple[str, dict[str, object]] = ("", {})

    def close(self) -> None:
        self._maker.shutdown(cancel_futures=True)

    def alone(self, what: Callable[[Workspace], T]) -> T:
        """Do something that only one thread may do at a time."""
        with self._lock:
            return what(self.workspace)

    def forget(self) -> None:
        """The next view is looked at anew: something was written."""
        self._looked = float("-inf")

    def view(self, *, now: bool = False) -> View:
        """What is public. Where something changed, the new state, if it comes soon; else what was shown before, and
        the new one from one of the next requests on. `now`: look and wait for it. Raises SyncbotError."""
        if now:
            return self._made()
        held = self._view
        if held is not None and self._ticks() - self._looked < FRESH:
            return held
        with self._start:
            if self._making is None or self._making.done():
                self._making = self._maker.submit(self._made)
                self._maker.submit(self._foreseen)
            making = self._making
        try:
            return making.result(None if held is None else self._patience)
        except NotYet:
            assert held is not None, "without one it was waited for"
            return held

    def _made(self) -> View:
        begun = self._ticks()
        with self._lock:
            stamp = viewing.stamp(self.workspace)
            if self._view is None or self._view.stamp != stamp:
                self._view = viewing.view(self.workspace, stamp, self._view)
            self._looked = begun
            return self._view

    def view_on(self, day: date) -> View:
        """What was public when that day ended, as far as it still is. Raises SyncbotError."""
        now = self.view()
        if day == now.measured.at.date():
            return now
        with self._lock:
            known = self._days.get(day)
            if known is None or not known.stamp.startswith(f"{now.stamp} "):
                while len(self._days) >= DAYS:
                    self._days.pop(next(iter(self._days)))
                known = self._days[day] = viewing.view_on(self.workspace, now.stamp, day)
            return known

    def once(self, found: View, what: str, make: Callable[[], T]) -> T:
        """What is made of a whole view, made once for it. `what`: its name."""
        kept, values = self._once
        if kept != found.stamp:
            kept, values = self._once = (found.stamp, {})
        if what not in values:
            values[what] = make()
        return cast(T, values[what])

    def _foreseen(self) -> None:
        """So that nobody waits for what is made of a whole view that was just made."""
        found = self._view
        if found is not None:
            self.ahead(found)
            self.tasks(found)
            self.days(found)

    def tasks(self, found: View) -> list[Task]:
        """What a view asks of people."""
        return self.once(found, "tasks", lambda: tasks(found))

    def days(self, found: View) -> list[Day]:
        """The delta of all packages, day by day."""
        return self.once(found, "days", lambda: days(found))

    def warm(self) -> None:
        """Make ready, beside what else is done, whatever the first readers would wait for."""
        self._maker.submit(self._foreseen)
        self._maker.submit(warm)

    def ahead(self, found: View) -> list[Ahead]:
        """The forecast of a view, made once."""
        with self._foresee:
            known = self._ahead
            if known is None or known[0] != found.stamp:
                known = (found.stamp, measuring.forecast(self.workspace, found.measured))
                self._ahead = known
            return known[1]
