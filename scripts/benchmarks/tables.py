"""What a benchmark prints: tables for people, the same as a document for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have a cell for each column; None where there is nothing to say."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def text(self) -> str:
        shown = [self.columns, *(tuple(_shown(cell) for cell in row) for row in self.rows)]
        widths = [max(len(row[i]) for row in shown) for i in range(len(self.columns))]
        right = [all(isinstance(row[i], int | float | None) for row in self.rows) for i in range(len(self.columns))]
        lines = [
            "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True))
            for row in shown
        ]
        return "\n".join([self.title, *(line.rstrip() for line in lines)])


@dataclass(frozen=True, slots=True)
class Report:
    """One run of a benchmark. `of`: what was measured; `warm`: what was in caches before; `notes`: rows of prose."""

    name: str
    of: str
    warm: str
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        head = f"{self.name}: {self.of}\nwarm: {self.warm}"
        return "\n\n".join(
            [head, *(table.text() for table in self.tables), *(["\n".join(self.notes)] * bool(self.notes))]
        )

    def document(self) -> str:
        """`{"schema": "syncbot.bench.NAME/1", "of", "warm", "notes", "tables": [{"title", "rows"}]}`."""
        tables = [
            {"title": t.title, "rows": [dict(zip(t.columns, row, strict=True)) for row in t.rows]} for t in self.tables
        ]
        made = {"of": self.of, "warm": self.warm, "notes": self.notes, "tables": tables}
        return json.dumps({"schema": f"syncbot.bench.{self.name}/1", **made}, indent=2, ensure_ascii=False)


def rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
