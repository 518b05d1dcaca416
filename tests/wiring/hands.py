"""Work for a crew: functions that another process can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from syncbot.errors import InputError, SyncbotError
from syncbot.ports.crew import Bench


def shout(bench: Bench, word: str) -> str:
    bench.progress(f"shouting {word}", 0, 0)
    return word.upper()


def whose(_bench: Bench, _task: object) -> int:
    return os.getpid()


def fragile(_bench: Bench, word: str) -> str:
    """Some words are more than a process can bear."""
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "exit":
        os._exit(3)
    if word == "memory":
        raise MemoryError
    if word == "bug":
        raise KeyError("secret")
    return word.upper()


def untold(_bench: Bench, word: str) -> object:
    """A result that cannot travel."""
    return (lambda: word) if word == "lambda" else word


def refused(_bench: Bench, path: str) -> SyncbotError:
    return InputError("it is no patch", "look at it", path=path, line=7)


def once(_bench: Bench, place: Path) -> str:
    """Takes its process down the first time, and is well the second time."""
    if place.exists():
        return "well"
    place.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def grown(_bench: Bench, size: int) -> int:
    """Takes memory, and keeps it."""
    _KEPT.append(bytearray(os.urandom(1) * size))
    return os.getpid()


def waits(_bench: Bench, places: tuple[Path, Path]) -> str:
    """Says that it began, and waits until the other file is there."""
    begun, until = places
    begun.write_text(str(os.getpid()))
    while not until.exists():
        time.sleep(0.01)
    return "done"


_KEPT: list[bytearray] = []
