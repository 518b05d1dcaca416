"""The tables that the measures of the delta are read from: small, whatever the history's length."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field

from syncbot.store.models import SafeText, Table, UtcDateTime


class KeptRow(Table, table=True):
    """The packages as they lay in a work tree: `document` is JSON, compressed by zlib. One row."""

    __tablename__ = "kept"

    scope: str = Field(primary_key=True, sa_type=SafeText)
    key: str = Field(sa_type=SafeText)
    document: bytes = Field(sa_type=LargeBinary)


class StandingRow(Table, table=True):
    """Where a package stood when it was last checked."""

    __tablename__ = "standing"

    package: str = Field(primary_key=True, sa_type=SafeText)
    base: str = Field(sa_type=SafeText)
    base_identity: str = Field(sa_type=SafeText)
    newest: str = Field(sa_type=SafeText)
    behind: int
    at: datetime = Field(sa_type=UtcDateTime)
    first_missed: str = Field(sa_type=SafeText)
    missed_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    weighed: str = Field(sa_type=SafeText)
    files: int | None = None
    weight: int | None = Field(default=None, sa_type=BigInteger)


class ToldRow(Table, table=True):
    """What a package's current judgement says of one patch. `held`: of one that is held, what reports need of its
    evidence, JSON (`metered.told_of_held`)."""

    __tablename__ = "told"

    package: str = Field(primary_key=True, sa_type=SafeText)
    place: int = Field(primary_key=True)
    name: str = Field(sa_type=SafeText)
    key: str = Field(sa_type=SafeText)
    base: str = Field(sa_type=SafeText)
    target: str = Field(sa_type=SafeText)
    verdict: str = Field(sa_type=SafeText)
    action: str = Field(sa_type=SafeText)
    proof: str | None = Field(default=None, sa_type=SafeText)
    lines_after: int
    at: datetime = Field(sa_type=UtcDateTime)
    held: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


class InputsRow(Table, table=True):
    """What a question to the judge was made of, by its key: JSON."""

    __tablename__ = "inputs"

    key: str = Field(primary_key=True, sa_type=SafeText)
    package: str = Field(sa_type=SafeText, index=True)
    document: str = Field(sa_type=Text)


class MetRow(Table, table=True):
    """Something that a patch met, once: `word` is `seen` (with an empty target), `conflict` or `rewrite`."""

    __tablename__ = "met"

    package: str = Field(primary_key=True, sa_type=SafeText)
    name: str = Field(primary_key=True, sa_type=SafeText)
    word: str = Field(primary_key=True, sa_type=SafeText)
    target: str = Field(primary_key=True, sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)


class StoodRow(Table, table=True):
    """Since when a judgement was a package's current one: so that any day can be shown as it stood."""

    __tablename__ = "stood"

    id: int | None = Field(default=None, primary_key=True)
    package: str = Field(sa_type=SafeText, index=True)
    key: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)
