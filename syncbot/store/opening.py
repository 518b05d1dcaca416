"""Opening the state database: the address in, a store at the newest schema out."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from syncbot.store.engine import WRITES, make_engine, shown, translated
from syncbot.store.schema import HEAD
from syncbot.store.sql import SqlStore


def open_store(url: str, *, busy_timeout: float = 30.0) -> SqlStore:
    """The store at `url` (`sqlite:///path/to/file.db` or `postgresql://user@host/database`), made or brought to the
    newest schema where needed, in one transaction. A database that is there already costs one query. `busy_timeout`:
    seconds to wait for another process that writes. Raises StoreError: damaged, locked, out of reach, written by a
    newer syncbot, no driver."""
    return SqlStore(open_engine(url, busy_timeout))


def open_engine(url: str, busy_timeout: float) -> Engine:
    """As `open_store`, without the store."""
    engine = make_engine(url, busy_timeout)
    try:
        with translated(engine):
            if _revision(engine) != HEAD:
                _upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _revision(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found
    except DBAPIError:
        if inspect(engine).has_table("alembic_version"):
            raise
        return None


def _upgrade(engine: Engine) -> None:
    from syncbot.store.migrate import upgrade  # noqa: PLC0415  # alembic takes long to import and is seldom needed

    with engine.connect().execution_options(**WRITES) as connection, connection.begin():
        upgrade(connection, shown(engine.url))
