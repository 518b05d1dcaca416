"""What every source is built with, beside its upstream's location."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncbot.model.settings import Limits


@dataclass(frozen=True, slots=True)
class Place:
    """`cache` is the folder for mirrors, archives and pages; `rules` rewrite addresses; `environ` and `project` (a
    folder with an `.npmrc`) are where the clients' settings are found; `sleep` waits (seconds) between attempts."""

    cache: Path
    limits: Limits = field(default_factory=Limits)
    rules: tuple[tuple[str, str], ...] = ()
    tag_pattern: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    project: Path | None = None
    sleep: Callable[[float], None] = time.sleep
