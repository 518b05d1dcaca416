"""Pauses that people set for single packages: they are judged and shown, and nothing is proposed for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncbot.errors import InputError
from syncbot.model.ids import PackageName
from syncbot.report.safe import line
from syncbot.services.workspace import Workspace

_PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Pause:
    """`until`: its end, None: until it is taken back; `reason` and `by`: text from outside."""

    until: datetime | None
    reason: str
    by: str

    def holds(self, at: datetime) -> bool:
        return self.until is None or at < self.until

    @property
    def why(self) -> str:
        """As the note of what is put off because of it."""
        until = "" if self.until is None else f" until {self.until.isoformat(timespec='minutes')}"
        return f"paused by {self.by}{until}: {self.reason}"


def pause(workspace: Workspace, package: PackageName, until: datetime | None, reason: str, by: str) -> Pause:
    """In place of an older one. Raises InputError for an end that is over, or without an offset."""
    now = workspace.clock.now()
    if until is not None and (until.tzinfo is None or until <= now):
        raise InputError(f"the pause would end at {until.isoformat()}", "give a time to come, with its offset")
    made = Pause(until, line(reason, 400), line(by, 100))
    said = {"until": None if until is None else until.isoformat(), "reason": made.reason, "by": made.by}
    workspace.store.set_fact(_PAUSE, package, json.dumps(said))
    return made


def resume(workspace: Workspace, package: PackageName) -> None:
    """Idempotent."""
    workspace.store.set_fact(_PAUSE, package, None)


def pauses(workspace: Workspace) -> Mapping[str, Pause]:
    """Those that hold now, by package."""
    now = workspace.clock.now()
    known = {package: _read(text) for package, text in workspace.store.facts(_PAUSE).items()}
    return {package: pause for package, pause in known.items() if pause.holds(now)}


def _read(text: str) -> Pause:
    said = json.loads(text)
    until = None if said["until"] is None else datetime.fromisoformat(said["until"])
    return Pause(until, said["reason"], said["by"])
