"""What the bot remembers of its own work: runs and their notes, who holds what, what keeps failing, what is news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syncbot.model.ids import PackageName
from syncbot.model.news_kinds import NewsKind

LEASE = timedelta(seconds=90)
"""How long a lease holds without a sign of life."""
BEAT = 20.0
"""Seconds between two signs of life."""
_SKEW = timedelta(minutes=10)
"""What clocks of two machines may differ by. A lease that would end later than that was made by a clock that has gone
back since."""


def is_over(expires: datetime, at: datetime) -> bool:
    """Whether a lease that expires then holds no more: no sign of life, or one from a future that no clock of ours can
    have meant."""
    return expires <= at or expires > at + LEASE + _SKEW


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that works on packages. `machine`: what tells this boot of this machine from any other, empty where it
    cannot be told; `born`: what tells the process from a later one with its number; `token`: its own, of this run."""

    token: str
    host: str
    pid: int
    machine: str = ""
    born: str = ""

    @property
    def shown(self) -> str:
        return f"{self.host}, pid {self.pid}"


@dataclass(frozen=True, slots=True)
class Lease:
    """`holder` works on `name` (of a package, or of a job that one process does at a time) since then."""

    name: str
    holder: Holder
    since: datetime
    expires: datetime

    @property
    def shown(self) -> str:
        return f"{self.holder.shown}, since {self.since.isoformat(timespec='seconds')}"


class NoteState(StrEnum):
    """What a run did about one package."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Note:
    """One package in one run. `why`: the outcome of what was done, the reason of what was not."""

    package: str
    state: NoteState
    why: str
    at: datetime
    private: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A package that fails. `kind`: the error's class; `count`: how often in a row; `until`: the end of its pause, None
    where it has none yet; `about`: what pins the package's content: another one deserves another try."""

    package: PackageName
    kind: str
    what: str
    count: int
    first: datetime
    last: datetime
    until: datetime | None = None
    about: str = ""
    private: bool = False

    def pauses(self, at: datetime) -> bool:
        return self.until is not None and at < self.until


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened, once. `key`: what it is known by; `number`: its place in the order, 0: not kept yet."""

    key: str
    kind: NewsKind
    at: datetime
    package: str
    title: str
    patch: str = ""
    release: str = ""
    run: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Owed:
    """How far the news went to one receiver: all up to `upto`. `attempts`: failed ones for the next, which waits until
    `next`."""

    key: str
    upto: int
    attempts: int = 0
    next: datetime | None = None
    said: str = ""
