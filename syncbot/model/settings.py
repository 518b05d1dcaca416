"""A workspace's settings as values. Read and checked by `syncbot.settings`, the edge that opens the files."""

from __future__ import annotations

from dataclasses import dataclass, field

from syncbot.model.packages import Policy


@dataclass(frozen=True, slots=True)
class Limits:
    """What input may cost at most. Sizes in bytes; an archive's count when unpacked."""

    patch_bytes: int = 32 * 1024 * 1024
    archive_bytes: int = 1024 * 1024 * 1024
    unpacked_bytes: int = 4 * 1024 * 1024 * 1024
    archive_members: int = 400_000
    file_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot's commits say they are from."""

    name: str = "syncbot"
    email: str = "syncbot@localhost"


@dataclass(frozen=True, slots=True)
class Settings:
    """`[tool.syncbot]` of pyproject.toml or the whole of syncbot.toml.

    `rewrite`: {prefix of an upstream address: what to put in its place}, the longest match wins, as git's
    `url.<base>.insteadOf` does. `max_new_proposals`: per run; None: no cap. `schedule`: a five-field cron expression
    for `syncbot run`. `patches` and `state` are relative to the workspace's root.
    """

    patches: str = "patches"
    state: str = "state"
    policy: Policy = field(default_factory=Policy)
    max_new_proposals: int | None = 20
    schedule: str = "0 3 * * *"
    timezone: str = "UTC"
    rewrite: tuple[tuple[str, str], ...] = ()
    identity: Identity = field(default_factory=Identity)
    limits: Limits = field(default_factory=Limits)
