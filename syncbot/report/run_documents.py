"""The JSON documents of runs, failures, what is thrown away, and backups. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncbot.model.running import Failure
    from syncbot.report.results import RunShown, Swept

Document = dict[str, Any]


def runs(found: Sequence[RunShown]) -> Document:
    return {"schema": "syncbot.runs/1", "runs": [_run(each) for each in found]}


def run(found: RunShown) -> Document:
    notes = [
        {"package": note.package, "state": note.state.value, "why": note.why, "at": note.at.isoformat()}
        for note in found.notes or ()
    ]
    return {"schema": "syncbot.run/1", **_run(found), "notes": notes, "hidden": found.hidden}


def _run(found: RunShown) -> Document:
    run = found.run
    how, why = ended(found)
    return {
        "id": run.id,
        "cause": run.cause or run.kind,
        "started": run.started.isoformat(),
        "finished": None if run.finished is None else run.finished.isoformat(),
        "host": run.host or None,
        "pid": run.pid or None,
        "result": how,
        "why": why or None,
        "packages": found.counts.get("packages", 0),
        "problems": found.counts.get("problems", 0),
        "skipped": found.counts.get("skipped", 0),
    }


def ended(found: RunShown) -> tuple[str, str]:
    """(done, failed, stopped, left-out or running; why, where it was not done)."""
    if found.run.outcome is None:
        return "running", ""
    outcome = json.loads(found.run.outcome)
    return next(
        ((name, str(outcome[name])) for name in ("failed", "stopped", "left-out") if name in outcome), ("done", "")
    )


def retried(failures: Sequence[Failure]) -> Document:
    return {"schema": "syncbot.retry/1", "packages": [failure(each) for each in failures]}


def failure(found: Failure) -> Document:
    return {
        "package": found.package,
        "kind": found.kind,
        "what": found.what,
        "count": found.count,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "until": None if found.until is None else found.until.isoformat(),
    }


def swept(found: Swept) -> Document:
    return {
        "schema": "syncbot.gc/1",
        "dry_run": found.dry_run,
        "items": [
            {"kind": item.kind, "name": item.name, "bytes": item.size, "count": item.count, "why": item.why}
            for item in found.items
        ],
        "bytes": sum(item.size for item in found.items),
    }


def backed_up(path: str, taken: datetime, size: int, *, loaded: bool) -> Document:
    return {"schema": "syncbot.backup/1", "path": path, "at": taken.isoformat(), "bytes": size, "loaded": loaded}
