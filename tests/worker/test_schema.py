"""Procrastinate's tables: of another version than the installed one, of nobody known, and while workers are at work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from syncbot.errors import StoreError
from syncbot.store import open_store
from syncbot.worker import schema
from syncbot.worker.jobs import PLANNING
from syncbot.worker.queue import Queue
from tests.postgres import Server

CATALOGUE = """
    SELECT 'column', table_name || '.' || column_name, data_type || ' ' || coalesce(column_default, '')
      FROM information_schema.columns WHERE table_name LIKE 'procrastinate%'
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'procrastinate%'
    UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'procrastinate%'
    UNION ALL SELECT 'function', oid::regprocedure::text, '' FROM pg_proc WHERE proname LIKE 'procrastinate%'
    UNION ALL SELECT 'label', enumlabel, '' FROM pg_enum
    UNION ALL SELECT 'comment', 'jobs', obj_description('procrastinate_jobs'::regclass)
"""
PRE, POST = "99.00.00_01_pre_more.sql", "99.00.00_50_post_less.sql"


class Database:
    """A database with a state in it, and the queue of a worker that starts on it."""

    def __init__(self, address: str) -> None:
        open_store(address).close()
        self.address = address

    def done(self, statement: str) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # ours

    def start(self) -> None:
        queue = Queue(self.address)
        try:
            queue.prepare()
            queue.put([PLANNING])
            assert queue.counts().waiting == 1
        finally:
            queue.close()

    def catalogue(self) -> set[tuple[str, str, str]]:
        with psycopg.connect(self.address) as connection:
            return set(connection.execute(CATALOGUE).fetchall())

    def columns(self) -> set[str]:
        return {name.partition(".")[2] for kind, name, _ in self.catalogue() if kind == "column"}

    def somebody_works(self) -> None:
        self.done("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")


@pytest.fixture
def database(postgresql: Server, migrated: str) -> Iterator[Database]:
    address = postgresql.new(migrated)
    yield Database(address)
    postgresql.drop(address)


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Procrastinate with two migrations more is installed once this is filled; the folder of its migrations."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.migrations()[0].parent, folder)
    (folder / PRE).write_text("ALTER TABLE procrastinate_jobs ADD COLUMN more integer;")
    (folder / POST).write_text("ALTER TABLE procrastinate_jobs ADD COLUMN rest integer;")
    monkeypatch.setattr(schema.SchemaManager, "get_migrations_path", lambda: str(folder))
    return folder


def test_tables_of_an_older_procrastinate_become_what_a_new_database_gets(
    database: Database, postgresql: Server, migrated: str
) -> None:
    old = [each for each in schema.migrations() if each.name < "03.01"]
    for each in old:
        database.done(each.read_text())
    database.done(f"COMMENT ON TABLE procrastinate_jobs IS 'syncbot: {old[-1].name}'")
    database.start()
    fresh = Database(postgresql.new(migrated))
    fresh.start()
    assert database.catalogue() == fresh.catalogue()
    postgresql.drop(fresh.address)


def test_a_newer_one_is_taken_up_at_the_next_start(database: Database, request: pytest.FixtureRequest) -> None:
    database.start()
    before = database.columns()
    request.getfixturevalue("newer")
    database.start()
    assert database.columns() - before == {"more", "rest"}
    there = database.catalogue()
    database.start()
    assert database.catalogue() == there, "nothing is done twice"


def test_older_workers_go_on_until_they_have_ended(database: Database, request: pytest.FixtureRequest) -> None:
    database.start()
    before = database.columns()
    database.somebody_works()
    request.getfixturevalue("newer")
    database.start()
    assert database.columns() - before == {"more"}, "with which they can go on"
    database.done("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")
    database.start()
    assert database.columns() - before == {"more", "rest"}


def test_what_older_workers_cannot_go_on_with_waits_for_a_person(
    database: Database, request: pytest.FixtureRequest
) -> None:
    database.start()
    before = database.catalogue()
    database.somebody_works()
    folder: Path = request.getfixturevalue("newer")
    (folder / "99.01.00_01_pre_again.sql").write_text("SELECT 1;")
    with pytest.raises(StoreError, match=r"3 migrations .* at work: 1; stop all workers, then start one of the new"):
        database.start()
    assert database.catalogue() == before


def test_an_older_one_is_refused_on_newer_tables(
    database: Database, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.start()
    for name in (PRE, POST):
        (newer / name).unlink()
    with pytest.raises(StoreError, match=rf"of a newer Procrastinate \(they have {POST}, .*; update syncbot"):
        database.start()


def test_tables_that_somebody_else_made_are_left_alone(database: Database) -> None:
    database.done(schema.SchemaManager.get_schema())
    before = database.catalogue()
    with pytest.raises(StoreError, match="tables of Procrastinate that no syncbot made"):
        database.start()
    assert database.catalogue() == before
    database.done(f"COMMENT ON TABLE procrastinate_jobs IS 'syncbot: {schema.migrations()[-1].name}'")
    database.start()


def test_what_was_written_into_the_state_before_is_taken_over(database: Database) -> None:
    database.start()
    newest = schema.migrations()[-1].name
    database.done("COMMENT ON TABLE procrastinate_jobs IS NULL")
    database.done(f"INSERT INTO fact (kind, key, value) VALUES ('procrastinate', '', '{newest}')")
    database.start()
    assert ("comment", "jobs", f"syncbot: {newest}") in database.catalogue()
    store = open_store(database.address)
    assert store.facts("procrastinate") == {}
    store.close()
