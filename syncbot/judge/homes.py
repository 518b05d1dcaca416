"""Whether the function that a patch changes is in the release as it was, and what the patch brings only in another."""

from __future__ import annotations

from collections.abc import Sequence

from syncbot.judge.blocks import BlockFinding, State
from syncbot.judge.commits_place import NEXT_TO, definition
from syncbot.judge.files import FileFinding
from syncbot.judge.texts import lines_of
from syncbot.judge.weights import is_trivial, squeeze


def bare_at_home(file: FileFinding) -> bool:
    """Whether a change's lines, as they were and with those around them, stand in the function that it is for, and
    what it adds stands in another one alone, which may once have been this one."""
    before, after, there = file.change.before, file.change.after, file.target
    if before is None or after is None or there is None:
        return False
    sides = [lines_of(side.content) for side in (before, after, there)]
    return any(_bare(block, *sides) for block in file.blocks if block.state in (State.TWICE, State.NEEDED))


def window(lines: Sequence[bytes], start: int, end: int) -> list[bytes]:
    """The lines with those around them."""
    return list(lines[max(0, start - NEXT_TO) : end + NEXT_TO])


def places(lines: Sequence[bytes], wanted: Sequence[bytes]) -> list[int]:
    """Where these lines stand in a row."""
    size, first = len(wanted), wanted[0]
    starts = (at for at in range(len(lines) - size + 1) if lines[at] == first)
    return [at for at in starts if list(lines[at : at + size]) == list(wanted)]


def _bare(block: BlockFinding, old: list[bytes], new: list[bytes], there: list[bytes]) -> bool:
    change = block.change
    added = [line for line in new[change.b0 : change.b1] if not is_trivial(squeeze(line))]
    was = window(old, change.a0, change.a1)
    if not added or not block.weight or not any(map(bytes.strip, was)):
        return False
    home = definition(old, change.a0, added[0])
    if not home:
        return False
    above = min(change.a0, NEXT_TO)
    if not any(definition(there, at + above, added[0]) == home for at in places(there, was)):
        return False
    wanted = {squeeze(line) for line in added}
    stands = [at for at, line in enumerate(there) if squeeze(line) in wanted]
    elsewhere = {squeeze(there[at]) for at in stands if definition(there, at, there[at]) != home}
    return 2 * len(elsewhere) > len(wanted) and all(definition(there, at, there[at]) != home for at in stands)
