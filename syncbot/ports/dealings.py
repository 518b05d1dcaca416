"""What the bot remembers of its dealings with people and forges. A part of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.dealings import PatchWord
    from syncbot.model.ids import PackageName


class Dealings(Protocol):
    """Raises StoreError. Each method is a transaction of its own unless called inside the store's `transaction()`."""

    def patch_words(self, package: PackageName | None = None) -> Sequence[PatchWord]:
        """Those that hold, of one package or of all, oldest first."""

    def save_patch_word(self, word: PatchWord) -> None:
        """A newer word on the same patch of the same line replaces the older one."""

    def forget_patch_words(self, package: PackageName, line: str) -> None: ...

    def obeyed(self, order: str) -> bool:
        """Whether this order (the key of a comment) was carried out, or refused, before."""

    def set_obeyed(self, order: str, at: datetime) -> None: ...

    def facts(self, kind: str) -> Mapping[str, str]:
        """{key: value} of small things to remember, such as which diff a person's proposal had."""

    def set_fact(self, kind: str, key: str, value: str | None) -> None:
        """None forgets it. Writes only where it changes."""

    def take_turn(self, account: str, at: datetime) -> float:
        """Seconds to wait until that account may make its next change; 0.0: it may now, and the turn is taken. All
        processes that share the store share the budget."""
