"""What `syncbot migrate` says."""

from __future__ import annotations

from typing import Any

from syncbot.model.moved import Moved
from syncbot.report.words import plural


def lines(moved: Moved) -> list[str]:
    said = [f"{table.rows:>9}  {table.digest[:16]}  {table.name}" for table in moved.tables if table.rows]
    total = f"{plural(moved.rows, 'row')} in {plural(len(said), 'table')}"
    if moved.before:
        return [*said, f"{moved.target} holds all of {moved.source} already: {total}, the same in both."]
    return [*said, f"Moved {total} from {moved.source} to {moved.target}; read back, each table is the same in both."]


def document(moved: Moved) -> dict[str, Any]:
    return {
        "schema": "syncbot.migrate/1",
        "source": moved.source,
        "target": moved.target,
        "before": moved.before,
        "rows": moved.rows,
        "tables": [{"name": t.name, "rows": t.rows, "digest": t.digest} for t in moved.tables],
    }
