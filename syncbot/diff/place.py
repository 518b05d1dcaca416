"""Placing hunks in a file's content, forward or reverse, as `git apply` and GNU `patch` do.

A placement without fuzz is one that both tools would make: the whole before-image stands there, a hunk at a file's
edge stands at that edge, and of several places the nearest to the expected line is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncbot.diff.binary import apply_delta
from syncbot.diff.lines import lines_of
from syncbot.diff.patch import Binary, FilePatch, Hunk
from syncbot.errors import PatchError

MAX_FUZZ = 2
"""As GNU patch has it: of three lines of context one must be left on each side."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a hunk went: `line` from 0 in the content before any hunk; `shift` against its `@@` line; `fuzz` context
    lines ignored at each end; `copies`: how many places would have done."""

    line: int
    shift: int
    fuzz: int
    copies: int


@dataclass(frozen=True, slots=True)
class Applied:
    """The new content (None: the file is gone) and one placement a hunk."""

    content: bytes | None
    placements: tuple[Placement, ...]

    @property
    def exact(self) -> bool:
        return all(p.fuzz == 0 for p in self.placements)


def apply_file(
    content: bytes | None, file: FilePatch, *, reverse: bool = False, fuzz: int = 0, loose: bool = False
) -> Applied | None:
    """Apply one file's change to its content (None: no such file). None where it does not apply with at most that much
    fuzz. `loose` lets hunks with uneven context stand away from the file's edges, as hand-made patches need."""
    source, result = (file.new_path, file.old_path) if reverse else (file.old_path, file.new_path)
    if file.copied and reverse:
        return None
    if (source is None) != (content is None):
        return None
    if file.binary is not None:
        made = apply_binary(content or b"", file.binary, reverse=reverse)
        return None if made is None else Applied(None if result is None else made, ())
    lines = lines_of(content or b"")
    hunks = [hunk.reversed() for hunk in file.hunks] if reverse else list(file.hunks)
    done = place_all(lines, hunks, fuzz=fuzz, loose=loose)
    if done is None:
        return None
    out, placements = done
    if result is None:
        return Applied(None, placements) if not out else None
    return Applied(b"".join(out), placements)


def apply_binary(content: bytes, change: Binary, *, reverse: bool = False) -> bytes | None:
    """The other side of a binary change, None where the patch does not hold it or it is for other content."""
    payload = change.reverse if reverse else change.forward
    if payload is None:
        return None
    kind, data = payload
    if kind == "delta":
        try:
            return apply_delta(content, data)
        except PatchError:
            return None
    back = change.forward if reverse else change.reverse
    if back is not None and back[0] == "literal" and back[1] != content:
        return None
    if back is not None and back[0] == "delta":
        try:
            if apply_delta(data, back[1]) != content:
                return None
        except PatchError:
            return None
    return data


def place_all(
    lines: list[bytes], hunks: Sequence[Hunk], *, fuzz: int = 0, loose: bool = False
) -> tuple[list[bytes], tuple[Placement, ...]] | None:
    """Place every hunk, in order, each below the last; None where one does not fit."""
    out: list[bytes] = []
    placements = []
    at = shift = 0
    for hunk in hunks:
        found = place(lines, hunk, start=at, shift=shift, fuzz=fuzz, loose=loose)
        if found is None:
            return None
        before, after = _trimmed(hunk, found.fuzz)
        out += lines[at : found.line]
        out += after
        at = found.line + len(before)
        shift = found.shift
        placements.append(found)
    out += lines[at:]
    return out, tuple(placements)


def place(
    lines: list[bytes], hunk: Hunk, *, start: int = 0, shift: int = 0, fuzz: int = 0, loose: bool = False
) -> Placement | None:
    """The nearest place of one hunk at or below line `start`, tried with growing fuzz; None where there is none."""
    for used in range(fuzz + 1):
        leading, trailing = context_sizes(hunk)
        if used > max(leading, trailing):
            break
        before, _ = _trimmed(hunk, used)
        cut = min(used, leading)
        wanted = max(hunk.old_start - 1, 0) + cut
        at_start, at_end = _edges(hunk, leading, trailing, used, loose)
        spots = _spots(lines, before, start, at_start, at_end)
        if not before:
            wanted = hunk.old_start
            spots = [0] if not lines else [min(max(wanted + shift, start), len(lines))] if loose or at_end else spots
        if spots:
            guess = wanted + shift
            line = min(spots, key=lambda spot: (abs(spot - guess), spot < guess))
            return Placement(line, line - wanted, used, len(spots))
    return None


def context_sizes(hunk: Hunk) -> tuple[int, int]:
    """How many context lines stand before the first and after the last change."""
    tags = [tag for tag, _ in hunk.lines]
    changed = [index for index, tag in enumerate(tags) if tag != " "]
    if not changed:
        return len(tags), 0
    return changed[0], len(tags) - 1 - changed[-1]


def _edges(hunk: Hunk, leading: int, trailing: int, fuzz: int, loose: bool) -> tuple[bool, bool]:
    """Whether the hunk must stand at the file's start or end, by git's rule or GNU patch's."""
    if loose or fuzz:
        return False, False
    return hunk.old_start <= 1 or leading < trailing, trailing == 0 or trailing < leading


def _trimmed(hunk: Hunk, fuzz: int) -> tuple[list[bytes], list[bytes]]:
    """Both images without `fuzz` context lines at each end."""
    if not fuzz:
        return hunk.old, hunk.new
    leading, trailing = context_sizes(hunk)
    head, tail = min(fuzz, leading), min(fuzz, trailing)
    old, new = hunk.old, hunk.new
    return old[head : len(old) - tail], new[head : len(new) - tail]


def _spots(lines: list[bytes], image: list[bytes], start: int, at_start: bool, at_end: bool) -> list[int]:
    size = len(image)
    last = len(lines) - size
    if last < start:
        return []
    first = 0 if at_start else start
    if at_start and start > 0:
        return []
    candidates: Sequence[int]
    if at_start:
        candidates = [0] if not at_end or last == 0 else []
    elif at_end:
        candidates = [last]
    elif size:
        candidates = _occurrences(lines, image, first)
    else:
        candidates = []
    return [spot for spot in candidates if lines[spot : spot + size] == image]


def _occurrences(lines: list[bytes], image: list[bytes], start: int) -> list[int]:
    """Where the image's longest line stands, minus its place in the image: few candidates, found at list speed."""
    key = max(range(len(image)), key=lambda i: len(image[i]))
    result: list[int] = []
    at = start + key
    while True:
        try:
            at = lines.index(image[key], at)
        except ValueError:
            return result
        result.append(at - key)
        at += 1
