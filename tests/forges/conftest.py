from __future__ import annotations

from pathlib import Path

import pytest

from .world import SERIES, World, git


@pytest.fixture
def world(tmp_path: Path) -> World:
    root = tmp_path / "work"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "A Person")
    world = World(root, tmp_path / "state")
    world.commit("patches/lib/one.patch", "1")
    world.commit("patches/lib/two.patch", "2")
    world.commit(SERIES, "one.patch\ntwo.patch\n")
    return world
