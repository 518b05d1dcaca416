"""Whether what a patch adds stands on the wrong side of the line beside it: order is the point of a check."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from syncbot.diff.lines import Change
from syncbot.judge.commits_kin import imports
from syncbot.judge.texts import Texts


def crossed(texts: Texts, change: Change, there: Mapping[int, int], added: Collection[bytes]) -> bool:
    """Whether lines that it adds stand in the release on the other side of the nearest telling line above or below them
    that the patch leaves alone: a check behind what it checks. Of imports the order is no matter; and where that line
    stands there more than once, what is found and what is missing of the block may still be right beside one of it."""
    wanted = texts.brought(change, added)
    mine = [i for i in range(change.b0, change.b1) if texts.na[i] in wanted and texts.says(texts.na[i])]
    found = [there[i] for i in mine if i in there]
    if not found:
        return False
    lost = len(mine) - len(found)
    serves = all(imports(texts.a[i]) for i in mine if i in there)
    for step, lines in ((-1, range(change.a0 - 1, -1, -1)), (1, range(change.a1, len(texts.nb)))):
        beside = next((i for i in lines if texts.says(texts.nb[i]) and not _touched(texts, i)), None)
        spot = None if beside is None else texts.b_to_t.get(beside)
        if beside is None or spot is None or (serves and imports(texts.b[beside])):
            continue
        edge = max(found) if step > 0 else min(found)
        if (spot - edge) * step < 0 and not _beside(texts, texts.nb[beside], edge, step, lost):
            return True
    return False


def _touched(texts: Texts, line: int) -> bool:
    """Whether the patch takes a line out, or writes it anew."""
    return any(change.a0 <= line < change.a1 for change in texts.own)


def _beside(texts: Texts, line: bytes, edge: int, step: int, lost: int) -> bool:
    """Whether a line stands in the release behind the edge (before it, for a step of -1), with no more telling lines
    between than are lost."""
    between = 0
    at = edge + step
    while 0 <= at < len(texts.nt) and between <= lost:
        if texts.nt[at] == line:
            return True
        between += texts.says(texts.nt[at])
        at += step
    return False
