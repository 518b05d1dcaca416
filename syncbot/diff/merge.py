"""Three-way merge of lines, with every region accounted for. Agrees with `git merge-file` on what is clean."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from syncbot.diff.lines import Change, changes, lines_of, match


class Side(StrEnum):
    """Who changed a region."""

    SAME = "same"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    """Both, in the same way."""
    CONFLICT = "conflict"


class Region(NamedTuple):
    """Half-open line ranges (from 0) of one region in base (b), ours (o) and theirs (t)."""

    side: Side
    b0: int
    b1: int
    o0: int
    o1: int
    t0: int
    t1: int


@dataclass(frozen=True, slots=True)
class Merged:
    """`content` is None where anything conflicts."""

    content: bytes | None
    regions: tuple[Region, ...]

    @property
    def conflicts(self) -> int:
        return sum(region.side is Side.CONFLICT for region in self.regions)


def merge3(base: bytes, ours: bytes, theirs: bytes) -> Merged:
    """Merge two changed texts with their common ancestor."""
    b, o, t = lines_of(base), lines_of(ours), lines_of(theirs)
    regions = merge_regions(b, o, t, changes(match(b, o), len(b), len(o)), changes(match(b, t), len(b), len(t)))
    if any(region.side is Side.CONFLICT for region in regions):
        return Merged(None, tuple(regions))
    out: list[bytes] = []
    for region in regions:
        out += t[region.t0 : region.t1] if region.side is Side.THEIRS else o[region.o0 : region.o1]
    return Merged(b"".join(out), tuple(regions))


def merge_regions(
    b: Sequence[Hashable],
    o: Sequence[Hashable],
    t: Sequence[Hashable],
    ours: Sequence[Change],
    theirs: Sequence[Change],
    *,
    touching: bool = True,
) -> list[Region]:
    """Regions that cover all three texts, in order. Changes of both sides that touch make one region: there must be an
    unchanged line between two changes for them to be independent (as in xdiff). Without `touching` only changes that
    overlap do: neighbours are independent, unless both insert at one point."""
    regions: list[Region] = []
    at_b = at_o = at_t = 0
    i = j = 0
    while i < len(ours) or j < len(theirs):
        mine, other, i, j, low, high = _cluster(ours, theirs, i, j, touching)
        gap = low - at_b
        if gap:
            regions.append(Region(Side.SAME, at_b, low, at_o, at_o + gap, at_t, at_t + gap))
        o0, t0 = at_o + gap, at_t + gap
        o1, t1 = o0 + high - low, t0 + high - low
        for c in mine:
            o1 += c.b1 - c.b0 - c.a1 + c.a0
        for c in other:
            t1 += c.b1 - c.b0 - c.a1 + c.a0
        regions.append(Region(_side(o[o0:o1], t[t0:t1], mine, other), low, high, o0, o1, t0, t1))
        at_b, at_o, at_t = high, o1, t1
    if at_b < len(b):
        regions.append(Region(Side.SAME, at_b, len(b), at_o, len(o), at_t, len(t)))
    return regions


def regions_of(
    o: Sequence[Hashable],
    t: Sequence[Hashable],
    ours: Sequence[Change],
    theirs: Sequence[Change],
    standing: Callable[[int], int],
) -> list[Region]:
    """Of the same regions those that `theirs` changes, for which `ours` need only hold what touches one of them.
    `standing`: where a line of the base (or its end) stands in ours, asked where nothing of ours is near."""
    regions: list[Region] = []
    i = j = 0
    while j < len(theirs):
        mine, other, i, j, low, high = _cluster(ours, theirs, i, j, touching=True)
        if not other:
            continue
        o0 = mine[0].b0 - mine[0].a0 + low if mine else standing(low)
        t0 = other[0].b0 - other[0].a0 + low
        o1, t1 = (at + high - low for at in (o0, t0))
        o1 += sum(c.b1 - c.b0 - c.a1 + c.a0 for c in mine)
        t1 += sum(c.b1 - c.b0 - c.a1 + c.a0 for c in other)
        regions.append(Region(_side(o[o0:o1], t[t0:t1], mine, other), low, high, o0, o1, t0, t1))
    return regions


def _side(o: Sequence[Hashable], t: Sequence[Hashable], mine: Sequence[Change], other: Sequence[Change]) -> Side:
    if not other:
        return Side.OURS
    if not mine:
        return Side.THEIRS
    return Side.BOTH if list(o) == list(t) else Side.CONFLICT


def _cluster(
    ours: Sequence[Change], theirs: Sequence[Change], i: int, j: int, touching: bool
) -> tuple[Sequence[Change], Sequence[Change], int, int, int, int]:
    """The next change and all that belong with it, from both sides; where the next ones are; and the lines of the base
    that they cover."""
    mine_at, other_at = i, j
    low = high = -1
    while i < len(ours) or j < len(theirs):
        first_mine = j >= len(theirs) or (i < len(ours) and ours[i][:2] <= theirs[j][:2])
        change = ours[i] if first_mine else theirs[j]
        if low < 0:
            low = change.a0
        elif change.a0 > high if touching else change.a0 >= high and not change.a0 == change.a1 == low == high:
            break
        high = max(high, change.a1)
        if first_mine:
            i += 1
        else:
            j += 1
    return ours[mine_at:i], theirs[other_at:j], i, j, low, high
