"""How values stand in the database, and how they are read back: known without SQLAlchemy, which takes half a second.

Text may hold what databases refuse: a backslash, a NUL and a lone surrogate are stored as `\\uXXXX`. Times are UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_UNSAFE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def safe(value: str) -> str:
    """Any text, as it is stored."""
    return _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", value)


def read_text(value: str) -> str:
    """What `safe` was given."""
    if "\\" not in value:
        return value  # most of it, and there is much of it
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), value)


def in_utc(value: datetime) -> datetime:
    """Raises ValueError for a time without an offset."""
    if value.tzinfo is None:
        raise ValueError(f"a time without an offset: {value.isoformat()}")
    return value.astimezone(UTC)


def as_in_file(value: object) -> object:
    """A value of a question, as SQLite has it: times are text there, compared as text."""
    if isinstance(value, datetime):
        return in_utc(value).strftime("%Y-%m-%d %H:%M:%S.%f")
    return safe(value) if isinstance(value, str) else value


def read_time(value: str | datetime) -> datetime:
    """SQLite has a time as text and keeps no offset."""
    return _from_text(value) if isinstance(value, str) else value.astimezone(UTC)


@lru_cache(maxsize=1024)
def _from_text(value: str) -> datetime:
    """Rows that were written at once have one time."""
    return datetime.fromisoformat(f"{value}+00:00")
