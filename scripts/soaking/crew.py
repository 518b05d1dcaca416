"""The workers of a run, and what is done to them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[2]
DEAD, RETRY = "4", "2"
"""Seconds: workers die here every few seconds, and a test's time is short."""


@dataclass
class Crew:
    """So many workers, each with a state folder of its own, as on machines of their own. One that ends is started
    again. `grace`: the seconds that most of them live at least; on a slow machine nobody would get beyond his start
    otherwise."""

    workspace: Path
    address: str
    count: int
    log: Path
    grace: float = 0.0
    kills: int = 0
    cuts: int = 0
    _workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _born: dict[int, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self._workers = [self._start(number) for number in range(self.count)]

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        self._born[number] = time.monotonic()
        command = [sys.executable, "-m", "soaking.worker", "-C", str(self.workspace), "--debug", "worker"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, "--dead-after", DEAD, "--retry-after", RETRY],
                env=self.environ(number),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def environ(self, number: int) -> Mapping[str, str]:
        from soaking.world import SEALED  # noqa: PLC0415  # the world needs no crew

        home = self.workspace.parent / "home"
        home.mkdir(exist_ok=True)
        left_out = ("GIT_", "SYNCBOT_", "PYTHONDONTWRITE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        own = {
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": str(self.workspace.parents[1] / "compiled"),  # workers are started all the time
            "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT)]),
            "SYNCBOT_DATABASE_URL": self.address,
            "SYNCBOT_STATE": str(self.workspace / f"state-{number}"),
            "SYNCBOT_GITHUB_TOKEN": "tok-bot",
        }
        return kept | SEALED | own

    def mend(self) -> None:
        """Start those again that ended by themselves."""
        with self._lock:
            for number, worker in enumerate(self._workers):
                if worker.poll() is not None:
                    self._workers[number] = self._start(number)

    def kill(self, draw: random.Random) -> None:
        """kill -9 for one of them; another one comes in its place. One in four may be young."""
        grace = self.grace if draw.random() < 0.75 else 0.0
        old = [n for n in range(self.count) if time.monotonic() - self._born[n] >= grace]
        if not old:
            return
        number = draw.choice(old)
        with self._lock:
            worker = self._workers[number]
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            self.kills += 1
            self._workers[number] = self._start(number)

    def cut(self, draw: random.Random) -> None:
        """End some of the connections to the database, whatever goes on in them."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            pids = [
                pid
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ).fetchall()
                if draw.random() < 0.5
            ]
            connection.execute("SELECT count(pg_terminate_backend(pid)) FROM unnest(%s::int[]) AS pid", (pids,))
        self.cuts += len(pids)

    def stop(self) -> list[int]:
        """SIGTERM for all; gives their exit codes."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.terminate()
        codes = []
        for worker in self._workers:
            try:
                codes.append(worker.wait(40))
            except subprocess.TimeoutExpired:
                worker.kill()
                codes.append(worker.wait())
        return codes


class Trouble:
    """Does something every few seconds, in a thread, until it is stopped."""

    def __init__(self, seconds: float, seed: str, act: Callable[[random.Random], None]) -> None:
        self._seconds, self._draw, self._act = seconds, random.Random(seed), act
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if seconds:
            self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(self._seconds * self._draw.uniform(0.5, 1.5)):
            with contextlib.suppress(psycopg.OperationalError):  # cut by the other trouble
                self._act(self._draw)

    def stop(self) -> None:
        self._over.set()
        if self._seconds:
            self._thread.join()


def until(ready: Callable[[], bool], patience: float, every: float = 1.0) -> None:
    end = time.monotonic() + patience
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"not done after {patience:.0f} s")
        time.sleep(every)
