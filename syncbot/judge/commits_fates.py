"""What can become of a line that a commit wrote."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Fate(StrEnum):
    STANDS = "stands"
    """In the release, to the letter."""
    EDITED = "edited"
    """Another line came of it, which says all that the patch brought in with it."""
    ALTERED = "altered"
    """Another line came of it, more like it than like what the patch took out, with other words."""
    SWEPT = "swept"
    """It went with what it stood in: its file, its function, or far more around it than itself."""
    REPLACED = "replaced"
    """Other lines, unlike it, stand in its place, or one that is no nearer to it than to what the patch took out."""
    TURNED = "turned"
    """An edit may have turned its sense."""
    TAKEN = "taken"
    """It was taken out, and what it stood in was left, or went elsewhere without it."""
    BACK = "back"
    """What the patch took out stands in its place again."""

    @property
    def lives(self) -> bool:
        return self in (Fate.STANDS, Fate.EDITED, Fate.ALTERED, Fate.SWEPT)


class Line(NamedTuple):
    """A followed line: its text as the commit wrote it, and what is known of it so far. `word`: it differs from that in
    one word."""

    text: bytes
    fate: Fate = Fate.STANDS
    key: int | None = None
    word: bool = False


class End(NamedTuple):
    """What became of a line. `key`: the commit that took it away or edited it last, None where none is known. `word`:
    that commit left all but one word of it. `alone`: that commit did nothing to the file but undo the patch's lines."""

    text: bytes
    fate: Fate
    key: int | None
    word: bool = False
    alone: bool = False
