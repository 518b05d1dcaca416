"""What reports ask for in the greatest numbers: by indexes, and of drops beside their documents."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
_INDEXES = (
    ("proposal", ["status", "package", "target_version"]),
    ("judgement", ["at"]),
    ("proposal_past", ["at"]),
    ("release", ["package", "name"]),
)
_AT_ONCE = 200


def upgrade() -> None:
    for table, columns in _INDEXES:
        op.create_index(op.f(_name(table, columns)), table, columns)
    op.add_column("dropped", sa.Column("told", sa.Text(), nullable=False, server_default=""))
    dropped = sa.table("dropped", *(sa.column(name) for name in ("id", "target_version", "document", "told")))
    connection = op.get_bind()
    ids = list(connection.execute(sa.select(dropped.c.id)).scalars())
    for at in range(0, len(ids), _AT_ONCE):
        for row in connection.execute(sa.select(dropped).where(dropped.c.id.in_(ids[at : at + _AT_ONCE]))).fetchall():
            connection.execute(dropped.update().where(dropped.c.id == row.id).values(told=_told(row)))


def _told(row: Any) -> str:
    """[verdict, proof, commit, first release, the day on which the target came out where it is that release]"""
    said = json.loads(row.document)
    judged, target, date = said["judgement"], said["target"], said["target"].get("date")
    first = judged.get("first_release") or ""
    day = date if date and first in ("", target["version"], target["name"]) else None
    return json.dumps([judged["verdict"], judged.get("proof"), judged.get("absorbed_by"), first, day])


def _name(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def downgrade() -> None:
    op.drop_column("dropped", "told")
    for table, columns in reversed(_INDEXES):
        op.drop_index(op.f(_name(table, columns)), table)
