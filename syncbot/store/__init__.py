"""What syncbot remembers, in a SQL database. `open_store` is the door; SQLModel classes never leave the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncbot.store.opening import open_store
    from syncbot.store.sql import SqlStore

__all__ = ["SqlStore", "open_store"]


def __getattr__(name: str) -> Any:
    """The two above load SQLAlchemy, which commands that only read do without (`light.py`)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from syncbot.store import opening, sql  # noqa: PLC0415

    return {"SqlStore": sql.SqlStore, "open_store": opening.open_store}[name]
