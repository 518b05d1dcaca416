"""Whether a commit did a patch's hunk at the hunk's own place, or only wrote the same lines elsewhere.

Identical code in another function is the trap: the lines agree in every way, and the patch is still needed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from syncbot.diff.lines import Change, changes, match
from syncbot.diff.patch import Hunk, Line
from syncbot.judge.commits_lines import Delta, Weights
from syncbot.judge.enclosing import apart, outline
from syncbot.judge.weights import squeeze

NEXT_TO = 3
"""Lines beside a change that say where it is: as many as a patch has context."""
LARGE = 8.0
"""Weight from which a hunk is code of its own (a function, a test): where in its file it stands matters little."""
MOST_PLACES = 500
"""Places of a hunk's text in one file that are told apart."""
_FAR = 3000
"""Lines that are walked back at most to find what encloses a line."""


class Spot(StrEnum):
    HERE = "here"
    """The hunk's after-image stands in the commit's new version, more often than in the old one."""
    THERE = "there"
    """The lines were written at another place, and what the hunk would change stands as before."""
    UNKNOWN = "unknown"
    """Upstream's surroundings differ from the patch's: the place can be neither shown nor refuted."""


def spot(hunk: Hunk, old: bytes, new: bytes, base: bytes | None, weights: Weights) -> Spot:
    """Where the commit that made new out of old did this hunk. `base` is the file that the patch is for."""
    before, after = _whole_lines(hunk.old), _whole_lines(hunk.new)
    padded_old, padded_new = _padded(old), _padded(new)
    home = None if base is None else _home(hunk, base)
    spots = _standing(after, padded_new)
    if len(spots) > len(_standing(after, padded_old)):
        fresh = spots if len(spots) == 1 else _fresh(spots, after.count(b"\n") - 1, old, new) or spots
        away = home is not None and all(home.apart(new, start + leading(hunk)) for start in fresh)
        return Spot.THERE if away else Spot.HERE
    telling = {line for tag, text in hunk.lines if tag == " " and weights(line := squeeze(text)) >= 0.5}
    if not telling:
        return Spot.UNKNOWN
    written = _written(hunk, old, new, telling, weights)
    if written is None:
        return Spot.UNKNOWN
    if home is not None and home.apart(new if written.added else old, written.line):
        strange = True
    elif home is not None and home.definition == written.definition:
        return Spot.UNKNOWN
    else:
        strange = home is not None and written.definition is not None
    if before in padded_new and padded_new.count(before) >= padded_old.count(before):
        large = sum(weights(squeeze(text)) for tag, text in hunk.lines if tag != " ") >= LARGE
        return Spot.THERE if strange or not large else Spot.UNKNOWN
    known = home is not None and _stands(home.definition, new)
    return Spot.THERE if strange and not written.near and known else Spot.UNKNOWN


def _fresh(spots: Sequence[int], size: int, old: bytes, new: bytes) -> list[int]:
    """Those of several places in new, so many lines long, that the commit worked on."""
    steps = _changes(old, new)
    return [at for at in spots if any(step.b0 <= at + size and at <= step.b1 for step in steps)]


class Home(NamedTuple):
    """Where a hunk's first changed line is in the file that it is for, and what its changed lines are."""

    base: bytes
    line: int
    definition: bytes
    lines: tuple[bytes, ...]

    def apart(self, content: bytes, line: int) -> bool:
        """Whether the place before a line of another version is in something else, although what the hunk is for is
        there too."""
        return apart(outline(self.base), self.line, outline(content), line, self.lines)


class Written(NamedTuple):
    """Where a commit has most of a hunk's lines: in its new version, or, where it only takes out, in its old one."""

    line: int
    added: bool
    definition: bytes
    near: bool
    """Whether any of the hunk's context is next to it."""


def _written(hunk: Hunk, old: bytes, new: bytes, telling: set[bytes], weights: Weights) -> Written | None:
    """The commit's change with most of the hunk's lines, None where no change has them."""
    a, b = _split(old), _split(new)
    added, removed = ({squeeze(t) for t in side} for side in (hunk.added, hunk.removed))

    def held(change: Change) -> float:
        a0, a1, b0, b1 = change
        own = sum(weights(line) for line in set(map(squeeze, b[b0:b1])) if line in added)
        return own + sum(weights(line) for line in set(map(squeeze, a[a0:a1])) if line in removed)

    best = max(_changes(old, new), key=held, default=None)
    if best is None or held(best) <= 0:
        return None
    around = [*_beside(a, best.a0, best.a1), *_beside(b, best.b0, best.b1)]
    adds = best.b1 > best.b0
    lines, at, end = (b, best.b0, best.b1) if adds else (a, best.a0, best.a1)
    first = next((line for line in lines[at:end] if line.strip()), b"")
    return Written(at, adds, definition(lines, at, first), not telling.isdisjoint(map(squeeze, around)))


def _beside(lines: Sequence[bytes], start: int, end: int) -> Sequence[bytes]:
    return [*lines[max(0, start - NEXT_TO) : start], *lines[end : end + NEXT_TO]]


def answered(hunk: Hunk, first: int, end: int, old: bytes, new: bytes, weights: Weights) -> bool:
    """Whether the commit changed what stands where the hunk's lines[first:end] are to go, in whatever way: upstream
    took the change in another form. Told by the telling lines right before, or right after."""
    before = _near(hunk.lines[:first][::-1], weights)
    after = _near(hunk.lines[end:], weights)
    removed = {squeeze(text) for tag, text in hunk.lines[first:end] if tag == "-" and weights(squeeze(text)) >= 0.5}
    a = _split(old)
    for a0, a1, _, _ in _changes(old, new):
        if removed and not removed.isdisjoint(map(squeeze, a[a0:a1])):
            return True
        if before and not before.isdisjoint(map(squeeze, a[max(0, a0 - NEXT_TO) : a0])):
            return True
        if after and not after.isdisjoint(map(squeeze, a[a1 : a1 + NEXT_TO])):
            return True
    return False


def _near(lines: Sequence[Line], weights: Weights) -> set[bytes]:
    """The telling context lines among the first NEXT_TO."""
    near = {squeeze(text) for tag, text in lines[:NEXT_TO] if tag == " "}
    return {line for line in near if weights(line) >= 0.5}


def leading(hunk: Hunk) -> int:
    """How many lines of context the hunk begins with."""
    return next((i for i, (tag, _) in enumerate(hunk.lines) if tag != " "), 0)


def _home(hunk: Hunk, base: bytes) -> Home:
    before, padded = _whole_lines(hunk.old), _padded(base)
    named = max(0, hunk.old_start - 1)
    start = min(_standing(before, padded), key=lambda line: abs(line - named), default=named)
    lines = tuple(text for tag, text in hunk.lines if tag != " " and text.strip())
    at = min(start + leading(hunk), len(_split(base)))
    return Home(base, at, definition(_split(base), at, lines[0] if lines else b""), lines)


def _standing(lines: bytes, padded: bytes) -> list[int]:
    """Where a text of whole lines stands in another one: the numbers of the lines before it, of the first places."""
    found: list[int] = []
    at = padded.find(lines) if lines.strip() else -1
    line = last = 0
    while at >= 0 and len(found) < MOST_PLACES:
        line, last = line + padded.count(b"\n", last, at), at
        found.append(line)
        at = padded.find(lines, at + 1)
    return found


_CONTROL = re.compile(
    rb"(if|for|foreach|while|switch|with|try|else|elif|elsif|except|catch|case|default|return|do|until|unless)\b"
)
_DEFINES = re.compile(
    rb"(class|struct|def|enum|union|interface|module|namespace|impl|trait|fn|func|function|sub|type|package)\b|\["
)
_LABEL = re.compile(rb"\w+:\s*$")


def definition(lines: Sequence[bytes], at: int, first: bytes) -> bytes:
    """The function, class or section whose body would hold the line `first` before lines[at], by indentation: squeezed;
    empty at the top level."""
    depth = _indent(first)
    for index in range(at - 1, max(-1, at - 1 - _FAR), -1):
        if depth == 0:
            return b""
        line = lines[index]
        text = line.strip()
        if not text or text.startswith(b"#") or _LABEL.match(line):
            continue
        if _indent(line) < depth:
            depth = _indent(line)
            if text.startswith(b"{"):
                depth += 1  # the line above, as far to the left, is what the brace opens
            elif not _CONTROL.match(text) and (b"(" in text or _DEFINES.match(text)):
                return squeeze(text)
    return b""


_AROUND = re.compile(rb"@|#|//|/?\*|\}|\)|end\b|async def\b")
"""How a line begins that decorates, explains or closes a definition, or opens one in words of its own."""


_METHOD = re.compile(rb"[\w:~*&<>\[\], ]{1,200}\([^()=]{0,400}\)[\w:, ]{0,200}\{")
"""A function's or a method's head, up to its brace."""


def defines(lines: Sequence[bytes]) -> bool:
    """Whether the lines, the first of which is not blank, are whole definitions: nothing as deep as the first is a
    statement, and nothing less deep. What ends with a decorator decorates what stands below it."""
    depth = _indent(lines[0])
    flat = [line.strip() for line in lines if line.strip() and _indent(line) <= depth]
    if (
        flat[-1].startswith((b"@", b"#[", b"["))
        or any(_indent(line) < depth for line in lines if line.strip())
        or len(flat) == len(lines)
    ):
        return False
    return any(map(_opens, flat)) and all(_opens(line) or _AROUND.match(line) for line in flat)


def _opens(text: bytes) -> bool:
    """Whether a line opens a function or a class; a call that goes on in the next line does not."""
    if _CONTROL.match(text) or text.startswith(b"[") or text.endswith((b";", b",")):
        return False
    return bool(_DEFINES.match(text) or _METHOD.fullmatch(text))


def undone(change: Delta, old: bytes, new: bytes, weights: Weights) -> Delta:
    """What of a file's patched change the step from old to new takes back in place: added lines that go, removed lines
    that come back. Lines that go together with their surroundings (code deleted or moved) or that are replaced (code
    edited further) are not taken back."""
    a, b = _split(old), _split(new)
    gone: dict[bytes, int] = {}
    back: dict[bytes, int] = {}
    for a0, a1, b0, b1 in _changes(old, new):
        out, others_out = _parts(a[a0:a1], change.added, weights)
        into, others_in = _parts(b[b0:b1], change.removed, weights)
        weight = weights.of(out) + weights.of(into)
        if weight > 0 and others_out <= weight and others_in <= weight / 2:
            for line, count in out.items():
                gone[line] = gone.get(line, 0) + count
            for line, count in into.items():
                back[line] = back.get(line, 0) + count
    return Delta(back, gone)


def _parts(lines: Sequence[bytes], wanted: Container[bytes], weights: Weights) -> tuple[dict[bytes, int], float]:
    """The lines that are wanted, counted, and the weight of the others."""
    own: dict[bytes, int] = {}
    others = 0.0
    for line in map(weights.key, lines):
        if line in wanted:
            own[line] = own.get(line, 0) + 1
        else:
            others += weights(line)
    return own, others


@lru_cache(maxsize=64)
def _changes(old: bytes, new: bytes) -> list[Change]:
    a, b = _split(old), _split(new)
    return changes(match(a, b), len(a), len(b))


def _stands(squeezed: bytes | None, content: bytes) -> bool:
    """Whether a squeezed line stands in the content: asked of the few lines that begin alike."""
    if not squeezed:
        return False
    return any(line[:1] and squeeze(line) == squeezed for line in _split(content) if len(line) >= len(squeezed))


@lru_cache(maxsize=64)
def _split(content: bytes) -> list[bytes]:
    return content.split(b"\n")


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def _whole_lines(lines: Sequence[bytes]) -> bytes:
    return b"\n" + b"".join(lines).replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n"


@lru_cache(maxsize=16)
def _padded(content: bytes) -> bytes:
    return b"\n" + (content.replace(b"\r\n", b"\n") if b"\r" in content else content) + b"\n"
