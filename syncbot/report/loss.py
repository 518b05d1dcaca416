"""What a rewrite took from a patch or put into it: the lines that the patch itself adds and removes, before and after.

A rewrite for a release moves lines and changes their context. Where it changes what is added or removed, the patch
means something else now, which nobody may learn from production.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from syncbot.diff.parse import parse_patch
from syncbot.errors import PatchError
from syncbot.model.judgement import Judgement
from syncbot.model.verdicts import Action, Verdict
from syncbot.report.safe import decoded, line
from syncbot.report.words import plural

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Loss:
    """Lines that the patch added (or removed) and does no more (`lost`), and those that are new in it (`gained`)."""

    lost: tuple[str, ...]
    gained: tuple[str, ...]


def loss(before: bytes, after: bytes) -> Loss:
    """Compares without white space at the ends. A patch that cannot be read has lost nothing that could be told."""
    try:
        old, new = Counter(_changed(before)), Counter(_changed(after))
    except PatchError:
        return Loss((), ())
    return Loss(tuple((old - new).elements()), tuple((new - old).elements()))


def warning(judged: Judgement, before: bytes, after: bytes | None) -> str:
    """A sentence where a refresh changed what the patch does; empty where it did not, or where taking lines out is the
    point (a trim has a proof for each of them)."""
    if judged.action is not Action.REWRITE or judged.verdict is Verdict.TRIM or after is None:
        return ""
    found = loss(before, after)
    if not found.lost and not found.gained:
        return ""
    parts = [f"{text} ({_some(lines)})" for text, lines in _told(found) if lines]
    return f"The refresh of {judged.name} changed what the patch does: {', and '.join(parts)}. Read it line by line."


def _told(found: Loss) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (f"{plural(len(found.lost), 'line')} of it went", found.lost),
        (f"{plural(len(found.gained), 'line')} came", found.gained),
    ]


def _some(lines: tuple[str, ...]) -> str:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(line(text, 60) for text in lines[:_SHOWN]) + more


def _changed(content: bytes) -> Iterator[str]:
    for file in parse_patch(content).files:
        for hunk in file.hunks:
            yield from (f"+{decoded(text).strip()}" for text in hunk.added if text.strip())
            yield from (f"-{decoded(text).strip()}" for text in hunk.removed if text.strip())
