"""The database as a file that can be kept, and back. Whatever holds the state, the file is an SQLite database.

Both may be done while others work on the state: what is saved is the state of one moment, and loading is one
transaction. Who works just now keeps its leases and the record of its run.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table, and_, delete, insert, select

from syncbot.errors import StoreError
from syncbot.store.engine import WRITES, parsed, shown
from syncbot.store.models import RunRow
from syncbot.store.moving import copy_table, count_on, opened, tables


def save(source: str, file: Path) -> None:
    """Write the state at `source` to a new file. Raises StoreError."""
    url = parsed(source)
    if url.get_backend_name() == "sqlite" and url.database:
        try:
            with closing(sqlite3.connect(url.database, timeout=30.0)) as old, closing(sqlite3.connect(file)) as new:
                old.backup(new)
        except sqlite3.Error as error:
            raise StoreError(f"the state database {shown(url)} cannot be saved ({error})") from error
        return
    with opened(source) as old_, opened(f"sqlite:///{file}") as new_:
        reading = old_.connect().execution_options(isolation_level="REPEATABLE READ")
        writing = new_.connect().execution_options(**WRITES)
        with reading as a, a.begin(), writing as b, b.begin():
            for table in tables():
                copy_table(a, b, table)


def load(file: Path, target: str) -> None:
    """Put what the file holds in the place of all that is at `target`. The file is brought to the newest schema.
    Raises StoreError: no database of ours, an empty one, of a newer syncbot."""
    _require_state(file)
    with opened(f"sqlite:///{file}") as old, opened(target) as new:
        writing = new.connect().execution_options(**WRITES)
        with old.connect() as a, a.begin(), writing as b, b.begin():
            going_on = _going_on(b)
            for table in reversed(tables()):
                b.execute(delete(table))
            for table in tables():
                copy_table(a, b, table)
            _put_back(b, going_on)
            count_on(b)


def _require_state(file: Path) -> None:
    """An empty file would pass for an empty state, and put nothing in the place of all."""
    try:
        with closing(sqlite3.connect(file)) as saved:
            known = saved.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"the saved state {file.name} is damaged ({error})", "load another backup") from error
    if not known[0]:
        raise StoreError(f"the saved state {file.name} is empty", "load another backup")


def _run_table() -> Table:
    return RunRow.__table__  # type: ignore[attr-defined,no-any-return]  # SQLModel does not say it


def _going_on(connection: Connection) -> list[dict[str, object]]:
    """The records of runs that have not ended: their processes will end them."""
    run = _run_table()
    return [dict(row) for row in connection.execute(select(run).where(run.c.finished.is_(None))).mappings()]


def _put_back(connection: Connection, runs: list[dict[str, object]]) -> None:
    run = _run_table()
    for row in runs:
        connection.execute(delete(run).where(and_(run.c.id == row["id"])))
        connection.execute(insert(run), [row])
