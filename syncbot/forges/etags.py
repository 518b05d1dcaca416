"""Answers kept by address with their ETag, so that a question asked again costs nothing where nothing changed.

One small file per address below a folder that is for its owner's eyes alone: answers may be private. Deleting them does
no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from syncbot.errors import ForgeError
from syncbot.forges.files import read_bytes, write_whole

_LARGEST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer: its ETag, its body as text, and the next page's link header."""

    address: str
    etag: str
    body: str
    link: str


class Etags:
    """`account` keeps the answers of different accounts apart; None for `folder`: kept for this process alone."""

    def __init__(self, folder: Path | None, account: str) -> None:
        self._folder = folder
        self._account = account
        self._here: dict[str, Kept] = {}

    def get(self, address: str) -> Kept | None:
        if address in self._here or self._folder is None:
            return self._here.get(address)
        with contextlib.suppress(ForgeError, ValueError, TypeError):
            content = read_bytes(self._path(address))
            found = None if content is None else Kept(**json.loads(content))
            if found is not None and found.address == address:
                self._here[address] = found
                return found
        return None

    def keep(self, kept: Kept) -> None:
        if not kept.etag or len(kept.body) > _LARGEST or self._here.get(kept.address) == kept:
            return
        self._here[kept.address] = kept
        if self._folder is not None:
            with contextlib.suppress(ForgeError, OSError):  # a cache that cannot be written is no reason to stop
                self._folder.mkdir(parents=True, exist_ok=True)
                self._folder.chmod(0o700)
                write_whole(self._path(kept.address), json.dumps(asdict(kept)).encode())

    def _path(self, address: str) -> Path:
        assert self._folder is not None
        return self._folder / (hashlib.sha256(f"{self._account}\n{address}".encode()).hexdigest() + ".json")
