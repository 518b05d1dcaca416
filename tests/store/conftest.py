from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncbot.store import SqlStore, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'syncbot.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url, busy_timeout=0.2)
    yield opened
    opened.close()
