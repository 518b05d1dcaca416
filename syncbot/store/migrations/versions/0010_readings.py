"""What reports ask for in the greatest numbers: by indexes, and beside the documents that have it."""

from __future__ import annotations

import json

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
    for name in ("first_release", "told"):
        op.add_column("dropped", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("told", sa.Column("held", sa.Text(), nullable=False, server_default=""))
    _take_over_drops()
    _take_over_held()


def _take_over_held() -> None:
    told = sa.table("told", *(sa.column(name) for name in ("key", "place", "verdict", "held")))
    judgement = sa.table("judgement", sa.column("key"), sa.column("document"))
    connection = op.get_bind()
    keys = sorted(set(connection.execute(sa.select(told.c.key).where(told.c.verdict == "held")).scalars()))
    for at in range(0, len(keys), _AT_ONCE):
        found = sa.select(judgement).where(judgement.c.key.in_(keys[at : at + _AT_ONCE]))
        for row in connection.execute(found).fetchall():
            for place, patch in enumerate(json.loads(row.document)["judgement"]["patches"], 1):
                if patch["verdict"] == "held":
                    here = (told.c.key == row.key, told.c.place == place)
                    connection.execute(told.update().where(*here).values(held=_held(patch["evidence"])))


def _held(evidence: list[dict[str, str | None]]) -> str:
    words = (("detail", ""), ("commit", None), ("subject", ""), ("date", ""), ("release", ""), ("link", ""))
    facts = [[fact.get(word, default) for word, default in words] for fact in evidence if fact["kind"] == "held"]
    return json.dumps(facts, separators=(",", ":"))


def _take_over_drops() -> None:
    dropped = sa.table("dropped", *(sa.column(name) for name in ("id", "document", "first_release", "told")))
    connection = op.get_bind()
    ids = list(connection.execute(sa.select(dropped.c.id)).scalars())
    for at in range(0, len(ids), _AT_ONCE):
        for row in connection.execute(sa.select(dropped).where(dropped.c.id.in_(ids[at : at + _AT_ONCE]))).fetchall():
            connection.execute(dropped.update().where(dropped.c.id == row.id).values(**_told(row.document)))


def _told(document: str) -> dict[str, str]:
    said = json.loads(document)
    judged, target = said["judgement"], said["target"]
    first = judged.get("first_release") or ""
    day = target.get("date") if first in ("", target["version"], target["name"]) else None
    told = [judged["verdict"], judged.get("proof"), judged.get("absorbed_by"), day]
    return {"first_release": _escaped(first), "told": json.dumps(told, separators=(",", ":"))}


def _escaped(text: str) -> str:
    """As the columns hold text: what databases refuse is spelled out."""
    return "".join(f"\\u{ord(c):04x}" if c in "\\\0" or 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def _name(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def downgrade() -> None:
    op.drop_column("told", "held")
    for name in ("told", "first_release"):
        op.drop_column("dropped", name)
    for table, columns in reversed(_INDEXES):
        op.drop_index(op.f(_name(table, columns)), table)
