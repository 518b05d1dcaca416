"""What a process that was killed left beside the mirrors: one half built. Nobody else would take it away, unless the
same mirror is built there again."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

_BUILDING = ".building"


def clear(folder: Path) -> int:
    """Remove mirrors that were being built by processes that are gone; gives how many."""
    count = 0
    for aside in sorted(folder.glob(f"*{_BUILDING}")):
        lock = aside.with_name(f"{aside.name.removesuffix(_BUILDING)}.lock")
        with contextlib.suppress(OSError):  # it is being built, or somebody else takes it away
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(aside)
                count += 1
            finally:
                os.close(handle)
    return count
