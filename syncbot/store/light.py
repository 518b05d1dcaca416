"""A store for commands that only read: their questions go to the SQLite file directly, by Python's own `sqlite3`.

SQLAlchemy, SQLModel and pydantic take longer to load than a report takes to be made. All else that is asked opens the
whole store, and so does what the file cannot answer: the whole store tells people why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncbot.store.answers import Answers
from syncbot.store.readings import Readings
from syncbot.store.schema import HEAD, file_of
from syncbot.store.values import as_in_file, safe

if TYPE_CHECKING:
    from syncbot.store.rows import Rows
    from syncbot.store.sql import SqlStore

_WAIT = 30.0
"""Seconds to wait for another process that writes."""


class LightStore(Readings, Answers):
    """Implements `syncbot.ports.Store`: what `Readings` and `Answers` have by itself, all else by the whole store at
    `address`."""

    def __init__(self, address: str, connection: sqlite3.Connection) -> None:
        self._address, self._connection = address, connection
        self._whole: SqlStore | None = None
        self._forge = ""

    def close(self) -> None:
        self._connection.close()
        if self._whole is not None:
            self._whole.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._all(), name)

    def of_forge(self, name: str) -> None:
        """As the whole store, which has work to do only where another forge was used before."""
        self._forge = name
        with self._rows() as rows:
            before = rows("SELECT value FROM fact WHERE kind = 'forge' AND key = 'forge'")
        if before and before[0][0] != safe(name):
            self._all()

    def _all(self) -> SqlStore:
        """The whole store. From here on it answers everything: only it sees what was written in its transactions."""
        if self._whole is None:
            from syncbot.store.opening import open_store  # noqa: PLC0415  # what this store is there to avoid

            self._whole = open_store(self._address)
            if self._forge:
                self._whole.of_forge(self._forge)
        return self._whole

    @contextmanager
    def _rows(self) -> Iterator[Rows]:
        if self._whole is not None:
            with self._whole._rows() as rows:
                yield rows
            return
        self._connection.execute("BEGIN")
        try:
            yield self._ask
        finally:
            self._connection.rollback()

    def _ask(self, sql: str, **values: object) -> Sequence[Any]:
        try:
            return self._connection.execute(sql, {name: as_in_file(value) for name, value in values.items()}).fetchall()
        except sqlite3.Error:
            with self._all()._rows() as rows:
                return rows(sql, **values)


def open_to_read(address: str) -> LightStore | SqlStore:
    """A store for a command that reads. Where the address is no file at the newest schema it is the whole store, which
    brings it there. Raises StoreError as `open_store` does."""
    light = light_store(address)
    if light is not None:
        return light
    from syncbot.store.opening import open_store  # noqa: PLC0415  # what is avoided where it can be

    return open_store(address)


def light_store(address: str) -> LightStore | None:
    """None where the address is no file at the newest schema that can be read as it is."""
    file = file_of(address)
    connection = None if file is None else _connected(Path(file))
    return None if connection is None else LightStore(address, connection)


def _connected(file: Path) -> sqlite3.Connection | None:
    """None where it cannot be read as it is, for whatever reason."""
    try:
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=rw", timeout=_WAIT, isolation_level=None, uri=True
        )
    except (sqlite3.Error, ValueError):
        return None
    try:
        if connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]:
            return connection
    except sqlite3.Error:
        pass  # the whole store says what is wrong
    connection.close()
    return None
