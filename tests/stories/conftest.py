"""The `story` fixture: every story runs in every mode and with several seeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .history import MODES
from .storybook import Story

SEEDS = range(int(os.environ.get("STORY_SEEDS", "2")))


@pytest.fixture(params=[(mode, seed) for mode in MODES for seed in SEEDS], ids=lambda p: f"{p[0]}-{p[1]}")
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    mode, seed = request.param
    told = Story(tmp_path, seed, mode)
    yield told
    assert told.failed or told.expected.keys() == told.carried.keys(), "a story says what it expects of every patch"
