"""The state as a file, and back: from either engine to either, while others are at work on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from syncbot.errors import StoreError
from syncbot.model.running import Holder
from syncbot.store import SqlStore, open_store
from syncbot.store.saving import load, save
from tests.postgres import Server
from tests.store.conftest import ENGINES
from tests.store.test_memory import memory
from tests.store.test_moving import told
from tests.store.test_store import NOON, fill

ME = Holder("token", "host", 1)


@pytest.fixture(params=ENGINES)
def other(request: pytest.FixtureRequest, postgresql: Server, tmp_path: Path) -> Iterator[SqlStore]:
    """Another store, in which something else is."""
    server = request.param == "postgresql"
    address = postgresql.new(request.getfixturevalue("migrated")) if server else f"sqlite:///{tmp_path / 'other.db'}"
    opened = open_store(address)
    opened.set_fact("kind", "other", "1")
    opened.begin_run("of the other", NOON)
    opened.finish_run(opened.runs()[0], NOON, "{}")
    yield opened
    opened.close()
    if server:
        postgresql.drop(address)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved ä?#%20.db"


def address(store: SqlStore) -> str:
    return store._engine.url.render_as_string(hide_password=False)


@pytest.fixture
def full(store: SqlStore) -> SqlStore:
    """A store with rows of every kind; no run goes on."""
    fill(store)
    for number in range(300):
        run = store.begin_run(f"sync {number} \udce9\0", NOON + timedelta(microseconds=number))
        store.finish_run(run, NOON + timedelta(days=1), "{}")
    store.remember([memory(1), memory(2)], NOON)
    store.set_fact("kind", "key", "value \\ ä😀")
    return store


def test_what_was_saved_is_all_that_is_there_after_it_was_loaded(
    full: SqlStore, url: str, other: SqlStore, file: Path
) -> None:
    save(url, file)
    load(file, address(other))
    assert told(other) == told(full)
    assert other.begin_run("next", NOON).id == 301, "numbers go on"


def test_what_comes_after_is_not_in_it_and_goes_when_it_is_loaded(store: SqlStore, url: str, file: Path) -> None:
    fill(store)
    before = told(store)
    save(url, file)
    store.set_fact("kind", "later", "1")
    store.finish_run(store.begin_run("later", NOON), NOON, "{}")
    load(file, url)
    assert told(store) == before


def test_it_is_of_one_moment_while_another_one_writes(store: SqlStore, url: str, tmp_path: Path) -> None:
    """Two facts are always changed together: no file has one of them alone."""
    over, written = threading.Event(), threading.Event()

    def write() -> None:
        second = open_store(url)
        for number in count():
            with second.transaction():
                second.set_fact("left", "", str(number))
                second.set_fact("right", "", str(number))
            written.set()
            if over.is_set():
                break
        second.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(30)
        for number in range(10):
            save(url, tmp_path / f"{number}.db")
    finally:
        over.set()
        writer.join()
    for number in range(10):
        saved = open_store(f"sqlite:///{tmp_path / f'{number}.db'}")
        assert saved.facts("left") == saved.facts("right")
        assert saved.facts("left") != {}
        saved.close()


def test_who_works_goes_on_while_it_is_loaded(full: SqlStore, url: str, other: SqlStore, file: Path) -> None:
    save(url, file)
    run = other.begin_run("sync", NOON)
    other.claim(["lib"], ME, NOON, lambda _holder: False)
    load(file, address(other))
    assert other.beat(ME, NOON), "its lease is its own"
    other.finish_run(run, NOON, '{"mine": 1}')
    assert [each.outcome for each in other.runs(999) if each.id == run.id] == ['{"mine": 1}']
    assert len(other.runs(999)) == 300, "the others are those of the file"
    assert other.begin_run("next", NOON).id == 301


def test_a_transaction_that_is_open_sees_all_or_nothing_of_it(store: SqlStore, url: str, file: Path) -> None:
    store.set_fact("kind", "old", "1")
    save(url, file)
    store.set_fact("kind", "new", "1")
    with store.transaction():
        store.set_fact("kind", "newest", "1")
        loading = threading.Thread(target=load, args=(file, url))
        loading.start()
        assert set(store.facts("kind")) == {"old", "new", "newest"}
    loading.join()
    assert set(store.facts("kind")) == {"old"}


@pytest.mark.parametrize(("content", "what"), [("hello " * 100, "is damaged"), ("", "is empty")])
def test_what_is_no_state_changes_nothing(full: SqlStore, url: str, tmp_path: Path, content: str, what: str) -> None:
    before = told(full)
    (tmp_path / "text.db").write_text(content)
    with pytest.raises(StoreError, match=rf"the saved state text.db {what}.*; load another backup"):
        load(tmp_path / "text.db", url)
    assert told(full) == before
