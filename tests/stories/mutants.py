"""Mutants of a release that has a patch: one change undone, one token altered, one block moved, one line deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from .changes import Files
from .storybook import Carried


@dataclass(frozen=True)
class Block:
    """One contiguous change of a patch where it stands in the release: lines `start:end` of `path` are its added
    lines; `before` is what they stand for."""

    path: str
    start: int
    end: int
    before: tuple[bytes, ...]


@dataclass(frozen=True)
class Mutant:
    kind: str
    files: Files


def blocks(carried: Carried, release: Files) -> list[Block]:
    """The changes of the patch that stand in the release word for word, between a neighbour above and one below."""
    found = []
    for path, (_, after) in carried.after.items():
        before = carried.before.get(path, (0, b""))[1]
        if before == after or b"\0" in after:
            continue
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
        lines = release.get(path, (0, b""))[1].splitlines(keepends=True)
        for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
            if tag == "equal" or not any(_counts(line) for line in old[i1:i2] + new[j1:j2]):
                continue
            start = _place(lines, new, j1, j2)
            if start is not None:
                found.append(Block(path, start, start + j2 - j1, tuple(old[i1:i2])))
    return found


def _place(lines: list[bytes], new: list[bytes], start: int, end: int) -> int | None:
    """Where new[start:end] stands in lines: with both neighbours, else with one, else (not for deletions) alone."""
    reaches = ((1, 1), (1, 0), (0, 1), (0, 0)) if end > start else ((2, 2), (1, 1))
    for above, below in reaches:
        first, last = max(start - above, 0), min(end + below, len(new))
        wanted = new[first:last]
        places = [n for n in range(len(lines) - len(wanted) + 1) if lines[n : n + len(wanted)] == wanted]
        if len(places) == 1:
            return places[0] + start - first
    return None


def mutants(carried: Carried, release: Files) -> Iterator[Mutant]:
    """All mutants of the four kinds."""
    for block in blocks(carried, release):
        lines = release[block.path][1].splitlines(keepends=True)
        added = lines[block.start : block.end]
        yield _mutant("undone", release, block, block.before)
        for number, line in enumerate(added):
            if not _counts(line):
                continue
            yield _mutant("deleted", release, block, (*added[:number], *added[number + 1 :]))
            yield _mutant("altered", release, block, (*added[:number], altered(line), *added[number + 1 :]))
        moved = _moved(lines, block)
        if moved is not None:
            mode = release[block.path][0]
            yield Mutant("moved", {**release, block.path: (mode, b"".join(moved))})


def altered(line: bytes) -> bytes:
    """The line with one token changed: its last number, else its last word."""
    for pattern in (rb"\d+(?!.*\d)", rb"[A-Za-z_]{3,}(?!.*[A-Za-z_]{3})", rb"[A-Za-z_]+"):
        found = re.search(pattern, line)
        if found:
            token = found.group()
            other = b"%d" % (int(token) + 1) if token.isdigit() else token + b"2"
            return line[: found.start()] + other + line[found.end() :]
    raise AssertionError(f"no token in {line!r}")


def small(carried: Carried) -> bool:
    """At most two lines that count: such a patch weighs less than 3, whatever its lines are."""
    return sum(_counts(line) for pair in _changed(carried) for line in pair) <= 2


def _changed(carried: Carried) -> Iterator[tuple[bytes, ...]]:
    for path, (_, after) in carried.after.items():
        old = carried.before.get(path, (0, b""))[1].splitlines()
        new = after.splitlines()
        for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
            if tag != "equal":
                yield (*old[i1:i2], *new[j1:j2])


def _mutant(kind: str, release: Files, block: Block, instead: tuple[bytes, ...]) -> Mutant:
    mode, content = release[block.path]
    lines = content.splitlines(keepends=True)
    lines[block.start : block.end] = instead
    return Mutant(kind, {**release, block.path: (mode, b"".join(lines))})


def _moved(lines: list[bytes], block: Block) -> list[bytes] | None:
    """The block taken out and put into another function: where a statement stands at its depth, far away."""
    added = lines[block.start : block.end]
    if not added or block.before:
        return None
    depth = added[0][: len(added[0]) - len(added[0].lstrip())]
    rest = lines[: block.start] + lines[block.end :]
    for number, line in enumerate(rest):
        indent = line[: len(line) - len(line.lstrip())]
        if indent == depth and _counts(line) and abs(number - block.start) > 20:
            return rest[:number] + added + rest[number:]
    return None


def _counts(line: bytes) -> bool:
    return re.search(rb"\w", line) is not None
