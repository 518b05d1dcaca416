"""What every source is built with, beside its upstream's location."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncbot.model.settings import Limits
from syncbot.sources.polite import Turn, no_limit


@dataclass(frozen=True, slots=True)
class Place:
    """`cache` is the folder for mirrors, archives and pages; `rules` rewrite addresses; `environ` and `project` (a
    folder with an `.npmrc`) are where the clients' settings are found; `sleep` waits (seconds) between attempts;
    `turn`: what one request to a host is done in."""

    cache: Path
    limits: Limits = field(default_factory=Limits)
    rules: tuple[tuple[str, str], ...] = ()
    tag_pattern: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    project: Path | None = None
    sleep: Callable[[float], None] = time.sleep
    turn: Turn = no_limit
    contact: str = ""
    """Where the user can be reached; it is told to every host."""
    keyring: bytes = field(default=b"", repr=False)
    """The OpenPGP keys by which upstream signs, empty: none are known."""
