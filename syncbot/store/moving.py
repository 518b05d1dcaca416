"""Moving the state from one database to another, either way between SQLite and PostgreSQL, and proving it.

All is copied in one transaction of the target, which is committed only if each table, read back there, has the rows of
the source: a kill leaves the target empty, so that it can be done again. The source is kept from being written
meanwhile, and is left as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select, text

from syncbot.errors import Fault, StoreError
from syncbot.model.moved import Moved, MovedTable
from syncbot.ports.source import Progress
from syncbot.store.engine import WRITES, parsed, shown, translated
from syncbot.store.models import Table as Base
from syncbot.store.opening import open_engine
from syncbot.store.running_models import HolderRow, LeaseRow

_IN_PARTS = {"yield_per": 200}
"""Rows that are read and written at once: some hold whole documents."""
_PASSING = frozenset({"lease", "holder", "host_turn"})
"""Who works just now, and whom they ask: nobody does while the state moves."""


def move(source: str, target: str, at: datetime, progress: Progress) -> Moved:
    """Copy everything from the database at `source` to the one at `target`, both brought to the newest schema. Where
    the target holds exactly that already, nothing is written. Raises StoreError: a target that holds something else,
    the same database twice, one that cannot be used, a sync at work; Fault where what was copied reads otherwise."""
    if parsed(source) == parsed(target):
        raise StoreError(f"{shown(parsed(source))} is both source and target", "name another target")
    with opened(source) as old, opened(target) as new, _alone(old) as reading, _alone(new) as writing:
        _nobody_works(reading, at)
        names = shown(old.url), shown(new.url)
        wanted = {table.name: _summary(reading, table) for table in tables()}
        there = {table.name: _summary(writing, table) for table in tables()}
        if there == wanted:
            return Moved(*names, tuple(wanted.values()), before=any(table.rows for table in wanted.values()))
        if any(table.rows for table in there.values()):
            held = ", ".join(f"{table.name} {table.rows}" for table in there.values() if table.rows)
            raise StoreError(
                f"{names[1]} is not empty (rows: {held}), so nothing was moved there", "name an empty database"
            )
        for done, table in enumerate(tables()):
            progress(f"moving {table.name}", done, len(wanted))
            copy_table(reading, writing, table)
            found = _summary(writing, table)
            if found != wanted[table.name]:
                what = f"{table.name} reads otherwise in {names[1]}: {found.rows} rows of {wanted[table.name].rows}"
                raise Fault(what, "nothing was moved; report this")
        count_on(writing)
    return Moved(*names, tuple(wanted.values()))


@contextmanager
def opened(address: str) -> Iterator[Engine]:
    """An engine at the newest schema, and its errors as ours."""
    engine = open_engine(address, 30.0)
    try:
        with translated(engine):
            yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction beside which nobody writes."""
    with translated(engine), engine.connect().execution_options(**WRITES) as connection, connection.begin():
        yield connection


def tables() -> list[Table]:
    """In an order in which rows find what they refer to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in _PASSING]


def _nobody_works(connection: Connection, at: datetime) -> None:
    holder, lease = HolderRow.__table__, LeaseRow.__table__  # type: ignore[attr-defined]  # SQLModel does not say it
    living = select(func.count()).select_from(lease.join(holder)).where(holder.c.expires > at)
    if connection.execute(living).scalar():
        raise StoreError(
            "a syncbot is at work on the state that is to be moved", "stop it, or wait until it is done, then try again"
        )


def _summary(connection: Connection, table: Table) -> MovedTable:
    """The rows as Python has them, whatever the database made of them."""
    digests = sorted(hashlib.sha256(_bytes(row)).digest() for row in _rows(connection, table))
    return MovedTable(table.name, len(digests), hashlib.sha256(b"".join(digests)).hexdigest())


def _rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    for row in connection.execute(select(table), execution_options=_IN_PARTS):
        yield tuple(row)


def _bytes(row: tuple[Any, ...]) -> bytes:
    """One row, so that two that differ differ."""
    parts = [_value(value) for value in row]
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _value(value: object) -> bytes:
    if isinstance(value, bytes):
        return b"b" + value
    if isinstance(value, str):
        return b"s" + value.encode("utf-8", "surrogatepass")
    if isinstance(value, datetime):
        return b"t" + value.isoformat().encode()
    return b"v" + repr(value).encode()  # None, whether, and whole numbers


def copy_table(reading: Connection, writing: Connection, table: Table) -> None:
    found = reading.execute(select(table), execution_options=_IN_PARTS)
    for some in found.mappings().partitions():
        writing.execute(insert(table), [dict(row) for row in some])


def count_on(connection: Connection) -> None:
    """Numbers that the database gives go on after the greatest that came along; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables():
        column = table.autoincrement_column
        if column is not None:
            name = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
            newest = select(func.max(column)).scalar_subquery()
            connection.execute(select(func.setval(text(name), func.coalesce(newest, 1), newest.is_not(None))))
