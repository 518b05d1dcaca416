"""The tables of the bot's own work: leases, failures, news, what upstreams' hosts asked for."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from syncbot.store.models import SafeText, Table, UtcDateTime


class HolderRow(Table, table=True):
    """A process that holds leases, with its last sign of life."""

    __tablename__ = "holder"

    token: str = Field(primary_key=True, sa_type=SafeText)
    host: str = Field(sa_type=SafeText)
    pid: int
    machine: str = Field(sa_type=SafeText)
    born: str = Field(sa_type=SafeText)
    expires: datetime = Field(sa_type=UtcDateTime)


class LeaseRow(Table, table=True):
    __tablename__ = "lease"

    name: str = Field(primary_key=True, sa_type=SafeText)
    token: str = Field(sa_type=SafeText, foreign_key="holder.token", index=True)
    since: datetime = Field(sa_type=UtcDateTime)


class FailureRow(Table, table=True):
    """A package that fails, and how often in a row."""

    __tablename__ = "failure"

    package: str = Field(primary_key=True, sa_type=SafeText)
    kind: str = Field(sa_type=SafeText)
    what: str = Field(sa_type=SafeText)
    count: int
    first: datetime = Field(sa_type=UtcDateTime)
    last: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    about: str = Field(sa_type=SafeText)
    private: bool


class NewsRow(Table, table=True):
    """Something that happened. Nothing of a private package is ever kept here."""

    __tablename__ = "news"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=SafeText, unique=True)
    kind: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)
    package: str = Field(sa_type=SafeText)
    patch: str = Field(sa_type=SafeText)
    release: str = Field(sa_type=SafeText)
    title: str = Field(sa_type=SafeText)
    run: int | None = None


class ReceiverRow(Table, table=True):
    """How far the news went to one receiver. `key` tells no address."""

    __tablename__ = "receiver"

    key: str = Field(primary_key=True, sa_type=SafeText)
    upto: int
    attempts: int
    next: datetime | None = Field(default=None, sa_type=UtcDateTime)
    said: str = Field(sa_type=SafeText)


class HostWaitRow(Table, table=True):
    """A host that asked not to be asked for a while."""

    __tablename__ = "host_wait"

    host: str = Field(primary_key=True, sa_type=SafeText)
    until: datetime = Field(sa_type=UtcDateTime)


class HostTurnRow(Table, table=True):
    """A request to a host: one that goes on until it is given back, or its machine shows no sign of life; or one of the
    last minute."""

    __tablename__ = "host_turn"

    token: str = Field(primary_key=True, sa_type=SafeText)
    host: str = Field(sa_type=SafeText, index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)


class AskedRow(Table, table=True):
    """When an upstream was last asked for its references."""

    __tablename__ = "asked"

    upstream: str = Field(primary_key=True, sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)
