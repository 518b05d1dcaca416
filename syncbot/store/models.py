"""The tables. These classes never leave the room: `records.py` turns them into values of the model.

Text goes through `SafeText`, because patch names and reasons may hold what databases refuse (a lone surrogate from a
path that is not UTF-8, a NUL). Times are aware, UTC. Enums are text. Documents are JSON text (`codec.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, Index, LargeBinary, MetaData, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from syncbot.store.values import in_utc, read_text, read_time, safe


class SafeText(TypeDecorator[str]):
    """Text of any content. A backslash, a NUL and a lone surrogate are stored as `\\uXXXX`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # its signature
        return None if value is None else safe(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # its signature
        return _unescaped(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any]:
        """One call for each value, not two: a report reads a hundred thousand of them."""
        assert self.impl_instance.result_processor(dialect, coltype) is None, "text comes as it is"
        return _unescaped


def _unescaped(value: str | None) -> str | None:
    return value if value is None or "\\" not in value else read_text(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; SQLite keeps no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # its signature
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # its signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        """SQLite's text is read in one go; the usual way makes two times of each."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return _read_utc


def _read_utc(text: str | None) -> datetime | None:
    return None if text is None else read_time(text)


class Table(SQLModel):
    """The base of the tables. Constraints have names, so that a migration can change them on every database."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RunRow(Table, table=True):
    """A run. `host` and `pid`: who did it; `cause`: what made it; `notes`: what it did about each package, JSON,
    compressed by zlib."""

    __tablename__ = "run"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=SafeText)
    started: datetime = Field(sa_type=UtcDateTime)
    finished: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = Field(default=None, sa_type=SafeText)
    host: str | None = Field(default=None, sa_type=SafeText)
    pid: int | None = None
    cause: str | None = Field(default=None, sa_type=SafeText)
    notes: bytes | None = Field(default=None, sa_type=LargeBinary)


class ReleaseRow(Table, table=True):
    """A release as it was when first seen."""

    __tablename__ = "release"
    __table_args__ = (Index(None, "package", "name"),)

    package: str = Field(primary_key=True, sa_type=SafeText)
    version: str = Field(primary_key=True, sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    identity: str = Field(sa_type=SafeText)
    date: datetime | None = Field(default=None, sa_type=UtcDateTime)
    prerelease: bool
    yanked: bool
    first_seen: datetime = Field(sa_type=UtcDateTime)


class JudgementRow(Table, table=True):
    """A series judgement: the document, and beside it the columns that queries need."""

    __tablename__ = "judgement"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=SafeText, unique=True)
    package: str = Field(sa_type=SafeText, index=True)
    base_version: str = Field(sa_type=SafeText)
    target_version: str = Field(sa_type=SafeText)
    patches: int
    keeps: int
    rewrites: int
    drops: int
    asks: int
    reports: int
    lines_before: int
    lines_after: int
    document: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class CurrentRow(Table, table=True):
    """Which judgement a package's last check came to. `asked`: the key of what was asked, where that is not the
    judgement's own: another question with the same answer."""

    __tablename__ = "current"

    package: str = Field(primary_key=True, sa_type=SafeText)
    key: str = Field(sa_type=SafeText, foreign_key="judgement.key")
    asked: str | None = Field(default=None, sa_type=SafeText)


class MemoryRow(Table, table=True):
    """An answer of the judge with what it rests on. `facts`: JSON, compressed by zlib."""

    __tablename__ = "memory"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=SafeText, index=True)
    package: str = Field(sa_type=SafeText, index=True)
    facts: bytes = Field(sa_type=LargeBinary)
    document: str = Field(sa_type=Text)
    promised: bool
    at: datetime = Field(sa_type=UtcDateTime)


class FitsRow(Table, table=True):
    """The base that was found out for a package that declares none."""

    __tablename__ = "fits"

    package: str = Field(primary_key=True, sa_type=SafeText)
    key: str = Field(sa_type=SafeText)
    version: str = Field(sa_type=SafeText)


class PatchSizeRow(Table, table=True):
    """How many lines a patch adds and removes; `key` is made of its content."""

    __tablename__ = "patch_size"

    key: str = Field(primary_key=True, sa_type=SafeText)
    lines: int


class RejectionRow(Table, table=True):
    __tablename__ = "rejection"

    fingerprint: str = Field(primary_key=True, sa_type=SafeText)
    package: str = Field(sa_type=SafeText)
    reason: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)


class Proposed(Table):
    """What is kept of a proposal, as it stands and as it stood."""

    package: str = Field(sa_type=SafeText, index=True)
    line: str = Field(sa_type=SafeText)
    branch: str = Field(sa_type=SafeText)
    tip: str = Field(sa_type=SafeText)
    parent: str = Field(sa_type=SafeText)
    title: str = Field(sa_type=SafeText)
    fingerprint: str = Field(sa_type=SafeText)
    draft: bool
    target_version: str = Field(sa_type=SafeText)
    status: str = Field(sa_type=SafeText)
    opened: datetime = Field(sa_type=UtcDateTime)
    updated: datetime = Field(sa_type=UtcDateTime)
    note: str = Field(sa_type=SafeText)


class ProposalRow(Proposed, table=True):
    __tablename__ = "proposal"
    __table_args__ = (Index(None, "status", "package", "target_version"),)

    id: str = Field(primary_key=True, sa_type=SafeText)
    body: str = Field(sa_type=SafeText)


class DroppedRow(Table, table=True):
    """A patch that left the tree. `digest` is the sha256 of its content, in hex; `first_release` and
    `told` are what reports need of the document (`metered.told_of_drop`): theirs are
    thousands. An earlier syncbot that still runs leaves them empty."""

    __tablename__ = "dropped"
    __table_args__ = (UniqueConstraint("package", "name", "target_version", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    package: str = Field(sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    target_version: str = Field(sa_type=SafeText)
    digest: str = Field(sa_type=SafeText)
    content: bytes = Field(sa_type=LargeBinary)
    strip: int | None = None
    document: str = Field(sa_type=Text)
    first_release: str = Field(default="", sa_type=SafeText, sa_column_kwargs={"server_default": ""})
    told: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    proposal: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)
    restored: bool
