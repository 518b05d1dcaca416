"""Every test of the store runs on both engines: SQLite and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncbot.store import SqlStore, open_store
from tests.postgres import Server

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which nothing is yet."""
    yield from _address(engine, request, tmp_path, lambda made: made.new())


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database; on PostgreSQL its tables are there."""
    yield from _address(engine, request, tmp_path, lambda made: made.new(request.getfixturevalue("migrated")))


def _address(engine: str, request: pytest.FixtureRequest, folder: Path, new: Callable[[Server], str]) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'state' / 'syncbot.db'}"
        return
    made: Server = request.getfixturevalue("postgresql")
    address = new(made)
    yield address
    made.drop(address)


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url, busy_timeout=0.2)
    yield opened
    opened.close()
