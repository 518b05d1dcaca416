"""The state on a PostgreSQL server: what can be wrong with it, said with the remedy."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import create_mock_engine, select

from syncbot.errors import StoreError
from syncbot.store import SqlStore, open_store
from syncbot.store.engine import conninfo, is_server
from syncbot.store.models import CurrentRow
from syncbot.store.order import by_bytes
from tests.postgres import Server

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def engine() -> str:
    return "postgresql"


def cut(url: str) -> None:
    """End every connection to the database, as an operator or a restart does."""
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_is_cut_while_idle_is_replaced_unnoticed(store: SqlStore, url: str) -> None:
    run = store.begin_run("sync", NOON)
    cut(url)
    assert store.runs() == [run]


def test_a_connection_that_is_cut_in_a_transaction_tears_nothing(store: SqlStore, url: str) -> None:
    def torn() -> None:
        with store.transaction():
            store.begin_run("sync", NOON)
            cut(url)
            store.begin_run("check", NOON)

    with pytest.raises(StoreError, match=r"the connection to the state database .* was cut .*; run the command again"):
        torn()
    assert store.runs() == []
    assert store.begin_run("again", NOON).kind == "again"


def test_writers_take_turns_so_that_looking_and_writing_are_one(store: SqlStore, url: str) -> None:
    """Each looks whether the fact is there, and adds it where it is not: on one that many do at once."""
    others = [open_store(url) for _ in range(4)]
    start = threading.Barrier(4)
    failed: list[StoreError] = []

    def add(mine: SqlStore) -> None:
        start.wait()
        try:
            for number in range(20):
                mine.set_fact("kind", f"{number}", "value")
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=add, args=(mine,)) for mine in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in others:
        mine.close()
    assert failed == []
    assert len(store.facts("kind")) == 20


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_server_that_is_gone_is_named_with_the_remedy(nobody: int) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://bot:hunter2@127.0.0.1:{nobody}/state")
    said = str(caught.value)
    assert said.startswith(f"the state database postgresql://bot@127.0.0.1:{nobody}/state cannot be reached (")
    assert said.endswith("; start the server, or correct the address in SYNCBOT_DATABASE_URL")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [("/test_", "/nowhere_", "database .* does not exist"), ("//postgres@", "//stranger:hunter2@", "role .* does not")],
)
def test_a_database_or_user_that_is_not_there_is_refused(url: str, old: str, new: str, what: str) -> None:
    with pytest.raises(StoreError, match=f"refuses us .*{what}.*; correct the user, the password .*") as caught:
        open_store(url.replace(old, new))
    assert "hunter2" not in str(caught.value)


def test_one_who_may_not_write_is_told(store: SqlStore, url: str, postgresql: Server) -> None:
    postgresql.admin("DROP ROLE IF EXISTS reader")
    postgresql.admin("CREATE ROLE reader LOGIN")
    reader = open_store_as(url, "reader")
    with pytest.raises(StoreError, match=r"may not be written .*; give that user the right"):
        reader.begin_run("sync", NOON)
    reader.close()


def open_store_as(url: str, user: str) -> SqlStore:
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
    return open_store(url.replace("//postgres@", f"//{user}@"))


def test_a_driver_that_is_not_installed_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"is not installed; install it with pip install 'syncbot\[postgres\]'"):
        open_store("postgresql://bot:hunter2@db.example/state")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_names_of_the_scheme_are_understood(url: str, scheme: str) -> None:
    opened = open_store(url.replace("postgresql:", f"{scheme}:", 1))
    assert opened.runs() == []
    opened.close()
    assert is_server(f"{scheme}://host/state")


def test_text_is_ordered_by_its_bytes_whatever_the_server_says() -> None:
    said: list[str] = []
    mock = create_mock_engine("postgresql://", lambda query, *_: said.append(str(query.compile(dialect=mock.dialect))))
    mock.execute(select(CurrentRow.package).order_by(by_bytes(CurrentRow.package).desc()))
    assert said[0].endswith('ORDER BY current.package COLLATE "C" DESC')
