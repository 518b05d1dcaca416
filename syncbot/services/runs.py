"""The record of a run: its row, what it did about each package, what is news; and the list of runs."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Sequence

from syncbot.errors import InputError, StoreError, SyncbotError
from syncbot.model.packages import Package
from syncbot.model.proposals import Run
from syncbot.report.results import RunShown, Skipped, SyncResult
from syncbot.services import news
from syncbot.services.turns import Turn, held_up, learn, noted
from syncbot.services.workspace import Workspace

_log = logging.getLogger(__name__)
logging.getLogger("syncbot").addHandler(logging.NullHandler())  # else Python prints warnings that nobody asked for


class RunLog:
    """One run's row. It is written before anything else is, and says in the end what the run came to."""

    def __init__(self, turn: Turn) -> None:
        self._turn, self._store = turn, turn.workspace.store
        self._run: Run | None = None

    def admit(self, packages: Sequence[Package]) -> tuple[Package, ...]:
        """The turn's, and from here on the run is on record."""
        run = self._run = self._store.begin_run("sync", self._turn.workspace.clock.now())
        if self._turn.holder is not None:
            self._store.note_start(run, self._turn.holder, self._turn.asked.cause)
        _log.info("the run begins", extra={"run": run.id, "cause": self._turn.asked.cause})
        return self._turn.admit(packages)

    def finished(self, result: SyncResult, outcome: str) -> None:
        """The run came to its end: its notes, what fails and what does not any more, and the news."""
        run, at = self._run, self._turn.workspace.clock.now()
        assert run is not None, "it was begun"
        aside = learn(self._turn, result.problems, at)
        with self._store.transaction():
            noted(self._turn, run, result)
            self._store.finish_run(run, at, outcome)
        fresh = news.tell(self._turn.workspace, result, aside, at, run.id)
        for each in fresh:
            _log.info("%s", each.title, extra={"run": run.id, "package": each.package, "release": each.release})
        for problem in result.problems:
            private = {} if problem.private else {"package": problem.package, "error": problem.message}
            _log.warning("a package failed", extra={"run": run.id, "kind": type(problem.error).__name__, **private})
        counts = {"done": len(result.items), "failed": len(result.problems), "skipped": len(self._turn.skipped)}
        _log.info("the run ends", extra={"run": run.id, **counts})

    def broken_off(self, error: BaseException) -> None:
        """The run was broken off: what was written stays. A database that cannot be written any more does not hide
        what went wrong before."""
        if self._run is None:
            return
        at = self._turn.workspace.clock.now()
        ours = isinstance(error, Exception)
        why = f"the run was broken off: {error}" if isinstance(error, SyncbotError) else "the run was broken off"
        outcome = {"failed" if ours else "stopped": type(error).__name__}
        with contextlib.suppress(StoreError):
            self._store.save_notes(self._run, held_up(self._turn, why))
            self._store.finish_run(self._run, at, json.dumps(outcome))
        _log.warning("the run was broken off", extra={"run": self._run.id, "kind": type(error).__name__})


def listed(workspace: Workspace, limit: int) -> tuple[RunShown, ...]:
    """The newest runs, without what they noted of packages."""
    return tuple(RunShown(run, _counts(run)) for run in workspace.store.runs(limit))


def one(workspace: Workspace, number: int, *, private: bool) -> RunShown:
    """A run with its notes. Raises InputError where there is none of that number."""
    found = next((run for run in workspace.store.runs(number_of_runs(workspace)) if run.id == number), None)
    if found is None:
        raise InputError(f"there is no run {number}", "`syncbot runs` lists them")
    notes = workspace.store.notes(number)
    kept = tuple(note for note in notes if private or not note.private)
    return RunShown(found, _counts(found), kept, len(notes) - len(kept))


def number_of_runs(workspace: Workspace) -> int:
    newest = workspace.store.runs(1)
    return newest[0].id if newest else 1


def _counts(run: Run) -> dict[str, int]:
    """What a run came to, as far as its row says it in numbers."""
    found = json.loads(run.outcome) if run.outcome else {}
    names = ("packages", "problems", "skipped", "closed", "archived")
    return {name: int(found[name]) for name in names if isinstance(found.get(name), int)}


def skipped_line(skipped: Skipped) -> str:
    return f"{skipped.package}: {skipped.why}"
