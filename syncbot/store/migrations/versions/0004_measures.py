"""Measures of the delta: where packages stand, what was told of each patch and what it met. What the judgements that
are there already say is taken over."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_kept")),
    )
    op.create_table(
        "standing",
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("base_identity", sa.Text(), nullable=False),
        sa.Column("newest", sa.Text(), nullable=False),
        sa.Column("behind", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_missed", sa.Text(), nullable=False),
        sa.Column("missed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("weighed", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("package", name=op.f("pk_standing")),
    )
    told = op.create_table(
        "told",
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("lines_after", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("package", "place", name=op.f("pk_told")),
    )
    met = op.create_table(
        "met",
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("package", "name", "word", "target", name=op.f("pk_met")),
    )
    op.create_table(
        "inputs",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_inputs")),
    )
    op.create_index(op.f("ix_inputs_package"), "inputs", ["package"])
    stood = op.create_table(
        "stood",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stood")),
    )
    op.create_index(op.f("ix_stood_package"), "stood", ["package"])
    _take_over(told, met, stood)


def _take_over(told: sa.Table, met: sa.Table, stood: sa.Table) -> None:
    connection = op.get_bind()
    judgement = sa.table(
        "judgement",
        sa.column("id", sa.Integer),
        sa.column("key", sa.Text),
        sa.column("package", sa.Text),
        sa.column("base_version", sa.Text),
        sa.column("target_version", sa.Text),
        sa.column("document", sa.Text),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    current = sa.table("current", sa.column("package", sa.Text), sa.column("key", sa.Text))
    standing = {row.package: row.key for row in connection.execute(sa.select(current))}
    seen: set[tuple[str, str, str, str]] = set()
    for row in connection.execute(sa.select(judgement).order_by(judgement.c.id)).fetchall():
        patches = json.loads(row.document)["judgement"]["patches"]
        rows = [entry for patch in patches for entry in _met(row, patch, seen)]
        if rows:
            connection.execute(met.insert(), rows)
        if standing.get(row.package) == row.key:
            if patches:
                connection.execute(told.insert(), [_told(row, place, patch) for place, patch in enumerate(patches, 1)])
            connection.execute(stood.insert(), [{"package": row.package, "key": row.key, "at": row.at}])


def _met(row: Any, patch: dict[str, Any], seen: set[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    name = _escaped(patch["name"])
    words = [("seen", "")]
    if row.base_version != row.target_version:
        words += [("conflict", row.target_version)] if patch["verdict"] == "conflict" else []
        words += [("rewrite", row.target_version)] if patch["action"] == "rewrite" else []
    new = [(row.package, name, word, target) for word, target in words]
    found = [entry for entry in new if entry not in seen]
    seen.update(found)
    at: datetime = row.at
    return [{"package": p, "name": n, "word": w, "target": t, "at": at} for p, n, w, t in found]


def _told(row: Any, place: int, patch: dict[str, Any]) -> dict[str, Any]:
    return {
        "package": row.package,
        "place": place,
        "name": _escaped(patch["name"]),
        "key": row.key,
        "base": row.base_version,
        "target": row.target_version,
        "verdict": patch["verdict"],
        "action": patch["action"],
        "proof": patch["proof"],
        "lines_after": patch["lines_after"],
        "at": row.at,
    }


def _escaped(text: str) -> str:
    """As the columns hold text: what databases refuse is spelled out."""
    return "".join(f"\\u{ord(c):04x}" if c in "\\\0" or 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def downgrade() -> None:
    op.drop_index(op.f("ix_stood_package"), "stood")
    op.drop_index(op.f("ix_inputs_package"), "inputs")
    for name in ("inputs", "stood", "met", "told", "standing", "kept"):
        op.drop_table(name)
