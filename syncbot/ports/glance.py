"""What a face that stays open asks again and again: cheap questions about the whole state. A part of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.events import Event
    from syncbot.model.proposals import ProposalRecord


class Glance(Protocol):
    """Raises StoreError."""

    def glance(self) -> str:
        """Another text whenever anything was written that a page shows; one query."""

    def marks(self) -> tuple[str, str]:
        """(another text whenever `weighed` tells something else, another whenever `dealt` or `proposed` does)."""

    def weighed(self) -> Sequence[Event]:
        """Every judgement with the delta that it found and leaves, oldest first; those of packages at their newest
        release, too, which `events` leaves out."""

    def proposed(self) -> Sequence[ProposalRecord]:
        """Every proposal of the present forge, newest first, without its body."""
