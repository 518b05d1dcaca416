"""What travels between the process that hands work out and those that do it: frames of pickled values.

Both ends are this very program, on a socket that nobody else has: nothing here is read from outside.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from syncbot.errors import SyncbotError
from syncbot.ports.crew import Bench
from syncbot.settings import Workspace as Found


@dataclass(frozen=True, slots=True)
class Setup:
    """The first frame to a worker. `tired`: bytes of resident memory from which it asks to be replaced."""

    found: Found
    environ: dict[str, str]
    tired: int
    debug: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One task. `lanes`: how many may be worked on at a time."""

    number: int
    work: Callable[[Bench, Any], Any]
    task: Any
    lanes: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker's first word: it could be started."""


@dataclass(frozen=True, slots=True)
class Told:
    """Progress."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Logged:
    name: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """A result. `tired`: the worker has grown; it is to be replaced when it has nothing to do."""

    number: int
    result: Any
    tired: bool


def send(line: Connection, value: object) -> None:
    made = io.BytesIO()
    _Pickler(made, pickle.HIGHEST_PROTOCOL).dump(value)
    line.send_bytes(made.getbuffer())


def receive(line: Connection) -> Any:
    """Raises EOFError, OSError where the other end is gone."""
    return pickle.loads(line.recv_bytes())  # noqa: S301  # our own process wrote it


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Errors as they are: the standard way calls their class anew with the message, which is not how ours are
        made."""
        if isinstance(value, SyncbotError):
            state = {k: v for k, v in vars(value).items() if not k.startswith("__")}
            return _error, (type(value), value.args, state)
        return NotImplemented


def _error(kind: type[SyncbotError], args: tuple[Any, ...], state: dict[str, Any]) -> SyncbotError:
    made = kind.__new__(kind, *args)
    made.args = args
    vars(made).update(state)
    return made
