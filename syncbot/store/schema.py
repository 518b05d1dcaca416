"""What is known of a state database before anything that can open it is loaded."""

from __future__ import annotations

import re

HEAD = "0010"
"""The schema that this syncbot works on: the newest migration's id (a test compares)."""

_FILE = re.compile(r"sqlite:///(?P<path>(?!.*\?[a-z_]+=[^/]*$).+)", re.DOTALL)
"""A file, whatever its name is: a URL would end at its first question mark. (With options it is a URL.)"""


def file_of(address: str) -> str | None:
    """The path of the SQLite file behind an address; None where it is a server's, or a URL with options."""
    found = _FILE.fullmatch(address)
    return None if found is None else found["path"]
