"""What the text of the release says about one block of a patch: numbers, no verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from syncbot.diff.lines import Change, mapping, match
from syncbot.judge.texts import CONTEXT, Texts, is_head
from syncbot.judge.weights import is_trivial, squeeze

NEAR = 0.75
"""The alignment of a deletion of which only one neighbour is left, or whose neighbours have drifted apart."""
_CONDITION = re.compile(rb"#(if|ifdef|ifndef|elif)|if\(?(0|false|False|FALSE)\b")
"""A squeezed line that makes what follows it conditional, or dead."""


@dataclass(frozen=True, slots=True)
class Measures:
    """`weight`: the evidence in the changed lines. Shares of it (0..1): `contrast`, how much of what the block adds or
    removes the release gained or lost; `alignment`, how much of what it adds stands at its own place; `remains`, how
    much of what it removes still stands at its place. `bare`: the weight of added lines in whose place the release has
    nothing at all; `edited`: the share (0..1) of the missing lines that have an edited successor there. `guarded`: it
    stands under a condition that the patch does not have. `white`: only white space changes; `white_stays`: and the
    release has it as it was."""

    weight: float
    contrast: float
    alignment: float
    remains: float
    bare: float
    edited: float
    guarded: bool
    added: int
    removed: int
    white: bool
    white_stays: bool
    nearby: float
    """How much of what it adds stands in the same function or list, wherever in it."""


def measure(texts: Texts, change: Change) -> Measures:
    """All measures of one block."""
    added, removed = _net(texts.na[change.b0 : change.b1], texts.nb[change.a0 : change.a1])
    window = texts.window(change)
    total = gained = 0.0
    for line in [*added, *removed]:
        gain = texts.gain(line)
        if gain is not None:
            heft = texts.line_weight(line)
            total += heft
            gained += heft * gain
    low, high = max(change.b0 - CONTEXT, 0), min(change.b1 + CONTEXT, len(texts.a))
    there = {
        low + i: window[0] + j for i, j in mapping(match(texts.na[low:high], texts.nt[window[0] : window[1]])).items()
    }
    white = not added and not removed
    return Measures(
        weight=total,
        contrast=gained / total if total else 0.0,
        alignment=_alignment(texts, change, there, added, (low, high)),
        remains=_remains(texts, change, window, removed),
        bare=_bare(texts, change, there, added),
        edited=_edited(texts, change, there, window),
        guarded=_guarded(texts, change, there, (low, high)),
        added=len(added),
        removed=len(removed),
        white=white,
        white_stays=white and _white_stays(texts, change, window),
        nearby=_nearby(texts, change, added),
    )


def _net(added: list[bytes], removed: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """What a block adds and removes once lines that only changed their white space are paired off."""
    plus, minus = Counter(added), Counter(removed)
    return list((plus - minus).elements()), list((minus - plus).elements())


def _alignment(
    texts: Texts, change: Change, there: dict[int, int], added: list[bytes], slice_: tuple[int, int]
) -> float:
    wanted = Counter(added)
    total = found = 0.0
    for line in range(change.b0, change.b1):
        if wanted[texts.na[line]] > 0:
            heft = texts.line_weight(texts.na[line])
            total += heft
            found += heft if line in there else 0.0
    if total:
        return found / total
    # nothing of weight is added: the place is right if a neighbour stands there and what is removed does not
    sides = [i for i in (change.b0 - 1, change.b1) if slice_[0] <= i < slice_[1]]
    here = [there[i] for i in sides if i in there]
    if len(here) < len(sides):
        return NEAR if here else 0.0
    if len(here) < 2:
        return 1.0 if here else 0.0
    return 1.0 if here[1] - here[0] <= 1 + (change.b1 - change.b0) else NEAR


def _remains(texts: Texts, change: Change, window: tuple[int, int], removed: list[bytes]) -> float:
    """How much of the weight that the block removes stands in the window, above what the after-image has there."""
    here = Counter(texts.nt[window[0] : window[1]])
    low, high = max(change.b0 - CONTEXT, 0), min(change.b1 + CONTEXT, len(texts.a))
    here -= Counter(texts.na[low:high])
    total = found = 0.0
    for line in removed:
        heft = texts.line_weight(line)
        total += heft
        if here[line] > 0:
            here[line] -= 1
            found += heft
    return found / total if total else 0.0


def _bare(texts: Texts, change: Change, there: dict[int, int], added: list[bytes]) -> float:
    """Missing lines between two found neighbours with fewer new lines between those in the release than are missing:
    what has no successor was not edited since, it is not there."""
    wanted = set(added)
    found = 0.0
    line = change.b0
    while line < change.b1:
        if line in there:
            line += 1
            continue
        end = line
        while end < change.b1 and end not in there:
            end += 1
        missing = [x for x in texts.na[line:end] if x in wanted and not is_trivial(x)]
        above, below = there.get(line - 1), there.get(end)
        if above is not None and below is not None:
            fresh = sum(texts.is_new(x) and not is_trivial(x) for x in texts.nt[above + 1 : below])
            hefts = sorted(texts.line_weight(x) for x in missing)
            found += sum(hefts[: max(len(hefts) - fresh, 0)])
        line = end
    return found


_COMMENT = re.compile(rb"//|/\*|\*|#(?!(if|el|endif|def|undef|inc|pragma|error))|--|;;|%|<!--|dnl")
"""A squeezed line that is a comment in one of the usual languages: its words do nothing."""
_TOKEN = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|\d[\w.]*|[^\sA-Za-z0-9_]")


def _tokens(lines: Iterable[bytes]) -> Counter[bytes]:
    return Counter(token for line in lines for token in _TOKEN.findall(line))


SUCCESSOR = 0.6
"""How alike (share of common tokens) a line and its edited successor are at least."""


def _edited(texts: Texts, change: Change, there: dict[int, int], window: tuple[int, int]) -> float:
    """Later edits leave most of a line's words: of the weight of the lines not found, the share (0..1) that has a
    successor of its own at the place, alike, and with every word that the line brings in. Spread over several lines the
    same words say something else."""
    missing = [i for i in range(change.b0, change.b1) if i not in there and not is_trivial(texts.na[i])]
    if not missing:
        return 1.0
    above = max((there[i] for i in there if i < missing[0]), default=window[0] - 1)
    below = min((there[i] for i in there if i > missing[-1]), default=window[1])
    taken = set(there.values())
    old = set(_tokens(texts.b[change.a0 : change.a1]))
    total = found = 0.0
    at = above + 1
    for line in missing:
        heft = texts.line_weight(texts.na[line]) or 1e-9
        total += heft
        own = _tokens([texts.a[line]])
        words = {token for token in own if len(token) > 1 and token not in old}
        for spot in range(at, below):
            if (
                spot not in taken
                and texts.is_new(texts.nt[spot])
                and _succeeds(own, words, texts.t[spot], texts.nt[spot])
            ):
                found += heft
                at = spot + 1
                break
    return found / total


def _succeeds(own: Counter[bytes], words: set[bytes], line: bytes, squeezed: bytes) -> bool:
    theirs = _tokens([line])
    if _COMMENT.match(squeezed) or not words <= set(theirs):
        return False
    shared = sum((own & theirs).values())
    return 2 * shared >= SUCCESSOR * (sum(own.values()) + sum(theirs.values()))


def _guarded(texts: Texts, change: Change, there: dict[int, int], slice_: tuple[int, int]) -> bool:
    """Whether a condition that the patch does not have stands between the block's neighbours, above its end."""
    inside = [there[i] for i in range(change.b0, change.b1) if i in there]
    above = [there[i] for i in range(slice_[0], change.b0) if i in there]
    if not inside:
        return False
    own = set(texts.na[change.b0 : change.b1])
    depth = 0
    for at in range(above[-1] + 1 if above else inside[0], inside[-1]):
        line = texts.nt[at]
        if _CONDITION.match(line) and texts.is_new(line) and line not in own:
            depth += 1
        elif line.startswith(b"#endif"):
            depth = max(depth - 1, 0)
        if depth and at + 1 in inside:
            return True
        if depth and not line.startswith(b"#"):
            # `if (0)` holds for the next statement alone
            depth -= not any(x.startswith(b"#") and _CONDITION.match(x) for x in texts.nt[inside[0] - CONTEXT : at + 1])
    return False


def _white_stays(texts: Texts, change: Change, window: tuple[int, int]) -> bool:
    """Whether a line that the block only re-indents stands in the window as it was, and not as it would be."""
    there = set(texts.t[window[0] : window[1]])
    old = {line for line in texts.b[change.a0 : change.a1] if line.strip()}
    new = {line for line in texts.a[change.b0 : change.b1] if line.strip()}
    return bool((old - new) & there) and not (new - old) & there


def _nearby(texts: Texts, change: Change, added: list[bytes]) -> float:
    low, high = texts.section(change)
    if any(is_head(line) and texts.gain(squeeze(line)) for line in texts.a[change.b0 : change.b1]):
        low, high = 0, len(texts.t)  # a definition stands once in a file, wherever it stands
    here = Counter(texts.nt[low:high])
    total = found = 0.0
    for line in added:
        if texts.gain(line) is None:
            continue
        heft = texts.line_weight(line)
        total += heft
        if here[line] > 0 and texts.is_new(line):
            here[line] -= 1
            found += heft
    return found / total if total else 0.0
