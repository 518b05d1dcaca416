from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World, make


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return make(tmp_path, capsys)
