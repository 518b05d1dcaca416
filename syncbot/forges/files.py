"""Files that are there whole or not at all: written aside, then renamed."""

from __future__ import annotations

import os
from pathlib import Path

from syncbot.errors import ForgeError


def read_bytes(path: Path) -> bytes | None:
    """The content, None where there is no such file. Raises ForgeError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(path, error) from error


def write_whole(path: Path, content: bytes) -> bool:
    """Write the file where it differs from what is there; gives whether it did. A reader sees the old one or the new
    one, also after a crash. Raises ForgeError."""
    aside = path.with_name(f".{path.name}.new")
    try:
        if path.exists() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise unusable(path, error) from error
    return True


def unusable(path: Path, error: OSError) -> ForgeError:
    return ForgeError(f"{path} cannot be used ({error.strerror})", "check the folder, its permissions and free space")
