"""What moving the state from one database to another came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MovedTable:
    """One table. `digest`: sha256 over all rows, the same in both databases, whatever the order of the rows."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Moved:
    """`source`, `target`: the databases as people are told of them. `before`: all was there already."""

    source: str
    target: str
    tables: tuple[MovedTable, ...]
    before: bool = False

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)
