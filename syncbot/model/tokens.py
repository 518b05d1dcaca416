"""Tokens of the HTTP interface: what their bearer may do, and to which packages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PREFIX = "syncbot"
"""What every token begins with, so that searches for leaked secrets find it."""


class Scope(StrEnum):
    """What a token allows. One sentence each. Reading needs no token."""

    RETRY = "retry"
    REJECT = "reject"
    PAUSE = "pause"

    @property
    def sentence(self) -> str:
        return _SENTENCE[self]


_SENTENCE = {
    Scope.RETRY: "Have a proposal looked at again.",
    Scope.REJECT: "Turn a proposal down.",
    Scope.PAUSE: "Pause a package, and take the pause back.",
}


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. `digest`: sha256 of the whole token, hex; `owners`: it acts on packages of these,
    empty: on all; `expires`: None: never; `revoked`: when it was taken back."""

    id: str
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    owners: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "active"

    def acts_on(self, owners: Iterable[str]) -> bool:
        """Whether it may act on a package of these owners."""
        return not self.owners or not set(self.owners).isdisjoint(owners)
