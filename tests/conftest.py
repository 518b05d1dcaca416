"""What holds for every test: no home, no user's git settings, a fixed author and date."""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

hypothesis_settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis_settings.load_profile("steady")

GIT_DATE = "2024-01-02T03:04:05+00:00"


_EXCHANGES: Counter[str] = Counter()
"""Of all workers: exchanges with GitHub that its own description has, by kind."""


def _checked() -> Counter[str]:
    """What this process checked (tests/forges/hub/description.py)."""
    found = next((m for name, m in list(sys.modules.items()) if name.endswith("hub.description")), None)
    return Counter() if found is None else found.checked


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["exchanges"] = dict(_checked())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    _EXCHANGES.update(getattr(node, "workeroutput", {}).get("exchanges", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much was checked against GitHub's own description: both ways, unknown fields forbidden."""
    found = _EXCHANGES + _checked()
    if found:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(found.items()))
        terminalreporter.write_line(f"exchanges as GitHub's description has them: {found.total()} ({kinds})")


@pytest.fixture(autouse=True)
def sealed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and git that knows only what stands here. Gives the home."""
    home = tmp_path_factory.mktemp("home")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    variables = {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "A Person",
        "GIT_AUTHOR_EMAIL": "person@example.org",
        "GIT_AUTHOR_DATE": GIT_DATE,
        "GIT_COMMITTER_NAME": "A Person",
        "GIT_COMMITTER_EMAIL": "person@example.org",
        "GIT_COMMITTER_DATE": GIT_DATE,
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL server (`tests.postgres.Server`), one for all workers of the run."""
    from tests.postgres import server, shared_folder  # noqa: PLC0415  # most tests need none

    with server(shared_folder()) as made:
        yield made


@pytest.fixture(scope="session")
def migrated(postgresql: Any) -> str:
    """The name of a database at the newest schema: to copy it takes a tenth of making it."""
    from syncbot.store import open_store  # noqa: PLC0415  # most tests need none

    address: str = postgresql.new()
    open_store(address).close()
    return address.partition("?")[0].rpartition("/")[2]


@pytest.fixture(autouse=True)
def copied_schema(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A new SQLite file gets its tables as a copy of one that the migrations made: they take half a second each time.
    The tests of the store make them as users do, and so does the first test of each process."""
    opening = sys.modules.get("syncbot.store.opening")
    if opening is None or Path(__file__).parent / "store" in request.path.parents:
        return
    made = opening._upgrade

    def upgrade(engine: Any) -> None:
        if engine.dialect.name != "sqlite" or _tables(engine):
            made(engine)
            return
        with closing(sqlite3.connect(_template(made, tmp_path_factory))) as template:
            raw = engine.raw_connection()
            try:
                template.backup(raw.driver_connection)
            finally:
                raw.close()

    monkeypatch.setattr(opening, "_upgrade", upgrade)


_TEMPLATES: list[Path] = []


def _template(upgrade: Callable[[Any], None], folders: pytest.TempPathFactory) -> Path:
    """A file that the migrations made, once for each process."""
    from syncbot.store.engine import make_engine  # noqa: PLC0415  # most tests need none

    if not _TEMPLATES:
        path = folders.mktemp("schema") / "template.db"
        engine = make_engine(f"sqlite:///{path}", 30.0)
        upgrade(engine)
        engine.dispose()
        _TEMPLATES.append(path)
    return _TEMPLATES[0]


def _tables(engine: Any) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar())
