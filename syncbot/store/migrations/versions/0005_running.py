"""The bot's own work: who did a run and what it noted, leases, failures, news, what upstreams' hosts asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.add_column("run", sa.Column("host", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("pid", sa.Integer(), nullable=True))
    op.add_column("run", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("notes", sa.LargeBinary(), nullable=True))
    op.create_table(
        "holder",
        *(_text("token"), _text("host"), _number("pid"), _text("machine"), _text("born"), _time("expires")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_holder")),
    )
    op.create_table(
        "lease",
        *(_text("name"), _text("token"), _time("since")),
        sa.ForeignKeyConstraint(["token"], ["holder.token"], name=op.f("fk_lease_token_holder")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_index(op.f("ix_lease_token"), "lease", ["token"])
    op.create_table(
        "failure",
        *(_text("package"), _text("kind"), _text("what"), _number("count"), _time("first"), _time("last")),
        *(_time("until", nullable=True), _text("about"), sa.Column("private", sa.Boolean(), nullable=False)),
        sa.PrimaryKeyConstraint("package", name=op.f("pk_failure")),
    )
    op.create_table(
        "news",
        *(_number("id"), _text("key"), _text("kind"), _time("at"), _text("package"), _text("patch")),
        *(_text("release"), _text("title"), sa.Column("run", sa.Integer(), nullable=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
        sa.UniqueConstraint("key", name=op.f("uq_news_key")),
    )
    op.create_table(
        "receiver",
        *(_text("key"), _number("upto"), _number("attempts"), _time("next", nullable=True), _text("said")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_receiver")),
    )
    op.create_table(
        "host_wait", _text("host"), _time("until"), sa.PrimaryKeyConstraint("host", name=op.f("pk_host_wait"))
    )
    op.create_table("asked", _text("upstream"), _time("at"), sa.PrimaryKeyConstraint("upstream", name=op.f("pk_asked")))


def downgrade() -> None:
    for name in ("asked", "host_wait", "receiver", "news", "failure"):
        op.drop_table(name)
    op.drop_index(op.f("ix_lease_token"), "lease")
    op.drop_table("lease")
    op.drop_table("holder")
    with op.batch_alter_table("run") as batch:
        for name in ("notes", "cause", "pid", "host"):
            batch.drop_column(name)
