"""Turns at hosts: how many requests one host gets at a time and within a minute, from all processes of this machine.

Files with locks: a lock falls with its process. What all machines share is in the store (`syncbot.wiring.hosts`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

Turn = Callable[[str], AbstractContextManager[None]]
"""What one request to a host is done in."""
_LOOK = 0.05
_MINUTE = 60.0


def no_limit(host: str) -> AbstractContextManager[None]:  # noqa: ARG001  # a Turn
    """A turn at once."""
    return nullcontext()


class Turns:
    """Turns, by files below `folder`. `per_minute`: None: no limit."""

    def __init__(
        self,
        folder: Path,
        per_host: int,
        per_minute: int | None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder, self._per_host, self._per_minute = folder, per_host, per_minute
        self._now, self._sleep = now, sleep

    @contextmanager
    def __call__(self, host: str) -> Iterator[None]:
        """Waits for a turn at that host, and holds it while the block runs. A place on this machine waits for none."""
        if not host:
            yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(host.encode()).hexdigest()[:16]
        if self._per_minute is not None:
            while (seconds := self._wait(self._folder / f"{name}.rate", self._per_minute)) > 0:
                self._sleep(seconds)
        handle = self._slot(name)
        try:
            yield
        finally:
            os.close(handle)

    def _slot(self, name: str) -> int:
        while True:
            for number in range(self._per_host):
                handle = _opened(self._folder / f"{name}.{number}.lock")
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(handle)
                else:
                    return handle
            self._sleep(_LOOK)

    def _wait(self, path: Path, most: int) -> float:
        """Seconds to wait for a turn; 0: it is taken. A time from the future (a clock was set back) is forgotten."""
        handle = _opened(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            now = self._now()
            made = sorted(at for at in _times(handle) if now - _MINUTE < at <= now)
            if len(made) >= most:
                return max(_LOOK, made[-most] + _MINUTE - now)
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps([*made, now]).encode(), 0)
            return 0.0
        finally:
            os.close(handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _times(handle: int) -> list[float]:
    try:
        return [float(at) for at in json.loads(os.pread(handle, 1 << 20, 0) or b"[]")]
    except (ValueError, TypeError):
        return []  # a process was killed as it wrote: begin anew
