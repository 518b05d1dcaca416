"""Turns at upstreams' hosts that all machines share. A part of the store."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol


class HostTurns(Protocol):
    """Raises StoreError. Each method is a transaction of its own unless called inside the store's `transaction()`."""

    def take_host_turn(self, host: str, token: str, at: datetime, per_host: int, per_minute: int | None) -> float:
        """Begin a request to that host, in one step with looking whether it may begin: 0.0, it has; else the seconds
        until it is worth asking again. It goes on until it is ended, or shows no sign of life for
        `syncbot.model.hosts.LEASE`."""

    def keep_host_turns(self, tokens: Collection[str], at: datetime) -> None:
        """A sign of life of these requests."""

    def end_host_turn(self, token: str, at: datetime) -> None:
        """It goes on no more; towards the rate it counts for a minute."""
