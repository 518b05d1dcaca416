"""The state moves from one database to another, whole or not at all, and is proved to be the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncbot.errors import Fault, StoreError
from syncbot.model.ids import PackageName
from syncbot.model.moved import Moved
from syncbot.model.queue import DeadLetter
from syncbot.model.running import Holder
from syncbot.store import SqlStore, moving, open_store
from tests.postgres import Server
from tests.store.test_memory import memory
from tests.store.test_store import LIB, NOON, fill

ME = Holder("token", "host", 1)


def quiet(what: str, done: int, total: int) -> None:
    """Nobody looks."""


@pytest.fixture(params=["to PostgreSQL", "to SQLite"])
def addresses(
    request: pytest.FixtureRequest, postgresql: Server, migrated: str, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """(source, target): both ways."""
    server, file = postgresql.new(migrated), f"sqlite:///{tmp_path / 'state.db'}"
    yield (file, server) if request.param == "to PostgreSQL" else (server, file)
    postgresql.drop(server)


@pytest.fixture
def source(addresses: tuple[str, str]) -> Iterator[SqlStore]:
    """A store with rows of every kind."""
    opened = open_store(addresses[0])
    fill(opened)
    for number in range(300):
        opened.begin_run(f"sync {number} \udce9\0", NOON + timedelta(microseconds=number))
    opened.remember([memory(1), memory(2)], NOON)
    opened.set_fact("kind", "key", "value \\ ä😀")
    opened.take_turn("bot", NOON)
    opened.save_dead_letter(DeadLetter("lib", 5, "it went on failing", NOON))
    yield opened
    opened.close()


def move(addresses: tuple[str, str], at: datetime = NOON) -> Moved:
    return moving.move(*addresses, at, quiet)


def told(store: SqlStore) -> list[object]:
    """What a store says of all that was put into it."""
    said = (store.runs(999), store.releases(LIB), store.current(), store.proposals(), store.dropped(), store.told())
    return [*said, store.memories("key"), store.facts("kind"), store.dead_letters(), store.tolls()]


def test_everything_is_there_and_says_the_same(source: SqlStore, addresses: tuple[str, str]) -> None:
    found = move(addresses)
    assert {table.name: table.rows for table in found.tables}["run"] == 300
    target = open_store(addresses[1])
    assert told(target) == told(source)
    assert target.begin_run("next", NOON).id == 301  # numbers go on
    target.archive(source.dropped()[0])
    assert target.dropped() == source.dropped()
    target.close()


def test_once_more_it_writes_nothing_and_says_so(source: SqlStore, addresses: tuple[str, str]) -> None:
    first = move(addresses)
    again = move(addresses)
    assert (again.before, again.tables) == (True, first.tables)


def test_a_target_that_holds_anything_else_is_refused(source: SqlStore, addresses: tuple[str, str]) -> None:
    target = open_store(addresses[1])
    target.begin_run("sync", NOON)
    with pytest.raises(StoreError, match=r"is not empty \(rows: run 1\), so nothing was moved there; name an empty"):
        move(addresses)
    assert len(target.runs(999)) == 1
    target.close()


class Killed(BaseException):
    """Stands for the end of the process."""


def test_killed_anywhere_it_leaves_an_empty_target_and_may_be_repeated(
    source: SqlStore, addresses: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = moving.copy_table, len(moving.tables())
    for last in sorted({*range(0, count, 4), count - 1}):
        seen: list[object] = []

        def torn(*args: object, last: int = last, seen: list[object] = seen) -> None:
            real(*args)  # type: ignore[arg-type]  # passed on
            seen.append(args)
            if len(seen) > last:
                raise Killed

        monkeypatch.setattr(moving, "copy_table", torn)
        with pytest.raises(Killed):
            move(addresses)
    monkeypatch.undo()
    target = open_store(addresses[1])
    assert target.runs(999) == []
    target.close()
    assert not move(addresses).before


def test_a_row_that_reads_otherwise_undoes_it_all(
    source: SqlStore, addresses: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = moving.copy_table

    def lossy(reading: object, writing: object, table: object) -> None:
        real(reading, writing, table)  # type: ignore[arg-type]  # passed on
        if getattr(table, "name", "") == "fact":
            writing.exec_driver_sql("UPDATE fact SET value = 'other'")  # type: ignore[attr-defined]  # a connection

    monkeypatch.setattr(moving, "copy_table", lossy)
    with pytest.raises(Fault, match=r"fact reads otherwise in .*; nothing was moved; report this"):
        move(addresses)
    target = open_store(addresses[1])
    assert target.runs() == []
    target.close()


def test_nothing_moves_while_somebody_works(source: SqlStore, addresses: tuple[str, str]) -> None:
    source.claim([PackageName("lib")], ME, NOON, lambda _holder: False)
    with pytest.raises(StoreError, match="a syncbot is at work on the state"):
        move(addresses)
    assert not move(addresses, NOON + timedelta(hours=1)).before  # it was killed long ago


def test_a_database_does_not_move_onto_itself(addresses: tuple[str, str]) -> None:
    with pytest.raises(StoreError, match="is both source and target"):
        moving.move(addresses[0], addresses[0], datetime.now(UTC), quiet)
