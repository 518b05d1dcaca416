"""What is remembered so that nothing is asked twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memory",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("promised", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory")),
    )
    op.create_index(op.f("ix_memory_key"), "memory", ["key"])
    op.create_index(op.f("ix_memory_package"), "memory", ["package"])
    op.create_table(
        "fits",
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("package", name=op.f("pk_fits")),
    )
    op.create_table(
        "patch_size",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_patch_size")),
    )
    op.add_column("current", sa.Column("asked", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("current") as table:
        table.drop_column("asked")
    op.drop_table("patch_size")
    op.drop_table("fits")
    op.drop_index(op.f("ix_memory_package"), "memory")
    op.drop_index(op.f("ix_memory_key"), "memory")
    op.drop_table("memory")
