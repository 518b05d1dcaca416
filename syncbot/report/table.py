"""A table as a value, and as plain text. The rich rendering is the faces' own business."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have one cell per column; `numeric` names the columns that stand to the right.

    For where the lines are short: `below` names the column of long text that may go below its row, and the first
    `heads` columns, empty but in a group's first row, may stand on a line of their own.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()
    below: str = ""
    heads: int = 0


def plain(table: Table) -> str:
    """The table in plain text: columns two spaces apart, no rules, no trailing blanks, the last column unbounded."""
    if not table.rows:
        return ""
    columns = zip(table.columns, *table.rows, strict=True)
    padded = [_filled(column, is_right=column[0] in table.numeric) for column in columns]
    return "\n".join([line.rstrip() for line in map("  ".join, zip(*padded, strict=True))])


def _filled(cells: Sequence[str], *, is_right: bool) -> list[str]:
    """A column's cells, all as wide as the widest."""
    wide = [width(cell) for cell in cells]
    most = max(wide)
    blanks = [" " * (most - each) for each in wide]
    return list(map(add, blanks, cells) if is_right else map(add, cells, blanks))


def fits(table: Table, wide: int) -> bool:
    """Whether a table is readable in so many columns: every cell whole, a few words a line in the long column."""
    widths = [
        min(most, _READABLE) if column == table.below else most
        for column, most in zip(table.columns, _widths(table), strict=True)
    ]
    return sum(widths) + 2 * (len(widths) - 1) <= wide


_READABLE = 40
"""Columns that a sentence needs at least."""


Line = list[tuple[str, str]]
"""[(cell with what pads it, cell)]"""


def stacked(table: Table, wide: int) -> list[list[Line]]:
    """The table for short lines: the lines of the column names, then those of each row. Cells are never broken; only
    the `below` column's text is, between words. Heads come first, then the row's own cells, on as many lines as they
    need, then that text."""
    import textwrap  # noqa: PLC0415  # only narrow terminals need it

    widths = _widths(table)
    margin = "  " if table.heads else ""
    here = [at for at, column in enumerate(table.columns) if column != table.below]
    heads, cells = [at for at in here if at < table.heads], [at for at in here if at >= table.heads]
    groups = _groups(cells, widths, wide - len(margin))
    rows = []
    for row in (table.columns, *table.rows):
        lines: list[Line] = []
        if any(row[at] for at in heads):
            lines.append([(row[at] if at == heads[-1] else f"{row[at]}  ", row[at]) for at in heads])
        lines += _cells(table, row, groups, widths, margin)
        if table.below and row is not table.columns:
            text = row[table.columns.index(table.below)]
            inner = max(20, wide - len(margin) - 4)
            folded = textwrap.wrap(text, inner, break_long_words=False, break_on_hyphens=False)
            lines += [[(f"{margin}{_DEEPER}{part}", part)] for part in folded]
        rows.append(lines)
    return rows


_DEEPER = "    "
"""Stands before what goes on below."""


def _groups(cells: Sequence[int], widths: Sequence[int], wide: int) -> list[list[int]]:
    """The columns that stand on one line each: as many as there is room for, so that every row has the same."""
    found: list[list[int]] = []
    room = 0
    for at in cells:
        if not found or widths[at] > room:
            room = wide - (len(_DEEPER) if found else 0)
            found.append([])
        found[-1].append(at)
        room -= widths[at] + 2
    return found


def _cells(
    table: Table, row: Sequence[str], groups: Sequence[Sequence[int]], widths: Sequence[int], margin: str
) -> list[Line]:
    """A row's own cells, lined up, each group of columns on a line. A row without its first cell has few others."""
    said = [at for group in groups for at in group if row[at]]
    if said and said[0] != groups[0][0]:
        return [[(margin, ""), *((f"{row[at]}  ", row[at]) for at in said)]]
    lines: list[Line] = []
    for number, group in enumerate(groups):
        if any(row[at] for at in group):
            shown = [(_padded(row[a], widths[a], table.columns[a] in table.numeric) + "  ", row[a]) for a in group]
            lines.append([(margin + _DEEPER if number else margin, ""), *shown])
    return lines


def _widths(table: Table) -> list[int]:
    return [max(width(row[at]) for row in (table.columns, *table.rows)) for at in range(len(table.columns))]


def _padded(cell: str, wide: int, is_right: bool) -> str:
    pad = " " * (wide - width(cell))
    return pad + cell if is_right else cell + pad


def width(text: str) -> int:
    """Columns that the text takes on a terminal: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
