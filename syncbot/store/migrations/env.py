"""Run by alembic: migrate the connection that `syncbot.store.migrate` hands over, in its transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from syncbot.store.models import Table


def _plain(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """A migration names SQL's own types: it must mean the same when the models have moved on."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    render_item=_plain,
)
with context.begin_transaction():
    context.run_migrations()
