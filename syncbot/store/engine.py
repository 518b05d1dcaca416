"""The engine: how SQLite and PostgreSQL are set up, and how the database's errors become StoreError.

Both have one writer at a time: SQLite by its nature, PostgreSQL by an advisory lock that every transaction which writes
takes first. So a method that looks and then writes means the same on both. Readers never wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from syncbot.errors import DiskFull, Fault, StoreError
from syncbot.store.rows import Rows
from syncbot.store.schema import file_of
from syncbot.store.values import as_in_file, in_utc, safe

WRITES = {"syncbot_writes": True}
"""Execution options of a connection that is going to write: it then waits for its turn at the start. SQLite refuses a
reader that turns writer in mid-transaction at once where another process wrote, however long it may wait."""

WRITER = 0x73796E63626F74
"""The advisory lock of who writes: `syncbot` in ASCII."""

_SQLITE, _POSTGRESQL = "sqlite", "postgresql"
_DRIVER = "postgresql+psycopg"
_IDLE = 120
"""Seconds after which PostgreSQL ends a transaction in which nothing happens: its machine may be gone."""
_CONNECT = 10
"""Seconds that one attempt to connect may take."""


def shown(url: URL) -> str:
    """An address for people: the file where it is one, never a password or a query."""
    if url.get_backend_name() == _SQLITE:
        return url.database or "in memory"
    host = url.host or url.query.get("host")
    return URL.create(
        url.drivername.partition("+")[0],
        username=url.username,
        host=host if isinstance(host, str) else None,
        port=url.port,
        database=url.database,
    ).render_as_string()


def is_server(address: str) -> bool:
    """Whether the address is that of a PostgreSQL server, which machines can share. Raises StoreError."""
    return parsed(address).get_backend_name() == _POSTGRESQL


def make_engine(address: str, busy_timeout: float) -> Engine:
    """An engine for `address`. `busy_timeout`: seconds to wait for another process's write. Raises StoreError."""
    url = parsed(address)
    is_sqlite = url.get_backend_name() == _SQLITE
    if is_sqlite and url.database not in (None, "", ":memory:"):
        _make_folder(Path(str(url.database)).parent)
    try:
        if is_sqlite:
            engine = create_engine(url, connect_args={"timeout": busy_timeout})
        else:
            engine = create_engine(
                url,
                pool_pre_ping=True,  # a connection that was cut while nobody used it is replaced, and nobody notices
                connect_args={"connect_timeout": _CONNECT, "application_name": "syncbot"},
            )
    except ImportError:
        raise _no_driver(url) from None
    except (SQLAlchemyError, ValueError) as error:
        raise StoreError(
            f"no driver for the state database {shown(url)} ({type(error).__name__})",
            "write it as postgresql://USER@HOST/DATABASE, or leave the address out to use SQLite",
        ) from None
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _PostgreSQL(busy_timeout))
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def parsed(address: str) -> URL:
    """The address as a URL, with our driver for PostgreSQL. Raises StoreError, which never tells the address."""
    file = file_of(address)
    if file is not None:
        return URL.create(_SQLITE, database=file)
    try:
        url = make_url(address)
        name = url.get_backend_name()
    except (ArgumentError, ValueError):
        # without its cause, and without the address: either may hold a password
        raise StoreError(
            "the address of the state database is no database URL",
            "write it as sqlite:///path/to/file.db or postgresql://USER@HOST/DATABASE",
        ) from None
    if url.drivername in ("postgres", _POSTGRESQL):
        return url.set(drivername=_DRIVER)
    if name not in (_SQLITE, _POSTGRESQL):
        raise StoreError(
            f"the state cannot be kept in a database of the kind {name!r}",
            "use sqlite:///path/to/file.db or postgresql://USER@HOST/DATABASE",
        )
    return url


def conninfo(address: str) -> str:
    """The address as PostgreSQL's own client library has it. Raises StoreError."""
    return parsed(address).set(drivername=_POSTGRESQL).render_as_string(hide_password=False)


def _no_driver(url: URL) -> StoreError:
    return StoreError(
        f"the driver for the state database {shown(url)} is not installed",
        "install it with pip install 'syncbot[postgres]', or leave the address out to use SQLite",
    )


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
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_writing(connection) else "BEGIN")


class _PostgreSQL:
    """Sets a new connection up. Not by options of the address: what pools connections may refuse those."""

    def __init__(self, busy_timeout: float) -> None:
        self._settings = (
            f"SET lock_timeout = {int(busy_timeout * 1000)}; "
            f"SET idle_in_transaction_session_timeout = '{_IDLE}s'; SET timezone = 'UTC'"
        )

    def __call__(self, connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(self._settings)
        connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    if _is_writing(connection):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER})"))


def _is_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("syncbot_writes", False))


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turns the database's errors into StoreError. The cause is kept out: it may quote the address."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(
            f"the state database {shown(engine.url)} refused a row ({_first_line(error.orig)})",
            "another process may have written the same row: run the command again",
        ) from None
    except DBAPIError as error:
        raise _error(engine.url, error) from None
    except StatementError as error:
        raise Fault(f"a value cannot be stored: {error.orig}") from None


def in_session(session: Session) -> Rows:
    """Puts questions in plain SQL, in the session's transaction."""

    def rows(sql: str, **values: object) -> Sequence[Any]:
        connection = session.connection()
        fit = as_in_file if connection.dialect.name == _SQLITE else _fit
        return connection.execute(text(sql), {name: fit(value) for name, value in values.items()}).all()

    return rows


def _fit(value: object) -> object:
    if isinstance(value, datetime):
        return in_utc(value)
    return safe(value) if isinstance(value, str) else value


_LOST = ("08", "57P")
"""Classes of PostgreSQL's error codes: connections, and an operator who ended one (or the server)."""


def _error(url: URL, error: DBAPIError) -> StoreError:
    where, detail = f"the state database {shown(url)}", _first_line(error.orig)
    if url.password is not None:
        detail = detail.replace(str(url.password), "***")
    if url.get_backend_name() == _POSTGRESQL:
        return _of_server(where, detail, getattr(error.orig, "sqlstate", None))
    if "database is locked" in detail:
        return _locked(where)
    if "not a database" in detail or "malformed" in detail:
        return StoreError(
            f"{where} is damaged ({detail})",
            "restore it from a backup, or move it away: the next run makes a new one, without what was remembered",
        )
    if "unable to open" in detail or "readonly" in detail:
        return StoreError(f"{where} cannot be opened for writing ({detail})", "check the folder and its permissions")
    if "disk is full" in detail:
        return _full(where, detail)
    return StoreError(f"{where} cannot be used ({detail})")


def _of_server(where: str, detail: str, code: str | None) -> StoreError:
    """What PostgreSQL said, by its error code; none where there was no connection (yet, or any more)."""
    if code == "55P03":
        return _locked(where)
    if code == "53100":
        return _full(where, detail)
    if code in ("42501", "25006"):
        return StoreError(
            f"{where} may not be written ({detail})", "give that user the right to make and write tables there"
        )
    if any(word in detail for word in ("authentication failed", "does not exist", "no password supplied")) and (
        code is None or code.startswith(("28", "3D"))
    ):
        return StoreError(
            f"{where} refuses us ({detail})",
            "correct the user, the password (PGPASSWORD or ~/.pgpass hold it, too) or the database's name",
        )
    if (code is None and "connection failed" in detail) or "connection timeout" in detail:
        return StoreError(
            f"{where} cannot be reached ({detail})", "start the server, or correct the address in SYNCBOT_DATABASE_URL"
        )
    if code is None or code.startswith(_LOST):
        return StoreError(f"the connection to {where} was cut ({detail})", "run the command again: nothing was torn")
    return StoreError(f"{where} cannot be used ({detail})")


def _locked(where: str) -> StoreError:
    return StoreError(
        f"{where} is locked by another process", "wait until the other syncbot is done, then run the command again"
    )


def _full(where: str, detail: str) -> StoreError:
    return DiskFull(f"there is no room left for {where} ({detail})", "make room, then run the command again")


def _first_line(error: object) -> str:
    """What the driver says, without the statement that it quotes below."""
    said = str(error).strip()
    return said.splitlines()[0] if said else type(error).__name__
