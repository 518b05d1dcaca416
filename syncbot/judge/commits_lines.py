"""Changed lines as weighted multisets: what two versions of a file differ in, and how much each line says.

White space is taken out of lines before they are compared. A patch that does little but re-indent would weigh nothing
then: its lines are compared as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from syncbot.diff.lines import Change, changes, match
from syncbot.judge.weights import squeeze, weight

Lines = Mapping[bytes, int]
"""{line without white space: how often}"""


Key = Callable[[bytes], bytes]
"""What two lines must share to be the same."""


class Delta(NamedTuple):
    """The net change of a file. A line that is removed here and added there in the same file is in neither."""

    removed: Lines
    added: Lines


NOTHING = Delta({}, {})


def exact(line: bytes) -> bytes:
    """The key of a line where its indentation is what the patch is about; only its end is taken off."""
    return line.rstrip()


def delta(old: bytes, new: bytes, key: Key = squeeze) -> Delta:
    """What became of the lines of old in new, whatever their order."""
    if old == new:
        return NOTHING
    # blank lines, which the cut may make one more of, are in no delta
    before, after = (Counter(middle.split(b"\n")) for middle in middles(old, new))
    changed = {line for line, _ in before.items() ^ after.items()}
    removed: dict[bytes, int] = {}
    added: dict[bytes, int] = {}
    for line in changed:
        more = after[line] - before[line]
        side, name = (added if more > 0 else removed), key(line)
        side[name] = side.get(name, 0) + abs(more)
    return net(removed, added)


def middles(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """The two without the whole lines that they share at their start and at their end."""
    start, end = _shared_ends(old, new)
    return old[start : len(old) - end], new[start : len(new) - end]


def touched_lines(old: bytes, new: bytes) -> Change | None:
    """The lines from the first to the last that differ between two versions of a file, None where nothing does."""
    if old == new:
        return None
    start, end = _shared_ends(old, new)
    above = old.count(b"\n", 0, start)
    sizes = (text.count(b"\n", start, len(text) - end) + 1 for text in (old, new))
    return Change(above, above + next(sizes), above, above + next(sizes))


@lru_cache(maxsize=64)
def steps(old: bytes, new: bytes) -> list[Change]:
    """What differs between two versions of a file, as lines (without their ends) of either. Remembered: each block of a
    patch is followed through the same versions. Callers must not change the list."""
    if old == new:
        return []
    start, end = _shared_ends(old, new)
    above = old.count(b"\n", 0, start)
    a, b = old[start : len(old) - end].split(b"\n"), new[start : len(new) - end].split(b"\n")
    found = changes(match(a, b), len(a), len(b))
    return [Change(c.a0 + above, c.a1 + above, c.b0 + above, c.b1 + above) for c in found]


_STRIDE = 1 << 14
"""Bytes that are compared at once: a cut-out that stays in the processor's cache costs next to nothing."""


@lru_cache(maxsize=8)
def _shared_ends(old: bytes, new: bytes) -> tuple[int, int]:
    """How many bytes of whole lines the two share at their start and at their end. By strides and then by halving:
    comparing stretches of bytes is far cheaper than counting lines."""
    shortest = min(len(old), len(new))
    low = 0
    while low < shortest and old[low : low + _STRIDE] == new[low : low + _STRIDE]:
        low += _STRIDE
    low, high = min(low, shortest), min(low + _STRIDE, shortest)
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    start = old.rfind(b"\n", 0, low) + 1
    a, b, low, shortest = len(old), len(new), 0, shortest - start
    while low < shortest and old[max(a - low - _STRIDE, 0) : a - low] == new[max(b - low - _STRIDE, 0) : b - low]:
        low += _STRIDE
    low, high = min(low, shortest), min(low + _STRIDE, shortest)
    while low < high:
        middle = (low + high + 1) // 2
        if old[a - middle : a - low] == new[b - middle : b - low]:
            low = middle
        else:
            high = middle - 1
    newline = old.find(b"\n", a - low) if low else -1
    return start, a - newline if newline >= 0 else 0


def net(removed: dict[bytes, int], added: dict[bytes, int]) -> Delta:
    """The two without what they share, and without blank lines. Takes them over."""
    for line in removed.keys() & added.keys():
        both = min(removed[line], added[line])
        for side in (removed, added):
            if side[line] == both:
                del side[line]
            else:
                side[line] -= both
    for side in (removed, added):
        side.pop(b"", None)
    return Delta(removed, added)


def delta_of(removed: Iterable[bytes], added: Iterable[bytes], key: Key = squeeze) -> Delta:
    return net(_counted(map(key, removed)), _counted(map(key, added)))


def _counted(lines: Iterable[bytes]) -> dict[bytes, int]:
    """As a Counter, which is slow for the few lines of a block."""
    counts: dict[bytes, int] = {}
    for line in lines:
        counts[line] = counts.get(line, 0) + 1
    return counts


class Weights:
    """How much a line says: its shape, and less the more often it stands in the files that are patched."""

    def __init__(self, seen: Callable[[bytes], int], key: Key = squeeze) -> None:
        """`seen`: how often a line stands in the files before the patch. `key`: what stands for a line in all multisets
        that are weighed here."""
        self.key = key
        self._seen = seen
        self._known: dict[bytes, float] = {}

    def __call__(self, line: bytes) -> float:
        found = self._known.get(line)
        if found is None:
            found = weight(squeeze(line), self._seen(line))
            self._known[line] = found
        return found

    def of(self, lines: Lines) -> float:
        return sum(self(line) * count for line, count in lines.items())

    def change(self, change: Delta) -> float:
        return self.of(change.removed) + self.of(change.added)

    def shared(self, a: Lines, b: Lines) -> float:
        """The weight of what two multisets share."""
        if len(b) < len(a):
            a, b = b, a
        return sum(self(line) * min(count, b[line]) for line, count in a.items() if line in b)

    def overlap(self, a: Delta, b: Delta) -> float:
        return self.shared(a.removed, b.removed) + self.shared(a.added, b.added)


def mirrored(change: Delta) -> Delta:
    return Delta(change.added, change.removed)


def merged(changes: Iterable[Delta]) -> Delta:
    """The sum of several files' changes, not netted across files: code that moved between files stays a change."""
    some = [change for change in changes if change is not NOTHING]
    if len(some) < 2:
        return some[0] if some else NOTHING
    removed: Counter[bytes] = Counter()
    added: Counter[bytes] = Counter()
    for change in some:
        removed.update(change.removed)
        added.update(change.added)
    return Delta(removed, added)
