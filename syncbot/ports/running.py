"""What the bot remembers of its own work. A part of the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.ids import PackageName
    from syncbot.model.proposals import Run
    from syncbot.model.running import Failure, Holder, Lease, News, Note, Owed


class Presence(Protocol):
    """Who this process is, and whether another one is still there."""

    def me(self) -> Holder:
        """A holder with a token of its own at each call."""

    def gone(self, holder: Holder) -> bool:
        """Whether that process is surely no more. A process on another machine is never surely gone."""


class Running(Protocol):
    """Raises StoreError. Each method is a transaction of its own unless called inside the store's `transaction()`."""

    def note_start(self, run: Run, holder: Holder, cause: str) -> None:
        """Who does the run, and what made it: the name of a schedule, or of a command."""

    def save_notes(self, run: Run, notes: Sequence[Note]) -> None:
        """In place of the notes that the run has."""

    def notes(self, run: int) -> Sequence[Note]:
        """In order of package; none where the run left none."""

    def last_started(self) -> Mapping[str, datetime]:
        """{cause: when the last run of it started}."""

    def claim(
        self, names: Sequence[str], holder: Holder, at: datetime, gone: Callable[[Holder], bool]
    ) -> Mapping[str, Lease]:
        """Take what is free, or was held by one who is no more, in one step; gives what others hold. What the same
        holder has already stays its own. All that was held by those who are no more is free then, whatever it is."""

    def beat(self, holder: Holder, at: datetime) -> bool:
        """A sign of life. False where its leases were taken over: it was taken for dead."""

    def release(self, holder: Holder) -> None:
        """Give back all that it holds."""

    def leases(self) -> Sequence[Lease]: ...

    def failures(self) -> Mapping[PackageName, Failure]: ...

    def save_failure(self, failure: Failure) -> None: ...

    def forget_failures(self, packages: Sequence[str]) -> int:
        """How many there were."""

    def add_news(self, news: Sequence[News]) -> Sequence[News]:
        """Keep what is not known yet by its key; gives those, with their numbers."""

    def news(self, after: int = 0, limit: int = 100, *, newest: bool = False) -> Sequence[News]:
        """What has a greater number than `after`, oldest first (or `newest` first)."""

    def owed(self, receiver: str) -> Owed:
        """How far the news went to that receiver. One that was never asked for starts with what comes from now on."""

    def save_owed(self, owed: Owed) -> None: ...

    def host_waits(self) -> Mapping[str, datetime]:
        """{host: until when it asked not to be asked}."""

    def save_host_wait(self, host: str, until: datetime | None) -> None:
        """None forgets it."""

    def prune(self, kind: str, before: datetime, keep: Collection[str], *, dry_run: bool) -> int:
        """Delete what is older, or only count it: `verdicts` that nothing refers to, of packages other than `keep`;
        `runs`, but for the newest of each cause; `news` that every receiver has; `memory` of packages other than
        `keep`, however old."""

    def turns(self, at: datetime) -> Mapping[str, int]:
        """{account: the changes that it made on its forge within the last hour}."""

    def asked(self) -> Mapping[str, datetime]:
        """{upstream: when it was last asked for its references}."""

    def save_asked(self, upstreams: Sequence[str], at: datetime) -> None: ...
