"""A worker: a process that works on packages for another one, and ends when that one does.

It has a session of its own, so that Ctrl-C reaches the process that hands the work out alone: that one ends its workers
with all that they started. It opens no forge, and the state database only for turns at hosts that machines share.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from syncbot.git.run import throttled
from syncbot.ports.crew import Bench, Lost
from syncbot.services.crew import attempt
from syncbot.wiring.upstreams import sources
from syncbot.wiring.wire import Done, Logged, Order, Ready, Setup, Told, receive, send


def main() -> None:
    """The process: argument 2 is the number of its end of the line (1: where modules are found)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Connection(int(sys.argv[2]))
    setup = receive(line)
    assert isinstance(setup, Setup)
    worker = _Worker(line, setup)
    worker.say(Ready())
    worker.run()


class _Worker:
    def __init__(self, line: Connection, setup: Setup) -> None:
        self._line, self._setup = line, setup
        self._lock = threading.Lock()
        self._todo: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._lanes = 0
        tell = throttled(lambda what, done, total: self.say(Told(what, done, total)))
        self._bench = Bench(sources(setup.found, setup.environ), tell)
        if setup.debug:
            logger = logging.getLogger("syncbot")
            logger.addHandler(_Sent(self))
            logger.setLevel(logging.DEBUG)

    def say(self, value: object) -> None:
        with self._lock:
            send(self._line, value)

    def run(self) -> None:
        """Until the other end says so or is gone; then whatever still runs ends with us."""
        while True:
            try:
                order = receive(self._line)
            except (EOFError, OSError):
                os.killpg(0, signal.SIGTERM)  # ourselves, and what git may still be doing for us
                return
            if order is None:
                os._exit(0)  # nothing is open that wants closing
            self._todo.put(order)
            while self._lanes < order.lanes:
                self._lanes += 1
                threading.Thread(target=self._lane, daemon=True).start()

    def _lane(self) -> None:
        while True:
            order = self._todo.get()
            result = attempt(order.work, self._bench, order.task)
            tired = _resident() > self._setup.tired
            try:
                self.say(Done(order.number, result, tired))
            except OSError:
                return  # the other end is gone
            except Exception as error:  # noqa: BLE001  # a result that cannot travel
                self.say(Done(order.number, Lost(f"its result was lost ({type(error).__name__})"), tired))


class _Sent(logging.Handler):
    """Logs go to the process that has standard error, which takes secrets out of them."""

    def __init__(self, worker: _Worker) -> None:
        super().__init__()
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        self._worker.say(Logged(record.name, record.levelno, self.format(record)))


def _resident() -> int:
    """Bytes of memory that this process has now; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
