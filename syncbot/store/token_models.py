"""The table of the HTTP interface's tokens."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from syncbot.store.models import SafeText, Table, UtcDateTime


class TokenRow(Table, table=True):
    """A token's digest with what it allows. `scopes` and `owners` are JSON lists."""

    __tablename__ = "api_token"

    id: str = Field(primary_key=True, sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    digest: str = Field(sa_type=SafeText)
    scopes: str = Field(sa_type=SafeText)
    owners: str = Field(sa_type=SafeText)
    created: datetime = Field(sa_type=UtcDateTime)
    expires: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked: datetime | None = Field(default=None, sa_type=UtcDateTime)
