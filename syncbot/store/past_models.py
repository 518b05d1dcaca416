"""The tables of the past: rows are added, none is changed, so that any day can be shown as it stood."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field

from syncbot.store.models import Proposed, SafeText, Table, UtcDateTime


class PastRow(Table, table=True):
    """What was known of a subject from a moment on, until the next row of this kind and subject. `document` is JSON,
    compressed by zlib, empty: it was there no more; `digest` its sha256; `private`: it told of a private package.

    `carried`: a package as it lay in the work tree; `standing`: where it stood; `told`: what its current judgement said
    of each patch; `restored`: the number of a row of `dropped`."""

    __tablename__ = "past"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=SafeText, index=True)
    subject: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UtcDateTime)
    digest: str = Field(sa_type=SafeText)
    document: bytes = Field(sa_type=LargeBinary)
    private: bool = False


class PatchTextRow(Table, table=True):
    """The text of a patch that was carried once, by its sha256 in hex; compressed by zlib."""

    __tablename__ = "patch_text"

    digest: str = Field(primary_key=True, sa_type=SafeText)
    content: bytes = Field(sa_type=LargeBinary)


class ProposalPastRow(Proposed, table=True):
    """A proposal as it stood from a moment on. `proposal`: its id; `body`: compressed by zlib."""

    __tablename__ = "proposal_past"

    number: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    proposal: str = Field(sa_type=SafeText, index=True)
    body: bytes = Field(sa_type=LargeBinary)
