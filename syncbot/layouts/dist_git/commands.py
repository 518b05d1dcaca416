"""What a few commands in `%(...)` mean, those that packagers write most: a piece of a commit id or of a version. They
are recognised, never run; any other command is unknown."""

from __future__ import annotations

import re

_WORD = r"(?P<word>[\w.~^+-]*)"
_PIECE = re.compile(rf"\s*(?P<name>\w+)={_WORD}\s*;\s*echo\s+\$\{{(?P=name):(?P<start>\d+):(?P<count>\d+)\}}\s*")
_FIELDS = re.compile(rf"\s*echo\s+{_WORD}\s*\|\s*cut\s+-d\s*(['\"]?)(?P<mark>[.~_-])\2\s+-f\s*(?P<fields>\d*-?\d*)\s*")
_LETTERS = re.compile(rf"\s*echo\s+{_WORD}\s*\|\s*cut\s+-c\s*(?P<fields>\d*-?\d*)\s*")
_CHANGE = re.compile(rf"\s*echo\s+{_WORD}\s*\|\s*tr\s+(['\"]?)(?P<old>[.~_-])\2\s+(['\"]?)(?P<new>[.~_-])\4\s*")


def meaning(command: str) -> str | None:
    """What the command prints, None where that is not known. Its macros are expanded already."""
    if (found := _PIECE.fullmatch(command)) is not None:
        start = int(found["start"])
        return found["word"][start : start + int(found["count"])]
    if (found := _FIELDS.fullmatch(command)) is not None:
        return _some(found["word"].split(found["mark"]), found["fields"], found["mark"])
    if (found := _LETTERS.fullmatch(command)) is not None:
        return _some(list(found["word"]), found["fields"], "")
    if (found := _CHANGE.fullmatch(command)) is not None:
        return found["word"].replace(found["old"], found["new"])
    return None


def _some(parts: list[str], fields: str, mark: str) -> str | None:
    """The parts that `2`, `-2`, `1-2` or `2-` choose, counted from 1."""
    first, dash, last = fields.partition("-")
    if not (first or last):
        return None
    start = int(first or 1) - 1
    end = int(last) if last else len(parts) if dash else start + 1
    return mark.join(parts[start:end]) if start >= 0 else None
