"""Runs and what they did, for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncbot.report.run_documents import ended
from syncbot.report.safe import line
from syncbot.report.table import Table
from syncbot.report.words import plural

if TYPE_CHECKING:
    from syncbot.report.results import RunShown, Swept, SweptItem


def runs(found: Sequence[RunShown]) -> Table:
    rows = []
    for each in found:
        run = each.run
        how, why = ended(each)
        took = "" if run.finished is None else f"{max(0.0, (run.finished - run.started).total_seconds()):.0f} s"
        who = f"{run.host}, pid {run.pid}" if run.host else ""
        counts = [_counted(each.counts[name], name) for name in _COUNTED if each.counts.get(name)]
        said = ", ".join(counts) if how == "done" else line(why, 60)
        rows.append((str(run.id), _when(run.started), took, run.cause or run.kind, line(who), how, said))
    return Table(("run", "started", "took", "made by", "on", "result", "what"), tuple(rows), numeric=frozenset({"run"}))


_COUNTED = ("packages", "problems", "skipped")


def _counted(count: int, name: str) -> str:
    return f"{count} left out" if name == "skipped" else plural(count, name.removesuffix("s"))


def notes(found: RunShown) -> Table:
    rows = tuple((line(note.package), note.state.value, line(note.why)) for note in found.notes or ())
    return Table(("package", "state", "why"), rows)


def summary(found: RunShown) -> list[str]:
    run = found.run
    how, why = ended(found)
    until = "" if run.finished is None else f", ended {_when(run.finished)}"
    said = [f"Run {run.id} ({line(run.cause or run.kind)}) started {_when(run.started)}{until}: {how}."]
    said += [line(why)] if why else []
    return [*said, *([f"{plural(found.hidden, 'private package')} not shown."] if found.hidden else [])]


def swept(found: Swept) -> list[str]:
    word = "would go" if found.dry_run else "went"
    lines = [f"{item.kind}: {line(item.name)}: {_measure(item)} {word}: {item.why}" for item in found.items]
    total = sum(item.size for item in found.items)
    last = (
        f"{plural(len(found.items), 'item')}, {_size(total)} {word}."
        if found.items
        else "There is nothing to throw away."
    )
    return [*lines, last]


def _measure(item: SweptItem) -> str:
    return _size(item.size) if item.size else plural(item.count, "row")


def _size(size: int) -> str:
    for unit, most in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= most:
            return f"{size / most:.1f} {unit}"
    return f"{size} B"


def _when(moment: object) -> str:
    return str(moment)[:19]
