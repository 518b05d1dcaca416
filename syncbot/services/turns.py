"""A run's turn: which packages it may work on, what it notes of each, and what becomes of those that fail.

A package is worked on by one run at a time. Whoever works on it holds a lease in the store, shows signs of life while
it does, and loses the lease when those end. What keeps failing is put aside for growing pauses.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syncbot.errors import ForgeError, StoreError, SyncbotError, Uncommitted, UpstreamUnreachable
from syncbot.model.addresses import host
from syncbot.model.ids import PackageName
from syncbot.model.running import BEAT, Failure, Holder, Lease, Note, NoteState
from syncbot.model.schedules import shown
from syncbot.report.problems import PackageProblem
from syncbot.report.results import Skipped, SyncResult
from syncbot.report.safe import line
from syncbot.services import remembered
from syncbot.services.aside import paused_because, when
from syncbot.services.keys import digest, series_parts

if TYPE_CHECKING:
    from syncbot.model.packages import Package
    from syncbot.model.proposals import Run
    from syncbot.model.settings import Failing
    from syncbot.services.workspace import Workspace

_log = logging.getLogger(__name__)
PEOPLE = "@people"
"""The lease of the one run that obeys what people ordered."""
COMMAND = "sync"
_PAUSES = (0.1, 0.5)
"""Seconds between the attempts to give leases back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is about. `names`: packages that somebody named: they are tried whatever their past; `cause`: what
    made the run; `due`: which packages are, None: all."""

    names: tuple[str, ...] = ()
    cause: str = COMMAND
    due: Callable[[Package], bool] | None = None


@dataclass(slots=True)
class Turn:
    """The turn of one run. `elsewhere`: whether another run holds some of its packages."""

    workspace: Workspace
    asked: Asked
    holder: Holder | None
    dry: bool
    skipped: list[Skipped] = field(default_factory=list)
    admitted: tuple[Package, ...] = ()
    undue: frozenset[str] = frozenset()
    elsewhere: bool = False
    lost: bool = False

    def admit(self, packages: Sequence[Package]) -> tuple[Package, ...]:
        """Those that this run works on. A dry run takes nothing from anybody."""
        at = self.workspace.clock.now()
        due = [p for p in packages if self.asked.due is None or self.asked.due(p)]
        self.undue = frozenset(p.name for p in packages) - {p.name for p in due}
        kept = self._without_those_put_off(due, at)
        if self.holder is not None and not self.dry:
            held = self.workspace.store.claim([p.name for p in kept], self.holder, at, self._gone)
            self.skipped += [Skipped(p.name, _held(held[p.name]), p.private) for p in kept if p.name in held]
            kept = [p for p in kept if p.name not in held]
            self.elsewhere = bool(held)
        self.admitted = tuple(kept)
        return self.admitted

    def take(self, name: str) -> bool:
        """Whether this run has the lease on a job that one run does at a time."""
        if self.holder is None:
            return True
        return not self.workspace.store.claim([name], self.holder, self.workspace.clock.now(), self._gone)

    def require_held(self) -> None:
        """Raises StoreError where another run took over: this one showed no sign of life for too long."""
        if self.lost:
            what = "another run took over these packages, for this one showed no sign of life"
            raise StoreError(what, "nothing more was written; run it again")

    def _gone(self, holder: Holder) -> bool:
        presence = self.workspace.presence
        return presence is not None and presence.gone(holder)

    def _without_those_put_off(self, due: Sequence[Package], at: datetime) -> list[Package]:
        paused, waits = self._paused(at), self.workspace.store.host_waits()
        return [package for package in due if not self._is_put_off(package, paused, waits, at)]

    def _paused(self, at: datetime) -> Mapping[str, Failure]:
        """The packages that are put aside, unless somebody wants them now."""
        if self.asked.names:
            return {}
        urgent = remembered.wanted(self.workspace).urgent
        found = self.workspace.store.failures()
        return {name: each for name, each in found.items() if each.pauses(at) and name not in urgent}

    def _is_put_off(
        self, package: Package, paused: Mapping[str, Failure], waits: Mapping[str, datetime], at: datetime
    ) -> bool:
        failure = paused.get(package.name)
        if failure is not None and failure.about == about(package):
            self.skipped.append(Skipped(package.name, paused_because(failure), package.private))
            return True
        until = waits.get(host(package.upstream) or "") if waits else None
        if until is not None and until > at:
            why = f"{host(package.upstream)} asked not to be asked before {when(until)}"
            self.skipped.append(Skipped(package.name, why, package.private))
            return True
        return False


@contextmanager
def taken(workspace: Workspace, asked: Asked, *, dry: bool = False) -> Iterator[Turn]:
    """A turn; what it holds is given back in the end, however that comes."""
    holder = None if workspace.presence is None else workspace.presence.me()
    turn = Turn(workspace, asked, holder, dry)
    if holder is None or dry:
        yield turn
        return
    over = threading.Event()
    beats = threading.Thread(target=_beats, args=(turn, holder, over), daemon=True)
    beats.start()
    try:
        yield turn
    finally:
        over.set()
        beats.join(timeout=5)
        _give_back(workspace, holder)


def _give_back(workspace: Workspace, holder: Holder) -> None:
    """A connection that was cut is made anew. Where the store stays away the leases end by themselves: what went wrong
    before is what counts."""
    for pause in (*_PAUSES, None):
        try:
            workspace.store.release(holder)
        except StoreError:
            _log.debug("the leases could not be given back", exc_info=True)
            if pause is not None:
                time.sleep(pause)
        else:
            return


def _beats(turn: Turn, holder: Holder, over: threading.Event) -> None:
    """Signs of life, while the run lasts. The store has the holder from its first claim on."""
    known = False
    while not over.wait(BEAT):
        try:
            lives = turn.workspace.store.beat(holder, turn.workspace.clock.now())
        except SyncbotError:  # the next one may come through
            _log.debug("a sign of life was lost", exc_info=True)
            continue
        turn.lost = turn.lost or (known and not lives)
        known = known or lives


def _held(lease: Lease) -> str:
    return f"{lease.shown}, works on it"


def about(package: Package) -> str:
    """What pins all that a person could mend in a package."""
    where = [str(package.upstream), str(package.history), package.base, package.range, package.tag_pattern]
    return digest("about", hashlib.sha256(repr(where).encode()).hexdigest(), series_parts(package.series))


def pause(count: int, failing: Failing) -> timedelta | None:
    """How long a package pauses after so many failures in a row; None: not yet."""
    if count < failing.after:
        return None
    doubled = 1 << min(count - failing.after, 20)
    return min(failing.first * doubled, failing.longest)


def learn(turn: Turn, problems: Sequence[PackageProblem], at: datetime) -> list[Failure]:
    """Count what failed, forget what works again; gives what was put aside anew. The forge's trouble, and what a person
    has not committed yet, is not the package's."""
    store = turn.workspace.store
    known = store.failures()
    troubled = {problem.package: problem for problem in problems}
    blamed = [p for p in turn.admitted if p.name in troubled and _is_own(troubled[p.name].error)]
    if _network_is_down(turn.admitted, blamed, troubled):
        blamed = []
    mended = [p.name for p in turn.admitted if p.name not in troubled and p.name in known]
    if mended:
        store.forget_failures(mended)
    aside = []
    for package in blamed:
        error = troubled[package.name].error
        failure = _counted(known.get(package.name), package, error, at, turn.workspace.settings.failing)
        store.save_failure(failure)
        if failure.until is not None and failure.count == turn.workspace.settings.failing.after:
            aside.append(failure)
    return aside


def _is_own(error: SyncbotError) -> bool:
    return not isinstance(error, ForgeError | StoreError | Uncommitted)


def _network_is_down(
    admitted: Sequence[Package], blamed: Sequence[Package], troubled: Mapping[str, PackageProblem]
) -> bool:
    """Whether nothing at all was reached, of several hosts: that is no package's fault."""
    unreached = [p for p in blamed if isinstance(troubled[p.name].error, UpstreamUnreachable)]
    hosts = {host(p.upstream) for p in unreached}
    return len(unreached) == len(admitted) and len(hosts) > 1


def _counted(before: Failure | None, package: Package, error: SyncbotError, at: datetime, failing: Failing) -> Failure:
    content = about(package)
    again = before is not None and before.about == content
    count = before.count + 1 if before is not None and again else 1
    span = pause(count, failing)
    return Failure(
        package=PackageName(package.name),
        kind=type(error).__name__,
        what=line(error.what, 400),
        count=count,
        first=before.first if before is not None and again else at,
        last=at,
        until=None if span is None else at + span,
        about=content,
        private=package.private,
    )


def noted(turn: Turn, run: Run, result: SyncResult) -> None:
    """Write what the run did about each package."""
    at = turn.workspace.clock.now()
    private = {p.name for p in turn.admitted if p.private}
    notes = [Note(i.check.package, NoteState.DONE, i.outcome.value, at, i.check.private) for i in result.items]
    notes += [
        Note(p.package, NoteState.FAILED, f"{type(p.error).__name__}: {line(p.message, 400)}", at, p.private)
        for p in result.problems
    ]
    notes += [Note(s.package, NoteState.SKIPPED, s.why, at, s.private) for s in turn.skipped]
    known = {note.package for note in notes}
    notes += [
        Note(p.name, NoteState.SKIPPED, "nothing was decided about it", at, p.name in private)
        for p in turn.admitted
        if p.name not in known
    ]
    turn.workspace.store.save_notes(run, notes)


def held_up(turn: Turn, why: str) -> list[Note]:
    """The notes of a run that was broken off."""
    at = turn.workspace.clock.now()
    notes = [Note(p.name, NoteState.SKIPPED, why, at, p.private) for p in turn.admitted]
    return notes + [Note(s.package, NoteState.SKIPPED, s.why, at, s.private) for s in turn.skipped]


def retry(workspace: Workspace, names: Sequence[str]) -> tuple[Failure, ...]:
    """End the pauses of these packages, or of all; gives those that had one, or were on the way to it."""
    known = workspace.store.failures()
    wanted = tuple(each for name, each in known.items() if not names or name in names)
    workspace.store.forget_failures([each.package for each in wanted])
    return wanted


def with_skipped(result: SyncResult, turn: Turn) -> SyncResult:
    return replace(result, skipped=tuple(sorted(turn.skipped, key=lambda s: s.package)))


def pause_shown(failing: Failing) -> str:
    return f"{shown(failing.first)}, then twice as long each time, up to {shown(failing.longest)}"
