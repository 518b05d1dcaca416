"""One changed file of a patch against the release's version of it, block by block.

A block is a run of lines that the patch replaces. Its place in the release is found through what surrounds it in the
file before the patch, never through its own text alone: the same text elsewhere proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from syncbot.diff.lines import Change
from syncbot.diff.merge import Region, Side, merge_regions
from syncbot.judge.measures import Measures, measure
from syncbot.judge.texts import CONTEXT, Texts
from syncbot.judge.weights import is_trivial

TELLING = 0.5
"""The weight from which a block says anything."""
EDITED = 0.9
"""What a line counts that stands there with edits."""
THERE = 0.9
"""A block of which this much stands in the release is there."""
ABSENT = 0.1
"""A block of which no more than this stands in the release is not there."""


class State(StrEnum):
    """What became of a block in the release."""

    NOOP = "noop"
    """The three-way merge leaves the release as it is there."""
    PLACED = "placed"
    """The after-image stands at its place, between its neighbours, and the before-image does not."""
    NEEDED = "needed"
    """It merges cleanly and changes something."""
    TWICE = "twice"
    """It merges cleanly, but what it adds stands there already: applying would add it again."""
    BESIDE = "beside"
    """Upstream changed the lines right next to it, but none of its own, and nothing of it is there: still needed."""
    CUT = "cut"
    """Upstream deleted the lines around it, it with them, and put nothing in their place."""
    OPEN = "open"
    """Upstream changed the same lines in another way; the text has to be weighed."""


@dataclass(frozen=True, slots=True)
class BlockFinding:
    """One block: lines count from 0; `target` is its line in the release, None where there is none."""

    state: State
    change: Change
    target: int | None
    measures: Measures

    @property
    def weight(self) -> float:
        return self.measures.weight

    @property
    def score(self) -> float:
        """Contrast capped by alignment (0..1): what stands there to the letter."""
        return min(self.measures.contrast, self.measures.alignment)

    @property
    def edited_score(self) -> float:
        """The same, where lines count nearly whole that stand there with edits."""
        edited = self.measures.edited if self.measures.added else 0.0
        return self.score + (1 - self.score) * EDITED * edited


@dataclass(frozen=True, slots=True)
class TextFinding:
    """All blocks of a file; `content` is the release's file with every needed block merged in, None where any block is
    neither settled as upstream nor merges."""

    blocks: tuple[BlockFinding, ...]
    content: bytes | None


def analyse(before: bytes, after: bytes, target: bytes) -> TextFinding:
    """Every block of the change before -> after against the target's text."""
    texts = Texts(before, after, target)
    regions = merge_regions(texts.b, texts.t, texts.a, texts.theirs, texts.own)
    found: dict[Change, BlockFinding] = {}
    own = iter(texts.own)
    change = next(own, None)
    for region in regions:
        while change is not None and change.a0 >= region.b0 and change.a1 <= region.b1 and _inside(change, region):
            found[change] = _finding(texts, change, region)
            change = next(own, None)
    content = _content(texts, regions, found)
    if content is None:
        content = _beside(texts, found)
    return TextFinding(tuple(found[c] for c in texts.own), content)


def _beside(texts: Texts, found: dict[Change, BlockFinding]) -> bytes | None:
    """Blocks that upstream's changes only touch: merged as neighbours, if nothing of them is in the release."""
    regions = merge_regions(texts.b, texts.t, texts.a, texts.theirs, texts.own, touching=False)
    for region in regions:
        if region.side is not Side.THEIRS:
            continue
        for change, finding in found.items():
            inside = change.a0 >= region.b0 and change.a1 <= region.b1 and _inside(change, region)
            if inside and finding.state is State.OPEN and _absent(finding) and _anchored(texts, change):
                found[change] = replace(finding, state=State.BESIDE)
    if any(finding.state is State.OPEN for finding in found.values()):
        return None
    return _content(texts, regions, found)


def _inside(change: Change, region: Region) -> bool:
    return (
        region.side is not Side.SAME
        and region.side is not Side.OURS
        and change.b0 >= region.t0
        and change.b1 <= region.t1
    )


def _content(texts: Texts, regions: Sequence[Region], found: dict[Change, BlockFinding]) -> bytes | None:
    out: list[bytes] = []
    for region in regions:
        if region.side is Side.CONFLICT:
            inside = [f for c, f in found.items() if c.a0 >= region.b0 and c.a1 <= region.b1 and _inside(c, region)]
            if not inside or any(f.state is not State.PLACED for f in inside):
                return None
        out += texts.a[region.t0 : region.t1] if region.side is Side.THEIRS else texts.t[region.o0 : region.o1]
    return b"".join(out)


def _anchored(texts: Texts, change: Change) -> bool:
    """Whether the block's own lines stand in the release as they were; an insertion has none: upstream may have added
    lines at its point, but must not have replaced the lines that it stands between."""
    if change.a1 > change.a0:
        return all(line in texts.b_to_t for line in range(change.a0, change.a1))
    return all(line in texts.b_to_t for line in (change.a0 - 1, change.a0) if 0 <= line < len(texts.b))


def _absent(finding: BlockFinding) -> bool:
    return finding.measures.contrast <= ABSENT and finding.measures.alignment <= ABSENT


def _finding(texts: Texts, change: Change, region: Region) -> BlockFinding:
    start = texts.b_to_t.get(change.a0, region.o0)
    finding = BlockFinding(State.OPEN, change, start, measure(texts, change))
    if region.side is Side.BOTH:
        return replace(finding, state=State.OPEN if _moved_away(finding) else State.NOOP)
    if region.side is Side.THEIRS:
        return replace(finding, state=State.TWICE if _twice(finding) else State.NEEDED)
    placed = _placed(texts, change)
    if placed is not None:
        return replace(finding, state=State.PLACED, target=placed)
    return replace(finding, state=State.CUT) if _cut(texts, region) else finding


def _moved_away(finding: BlockFinding) -> bool:
    """Whether a removal only looks done: the lines left their place, but the file has them as often as before."""
    found = finding.measures
    return not found.added and found.removed > 0 and found.weight > 0 and found.contrast <= ABSENT


def _twice(finding: BlockFinding) -> bool:
    """Whether what it adds stands there already, in the same function or list."""
    found = finding.measures
    return found.weight >= TELLING and found.added > 0 and found.contrast >= THERE and found.nearby >= THERE


def _cut(texts: Texts, region: Region) -> bool:
    """Whether upstream left nothing of the region: it was deleted with what stood around it."""
    old = {line for line in texts.nb[region.b0 : region.b1] if not is_trivial(line)}
    left = [line for line in texts.nt[region.o0 : region.o1] if line.strip(b"{}()[];,")]
    return bool(old) and not left


def _placed(texts: Texts, change: Change) -> int | None:
    """Where the after-image stands in the release with its context as the patch knows it, once and only once."""
    low, high = max(change.b0 - CONTEXT, 0), min(change.b1 + CONTEXT, len(texts.a))
    window = texts.window(change)
    spots = _spots(texts.t, texts.a[low:high], window)
    old = texts.b[max(change.a0 - CONTEXT, 0) : min(change.a1 + CONTEXT, len(texts.b))]
    if len(spots) != 1 or _spots(texts.t, old, window):
        return None
    return spots[0] + change.b0 - low


def _spots(lines: list[bytes], image: list[bytes], window: tuple[int, int]) -> list[int]:
    size = len(image)
    return [at for at in range(window[0], window[1] - size + 1) if lines[at : at + size] == image]
