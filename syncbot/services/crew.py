"""A crew without processes: the work is done here, several groups at a time where it mostly waits."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncbot.ports.crew import Bench, Lost, Result, Task

if TYPE_CHECKING:
    from syncbot.ports.source import Progress

_log = logging.getLogger(__name__)
_LOOK = 0.1
"""Seconds between two looks at whether a person interrupts: a wait without end hears no signal."""


@dataclass(frozen=True, slots=True)
class Here:
    """Implements `syncbot.ports.crew.Crew` in this process. `stop` is called when the work is broken off: what still
    runs is to end soon."""

    bench: Bench
    stop: Callable[[], None] = lambda: None

    def each(
        self,
        work: Callable[[Bench, Task], Result],
        groups: Sequence[Sequence[Callable[[], Task]]],
        *,
        lanes: int = 1,
        word: str = "",
    ) -> list[Result | Lost]:
        count = Count(self.bench.progress, word, sum(map(len, groups)))
        if lanes <= 1 or len(groups) <= 1:
            found: list[Result | Lost] = []
            for make in (make for group in groups for make in group):
                found.append(attempt(work, self.bench, make()))
                count.one_more()
            return found
        return _Lanes(self.bench, work, groups, count).run(lanes, self.stop)


def attempt(work: Callable[[Bench, Task], Result], bench: Bench, task: Task) -> Result | Lost:
    """What the work comes to. The text of an unexpected exception may hold anything: only its type is told."""
    try:
        return work(bench, task)
    except Exception as error:  # noqa: BLE001  # a defect met in one task must not stop the others
        _log.debug("lost", exc_info=True)
        return Lost(f"it ended with {type(error).__name__}")


class Count:
    """Tells how much of the work is done."""

    def __init__(self, progress: Progress, word: str, total: int) -> None:
        self._progress, self._word, self.total, self.done = progress, word, total, 0

    def one_more(self) -> None:
        self.done += 1
        self._progress(f"{self._word} {self.done} of {self.total}", 0, 0)

    def tell(self, what: str, done: int, total: int) -> None:
        """What goes on with one package, beside how far the whole is."""
        self._progress(f"{self._word} {self.done} of {self.total}: {what}", done, total)


class _Lanes:
    """Threads that take one task at a time. They are daemons: nobody waits for them when a person interrupts."""

    def __init__(
        self,
        bench: Bench,
        work: Callable[[Bench, Task], Result],
        groups: Sequence[Sequence[Callable[[], Task]]],
        count: Count,
    ) -> None:
        self._bench, self._work, self._groups, self._count = bench, work, groups, count
        self._todo: queue.SimpleQueue[tuple[int, int, object] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, int, object]] = queue.SimpleQueue()

    def run(self, lanes: int, stop: Callable[[], None]) -> list[Any]:
        lanes = min(lanes, len(self._groups))
        threads = [threading.Thread(target=self._lane, daemon=True) for _ in range(lanes)]
        for thread in threads:
            thread.start()
        try:
            return self._results(lanes)
        except BaseException:
            stop()
            raise
        finally:
            for _ in threads:
                self._todo.put(None)

    def _results(self, lanes: int) -> list[Any]:
        found: dict[tuple[int, int], object] = {}
        waiting = list(reversed(range(len(self._groups))))
        for _ in range(lanes):
            self._hand_out(waiting.pop(), 0)
        while len(found) < self._count.total:
            group, at, result = self._next()
            found[group, at] = result
            self._count.one_more()
            if at + 1 < len(self._groups[group]):
                self._hand_out(group, at + 1)
            elif waiting:
                self._hand_out(waiting.pop(), 0)
        return [found[place] for place in sorted(found)]

    def _hand_out(self, group: int, at: int) -> None:
        self._todo.put((group, at, self._groups[group][at]()))

    def _next(self) -> tuple[int, int, object]:
        while True:
            try:
                return self._done.get(timeout=_LOOK)
            except queue.Empty:
                continue

    def _lane(self) -> None:
        while (todo := self._todo.get()) is not None:
            group, at, task = todo
            result = attempt(self._work, self._bench, task)  # type: ignore[arg-type]  # a Task
            self._done.put((group, at, result))
