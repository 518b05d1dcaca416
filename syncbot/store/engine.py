"""The engine: how SQLite is set up, and how the database's errors become StoreError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from syncbot.errors import Fault, StoreError

WRITES = {"syncbot_writes": True}
"""Execution options of a connection that is going to write: SQLite then takes its write lock at the start, because a
reader that turns writer in mid-transaction is refused at once where another process wrote, however long it may wait."""


def shown(url: URL) -> str:
    """An address for people: the file where it is one, never a password or a query."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return URL.create(
        url.drivername, username=url.username, host=url.host, port=url.port, database=url.database
    ).render_as_string()


def make_engine(address: str, busy_timeout: float) -> Engine:
    """An engine for `address`. `busy_timeout`: seconds to wait for another process's write (SQLite)."""
    url = _parsed(address)
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and url.database not in (None, "", ":memory:"):
        _make_folder(Path(str(url.database)).parent)
    try:
        engine = create_engine(url, connect_args={"timeout": busy_timeout} if is_sqlite else {})
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(
            f"no driver for the state database {shown(url)} ({type(error).__name__})",
            "install the driver that the address names, or leave the address out to use SQLite",
        ) from None
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
        url.get_backend_name()
    except (ArgumentError, ValueError):
        # without its cause, and without the address: either may hold a password
        raise StoreError(
            "the address of the state database is no database URL", "write it as sqlite:///path/to/file.db"
        ) from None
    return url


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {folder} for the state database ({error.strerror})") from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would leave schema changes out of the transaction
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("syncbot_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turns the database's errors into StoreError. The cause is kept out: it may quote the address."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(
            f"the state database {shown(engine.url)} refused a row ({error.orig})",
            "another process may have written the same row: run the command again",
        ) from None
    except DBAPIError as error:
        raise _error(engine.url, str(error.orig)) from None
    except StatementError as error:
        raise Fault(f"a value cannot be stored: {error.orig}") from None


def _error(url: URL, detail: str) -> StoreError:
    where = f"the state database {shown(url)}"
    if url.password is not None:
        detail = detail.replace(str(url.password), "***")
    if "database is locked" in detail:
        return StoreError(
            f"{where} is locked by another process", "wait until the other syncbot is done, then run the command again"
        )
    if "not a database" in detail or "malformed" in detail:
        return StoreError(
            f"{where} is damaged ({detail})",
            "restore it from a backup, or move it away: the next run makes a new one, without what was remembered",
        )
    if "unable to open" in detail or "readonly" in detail:
        return StoreError(f"{where} cannot be opened for writing ({detail})", "check the folder and its permissions")
    return StoreError(f"{where} cannot be used ({detail})")
