"""Packages that are put aside since they fail again and again, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from syncbot.report.words import plural

if TYPE_CHECKING:
    from syncbot.model.running import Failure
    from syncbot.services.workspace import Workspace


def put_aside(workspace: Workspace, names: Sequence[str] = (), *, private: bool = False) -> list[str]:
    """A line for each of these packages, or of all, that is put aside now."""
    now = workspace.clock.now()
    found = [each for each in workspace.store.failures().values() if each.pauses(now) and (private or not each.private)]
    return [f"{each.package}: {paused_because(each)}" for each in found if not names or each.package in names]


def told(failure: Failure, at: datetime) -> str:
    """A failure in one line, for doctor and the lists."""
    if failure.pauses(at):
        return paused_because(failure)
    return f"failed {plural(failure.count, 'time')} in a row, last {when(failure.last)}: {failure.what}"


def paused_because(failure: Failure) -> str:
    """Why a package is put aside, in one sentence."""
    assert failure.until is not None, "it pauses"
    return f"put aside until {when(failure.until)}: it failed {failure.count} times in a row: {failure.what}"


def when(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
