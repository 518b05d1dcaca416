"""A crew of processes.

Each worker is a fresh interpreter, not a copy of this one: no open database, repository, lock or thread goes with it.
It is given one task at a time (or a few, where the work mostly waits), and is replaced when it dies or has grown. What
a dead worker had in hand is tried once more, each task alone: so only the one that kills its worker is lost.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any

from syncbot.errors import Fault
from syncbot.ports.crew import Bench, Lost, Result, Task
from syncbot.ports.source import Progress
from syncbot.services.crew import Count, Here
from syncbot.settings import Workspace as Found
from syncbot.wiring.wire import Done, Logged, Order, Ready, Setup, Told, receive, send

TIRED = 96 * 1024 * 1024
"""Bytes of resident memory from which a worker is replaced after its task."""
WORTH = 8
"""Packages for which it is worth to start a worker, where nobody says how many: starting one takes as long."""
_LOOK_UP = 0.2
"""Seconds after which a wait ends even if nobody said anything."""
_GRACE = 0.3
"""Seconds that a worker, and git below it, are given to end by themselves."""
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from syncbot.wiring.worker import main; main()"
_log = logging.getLogger(__name__)

_Place = tuple[int, int]
"""A task: its group, and its place in it."""


class Processes:
    """Implements `syncbot.ports.crew.Crew`. `jobs`: how many processes; None: as many as there are cores, and none for
    a few packages. `here` does what is not worth a process. To be closed."""

    def __init__(
        self, found: Found, environ: Mapping[str, str], progress: Progress, jobs: int | None, here: Here
    ) -> None:
        self._setup = Setup(replace(found, database_url=""), dict(environ), TIRED, _debugs())
        self._progress, self._jobs, self._here = progress, jobs, here
        self._hands: list[_Hand] = []

    def each(
        self,
        work: Callable[[Bench, Task], Result],
        groups: Sequence[Sequence[Callable[[], Task]]],
        *,
        lanes: int = 1,
        word: str = "",
    ) -> list[Result | Lost]:
        wanted = how_many(self._jobs, len(groups))
        if wanted == 0:
            return self._here.each(work, groups, lanes=lanes, word=word)
        shift = _Shift(work, groups, lanes, Count(self._progress, word, sum(map(len, groups))))
        try:
            while not shift.over:
                self._hire(wanted, shift)
                self._hand_out(shift)
                self._listen(shift)
        except BaseException:
            self.stop()
            raise
        return shift.results()

    def close(self) -> None:
        """Let the workers go. They have nothing to do."""
        for hand in self._hands:
            with contextlib.suppress(OSError):
                send(hand.line, None)
        self._end(2.0)

    def stop(self) -> None:
        """End the workers, and what they started, now."""
        self._end(0.0)

    def _end(self, patience: float) -> None:
        hands, self._hands = self._hands, []
        for signal_, seconds in ((None, patience), (signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
            until = time.monotonic() + seconds
            for hand in hands:
                hand.signal(signal_)
            while any(hand.process.poll() is None for hand in hands) and time.monotonic() < until:
                time.sleep(0.005)
        for hand in hands:
            hand.line.close()

    def _hire(self, wanted: int, shift: _Shift) -> None:
        for hand in [hand for hand in self._hands if hand.tired and not hand.running]:
            self._dismiss(hand)
        idle = sum(not hand.running and not hand.tired for hand in self._hands)
        for _ in range(min(wanted - len(self._hands), shift.waiting - idle)):
            self._hands.append(_start(self._setup))

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        with contextlib.suppress(OSError):
            send(hand.line, None)
        hand.line.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            hand.process.wait(2)
        hand.signal(signal.SIGKILL)
        hand.process.wait()

    def _hand_out(self, shift: _Shift) -> None:
        free = [hand for hand in self._hands if not hand.tired]
        while free:
            hand = min(free, key=lambda hand: len(hand.running))
            order = shift.next(hand)
            if order is None:
                free.remove(hand)
                continue
            with contextlib.suppress(OSError):  # it is gone: its line says so, too
                send(hand.line, order)

    def _listen(self, shift: _Shift) -> None:
        # a signal may be delivered to another thread, and then ends no wait: look up now and then
        for line in wait([hand.line for hand in self._hands], _LOOK_UP):
            hand = next(hand for hand in self._hands if hand.line is line)
            try:
                shift.heard(hand, receive(hand.line))
            except (EOFError, OSError):
                self._hands.remove(hand)
                shift.gone(hand, hand.ended())


def how_many(jobs: int | None, groups: int) -> int:
    """The processes for so many groups; 0: none, the work is done here."""
    if jobs is None:
        return min(cores(), groups // WORTH)
    return 0 if jobs <= 1 or groups <= 1 else min(jobs, groups)


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(eq=False, slots=True)
class _Hand:
    """A worker as seen from here. `running`: {number of an order: its task}."""

    process: subprocess.Popen[bytes]
    line: Connection
    running: dict[int, _Place] = field(default_factory=dict)
    ready: bool = False
    tired: bool = False
    alone: bool = False

    def signal(self, number: int | None) -> None:
        """To it and to all that it started: they are a process group."""
        if number is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def ended(self) -> str:
        """Why it is gone."""
        self.line.close()
        try:
            code = self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            code = self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGTERM)  # what it left behind
        if code >= 0:
            return f"its process ended with status {code}"
        with contextlib.suppress(ValueError):
            return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process was ended by signal {-code}"


class _Shift:
    """The tasks of one call, and how far they are."""

    def __init__(
        self,
        work: Callable[[Bench, Any], Any],
        groups: Sequence[Sequence[Callable[[], Any]]],
        lanes: int,
        count: Count,
    ) -> None:
        self._work, self._groups, self._lanes, self._count = work, groups, lanes, count
        self._todo: deque[_Place] = deque((group, 0) for group in range(len(groups)) if groups[group])
        self._suspects: deque[_Place] = deque()
        self._found: dict[_Place, Any] = {}
        self._numbers = 0
        self._stillborn = 0

    @property
    def over(self) -> bool:
        return len(self._found) == self._count.total

    @property
    def waiting(self) -> int:
        return len(self._todo) + len(self._suspects)

    def results(self) -> list[Any]:
        return [self._found[place] for place in sorted(self._found)]

    def next(self, hand: _Hand) -> Order | None:
        """What this worker is to do now. One that is under suspicion gets a worker for itself alone."""
        if hand.alone or len(hand.running) >= self._lanes:
            return None
        if self._suspects and not hand.running:
            hand.alone = True
            place = self._suspects.popleft()
        elif self._todo:
            place = self._todo.popleft()
        else:
            return None
        self._numbers += 1
        hand.running[self._numbers] = place
        return Order(self._numbers, self._work, self._groups[place[0]][place[1]](), self._lanes)

    def heard(self, hand: _Hand, said: object) -> None:
        if isinstance(said, Done):
            hand.tired |= said.tired
            hand.alone = False
            self._finish(hand.running.pop(said.number), said.result)
        elif isinstance(said, Told):
            self._count.tell(said.what, said.done, said.total)
        elif isinstance(said, Logged):
            logging.getLogger(said.name).log(said.level, "%s", said.text)
        elif isinstance(said, Ready):
            hand.ready, self._stillborn = True, 0

    def gone(self, hand: _Hand, why: str) -> None:
        """A worker died: its only task did it, or one of several."""
        _log.debug("a worker is gone: %s", why)
        self._stillborn += not hand.ready
        if self._stillborn > 2:
            raise Fault(f"no worker process can be started ({why})", "try --jobs 1, and report this")
        if not hand.ready or len(hand.running) > 1:
            self._suspects.extend(hand.running.values())
            return
        for place in hand.running.values():
            self._finish(place, Lost(why))

    def _finish(self, place: _Place, result: Any) -> None:
        self._found[place] = result
        self._count.one_more()
        group, at = place
        if at + 1 < len(self._groups[group]):
            self._todo.appendleft((group, at + 1))


def _start(setup: Setup) -> _Hand:
    """A new interpreter that finds its modules where this one does, and nothing in the current folder."""
    ours, theirs = socket.socketpair()
    with theirs:
        path = json.dumps([place for place in sys.path if place])
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, path, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"MALLOC_ARENA_MAX": "2"},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    hand = _Hand(process, Connection(ours.detach()))
    with contextlib.suppress(OSError):  # it is gone already: its line says so
        send(hand.line, setup)
    return hand


def _debugs() -> bool:
    return logging.getLogger("syncbot").isEnabledFor(logging.DEBUG)
