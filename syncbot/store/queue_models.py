"""The tables of work that many machines share."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from syncbot.store.models import SafeText, Table, UtcDateTime


class MirrorPlaceRow(Table, table=True):
    """On which machine an upstream's mirror was last used."""

    __tablename__ = "mirror_place"

    upstream: str = Field(primary_key=True, sa_type=SafeText)
    machine: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)


class DeadLetterRow(Table, table=True):
    """A job that was given up."""

    __tablename__ = "dead_letter"

    name: str = Field(primary_key=True, sa_type=SafeText)
    attempts: int
    why: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)
    private: bool
