"""The new series against the previous one, as `git range-diff` would show two versions of a branch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from syncbot.model.ids import PatchName
from syncbot.report.safe import block, decoded, line

Entry = tuple[PatchName, bytes, bytes | None]
"""A patch's name, its text as it was, and as it will be (None: dropped)."""


def range_diff(entries: Sequence[Entry]) -> str:
    """Plain text, empty where no patch changes: one line per patch (`=` the same, `!` changed, `<` dropped), and below
    a changed one the difference of its two texts."""
    lines: list[str] = []
    number = 0
    if all(before == after for _name, before, after in entries):
        return ""
    for at, (name, before, after) in enumerate(entries, 1):
        if after is None:
            lines.append(f"{at}:  {line(name)} < -:  dropped")
            continue
        number += 1
        sign = "=" if before == after else "!"
        lines.append(f"{at}:  {line(name)} {sign} {number}:  {line(name)}")
        if before != after:
            lines += [f"    {text}" for text in _difference(before, after)]
    return "\n".join(lines)


def _difference(before: bytes, after: bytes) -> list[str]:
    old, new = (block(decoded(text)).split("\n") for text in (before, after))
    made = difflib.unified_diff(old, new, lineterm="", n=2)
    return [text for text in made if not text.startswith(("--- ", "+++ "))]
