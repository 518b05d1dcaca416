"""The past: what was known of packages and proposals at each moment. What the tables that are there say of it is taken
over; how packages lay in the work tree was not recorded before."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
_TIME = sa.DateTime(timezone=True)
_AT_ONCE = 200


def upgrade() -> None:
    past = op.create_table(
        "past",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past")),
    )
    op.create_index(op.f("ix_past_kind"), "past", ["kind"])
    op.create_table(
        "patch_text",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_patch_text")),
    )
    proposals = op.create_table(
        "proposal_past",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("package", "line", "branch", "tip", "parent")),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("target_version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened", _TIME, nullable=False),
        sa.Column("updated", _TIME, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_proposal_past")),
    )
    op.create_index(op.f("ix_proposal_past_package"), "proposal_past", ["package"])
    op.create_index(op.f("ix_proposal_past_proposal"), "proposal_past", ["proposal"])
    for table, rows in (
        (past, _standings()),
        (past, _told()),
        (past, _restored()),
        (proposals, _proposals()),
    ):
        _insert(table, rows)


def _insert(table: sa.Table, rows: Iterator[dict[str, Any]]) -> None:
    found = list(rows)
    for at in range(0, len(found), _AT_ONCE):
        op.get_bind().execute(table.insert(), found[at : at + _AT_ONCE])


def _table(name: str, columns: str, times: str = "") -> sa.TableClause:
    made = [sa.column(word, _TIME if word in times.split() else None) for word in columns.split()]
    return sa.table(name, *made)


def _rows(table: sa.TableClause, order: str) -> list[Any]:
    return list(op.get_bind().execute(sa.select(table).order_by(table.c[order])).fetchall())


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _row(kind: str, subject: str, at: datetime, document: Any) -> dict[str, Any]:
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest()
    packed = zlib.compress(text, 1)
    return {"kind": kind, "subject": subject, "at": at, "digest": digest, "document": packed, "private": False}


def _standings() -> Iterator[dict[str, Any]]:
    columns = "package base base_identity newest behind at first_missed missed_since weighed files weight"
    for row in _rows(_table("standing", columns, "at missed_since"), "package"):
        at = _aware(row.at)
        assert at is not None, "it is never null"
        said = {name: _plain(getattr(row, name)) for name in columns.split()}
        yield _row("standing", row.package, at, said)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = _aware(value)
        return None if moment is None else moment.isoformat()
    return _unescaped(value) if isinstance(value, str) else value


def _told() -> Iterator[dict[str, Any]]:
    """Of each judgement that stood once and is there still."""
    judgement = _table("judgement", "key package base_version target_version document at", "at")
    stood = _table("stood", "id package key at", "at")
    joined = sa.select(stood.c.at.label("since"), judgement).where(stood.c.key == judgement.c.key)
    for row in op.get_bind().execute(joined.order_by(stood.c.id)).fetchall():
        since, at = _aware(row.since), _aware(row.at)
        assert since is not None, "it is never null"
        assert at is not None, "likewise"
        patches = json.loads(row.document)["judgement"]["patches"]
        head = {"package": _unescaped(row.package), "key": row.key, "at": at.isoformat()}
        head |= {"base": _unescaped(row.base_version), "target": _unescaped(row.target_version)}
        words = ("name", "verdict", "action", "proof", "lines_after")
        told = [head | {word: patch[word] for word in words} for patch in patches]
        yield _row("told", row.package, since, told)


def _restored() -> Iterator[dict[str, Any]]:
    for row in _rows(_table("dropped", "id at restored", "at"), "id"):
        if row.restored:
            at = _aware(row.at)
            assert at is not None, "it is never null"
            yield _row("restored", str(row.id), at, True)


def _proposals() -> Iterator[dict[str, Any]]:
    """As it was opened, and, where it was answered, as it ended."""
    columns = "id package line branch tip parent title body fingerprint draft target_version status opened updated note"
    for row in _rows(_table("proposal", columns, "opened updated"), "opened"):
        values = {name: getattr(row, name) for name in columns.split() if name != "id"}
        values |= {"proposal": row.id, "body": zlib.compress(_unescaped(row.body).encode("utf-8", "surrogatepass"), 1)}
        values |= {"opened": _aware(row.opened), "updated": _aware(row.updated), "draft": bool(row.draft)}
        yield values | {"at": values["opened"], "status": "open", "note": "" if row.status != "open" else row.note}
        if row.status != "open":
            yield values | {"at": values["updated"]}


def _unescaped(text: str) -> str:
    """As it was before the columns spelled out what databases refuse."""
    if "\\u" not in text:
        return text
    parts = text.split("\\u")
    return parts[0] + "".join(chr(int(part[:4], 16)) + part[4:] for part in parts[1:])


def downgrade() -> None:
    op.drop_index(op.f("ix_proposal_past_proposal"), "proposal_past")
    op.drop_index(op.f("ix_proposal_past_package"), "proposal_past")
    op.drop_index(op.f("ix_past_kind"), "past")
    op.drop_table("proposal_past")
    op.drop_table("patch_text")
    op.drop_table("past")
