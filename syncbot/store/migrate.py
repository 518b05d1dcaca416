"""Bringing a database to the schema of this syncbot. Imports alembic, so it is imported only where there is work.

A new migration is written by
`python -c "from syncbot.store.migrate import draft; draft('sqlite:////tmp/scratch.db', 'what changes')"`,
then read, corrected, and its id put into `HEAD` of `schema.py`.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from syncbot.errors import StoreError
from syncbot.store.engine import WRITES, make_engine, translated

_SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    """alembic's settings, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def head() -> str:
    """The newest revision among the scripts."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None, "there is a first migration"
    return found


def upgrade(connection: Connection, where: str) -> None:
    """Run what is missing, inside the caller's transaction. Raises StoreError for a database of a newer syncbot."""
    try:
        command.upgrade(config(connection), "head")
    except CommandError as error:
        raise StoreError(
            f"the state database {where} was written by a newer syncbot ({error})",
            "update syncbot, or move the database away to start anew",
        ) from error


def draft(address: str, message: str) -> None:
    """For developers: write a migration from the schema of the database at `address` to the models."""
    engine = make_engine(address, 5)
    with translated(engine), engine.connect().execution_options(**WRITES) as connection, connection.begin():
        command.upgrade(config(connection), "head")
        command.revision(config(connection), message, autogenerate=True)
