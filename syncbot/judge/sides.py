"""Both versions side by side, for a person who has to choose: what the patch makes of a place, and what upstream has
there; or the patch's diff of a file beside that of the commit that is nearly it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from syncbot.diff.aligned import Aligned
from syncbot.diff.render import render_file
from syncbot.judge.blocks import BlockFinding, State
from syncbot.judge.case import Case
from syncbot.judge.files import REGULAR, FileFinding
from syncbot.judge.lineage import Trace
from syncbot.judge.rules import deciding
from syncbot.judge.stack import Side
from syncbot.judge.texts import CONTEXT, lines_of, squeezed_aligned
from syncbot.model.judgement import Comparison
from syncbot.model.trees import FILE
from syncbot.model.verdicts import Verdict

MOST_PLACES = 8
"""Places of one patch that are shown."""
MOST_LINES = 40
"""Lines of one side of a place that are shown."""
MOST_DIFF = 160
"""Lines of one diff that are shown."""
_TOLD = frozenset({State.OPEN, State.TWICE, State.CUT})
"""What became of a block that is to be looked at: what merges, or is there, needs no one's eyes."""
FAR = 60
"""Lines from a place within which a line is looked for that stands on both sides."""


def compared(case: Case, verdict: Verdict) -> tuple[Comparison, ...]:
    """The places where the release has something else than the patch makes of them, code before the rest; where a
    commit of the release is nearly the patch, both diffs. Nothing of what is gone."""
    if verdict is Verdict.MOOT:
        return ()
    files = sorted(case.files, key=lambda file: file not in deciding(case.files))
    found: Iterator[Comparison] = chain.from_iterable(map(_places, files))  # no more than are shown
    if verdict is Verdict.SUPERSEDED and case.trace is not None:
        found = chain(found, _diffs(deciding(case.files), case.trace))
    return tuple(islice(found, MOST_PLACES))


def _places(file: FileFinding) -> Iterator[Comparison]:
    before, after, target = file.change.before, file.change.after, file.target
    if after is None or target is None or not all(_is_text(s) for s in (before, after, target) if s is not None):
        return
    if before is None:
        ours, theirs = lines_of(after.content), lines_of(target.content)
        yield Comparison(file.change.path, target.path, _cut(ours), _cut(theirs), 1, 1)
        return
    told = [block for block in file.blocks if block.state in _TOLD]
    if not told:
        return
    old, new, there = (lines_of(side.content) for side in (before, after, target))
    where = squeezed_aligned(before.content, target.content)
    for first, last in _clusters(told):
        low, high = max(first.change.a0 - CONTEXT, 0), min(last.change.a1 + CONTEXT, len(old))
        our_low = first.change.b0 - (first.change.a0 - low)
        ours = new[our_low : last.change.b1 + (high - last.change.a1)]
        at = _span(where, low, high, len(there))
        theirs = [] if at is None else there[at[0] : at[1]]
        line = None if at is None else at[0] + 1
        yield Comparison(file.change.path, target.path, _cut(ours), _cut(theirs), our_low + 1, line)


def _is_text(side: Side) -> bool:
    return side.mode in REGULAR and b"\0" not in side.content


def _clusters(blocks: Sequence[BlockFinding]) -> Iterator[tuple[BlockFinding, BlockFinding]]:
    """First and last of the blocks that are shown together, as one hunk would have them."""
    start = 0
    for at in range(1, len(blocks) + 1):
        if at == len(blocks) or blocks[at].change.a0 - blocks[at - 1].change.a1 > 2 * CONTEXT:
            yield blocks[start], blocks[at - 1]
            start = at


def _span(where: Aligned[bytes], low: int, high: int, size: int) -> tuple[int, int] | None:
    """The lines of the release between those that stand around low..high on both sides; None where none is near."""
    above = next((x for x in range(low, max(low - FAR, -1), -1) if x in where), None)
    below = next((x for x in range(high - 1, high + FAR) if x in where), None)
    if above is None and below is None:
        return None
    first = where[below] - (below - low) if above is None and below is not None else where[above or 0]
    last = where[above] + (high - above) if below is None and above is not None else where[below or 0] + 1
    return (max(first, 0), min(last, size)) if first < last else None


def _diffs(files: Sequence[FileFinding], trace: Trace) -> Iterator[Comparison]:
    """The first commit that is nearly the patch: its diff of each file that both change."""
    history = trace.history
    if history is None or not trace.absorbed:
        return
    best = trace.absorbed[0]
    own = {path: file for file in files for path in (*file.change.paths, file.target.path if file.target else "")}
    for touch in best.touches[:MOST_PLACES]:
        file = own.get(touch.path)
        old = None if touch.old is None else history.blob(touch.old)
        new = None if touch.new is None else history.blob(touch.new)
        if file is None or (old is None) is not (touch.old is None) or (new is None) is not (touch.new is None):
            continue
        theirs = _diff(touch.path, old, new)
        ours = _diff(file.change.path, *(s.content if s else None for s in (file.change.before, file.change.after)))
        yield Comparison(file.change.path, touch.path, ours, theirs, commit=best.commit.id)


def _diff(path: str, old: bytes | None, new: bytes | None) -> bytes:
    if b"\0" in (old or b"") + (new or b""):
        return b"[it is binary]\n"
    modes = (FILE if old is not None else None, FILE if new is not None else None)
    sides = (path if old is not None else None, path if new is not None else None)
    return _cut(lines_of(render_file(*sides, old, new, *modes)), MOST_DIFF)


def _cut(lines: Sequence[bytes], most: int = MOST_LINES) -> bytes:
    return b"".join(lines[:most]) + (b"" if len(lines) <= most else b"[%d more lines]\n" % (len(lines) - most))
