"""What is remembered of work that many machines share. A part of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.queue import DeadLetter


class Sharing(Protocol):
    """Raises StoreError. Each method is a transaction of its own unless called inside the store's `transaction()`."""

    def mirror_places(self) -> Mapping[str, str]:
        """{upstream: the machine on which its mirror was last used}."""

    def save_mirror_place(self, upstream: str, machine: str, at: datetime) -> None:
        """Writes only where it changes."""

    def dead_letters(self) -> Sequence[DeadLetter]:
        """Jobs that were given up, in order of name."""

    def save_dead_letter(self, letter: DeadLetter) -> None:
        """In place of an older one of the same job."""

    def forget_dead_letter(self, name: str) -> None: ...
