"""Two texts side by side, as plain text: equal lines opposite one another."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from syncbot.report.table import width

_GAP = 3
"""Columns between the two: a mark with a blank on both sides."""
_LEAST = 20
"""Columns that one side has at least."""


def side_by_side(left: Sequence[str], right: Sequence[str], wide: int) -> list[str]:
    """The lines of both in `wide` columns: ` ` between equal ones, `|` between different ones, `<` and `>` where one
    side has none. Indentation that all lines share is taken away; a line that is too long goes on below itself."""
    left, right = _dedented([text.expandtabs(8) for text in left], [text.expandtabs(8) for text in right])
    each = max(_LEAST, (wide - _GAP) // 2)
    shown = min(each, max(map(width, left), default=0))
    lines = []
    for one, mark, other in _rows(left, right):
        ours, theirs = _folded(one, each), _folded(other, each)
        for at in range(max(len(ours), len(theirs))):
            a = ours[at] if at < len(ours) else ""
            b = theirs[at] if at < len(theirs) else ""
            lines.append(f"{a}{' ' * (shown - width(a))} {mark} {b}".rstrip())
    return lines


def _dedented(left: Sequence[str], right: Sequence[str]) -> tuple[list[str], list[str]]:
    margins = [text[: len(text) - len(text.lstrip(" "))] for text in (*left, *right) if text.strip()]
    margin = min(map(len, margins), default=0)
    return [text[margin:] for text in left], [text[margin:] for text in right]


def _rows(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        for at in range(max(a1 - a0, b1 - b0)):
            one = left[a0 + at] if a0 + at < a1 else None
            other = right[b0 + at] if b0 + at < b1 else None
            mark = " " if tag == "equal" else ">" if one is None else "<" if other is None else "|"
            yield one or "", mark, other or ""


def _folded(text: str, wide: int) -> list[str]:
    """The text in pieces of at most `wide` columns, broken after a blank where one is near; the later ones stand as far
    in as the text, and two columns more."""
    margin = min(len(text) - len(text.lstrip(" ")) + 2, wide // 2)
    pieces, piece = [], ""
    for char in text:
        if width(piece + char) > wide:
            at = piece.rfind(" ") + 1
            at = at if at > max(margin, wide // 2) else len(piece)
            pieces.append(piece[:at].rstrip())
            piece = " " * margin + piece[at:]
        piece += char
    return [*pieces, piece]
