"""Rows for other programs: CSV, and Markdown for issues and chats. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from syncbot.report.safe import block, markdown
from syncbot.report.table import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """RFC 4180 with line feeds, the names of the columns first. Lists are joined by blanks, what is not known is
    empty, and text that a spreadsheet would take for a formula has an apostrophe before it."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(columns)
    text = cache(_text)  # most cells of a large table are like others
    for row in rows:
        values = [row.get(column) for column in columns]
        writer.writerow([text(value) if type(value) is str else _cell(value) for value in values])
    return made.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _text(" ".join(map(str, value)))
    return value if value is None or isinstance(value, int | float) else _text(str(value))


def _text(text: str) -> str:
    shown = block(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def to_markdown(table: Table, title: str, said: Sequence[str] = ()) -> str:
    """A heading, the table, what sums it up. Nothing from outside is markup, link, mention or reference."""
    parts = [f"## {markdown(title)}"]
    if table.rows:
        rule = ["---:" if column in table.numeric else "---" for column in table.columns]
        shown = cache(markdown)  # most cells of a large table are like others
        rows = [[shown(cell) for cell in row] for row in _headed(table)]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in [list(table.columns), rule, *rows]))
    parts += [markdown(sentence) for sentence in said]
    return "\n\n".join(parts) + "\n"


def _headed(table: Table) -> list[tuple[str, ...]]:
    """The rows, each with its group's heads."""
    rows: list[tuple[str, ...]] = []
    heads: tuple[str, ...] = ()
    for row in table.rows:
        if table.heads and any(row[: table.heads]):
            heads = row[: table.heads]
        rows.append((*heads, *row[table.heads :]) if table.heads else row)
    return rows
