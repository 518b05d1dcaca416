"""Procrastinate's own tables: made where there are none, and brought to what the installed Procrastinate wants.

Up to which of its migrations they are is written on the table of the jobs itself, as its comment: so a dump takes it
along, and a state that is loaded or moved does not. Its migrations come as `pre`, with which older workers can go on,
and `post`, with which they cannot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from syncbot.errors import StoreError

_FACT = "procrastinate"
"""Where it was written before: a kind of fact in the state."""
_SIGN = "syncbot: "
_ALIVE = 60
"""Seconds for which a worker without a sign of life may still live."""


def migrations() -> list[Path]:
    """Procrastinate's own, in their order."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def prepare(connection: psycopg.Connection[Any], where: str) -> None:
    """In the transaction of the caller, beside which no other one does this. `where`: the database as it is shown to
    people. Raises StoreError: tables of a newer Procrastinate, of somebody else, or such that older workers use while
    the new ones need them changed."""
    every = migrations()
    newest = every[-1].name
    if not _is_there(connection, "procrastinate_jobs"):
        connection.execute(SchemaManager.get_schema())
        _note(connection, newest)
        return
    known = _known(connection, where)
    if known > newest:
        raise StoreError(
            f"the tables of the jobs in {where} are those of a newer Procrastinate (they have {known}, and the one "
            f"that is installed knows migrations up to {newest})",
            "update syncbot and what it needs, as on the machine whose worker did that",
        )
    todo = _allowed(connection, [each for each in every if each.name > known], where)
    for each in todo:
        connection.execute(each.read_bytes())
    if todo:
        _note(connection, todo[-1].name)


def _allowed(connection: psycopg.Connection[Any], todo: Sequence[Path], where: str) -> Sequence[Path]:
    """Those that may be carried out now. While older workers live, what they cannot go on with is left to the first
    worker that starts after them."""
    others = _living(connection) if todo else 0
    if not others:
        return todo
    first = list(takewhile(_is_harmless, todo))
    if any(map(_is_harmless, todo[len(first) :])):
        raise StoreError(
            f"the tables of the jobs in {where} are to be changed ({len(todo)} migrations of Procrastinate), and "
            f"workers that cannot go on with that are at work: {others}",
            "stop all workers, then start one of the new ones first",
        )
    return first


def _is_harmless(migration: Path) -> bool:
    return re.search(r"^[\d.]+_\d+_pre_", migration.name) is not None


def _is_there(connection: psycopg.Connection[Any], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    return row is not None and row[0] is not None


def _living(connection: psycopg.Connection[Any]) -> int:
    if not _is_there(connection, "procrastinate_workers"):
        return 0
    query = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s * interval '1 second'"
    row = connection.execute(query, (_ALIVE,)).fetchone()
    return 0 if row is None else int(row[0])


def _known(connection: psycopg.Connection[Any], where: str) -> str:
    """The last migration that the tables have."""
    row = connection.execute("SELECT obj_description('procrastinate_jobs'::regclass, 'pg_class')").fetchone()
    if row is not None and str(row[0] or "").startswith(_SIGN):
        return str(row[0]).removeprefix(_SIGN)
    before = connection.execute("SELECT value FROM fact WHERE kind = %s AND key = ''", (_FACT,)).fetchone()
    if before is None:
        newest = migrations()[-1].name
        raise StoreError(
            f"{where} has tables of Procrastinate that no syncbot made, so nobody knows of which version they are",
            "give syncbot a database of its own; or, where they are those of the installed Procrastinate: "
            f"COMMENT ON TABLE procrastinate_jobs IS '{_SIGN}{newest}'",
        )
    _note(connection, before[0])
    return str(before[0])


def _note(connection: psycopg.Connection[Any], name: str) -> None:
    said = sql.SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(sql.Literal(f"{_SIGN}{name}"))
    connection.execute(said)
    connection.execute("DELETE FROM fact WHERE kind = %s", (_FACT,))
