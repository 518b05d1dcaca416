"""What a killed process left beside the mirrors is taken away, and what a living one makes is not."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from syncbot.git.leftovers import clear


def test_only_what_nobody_is_building_goes(tmp_path: Path) -> None:
    for name in ("dead.git.building", "living.git.building", "whole.git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "HEAD").write_text("ref: refs/heads/main\n")
    handle = os.open(tmp_path / "living.git.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert clear(tmp_path) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == ["living.git.building", "whole.git"]
    os.close(handle)
    assert clear(tmp_path) == 1
    assert clear(tmp_path / "nowhere") == 0
