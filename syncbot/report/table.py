"""A table as a value, and as plain text. The rich rendering is the faces' own business."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have one cell per column; `numeric` names the columns that stand to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()


def plain(table: Table) -> str:
    """The table in plain text: columns two spaces apart, no rules, no trailing blanks, the last column unbounded."""
    if not table.rows:
        return ""
    widths = [max(width(row[i]) for row in (table.columns, *table.rows)) for i in range(len(table.columns))]
    right = [column in table.numeric for column in table.columns]
    lines = [_line(row, widths, right) for row in (table.columns, *table.rows)]
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = []
    for cell, wide, is_right in zip(row, widths, right, strict=True):
        pad = " " * (wide - width(cell))
        cells.append(pad + cell if is_right else cell + pad)
    return "  ".join(cells).rstrip()


def width(text: str) -> int:
    """Columns that the text takes on a terminal: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
