"""The name of the machine, or rather of its mirrors: kept beside them, so that it goes where they go."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
from pathlib import Path

from syncbot.errors import StoreError

_FILE = "machine"
_LONGEST = 60


def machine_name(cache: Path) -> str:
    """The name that the folder of mirrors has, given to it now where it has none. Raises StoreError."""
    file = cache / _FILE
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _write_once(file, f"{_host()}-{secrets.token_hex(3)}\n")
        return re.sub(r"[^A-Za-z0-9.-]", "-", file.read_text().strip())[:_LONGEST] or _host()
    except OSError as error:
        raise StoreError(f"{file} cannot be written ({error.strerror})", "check its permissions") from error


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[: _LONGEST - 10]


def _write_once(file: Path, text: str) -> None:
    """All or nothing, and only where no other process was faster."""
    aside = file.with_name(f"{file.name}.{os.getpid()}")
    aside.write_text(text)
    with contextlib.suppress(FileExistsError):
        os.link(aside, file)
    aside.unlink()
