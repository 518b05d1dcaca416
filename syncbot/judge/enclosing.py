"""Whether two places are in the same function, branch, section or item: told by what encloses them.

A merge aligns lines, and siblings are alike: the method beside, the other branch, the next section. Where upstream
wrote one of them anew and gave its text to another, a three-way merge takes the one for the other, and finds there what
the patch wants here. What encloses a line is told by indentation, by the `#if`s that are open, and where all stands at
the margin by sections and paragraphs. The languages differ in nearly all else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import compress, count, islice
from typing import Protocol

from syncbot.diff.lines import lines_of
from syncbot.judge.commits_kin import imports
from syncbot.judge.weights import columns, squeeze, squeezed_of

Heads = tuple[frozenset[bytes], ...]
"""What encloses a place, squeezed, from the innermost out; the labels of one branch are one head."""
FAR = 3000
"""Lines that are walked back at most to find what encloses a line."""
MANY = 500
"""A line that stands there as often is not looked at each time."""
_END = ord("\n")
_BLANK = 1 << 30
"""Columns of a line that says nothing: it encloses nothing."""
DEEP = 50
"""Levels of `#if`, and labels in a row, beyond which nobody writes by hand: they are not told apart."""
HEADING = 2
"""Lines of a paragraph that may be the heading of the next one."""
_GOES_ON = re.compile(rb"[{)\]]")
"""How a line begins that goes on with the head above it: its brace, the end of its parameters."""
_ENDS = re.compile(rb"\}[;,)\]]*$|(return|raise|throw)\b")
"""A line that only closes what stands above it, or leaves it."""
_HEADS = b"#<[=-"
"""How a heading begins, where it begins with a sign."""
_REMARK = re.compile(rb"#|//|/\*|\*|@|<!--")
_ASIDE = re.compile(rb"\s*(#\s*(if|el|endif|define|undef|pragma|error|include)|\*)")
"""A line that stands at the margin, or anywhere, wherever it belongs."""
_MACRO = re.compile(rb"#\s*define\b.*\\$")
"""The head of a macro of many lines."""
_LABEL = re.compile(rb"\w+:;?$")
_CASE = re.compile(rb"\s*(case\b.*|default\s*):\s*$")
_SECTION = re.compile(rb"\[{1,2}[^\[\]=()?;]+\]{1,2}\s*(#.*)?$")
_SWITCH = re.compile(rb"#[ \t\r\f\v]*(if|el|endif)")


class Counted(Protocol):
    """How often a text has each squeezed line."""

    def __getitem__(self, line: bytes, /) -> int: ...


class Outline:
    """A text's lines, and what encloses them. The same lines `squeezed`, their `counts` and the `text` itself may be
    given where they are known. Many places of one text are asked about: what is found out of a line is remembered."""

    def __init__(
        self,
        lines: Sequence[bytes],
        squeezed: Sequence[bytes] | None = None,
        counts: Counted | None = None,
        text: bytes | None = None,
    ) -> None:
        self.lines, self._counts = lines, counts
        self._text = b"".join(lines) if text is None else text
        self.squeezed = squeezed if squeezed is not None else [squeeze(line) for line in lines]
        self._often: dict[Heads, int] = {}
        self._heads: dict[tuple[int, int], Heads] = {}
        self._columns: dict[int, int] = {}
        self._starts: dict[int, int] = {}

    def heads(self, at: int, depth: int) -> Heads:
        """What encloses the place before lines[at], `depth` columns in; at the margin the section."""
        found = self._heads.get((at, depth))
        if found is None:
            found = self._heads[at, depth] = self._walked(at, depth)
        return found

    def _walked(self, at: int, depth: int) -> Heads:
        lines, known = self.lines, self._columns
        found: list[frozenset[bytes]] = []
        for index in range(at - 1, max(-1, at - 1 - FAR), -1):
            if depth == 0:
                break
            own = known.get(index)
            if own is None:
                own = known[index] = columns(lines[index]) if self.squeezed[index] else _BLANK
            if own >= depth or self._is_no_head(index, text := lines[index].strip()):
                continue
            if _GOES_ON.match(text):
                depth = own + 1  # the head is above it, as far to the left
                continue
            depth = own
            found.append(self._row(index))
            at = index
        if not found or not _SECTION.match(lines[at].rstrip()):
            found += self._section(at)
        return tuple(found)

    def often(self, heads: Heads) -> int:
        """How often the first of these heads stands there within the others; MANY and more are not told apart."""
        found = self._often.get(heads)
        if found is None:
            found = self._often[heads] = self._count_of(heads)
        return found

    def _count_of(self, heads: Heads) -> int:
        if not any(self.count(head) for head in heads[0]):
            return 0
        alike = list(islice(compress(count(), map(heads[0].__contains__, self.squeezed)), MANY))
        if len(alike) == MANY:
            return MANY  # whoever asks takes it for still there
        return sum(same(self._outer(at), heads[1:]) for at in alike)

    def _outer(self, at: int) -> Heads:
        """What encloses a head."""
        return () if _SECTION.match(self.lines[at].rstrip()) else self.heads(at, columns(self.lines[at]))

    def count(self, squeezed: bytes) -> int:
        """How often the line stands there."""
        if self._counts is None:
            self._counts = Counter(self.squeezed)
        return self._counts[squeezed]

    def branches(self, at: int) -> tuple[bytes, ...]:
        """The branches of `#if` that are open before lines[at], each named by its conditions."""
        before = bisect_left(self._switches, (at,))
        return self._switches[before - 1][1] if before else ()

    def around(self, heads: Heads, at: int) -> int | None:
        """How many branches are open where the outermost of the heads of a place begins, None where it stands there
        several times."""
        if not heads or self.often(heads[-1:]) != 1:
            return None
        return len(self.branches(next(i for i in range(at - 1, -1, -1) if self.squeezed[i] in heads[-1])))

    def branch_count(self, branch: bytes) -> int:
        """How many branches there are of that name."""
        return sum(bool(opened) and opened[-1] == branch for _, opened, opens in self._switches if opens)

    def paragraph(self, at: int) -> int:
        """Where the paragraph begins that lines[at] is in, or goes on; with the heading above it."""
        start = above = self._start(at)
        while above > 0 and not self.squeezed[above - 1]:
            above -= 1
        heading = self._start(above)
        signed = any(text[:1] in _HEADS for text in self.lines[heading:above])
        return heading if signed and above - heading <= HEADING else start

    @cached_property
    def _switches(self) -> list[tuple[int, tuple[bytes, ...], bool]]:
        """Each line that opens, turns or ends an `#if`: what is open after it, and whether it begins a branch, which is
        named by the `#if` and its own condition."""
        opened: tuple[bytes, ...] = ()
        deeper = 0
        found = []
        for index, kind in self._directives():
            if kind != b"if" and not opened:
                continue
            if deeper or (kind == b"if" and len(opened) == DEEP):
                deeper += (kind == b"if") - (kind == b"endif")
                continue
            if kind == b"if":
                opened = (*opened, self.squeezed[index])
            elif kind == b"el":
                opened = (*opened[:-1], opened[-1].partition(b"\n")[0] + b"\n" + self.squeezed[index])
            else:
                opened = opened[:-1]
            found.append((index, opened, kind != b"endif"))
        return found

    def _directives(self) -> Iterator[tuple[int, bytes]]:
        """The lines that begin with `#if`, `#el` or `#endif`, looked for in the text as a whole: few lines have a `#`,
        and to ask each one takes longer than anything else that is asked about what encloses a change."""
        text = self._text
        index = last = 0
        for found in _SWITCH.finditer(text) if b"#" in text else ():
            start = text.rfind(b"\n", last, found.start()) + 1 or last
            if not text[start : found.start()].strip():
                index += text.count(b"\n", last, start)
                last = start
                yield index, found[1]

    @cached_property
    def _sections(self) -> list[int]:
        text = self._text
        found = []
        index = last = 0
        at = text.find(b"[")
        while at >= 0:
            if at == 0 or text[at - 1] == _END:  # signs are found faster than pairs of them
                index += text.count(b"\n", last, at)
                if _SECTION.match(self.lines[index].rstrip()):
                    found.append(index)
                last = at
            at = text.find(b"[", at + 1)
        return found

    def _row(self, at: int) -> frozenset[bytes]:
        """A head, with the labels of the same branch right above it."""
        found = {self.squeezed[at]}
        depth = columns(self.lines[at])
        while at and len(found) < DEEP and all(_CASE.match(text) for text in self.lines[at - 1 : at + 1]):
            at -= 1
            if columns(self.lines[at]) != depth:
                break
            found.add(self.squeezed[at])
        return frozenset(found)

    def _section(self, at: int) -> Iterator[frozenset[bytes]]:
        above = bisect_left(self._sections, at)
        if above:
            yield frozenset({self.squeezed[self._sections[above - 1]]})

    def _is_no_head(self, at: int, text: bytes) -> bool:
        """Whether a line encloses nothing though it stands further to the left: a remark, an end, a whole statement,
        the mark that a `goto` jumps to or that says who may see what follows (no key: a statement is above it)."""
        if text.startswith(b"#"):
            return not _MACRO.match(text)
        if _REMARK.match(text) or _ENDS.match(text) or (text.endswith(b"*/") and b"/*" not in text):
            return True
        if 2 * text.count(b"</") > text.count(b"<") or (text.endswith(b";") and text.count(b"(") <= text.count(b")")):
            return True
        if not _LABEL.match(text):
            return False
        above = (self.lines[index].rstrip() for index in range(at - 1, max(-1, at - 40), -1))
        return next((line for line in above if line), b"").endswith((b";", b"{", b"}", b"*/"))

    def _start(self, at: int) -> int:
        found = self._starts.get(at)
        if found is None:
            found, last = at, max(at - FAR, 0)
            while found > last and self.squeezed[found - 1]:
                found -= 1
            self._starts[at] = found
        return found


@lru_cache(maxsize=32)
def outline(content: bytes) -> Outline:
    """The outline of a whole text."""
    return Outline(lines_of(content), squeezed_of(content), text=content)


def apart(old: Outline, line: int, new: Outline, place: int, own: Sequence[bytes], deeper: int = 0) -> bool:
    """Whether the place before new's line is enclosed by something else than the one before old's, although what
    encloses that stands in `new` as well, as often as in `old`. What was renamed, or put under a further condition, is
    not apart. `own`: the lines of the change, of which the first that is no remark tells how deep it is in `old`;
    `deeper`: columns further in at the place."""
    depth = _depth(own)
    mine, theirs = old.heads(line, depth or 0), new.heads(place, max((depth or 0) + deeper, 0))
    if not same(mine, theirs) and _still(mine, theirs, old, new):
        return True
    if _switched(old, line, mine, new, place, theirs):
        return True
    flat = depth == 0 and not mine and not theirs and not all(map(imports, own))
    return flat and _headed(old, line, new, place, own)


def _depth(own: Sequence[bytes]) -> int | None:
    """How far in a change begins: the leftmost of its first statement and what is above; None where it has none."""
    depth: int | None = None
    for text in filter(bytes.strip, own):
        if _ASIDE.match(text) and not text.rstrip().endswith(b"\\"):
            continue
        depth = columns(text) if depth is None else min(depth, columns(text))
        if not _REMARK.match(text.strip()):
            break
    return depth


def same(mine: Heads, theirs: Heads) -> bool:
    """Whether two places are enclosed by the same; a branch may have gained a label, or lost one."""
    return len(mine) == len(theirs) and all(a & b for a, b in zip(mine, theirs, strict=True))


def _still(mine: Heads, theirs: Heads, old: Outline, new: Outline) -> bool:
    """Whether the outermost head that differs stands in `new` as often as in `old`, within the same."""
    if mine and any(mine[0] & head for head in theirs) and _once(mine[0], old, new):
        return False
    outer = 0
    while outer < min(len(mine), len(theirs)) and mine[-1 - outer] & theirs[-1 - outer]:
        outer += 1
    if outer == len(mine):
        return False
    own = mine[len(mine) - outer - 1 :]
    there = new.often(own)
    return there > 0 and there >= old.often(own)


def _once(head: frozenset[bytes], old: Outline, new: Outline) -> bool:
    """Whether there is one such head in either text: whatever it stands in, it is the same one."""
    return all(text.count(line) <= 1 for text in (old, new) for line in head)


def _switched(old: Outline, line: int, mine: Heads, new: Outline, place: int, theirs: Heads) -> bool:
    """Whether the two are in other branches of `#if`, although the one of `old` is in `new` as well. A function that
    there is once is the same one under whatever `#if` it is."""
    here, there = old.branches(line), new.branches(place)
    if here == there:
        return False
    above, over = old.around(mine, line), new.around(theirs, place)
    if above is not None and over is not None:
        here, there = here[above:], there[over:]
    others = (branch for branch in here if branch not in there)
    return any(0 < old.branch_count(branch) <= new.branch_count(branch) for branch in others)


def _headed(old: Outline, line: int, new: Outline, place: int, own: Sequence[bytes]) -> bool:
    """Whether, where all stands at the margin, the head of the paragraph is another one, or what stood below the change
    is above it there, in the same paragraph."""
    start, begin = old.paragraph(line), new.paragraph(place)
    around = (*old.lines[start:line], *new.lines[begin:place], *own)
    if not all(text[:1].isalnum() or text[:1] in _HEADS for text in around if text.strip()):
        return False
    between = new.squeezed[begin:place]
    head = old.squeezed[start] if start < line else b""
    if head and head not in between and 0 < old.count(head) <= new.count(head):
        return True
    known = {*old.squeezed[start:line], *map(squeeze, own)}
    crossed = [text for text in between if text and text not in known and old.count(text) == 1 == new.count(text)]
    above = set(old.squeezed[:line]) if crossed else set()
    return any(text not in above for text in crossed)
