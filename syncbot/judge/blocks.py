"""One changed file of a patch against the release's version of it, block by block.

A block is a run of lines that the patch replaces. Its place in the release is found through what surrounds it in the
file before the patch, never through its own text alone: the same text elsewhere proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from syncbot.diff.lines import Change
from syncbot.diff.merge import Region, Side
from syncbot.judge.beside import Slot, last_item, slot, spliced
from syncbot.judge.enclosing import apart
from syncbot.judge.measures import Measures, measure
from syncbot.judge.texts import CONTEXT, Texts, counts_of
from syncbot.judge.weights import columns, is_trivial
from syncbot.judge.wrapped import wrapped

TELLING = 0.5
"""The weight from which a block says anything."""
EDITED = 0.9
"""What a line counts that stands there with edits."""
THERE = 0.9
"""A block of which this much stands in the release is there."""
ABSENT = 0.1
"""A block of which no more than this stands in the release is not there."""

CHANCE = 0.3
"""So much of a block may stand at its place by chance: lines that the file had as often before."""


class State(StrEnum):
    """What became of a block in the release."""

    NOOP = "noop"
    """The three-way merge leaves the release as it is there."""
    PLACED = "placed"
    """The after-image stands at its place, between its neighbours, and the before-image does not."""
    WRAPPED = "wrapped"
    """The same, but for line breaks: it was formatted since."""
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


def analyse(before: bytes, after: bytes, target: bytes, path: str = "") -> TextFinding:
    """Every block of the change before -> after against the target's text. `path` tells the language."""
    texts = Texts(before, after, target)
    found: dict[Change, BlockFinding] = {}
    slots: dict[Change, Slot] = {}
    own = iter(texts.own)
    change = next(own, None)
    for region in texts.regions():
        while change is not None and change.a0 >= region.b0 and change.a1 <= region.b1 and _inside(change, region):
            found[change] = _finding(texts, change, region, path)
            if found[change].state not in (State.OPEN, State.CUT) and _strayed(texts, change, found[change], region):
                found[change] = _nowhere(found[change])
            elif region.side is Side.THEIRS:
                slots[change] = Slot(region.o0, region.o1, texts.a[region.t0 : region.t1])
            change = next(own, None)
    _let_in(texts, found, slots, path)
    content = _content(texts, found, slots)
    if content is not None:
        for change, finding in found.items():
            if finding.state is State.NEEDED and not finding.weight and _doubled(texts, change, content):
                found[change] = replace(finding, state=State.TWICE)
    return TextFinding(tuple(found[c] for c in texts.own), content)


def _let_in(texts: Texts, found: dict[Change, BlockFinding], slots: dict[Change, Slot], path: str) -> None:
    """Blocks that git would not merge, but whose place is known and of which the release has nothing."""
    for change, finding in found.items():
        if finding.state not in (State.OPEN, State.CUT):
            continue
        place = slot(texts, change, path) if _absent(finding) else last_item(texts, change, path)
        if place is None or _elsewhere(texts, change, place.start, _deeper(texts, change, place)):
            continue
        slots[change] = place
        state = State.BESIDE if finding.state is State.OPEN else State.CUT
        found[change] = replace(finding, state=state, target=place.start)


def _content(texts: Texts, found: dict[Change, BlockFinding], slots: dict[Change, Slot]) -> bytes | None:
    if any(f.state is State.OPEN or (f.state is State.CUT and c not in slots) for c, f in found.items()):
        return None
    return spliced(texts.t, list(slots.values()))


def _inside(change: Change, region: Region) -> bool:
    return change.b0 >= region.t0 and change.b1 <= region.t1


def _absent(finding: BlockFinding) -> bool:
    """Whether the release has nothing of the block: of what it adds, or, where it only removes, all of that is left."""
    found = finding.measures
    if found.removed and not found.added:
        return found.contrast <= ABSENT and found.remains >= THERE
    return found.contrast <= ABSENT and found.alignment <= CHANCE


def _finding(texts: Texts, change: Change, region: Region, path: str) -> BlockFinding:
    start = texts.b_to_t.get(change.a0, region.o0)
    finding = BlockFinding(State.OPEN, change, start, measure(texts, change))
    if region.side is Side.BOTH:
        return replace(finding, state=State.OPEN if _moved_away(finding) else State.NOOP)
    if region.side is Side.THEIRS:
        return replace(finding, state=State.TWICE if _twice(finding) else State.NEEDED)
    placed = _placed(texts, change)
    if placed is not None:
        return replace(finding, state=State.PLACED, target=placed)
    placed = None if finding.measures.white else wrapped(texts, change, path)
    if placed is not None:
        return replace(finding, state=State.WRAPPED, target=placed)
    return replace(finding, state=State.CUT) if _cut(texts, region) else finding


def _strayed(texts: Texts, change: Change, finding: BlockFinding, region: Region) -> bool:
    """Whether lines that two functions share were aligned across."""
    place = finding.target if finding.state in (State.PLACED, State.WRAPPED) else region.o0
    return place is not None and _elsewhere(texts, change, place)


def _deeper(texts: Texts, change: Change, place: Slot) -> int:
    """Columns that a slot's lines stand further in than the patch has them."""
    mine = next((columns(line) for line in texts.a[change.b0 : change.b1] if line.strip()), None)
    theirs = next((columns(line) for line in place.lines if line.strip()), None)
    return 0 if mine is None or theirs is None else theirs - mine


def _elsewhere(texts: Texts, change: Change, place: int, deeper: int = 0) -> bool:
    """Whether a place is in another function, branch or section than the block belongs into, as the file is before the
    patch and after it: it may change the head as well."""
    lines = [x for x in (*texts.a[change.b0 : change.b1], *texts.b[change.a0 : change.a1]) if x.strip()]
    if not lines:
        return False
    sides = (texts.outline_b, change.a0), (texts.outline_a, change.b0)
    return all(apart(outline, line, texts.outline_t, place, lines, deeper) for outline, line in sides)


def _nowhere(finding: BlockFinding) -> BlockFinding:
    """What was found of it is another function's: nothing stands at its own place."""
    return replace(finding, state=State.OPEN, target=None, measures=finding.measures.nowhere())


def _moved_away(finding: BlockFinding) -> bool:
    """Whether a removal only looks done: the lines left their place, but the file has them as often as before."""
    found = finding.measures
    return not found.added and found.removed > 0 and found.weight > 0 and found.contrast <= ABSENT


def _twice(finding: BlockFinding) -> bool:
    """Whether what it adds stands there already, in the same function or list."""
    found = finding.measures
    return found.weight >= TELLING and found.added > 0 and found.contrast >= THERE and found.nearby >= THERE


def _doubled(texts: Texts, change: Change, content: bytes) -> bool:
    """Whether lines that the patch only moves would stand in the release more often than in any of the three texts:
    they have left their old place there too, and gone to another one than the patch's."""
    lines = {line for line in texts.na[change.b0 : change.b1] if not is_trivial(line)}
    if not lines:
        return False
    result = counts_of(content)
    return all(result[x] > max(texts.count_b[x], texts.count_a[x], texts.count_t[x]) for x in lines)


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
    last = window[1] - size
    if not image:
        return list(range(window[0], last + 1))
    found = []
    at = window[0]
    while at <= last:
        try:
            at = lines.index(image[0], at, last + 1)
        except ValueError:
            break
        if lines[at : at + size] == image:
            found.append(at)
        at += 1
    return found
