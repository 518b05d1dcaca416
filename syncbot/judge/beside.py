"""Where a block goes that git's merge calls a conflict although upstream left it alone: next to upstream's own changes.

A three-way merge asks for an unchanged line between two changes. That is a good rule for texts that nobody understands;
here more is known: that nothing of the block is in the release, that its own lines stand there, or what it stood
between, and of what kind the lines are that upstream put in the same place. Each rule has its argument below. Where
none holds, a person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from syncbot.diff.lines import Change
from syncbot.judge.texts import CONTEXT, Texts
from syncbot.judge.unions import independent, kin, same_kind
from syncbot.judge.weights import is_trivial

SUCCESSOR = 0.6
"""How alike (share of common words) a line and its edited successor are at least."""
_WORD = re.compile(rb"\w+|[^\w\s]")
_QUOTE = re.compile(rb"[\"'`]")


class Slot(NamedTuple):
    """Lines start..end of the release (half open, from 0) that `lines` replace."""

    start: int
    end: int
    lines: list[bytes]


def slot(texts: Texts, change: Change, path: str) -> Slot | None:
    """Where the block goes, None where that is not known for certain."""
    if change.a1 > change.a0:
        return _own_lines(texts, change, path) or last_item(texts, change, path)
    return _insertion(texts, change, path)


def _own_lines(texts: Texts, change: Change, path: str) -> Slot | None:
    """The lines that it replaces or removes stand there side by side, up to white space: upstream changed what is next
    to them, or moved them in or out, but not them. A neighbour must stand next to them too, or they are a twin."""
    size = change.a1 - change.a0
    while size > 1 and not texts.nb[change.a0 + size - 1] and change.a0 + size - 1 not in texts.b_to_t:
        size -= 1  # a blank line at its end, which upstream took out too
    there = [texts.b_to_t.get(line) for line in range(change.a0, change.a0 + size)]
    start = there[0]
    if start is None or there != list(range(start, start + len(there))):
        return None
    end = start + size
    if not all(map(_same, texts.b[change.a0 : change.a0 + size], texts.t[start:end])):
        return None
    if texts.b[change.a0 : change.a0 + size] != texts.t[start:end] and not _moved_together(texts, change):
        return None
    known = texts.b_to_t.get(change.a0 - 1) == start - 1 or texts.b_to_t.get(change.a1) == end
    if not known and not any(_only(texts, line) for line in range(change.a0, change.a1)):
        return None
    lines = _fitted(texts, change, path)
    return None if lines is None else Slot(start, end, lines)


def _insertion(texts: Texts, change: Change, path: str) -> Slot | None:
    """It goes between the two lines that it stood between. One of them must be there, the other there or edited; what
    upstream put between them too must be of a kind whose order says nothing."""
    above, below = texts.b_to_t.get(change.a0 - 1), texts.b_to_t.get(change.a0)
    up = 0 if change.a0 == 0 else above + 1 if above is not None else _edited_above(texts, change, path)
    down = (
        len(texts.t)
        if change.a0 == len(texts.b)
        else below
        if below is not None
        else _edited_below(texts, change, path)
    )
    if (up is None) != (down is None):
        up, down = _hole(texts, change, up, down)
    if up is None or down is None or up > down or (above is None and below is None) or _hung(texts, change, down):
        return None
    ours, theirs = texts.a[change.b0 : change.b1], texts.t[up:down]
    around = texts.t[max(up - CONTEXT, 0) : up] + texts.t[down : down + CONTEXT]
    if any(line.strip() for line in theirs):
        if not independent(ours, theirs, texts.t, (up, down), path):
            return None
    elif kin(ours, texts.t[max(up - 1, 0) : up] + texts.t[down : down + 1], around):
        return None
    lines = _fitted(texts, change, path)
    return None if lines is None else Slot(down, down, lines)


def _hole(texts: Texts, change: Change, up: int | None, down: int | None) -> tuple[int | None, int | None]:
    """What stood on one side of it is gone, nothing came in its place, and the other side is as it was: there is one
    place left between what stands above and what stands below. Not so where what is gone opened the block that it was
    in, or closed it: then the place that is left is in another one."""
    if down is None:
        end = next((i for i in range(change.a0, len(texts.b)) if i in texts.b_to_t), len(texts.b))
        other = texts.b_to_t.get(end, len(texts.t))
        sure = other == up and _firm(texts, range(change.a0 - 1, -1, -1)) and _depths(texts.b[change.a0 : end])[0] >= 0
        return (up, up) if sure else (None, None)
    start = next((i for i in range(change.a0 - 1, -1, -1) if i in texts.b_to_t), -1)
    other = texts.b_to_t.get(start, -1) + 1
    sure = other == down and _firm(texts, range(change.a0, len(texts.b)))
    sure = sure and _depths(texts.b[start + 1 : change.a0])[1] <= 0
    return (down, down) if sure else (None, None)


def _depths(lines: Sequence[bytes]) -> tuple[int, int]:
    """How deep below their start the braces of some lines go (0 or less), and what they leave open above that."""
    lowest = depth = 0
    for line in lines:
        for sign in line:
            depth += (sign in b"{([") - (sign in b"})]")
            lowest = min(lowest, depth)
    return lowest, depth - lowest


_CONTROL = re.compile(rb"\s*(}\s*)?(if|else|for|while|do|foreach|switch)\b[^;{]*$")


def _hung(texts: Texts, change: Change, place: int) -> bool:
    """Whether the place is right below a condition that the block did not stand under: it would become its body."""
    if place == 0 or not _CONTROL.match(texts.t[place - 1].rstrip()):
        return False
    return texts.b_to_t.get(change.a0 - 1) != place - 1


def _firm(texts: Texts, side: range) -> bool:
    """Whether the lines on that side, as far as the first that says something, stand there side by side."""
    last = None
    for line in side[:CONTEXT]:
        there = texts.b_to_t.get(line)
        if there is None or (last is not None and there - last != side.step):
            return False
        if not is_trivial(texts.nb[line]):
            return True
        last = there
    return False


def _edited_above(texts: Texts, change: Change, path: str) -> int | None:
    """The place after the edited successor of the line above, if that comes right after the line before it. Only in a
    list or among declarations: an edited statement may be upstream's own way to do what the block does."""
    before, line = texts.b_to_t.get(change.a0 - 2), texts.b[change.a0 - 1]
    if before is None or before + 1 >= len(texts.t) or not same_kind([line, *texts.a[change.b0 : change.b1]], path):
        return None
    return before + 2 if _succeeds(line, texts.t[before + 1]) else None


def _edited_below(texts: Texts, change: Change, path: str) -> int | None:
    """The place of the edited successor of the line below, if that comes right before the line after it."""
    after, line = texts.b_to_t.get(change.a0 + 1), texts.b[change.a0]
    if not after or not same_kind([line, *texts.a[change.b0 : change.b1]], path):
        return None
    return after - 1 if _succeeds(line, texts.t[after - 1]) else None


def last_item(texts: Texts, change: Change, path: str) -> Slot | None:
    """Both sides gave the last item of a list a comma, and items after it: upstream's come first, as they are released
    and their numbers known."""
    last = change.a0
    own = texts.a[change.b0 : change.b1]
    above = texts.b_to_t.get(last - 1)
    below = texts.b_to_t.get(change.a1)
    if change.a1 - last != 1 or len(own) < 2 or above is None or below is None or below - above < 3:
        return None
    item = texts.nb[last]
    if texts.na[change.b0] != item + b"," or texts.nt[above + 1] != item + b"," or not is_item(texts.nt[below - 1]):
        return None
    theirs, ours = texts.t[above + 2 : below], own[1:]
    closed = [*theirs[:-1], _with_comma(theirs[-1])]
    comma = [*ours[:-1], _with_comma(ours[-1])]
    if not independent(comma, closed, texts.t, (above + 2, below), path):
        return None
    return Slot(below - 1, below, [closed[-1], *ours])


def is_item(squeezed: bytes) -> bool:
    return bool(squeezed) and not squeezed.startswith((b"}", b"]", b")"))


def _with_comma(line: bytes) -> bytes:
    text = line.rstrip()
    return line if text.endswith(b",") else text + b"," + line[len(text) :]


def _moved_together(texts: Texts, change: Change) -> bool:
    """Whether lines whose indentation changed stand among others whose indentation changed too: alone, they went under
    another condition."""
    if all(_indent(texts.b[line]) == _indent(texts.t[texts.b_to_t[line]]) for line in range(change.a0, change.a1)):
        return True
    sides = (range(change.a0 - 1, max(change.a0 - 1 - CONTEXT, -1), -1), range(change.a1, len(texts.b))[:CONTEXT])
    near = [[i for i in side if i in texts.b_to_t and texts.nb[i]][:1] for side in sides]
    return all(_indent(texts.b[i]) != _indent(texts.t[texts.b_to_t[i]]) for found in near for i in found) and all(near)


def _same(ours: bytes, theirs: bytes) -> bool:
    """Whether two lines differ in white space alone, and not within a string."""
    if ours.strip() == theirs.strip():
        return True
    return not _QUOTE.search(ours) and ours.split() == theirs.split()


def _only(texts: Texts, line: int) -> bool:
    """Whether a line stands once in both."""
    squeezed = texts.nb[line]
    return not is_trivial(squeezed) and texts.count_b[squeezed] == 1 and texts.count_t[squeezed] == 1


def _succeeds(ours: bytes, theirs: bytes) -> bool:
    if is_trivial(b"".join(ours.split())):
        return False
    a, b = Counter(_WORD.findall(ours)), Counter(_WORD.findall(theirs))
    return (theirs.split()[:1] == ours.split()[:1] and not a - b) or 2 * sum((a & b).values()) >= SUCCESSOR * (
        sum(a.values()) + sum(b.values())
    )


_SPACED = re.compile(r"(.*\.(py|pyx|pxd|pyi|ya?ml|mk|am|sass|haml|slim|pug|coffee|nim)(\.in)?|(gnu)?makefile.*)", re.I)
"""Files in which the white space that a line begins with means something."""


def _fitted(texts: Texts, change: Change, path: str) -> list[bytes] | None:
    """The block's lines, indented and ended as the release has what surrounds them. None where that is not sure and
    would matter."""
    own = texts.a[change.b0 : change.b1]
    around = [
        (texts.b[i], texts.t[texts.b_to_t[i]])
        for i in range(max(change.a0 - CONTEXT, 0), min(change.a1 + CONTEXT, len(texts.b)))
        if i in texts.b_to_t and texts.nb[i]
    ]
    if around and all(t.endswith(b"\r\n") and not b.endswith(b"\r\n") for b, t in around):
        own = [line.replace(b"\n", b"\r\n") if not line.endswith(b"\r\n") else line for line in own]
    pairs = {(_indent(b), _indent(t)) for b, t in around}
    if all(b == t for b, t in pairs):
        return own
    if _SPACED.fullmatch(path.rsplit("/", 1)[-1]):
        return None
    table: dict[bytes, set[bytes]] = {}
    for b, t in pairs:
        table.setdefault(b, set()).add(t)
    return [_indented(line, table) for line in own]


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip(b" \t"))]


def _indented(line: bytes, table: dict[bytes, set[bytes]]) -> bytes:
    found = table.get(_indent(line), set())
    return next(iter(found)) + line.lstrip(b" \t") if len(found) == 1 and line.strip() else line


def spliced(lines: Sequence[bytes], slots: Sequence[Slot]) -> bytes | None:
    """The text with every slot filled; None where two overlap."""
    out: list[bytes] = []
    at = 0
    for entry in sorted(slots, key=lambda s: (s.start, s.end)):
        if entry.start < at:
            return None
        out += lines[at : entry.start]
        out += entry.lines
        at = entry.end
    return b"".join([*out, *lines[at:]])
