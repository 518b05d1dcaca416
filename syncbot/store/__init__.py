"""What syncbot remembers, in a SQL database. `open_store` is the door; SQLModel classes never leave the room."""

from syncbot.store.opening import open_store
from syncbot.store.sql import SqlStore

__all__ = ["SqlStore", "open_store"]
