"""Questions in plain SQL that both databases understand, whoever puts them: SQLAlchemy or Python's own sqlite3.

What reports rest on is read so: starting SQLAlchemy takes longer than any of their questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_MOST = 400
"""Values in one question: databases have their limits."""


class Rows(Protocol):
    """Puts one question. Names in it, such as `:package`, stand for values: text and aware times, made fit for the
    database. What comes back is as the database has it: `values.py` reads text and times."""

    def __call__(self, sql: str, **values: object) -> Sequence[Any]: ...


def where(*conditions: str) -> str:
    """The end of a question with these conditions, which may be none."""
    return " WHERE " + " AND ".join(conditions) if conditions else ""


def listed(name: str, values: Sequence[str]) -> tuple[str, dict[str, object]]:
    """What to write after IN for these values, and the values by their names."""
    named: dict[str, object] = {f"{name}{at}": value for at, value in enumerate(values)}
    return f"({', '.join(f':{each}' for each in named)})", named


def parts(values: Sequence[T], most: int = _MOST) -> Iterator[Sequence[T]]:
    """As many as one question may have."""
    return (values[at : at + most] for at in range(0, len(values), most))
