"""Requests to upstreams' hosts: what goes on, and what went on within the last minute, on all machines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host_turn",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_host_turn")),
    )
    op.create_index(op.f("ix_host_turn_host"), "host_turn", ["host"])


def downgrade() -> None:
    op.drop_table("host_turn")
