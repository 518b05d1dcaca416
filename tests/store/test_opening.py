"""Opening: new, old, newer, damaged, locked; and the schema is what the models say."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from syncbot.errors import StoreError
from syncbot.store import SqlStore, migrate, open_store, schema
from syncbot.store.engine import make_engine
from syncbot.store.models import Table

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of an SQLite database: what happens to a file happens to it alone."""
    return tmp_path / "state" / "syncbot.db"


def done(url: str, statement: str) -> None:
    """Something done to the database behind our back."""
    engine = make_engine(url, 5)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def tables(url: str) -> list[str]:
    engine = make_engine(url, 5)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_models_and_migrations_agree(store: SqlStore, url: str) -> None:
    with make_engine(url, 5).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_head_is_the_newest_migration() -> None:
    assert migrate.head() == schema.HEAD


def test_a_second_opening_is_one_query_and_needs_no_alembic(store: SqlStore, url: str) -> None:
    program = (
        "import sys; from sqlalchemy import Engine, event; from syncbot.store import open_store; said = []\n"
        "event.listen(Engine, 'before_cursor_execute', lambda c, cursor, statement, *rest: said.append(statement))\n"
        f"open_store({url!r})\n"
        "print([s for s in said if 'alembic' in s or 'syncbot' in s], len(said) < 6, 'alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['SELECT version_num FROM alembic_version'] True False"


def test_what_was_remembered_is_there_after_reopening(new_url: str) -> None:
    run = open_store(new_url).begin_run("sync", NOON)
    assert open_store(new_url).runs() == [run]


def test_a_migration_that_fails_leaves_nothing(new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = migrate.upgrade

    def torn(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]  # passed on
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, "upgrade", torn)
    with pytest.raises(KeyboardInterrupt):
        open_store(new_url)
    assert tables(new_url) == []
    monkeypatch.undo()
    assert open_store(new_url).runs() == []


def test_several_that_open_a_new_database_at_once_make_it_once(new_url: str) -> None:
    start = threading.Barrier(3)
    runs: list[int] = []

    def one() -> None:
        start.wait()
        runs.append(open_store(new_url).begin_run("sync", NOON).id)

    others = [threading.Thread(target=one) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert sorted(runs) == [1, 2, 3]


def test_a_database_of_a_newer_syncbot_is_refused(store: SqlStore, url: str) -> None:
    done(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"written by a newer syncbot .*9999.*; update syncbot"):
        open_store(url)


def test_a_file_that_is_no_database_is_refused_with_the_remedy(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"these are not the pages of a database" * 100)
    with pytest.raises(StoreError, match=r"is damaged .*; restore it from a backup, or move it away"):
        open_store(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"these are not")


def test_a_torn_database_is_refused_with_the_remedy(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    store.begin_run("sync", NOON)
    store.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(StoreError, match="is damaged"):
        open_store(f"sqlite:///{file}").runs()


def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the folder"):
        open_store(f"sqlite:///{tmp_path}/file/syncbot.db")


def test_a_second_writer_waits_its_turn(store: SqlStore, url: str) -> None:
    waiting = open_store(url, busy_timeout=30)
    other = threading.Thread(target=lambda: waiting.begin_run("second", NOON))
    with store.transaction():
        store.begin_run("first", NOON)
        other.start()
        other.join(timeout=0.2)
        assert other.is_alive()
        assert [run.kind for run in open_store(url).runs()] == []  # readers do not wait
    other.join()
    assert [run.kind for run in store.runs()] == ["second", "first"]


def test_a_database_that_stays_locked_is_an_error_with_the_remedy(store: SqlStore, url: str) -> None:
    impatient = open_store(url, busy_timeout=0.05)
    with store.transaction(), pytest.raises(StoreError, match="locked by another process; wait"):
        impatient.begin_run("sync", NOON)
    assert impatient.begin_run("sync", NOON).id == 1


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+nosuchdriver://bot:hunter2@db.example/state",
        "mysql://bot:hunter2@db.example/state",
        "nosuch://bot:hunter2@db.example/state?password=hunter2",
        "postgresql://bot:hunter2@db.example:hunter2/state",
        "hunter2",
        "",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(address)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_on_postgresql_times_keep_their_zone_and_content_is_bytes() -> None:
    tables = Table.metadata.sorted_tables
    schema = "".join(str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in tables)
    assert "TIMESTAMP WITH TIME ZONE" in schema
    assert "WITHOUT TIME ZONE" not in schema
    assert "content BYTEA" in schema
