"""The tables of the bot's dealings with people and forges."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from syncbot.store.models import SafeText, Table, UtcDateTime


class PatchWordRow(Table, table=True):
    """A person's word on one patch, by its content."""

    __tablename__ = "patch_word"

    package: str = Field(primary_key=True, sa_type=SafeText)
    line: str = Field(primary_key=True, sa_type=SafeText)
    patch_id: str = Field(primary_key=True, sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    wish: str = Field(sa_type=SafeText)
    reason: str = Field(sa_type=SafeText)
    by: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)


class ObeyedRow(Table, table=True):
    """An order that was carried out or refused."""

    __tablename__ = "obeyed"

    key: str = Field(primary_key=True, sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)


class FactRow(Table, table=True):
    """A small thing to remember."""

    __tablename__ = "fact"

    kind: str = Field(primary_key=True, sa_type=SafeText)
    key: str = Field(primary_key=True, sa_type=SafeText)
    value: str = Field(sa_type=SafeText)


class TurnRow(Table, table=True):
    """A change that an account made on its forge, within the last hour."""

    __tablename__ = "turn"

    id: int | None = Field(default=None, primary_key=True)
    account: str = Field(sa_type=SafeText, index=True)
    at: datetime = Field(sa_type=UtcDateTime)
