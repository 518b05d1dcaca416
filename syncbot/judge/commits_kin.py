"""What one edit of a file makes of its lines: which line came of which, and which line serves others only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from syncbot.diff.lines import mapping, match
from syncbot.judge.weights import is_trivial, squeeze

SUCCESSOR = 0.6
"""How alike (share of common tokens) a line and what came of it are at least."""
MOST_PAIRS = 20_000
"""Lines times lines that are compared in one edit; past it only equal lines are paired."""
MOST_BROKEN = 4
"""Lines that one statement may be broken into, for an edit of one of them to be looked at with the others."""
_TOKEN = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|\d[\w.]*|[^\sA-Za-z0-9_]")
_LOGIC = frozenset(b"! & | 0 not and or false False FALSE".split())
"""Tokens that turn a condition around, or widen or narrow it, when they come into a line or leave it."""
_OPERATORS = frozenset(b"< > = ! & | + - * / % ^ ~ ?".split())
_DECIDES = re.compile(rb"[\s}]*(if|elif|elsif|else\s+if|while|until|unless|for|switch|case|assert)\b")
RECALLS = 0.8
"""Share of tokens in common from which a line is an old one again."""
_NUMBER = re.compile(rb"\d{1,18}(?:\.\d{1,18})*")
LEAVES = re.compile(rb"\s*(return|raise|throw|goto|break|continue|exit|abort|die|panic)\b")
"""A line that leaves: what a guard is for."""
_IMPORT = re.compile(rb"\s*(import\s+[\w.{*]|from\s+[\w.]+\s+import\b|#\s*include\b|use\s+[\w:]+|require\b)")

_BRINGS = re.compile(rb"\b(?:import|use)\s")
_ENDS = re.compile(rb"[;#'\"]|//|\sfrom\s")
"""What an import's names end with."""
_ITEM = re.compile(rb"[\w:]+(?:\s+as\s+\w+)?")
LONGEST_IMPORT = 400
"""Bytes; a longer line is no import to ask about."""
_NAME = re.compile(rb"[A-Za-z_]\w*")


@lru_cache(maxsize=20_000)
def words(line: bytes) -> Counter[bytes]:
    """The tokens of a line, counted."""
    return Counter(_TOKEN.findall(line))


def alike(a: bytes, b: bytes) -> float:
    """The share (0..1) of tokens that two lines have in common."""
    x, y = words(a), words(b)
    return 2 * sum((x & y).values()) / max(sum(x.values()) + sum(y.values()), 1)


def turned(old: bytes, new: bytes) -> bool:
    """Whether an edit brings a logical token into a line, or takes one out; or changes the operators or numbers of a
    line that decides."""
    before, after = words(old), words(new)
    changed = (before - after) + (after - before)
    if any(token in _LOGIC for token in changed):
        return True
    return bool(_DECIDES.match(old)) and any(token in _OPERATORS or token[:1].isdigit() for token in changed)


def directs(line: bytes) -> bool:
    """Whether a line decides what runs, or leaves: without it the lines around it do something else."""
    return bool(_DECIDES.match(line) or LEAVES.match(line))


def nearer(new: bytes, made: bytes, unmade: Iterable[bytes]) -> bool:
    """Whether a line is more like what the patch made than like anything that the patch took out."""
    like = alike(made, new)
    return all(alike(old, new) < like for old in unmade)


def one_word(old: bytes, new: bytes) -> bool:
    """Whether a line is another but for one of its words, numbers or signs."""
    before, after = words(old), words(new)
    return max((before - after).total(), (after - before).total()) <= 1


def returns(new: bytes, made: bytes, unmade: Iterable[bytes]) -> bool:
    """Whether nothing but values differs, and they went back to the side of what the patch took out: it was lowered
    from 9 to 4, and is 6. Of several the first that differs tells, as in a date."""
    form, values = _valued(made)
    there, now = _valued(new)
    for was, olds in map(_valued, unmade if there == form else ()):
        if was == form and (olds < values > now or olds > values < now):
            return True
    return False


def recalls(new: bytes, made: bytes, unmade: Iterable[bytes]) -> bool:
    """Whether a line that came beside what the patch made is, but for little, what it took out."""
    likeness = max((alike(old, new) for old in unmade), default=0.0)
    return likeness >= RECALLS and likeness > alike(made, new)


def raised(new: bytes, made: bytes, unmade: Iterable[bytes]) -> bool:
    """Whether nothing but versions differs, and they went on beyond what the patch raised them to: from 1.2 to 1.3, and
    it is 1.4. A number of one part may be anything, one of four an address, and in a line that decides a higher one may
    leave out what the patch let in; else a version only grows."""
    if _DECIDES.match(made):
        return False
    form, values = _valued(made)
    there, now = _valued(new)
    for was, olds in map(_valued, unmade if there == form else ()):
        steps = [(a, b, c) for a, b, c in zip(olds, values, now, strict=True) if not a == b == c] if was == form else []
        if steps and all(all(1 < len(n) < 4 for n in step) and step[0] < step[1] <= step[2] for step in steps):
            return True
    return False


def _valued(line: bytes) -> tuple[bytes, list[tuple[int, ...]]]:
    """A squeezed line without its numbers, and these; versions are numbers of several parts."""
    numbers = [tuple(map(int, number.split(b"."))) for number in _NUMBER.findall(line)]
    return _NUMBER.sub(b"0", squeeze(line)), numbers


def keeps(new: bytes, made: bytes, unmade: Iterable[bytes]) -> bool:
    """Whether a line has every word, number and operator that the patch brought in with the line it came of."""
    was: Counter[bytes] = Counter()
    for line in unmade:
        was |= words(line)
    lost = words(made) - was - words(new)
    return not any(token.isalnum() or token in _OPERATORS or len(token) > 1 for token in lost)


def imports(line: bytes) -> bool:
    """Whether a line does nothing but name what others use: it comes and goes with them."""
    return bool(_IMPORT.match(line))


def orphaned(line: bytes, content: bytes) -> bool:
    """Whether a file uses a name that this import would bring in, and imports it nowhere: without it, that fails."""
    names = _bound(line)
    used: set[bytes] = set()
    brought: set[bytes] = set()
    for text in content.split(b"\n") if names else ():
        if any(name in text for name in names):
            (brought if imports(text) or _listed(text) else used).update(_NAME.findall(text))
    return bool((names & used) - brought)


def _bound(line: bytes) -> set[bytes]:
    """The names that an import brings in: of each part the last one."""
    parts = _BRINGS.split(line, 1) if len(line) <= LONGEST_IMPORT and imports(line) else []
    named = _ENDS.split(parts[1], 1)[0].split(b",") if len(parts) == 2 else []
    return {found[-1] for part in named if (found := _NAME.findall(part))}


def _listed(line: bytes) -> bool:
    """Whether a line has nothing but names, as those of an import that goes over several lines."""
    parts = line.strip(b" \t\r(){},;").split(b",") if len(line) <= LONGEST_IMPORT else [line]
    return all(_ITEM.fullmatch(part.strip()) for part in parts)


def successors(old: Sequence[bytes], new: Sequence[bytes]) -> dict[int, int]:
    """{line of old: line of new} where the one is the other, white space aside, or came of it by an edit; in order."""
    a, b = [squeeze(line) for line in old], [squeeze(line) for line in new]
    found = mapping(match(a, b))
    if len(a) * len(b) > MOST_PAIRS:
        return found
    bounds = sorted(found)
    taken = set(found.values())
    last, at = -1, 0
    for i in range(len(a)):
        if i in found:
            last = found[i]
            continue
        while at < len(bounds) and bounds[at] < i:
            at += 1
        end = found[bounds[at]] if at < len(bounds) else len(b)
        spot = (
            _best(old[i], new, b, [j for j in range(last + 1, end) if j not in taken]) if not is_trivial(a[i]) else None
        )
        if spot is not None:
            found[i] = last = spot
            taken.add(spot)
    return found


def statements(
    old: Sequence[bytes], new: Sequence[bytes], came: Mapping[int, int], at: int
) -> tuple[bytes, bytes] | None:
    """A line of old and what came of it, each with the lines up to the next such pair, which may go on with it; None
    where those are more than a statement has."""
    end = min((i for i in came if i > at), default=len(old))
    stop = came.get(end, len(new))
    if max(end - at, stop - came[at]) > MOST_BROKEN:
        return None
    return b" ".join(old[at:end]), b" ".join(new[came[at] : stop])


def _best(line: bytes, new: Sequence[bytes], squeezed: Sequence[bytes], spots: Collection[int]) -> int | None:
    scored = [(alike(line, new[j]), -j) for j in spots if not is_trivial(squeezed[j])]
    like, spot = max(scored, default=(0.0, 0))
    return -spot if like >= SUCCESSOR else None
