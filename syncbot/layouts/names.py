"""Names of patches, and the words that stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from syncbot.errors import InputError
from syncbot.model.ids import PatchName


def free_name(name: str, taken: Collection[str], lies_there: Callable[[str], bool] = lambda _name: False) -> PatchName:
    """The name, or with a number before its ending where it is taken. `lies_there`: whether another file has it."""
    stem, dot, ending = name.rpartition(".")
    if not dot or "/" in ending or not stem or stem.endswith("/"):
        stem, ending = name, ""
    number, free = 1, name
    while free in taken or lies_there(free):
        number += 1
        free = f"{stem}-{number}{dot if ending else ''}{ending}"
    return PatchName(free)


def one_line(reason: str) -> str:
    """A reason as `[keep]` can hold it."""
    words = "".join(c if c.isprintable() else " " for c in reason).split()
    if not words:
        raise InputError("a pinned patch needs a reason", "say why it stays")
    return " ".join(words)
