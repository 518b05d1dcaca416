"""Where tokens of the HTTP interface are kept. A part of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.tokens import ApiToken


class Tokens(Protocol):
    """Raises StoreError. Secrets never come here: only their digests."""

    def tokens(self) -> Sequence[ApiToken]:
        """All, revoked ones too, oldest first."""

    def token(self, id: str) -> ApiToken | None: ...

    def save_token(self, token: ApiToken) -> None:
        """A new one. Raises StoreError where its id is taken."""

    def revoke_token(self, id: str, at: datetime) -> None:
        """Idempotent: the first time counts."""
