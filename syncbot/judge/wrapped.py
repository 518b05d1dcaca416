"""The same code in other line breaks: what a formatter makes of it, or a person.

Code means the same however its lines are broken, in languages where a line's end says nothing inside of a statement.
So a block is there if its words and signs, with those of the lines around it, are whole lines of the release, one after
the other. What a formatter also does in Python and JavaScript counts as the same: the kind of quotes around a text that
has none inside, and the comma behind the last argument. A comment, a directive and a bare word end with their line, so
their line must be the same. Where indentation is nesting, statements must be as deep.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncbot.diff.lines import Change
from syncbot.judge.texts import CONTEXT, Texts
from syncbot.judge.weights import is_trivial, squeeze

_FREE = re.compile(
    r".*\.(c|h|cc|hh|cpp|hpp|cxx|hxx|ipp|inl|mm|cs|java|rs|php|pl|pm|vala|css|scss|less"
    r"|py|pyi|pyx|js|mjs|cjs|jsx|ts|tsx)",
    re.I,
)
"""Files in whose code a statement may be broken between any two words."""
_QUOTES = re.compile(r".*\.(py|pyi|pyx|js|mjs|cjs|jsx|ts|tsx)", re.I)
"""Files in which both kinds of quotes are the same."""
_INDENTED = re.compile(r".*\.(py|pyi|pyx)", re.I)
_ENDS = re.compile(rb"//|#|/\*|\*/|\"\"\"|'''|\\\s*$|^\s*\*|^\s*\w+\s*$")
"""What makes the end of a line say something: comments, directives, continued lines, a word alone."""
_TOKEN = re.compile(rb'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\w+|[-+&|<>=*/!:.%^~]+|[^\w\s]')
_WORDS = re.compile(rb"\w+")
_SINGLE = re.compile(rb"'([^'\"\\]*)'")
_SIGNS = frozenset(b"-+&|<>=*/!:.%^~")
WIDER = 6
"""Lines more to either side than where neighbours were found: those may have been broken in another way, too."""
MOST_REFLOWED = 400
"""Lines in a row that are looked at for other line breaks."""
FEWEST = 2
"""Telling lines that must stand with a block on either side, where the file has as many."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Lines as one text. `starts` and `ends`: where each line begins and ends in it. `depths`: {where a statement
    begins: its indentation}, of languages where that says something."""

    text: bytes
    starts: list[int]
    ends: list[int]
    depths: dict[int, int]


def wrapped(texts: Texts, change: Change, path: str) -> int | None:
    """The line of the release at which the block's after-image stands in other line breaks, with what surrounds it;
    None where it does not, where it stands more than once, or where the before-image stands there too."""
    if not _FREE.fullmatch(path) or change.b0 == change.b1:
        return None
    low, high = texts.window(change)
    low, high = max(low - WIDER, 0), high + WIDER
    if not _may_hold(texts.t[low:high], texts.a[change.b0 : change.b1]):
        return None
    there = flow(texts.t[low:high], path)
    if flow(texts.a[change.b0 : change.b1], path).text not in there.text:
        return None
    for size in range(CONTEXT, FEWEST - 1, -1):
        above = _around(texts.a, change.b0, -1, size)
        image = flow(texts.a[above : _around(texts.a, change.b1, 1, size)], path)
        at = _only(there, image)
        if at is None:
            continue
        old = flow(texts.b[_around(texts.b, change.a0, -1, size) : _around(texts.b, change.a1, 1, size)], path)
        if old.text in there.text:
            return None
        return low + bisect_left(there.starts, at + image.starts[change.b0 - above])
    return None


def reflowed(old: Sequence[bytes], new: Sequence[bytes], came: Mapping[int, int], path: str) -> dict[int, int]:
    """{line of old: the line of new that it begins in} of those that an edit only broke in another way. `came`: which
    line came of which, in order; between two that are equal the text must be the same, or else between any two."""
    if not _FREE.fullmatch(path):
        return {}
    pairs = sorted(came.items())
    equal = [(i, j) for i, j in pairs if squeeze(old[i]) == squeeze(new[j])]
    found: dict[int, int] = {}
    for bounds in (equal, pairs):
        starts = [(0, 0), *bounds]
        for (i, j), (end, stop) in zip(starts, [*bounds, (len(old), len(new))], strict=True):
            if i not in found and (end - i > 1 or stop - j > 1):
                found |= {i + a: j + b for a, b in _same_flow(old[i:end], new[j:stop], path).items()}
    return found


def _same_flow(old: Sequence[bytes], new: Sequence[bytes], path: str) -> dict[int, int]:
    """{line of old: line of new that it begins in}, if both are one text; empty otherwise."""
    if max(len(old), len(new)) > MOST_REFLOWED or not _same_words(old, new):
        return {}
    mine, theirs = flow(old, path), flow(new, path)
    if not mine.text or mine.text != theirs.text or not _nested_alike(mine.depths, theirs.depths):
        return {}
    return {a: max(bisect_right(theirs.starts, start) - 1, 0) for a, start in enumerate(mine.starts)}


def _same_words(old: Sequence[bytes], new: Sequence[bytes]) -> bool:
    """Whether both have the same words, in whatever lines: cheaper to ask than the whole."""
    return _WORDS.findall(b"\n".join(old)) == _WORDS.findall(b"\n".join(new))


def _may_hold(lines: Sequence[bytes], block: Sequence[bytes]) -> bool:
    """Whether the lines have every word of the block's statements: most that have not are told by one word."""
    text = b"".join(lines)
    return all(word in text for line in block if not _ENDS.search(line) for word in _WORDS.findall(line))


def flow(lines: Sequence[bytes], path: str) -> Flow:
    """The lines as one text, with one space where two words would be one without, or two signs another."""
    quotes = bool(_QUOTES.fullmatch(path))
    tokens: list[tuple[int, bytes]] = []
    for number, line in enumerate(lines):
        if _ENDS.search(line):
            tokens.append((number, b"\n" + squeeze(line) + b"\n"))
            continue
        found = _TOKEN.findall(line)
        tokens += [(number, _SINGLE.sub(rb'"\1"', token) if quotes else token) for token in found]
    if quotes:
        tokens = _without_last_commas(tokens)
    return _joined(tokens, lines, bool(_INDENTED.fullmatch(path)))


def _joined(tokens: Sequence[tuple[int, bytes]], lines: Sequence[bytes], indented: bool) -> Flow:
    text = bytearray()
    starts, ends, depths = [-1] * len(lines), [-1] * len(lines), {}
    open_ = 0
    for number, token in tokens:
        if text and _glued(text[-1], token[0]):
            text += b" "
        if starts[number] < 0:
            starts[number] = len(text)
            if indented and open_ <= 0:
                depths[len(text)] = len(lines[number]) - len(lines[number].lstrip())
        text += token
        ends[number] = len(text)
        open_ = max(open_ + (token in b"([{") - (token in b")]}"), 0)
    last = len(text)
    for number in reversed(range(len(lines))):
        last = starts[number] = starts[number] if starts[number] >= 0 else last
    return Flow(bytes(text), starts, ends, depths)


def _glued(last: int, first: int) -> bool:
    """Whether two characters that stood apart would be read as one word or sign."""
    words = bytes((last,)).isalnum() or last == 95, bytes((first,)).isalnum() or first == 95
    return all(words) or (last in _SIGNS and first in _SIGNS)


def _without_last_commas(tokens: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Without the commas before a closing bracket, unless one makes a tuple."""
    gone: set[int] = set()
    open_: list[tuple[bool, int]] = []  # whether something is called or indexed, and the commas so far
    for at, (_, token) in enumerate(tokens):
        if token in (b"(", b"[", b"{"):
            before = tokens[at - 1][1] if at else b""
            open_.append((before[-1:].isalnum() or before[-1:] in (b"_", b")", b"]"), 0))
        elif token == b"," and open_:
            open_[-1] = (open_[-1][0], open_[-1][1] + 1)
        elif token in (b")", b"]", b"}") and open_:
            called, commas = open_.pop()
            alone = token != b"}" and commas == 1 and called is (token == b"]")
            if tokens[at - 1][1] == b"," and not alone:
                gone.add(at - 1)
    return [entry for at, entry in enumerate(tokens) if at not in gone]


def _around(lines: Sequence[bytes], at: int, step: int, size: int) -> int:
    """The end of `size` telling lines above or below a line."""
    seen = 0
    while seen < size and (at > 0 if step < 0 else at < len(lines)):
        seen += not is_trivial(squeeze(lines[at - 1] if step < 0 else lines[at]))
        at += step
    return at


def _only(there: Flow, image: Flow) -> int | None:
    """Where the image begins, if it is whole lines, stands there once, and is nested alike."""
    at = there.text.find(image.text)
    if not image.text or at < 0 or there.text.find(image.text, at + 1) >= 0:
        return None
    if at not in there.starts or at + len(image.text) not in there.ends:
        return None
    theirs = {start - at: depth for start, depth in there.depths.items() if at <= start < at + len(image.text)}
    return at if _nested_alike(image.depths, theirs) else None


def _nested_alike(mine: Mapping[int, int], theirs: Mapping[int, int]) -> bool:
    """Whether statements begin at the same places, each as deep beside the others. Of languages where the end of a line
    ends a statement."""
    return mine.keys() == theirs.keys() and len({depth - mine[start] for start, depth in theirs.items()}) <= 1
