"""What the text of the release says about one block of a patch: numbers, no verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from syncbot.diff.lines import Change, mapping, match
from syncbot.judge.crossed import crossed
from syncbot.judge.nesting import guarded
from syncbot.judge.texts import CONTEXT, Texts, is_head
from syncbot.judge.weights import is_trivial, squeeze

NEAR = 0.75
"""The alignment of a deletion of which only one neighbour is left, or whose neighbours have drifted apart."""


@dataclass(frozen=True, slots=True)
class Measures:
    """`weight`: the evidence in the changed lines. Shares of it (0..1): `contrast`, how much of what the block adds or
    removes the release gained or lost; `alignment`, how much of what it adds stands at its own place; `remains`, how
    much of what it removes still stands at its place. `bare`: the weight of added lines in whose place the release has
    nothing like them. Of the missing lines the share (0..1) that has a successor there: `edited`, one with every word;
    `followed`, one that is nearer to it than to what the patch took out; `reworded`, the same with nothing but another
    text for people; `alike`, any. `mute`: only comments and blank lines change. `acts`: something is added or removed
    that weighs or is a statement. `short`: a word that stands on a line of its own, `return` or `break`, is not where
    it adds it. `kept`: a line that it takes out stands there edited, no nearer to what the patch makes of it than to
    what it was. `guarded`: it stands under a condition that the patch does not have. `white`: only white space changes;
    `white_stays`: and the release has it as it was."""

    weight: float
    contrast: float
    alignment: float
    remains: float
    bare: float
    edited: float
    followed: float
    reworded: float
    mute: bool
    short: bool
    acts: bool
    alike: float
    kept: bool
    guarded: bool
    crossed: bool
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
    followed, reworded = _followed(texts, change, there, window, added)
    return Measures(
        weight=total,
        contrast=gained / total if total else 0.0,
        alignment=_alignment(texts, change, there, added, (low, high)),
        remains=_remains(texts, change, window, removed),
        bare=_bare(texts, change, there, window, added),
        edited=_edited(texts, change, there, window, added, 1.0),
        followed=followed,
        reworded=reworded,
        mute=bool(texts.remarks) and not any(texts.acts(line) for line in [*added, *removed]),
        acts=total > 0 or any(texts.is_word(line) for line in [*added, *removed]),
        short=_short(texts, change, there),
        alike=_edited(texts, change, there, window, added, 0.0),
        kept=_kept(texts, change, window, removed),
        guarded=guarded(texts, change, there, (low, high)),
        crossed=crossed(texts, change, there, added),
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
    if not removed:
        return 0.0
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


def _bare(texts: Texts, change: Change, there: dict[int, int], window: tuple[int, int], added: list[bytes]) -> float:
    """Missing lines with nothing like them in the release between what is found around them: what has no successor was
    not edited since, it is not there."""
    wanted = texts.brought(change, added)
    found = 0.0
    line = change.b0
    while line < change.b1:
        if line in there:
            line += 1
            continue
        end = line
        while end < change.b1 and end not in there:
            end += 1
        missing = [
            (texts.na[i], texts.a[i]) for i in range(line, end) if texts.na[i] in wanted and not is_trivial(texts.na[i])
        ]
        above = max((there[i] for i in there if i < line), default=window[0] - 1)
        below = min((there[i] for i in there if i >= end), default=window[1])
        fresh = [_words(texts.t[i]) for i in range(above + 1, below) if texts.is_new(texts.nt[i])]
        if line - 1 not in there or end not in there:  # a neighbour was edited, or it went elsewhere together with them
            missing = [(x, raw) for x, raw in missing if not texts.is_new(x)]
        found += sum(texts.line_weight(x) for x, raw in missing if not _any_alike(_words(raw), fresh))
        line = end
    return found


_COMMENT = re.compile(rb"//|/\*|\*|#(?!(if|el|endif|def|undef|inc|pragma|error))|--|;;|%|<!--|dnl")
"""A squeezed line that is a comment in one of the usual languages: its words do nothing."""
LIKE = 0.3
"""How alike a line is at least to what may have come of it."""
_LOGIC = frozenset({b"!", b"&", b"|", b"0", b"not", b"and", b"or", b"false", b"False", b"FALSE"})
"""Tokens that turn a condition around when they are added to it."""
_QUOTED = re.compile(rb'"(?:\\.|[^"\\])*"')
PROSE = 2
"""Spaces that a text for people has at least."""
_WORD = re.compile(rb"[a-z_][A-Za-z0-9_]*|[A-Z][a-z][A-Za-z0-9_]*")
"""A name that is no constant."""
_KEYS = frozenset(
    b"if else elif unless not and or is in while for break continue return goto raise throw true false null nullptr "
    b"none nil self this sizeof min max unsigned signed const static volatile int long short char size_t".split()
)
"""Words that are no names: another one of these is another meaning."""
MOST_PAIRS = 20_000
"""Missing lines times lines in their place that are compared; past it nothing counts as edited."""
_TOKEN = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|\d[\w.]*|[^\sA-Za-z0-9_]")


@lru_cache(maxsize=20_000)
def _words(line: bytes) -> Counter[bytes]:
    return Counter(_TOKEN.findall(line))


def _tokens(lines: Iterable[bytes]) -> Counter[bytes]:
    return Counter(token for line in lines for token in _TOKEN.findall(line))


SUCCESSOR = 0.6
"""How alike (share of common tokens) a line and its edited successor are at least."""


def _any_alike(own: Counter[bytes], others: list[Counter[bytes]]) -> bool:
    size = sum(own.values())
    return len(others) > MOST_PAIRS or any(
        2 * sum((own & theirs).values()) >= LIKE * (size + sum(theirs.values())) for theirs in others
    )


def _lost(texts: Texts, change: Change, there: dict[int, int], added: list[bytes]) -> list[int]:
    """The telling lines that the block brings in and that are not found."""
    wanted = texts.brought(change, added)
    lines = (i for i in range(change.b0, change.b1) if i not in there and texts.na[i] in wanted)
    return [i for i in lines if not is_trivial(texts.na[i])]


def _edited(
    texts: Texts,
    change: Change,
    there: dict[int, int],
    window: tuple[int, int],
    added: list[bytes],
    least: float,
) -> float:
    """Later edits leave most of a line's words: of the weight of the lines not found, the share (0..1) that has a
    successor of its own at the place, alike, and with that share of the words that the line brings in. Spread over
    several lines the same words say something else."""
    lost = _lost(texts, change, there, added)
    missing = [i for i in lost if texts.says(texts.na[i])]
    if not missing:
        return 0.0 if lost else 1.0
    above = max((there[i] for i in there if i < missing[0]), default=window[0] - 1)
    below = min((there[i] for i in there if i > missing[-1]), default=window[1])
    taken = set(there.values())
    fresh = [i for i in range(above + 1, below) if i not in taken and texts.is_new(texts.nt[i])]
    old = set(_tokens(texts.b[change.a0 : change.a1]))
    if len(missing) * len(fresh) > MOST_PAIRS:
        return 0.0
    total = found = 0.0
    for line in missing:
        heft = texts.line_weight(texts.na[line]) or 1e-9
        total += heft
        own = _words(texts.a[line])
        words = {token for token in own if (len(token) > 1 or token.isdigit()) and token not in old}
        for spot in fresh:
            if _succeeds(own, words, texts.t[spot], texts.nt[spot], least):
                found += heft
                fresh = [i for i in fresh if i > spot]
                break
    return found / total


def _short(texts: Texts, change: Change, there: dict[int, int]) -> bool:
    """Lines that are too common to weigh may still be all that matters: what a guard returns."""
    own = [i for i in range(change.b0, change.b1) if texts.is_word(texts.na[i])]
    lines = range(change.b0, change.b1)
    return any(i not in there for i in own) and any(i in there for i in lines if texts.says(texts.na[i]))


def _followed(
    texts: Texts, change: Change, there: dict[int, int], window: tuple[int, int], added: list[bytes]
) -> tuple[float, float]:
    """Where a commit shows that the lines were there: the share (0..1, by weight) of the missing ones of which
    something is left, a new line that is more like it than like anything that the patch takes out. A later edit that
    comes nearer to the old line than to the new one has undone the change. And the share of those that are only
    worded otherwise."""
    lost = _lost(texts, change, there, added)
    missing = [i for i in lost if texts.says(texts.na[i])]
    if not missing:
        return (0.0, 0.0) if lost else (1.0, 1.0)
    taken = set(there.values())
    above = max((there[i] for i in there if i < missing[0]), default=window[0] - 1)
    below = min((there[i] for i in there if i > missing[-1]), default=window[1])
    fresh = [i for i in range(above + 1, below) if i not in taken and texts.is_new(texts.nt[i])]
    fresh = [i for i in fresh if not _COMMENT.match(texts.nt[i])]
    if len(missing) * len(fresh) > MOST_PAIRS:
        return 0.0, 0.0
    old = [_words(line) for line in texts.b[change.a0 : change.a1]]
    total = found = worded = 0.0
    for line in missing:
        heft = texts.line_weight(texts.na[line]) or 1e-9
        total += heft
        own = _words(texts.a[line])
        named = None if change.a1 > change.a0 or not fresh else texts.coined(own)
        for spot in fresh:
            theirs = _words(texts.t[spot])
            like = _dice(own, theirs)
            turned = any(token in _LOGIC for token in theirs - own)
            if named is not None and not named.intersection(theirs):
                continue  # another addition that is built alike
            if like >= SUCCESSOR and not turned and all(_dice(was, theirs) < like for was in old):
                found += heft
                worded += heft if _only_words(texts.a[line], texts.t[spot]) else 0.0
                break
    return found / total, worded / total


def _only_words(own: bytes, theirs: bytes) -> bool:
    """Whether two lines differ in what they tell people alone: in a text of several words between quotes."""
    mine, other = _QUOTED.findall(own), _QUOTED.findall(theirs)
    prose = all(text.count(b" ") >= PROSE for text in set(mine) ^ set(other))
    return prose and _words(_QUOTED.sub(b"", own)) == _words(_QUOTED.sub(b"", theirs))


def _name(token: bytes) -> bool:
    """Whether a token is a name that is neither a constant nor a key word."""
    return bool(_WORD.fullmatch(token)) and token not in _KEYS


def _kept(texts: Texts, change: Change, window: tuple[int, int], removed: list[bytes]) -> bool:
    """Whether upstream edited a line that the patch takes out, instead of taking it out."""
    gone = set(removed)
    old = [_words(texts.b[i]) for i in range(change.a0, change.a1) if texts.nb[i] in gone and texts.says(texts.nb[i])]
    if not old:
        return False
    fresh = [i for i in range(*window) if texts.is_new(texts.nt[i]) and texts.says(texts.nt[i])]
    if len(old) * len(fresh) > MOST_PAIRS:
        return True
    own = [_words(line) for line in texts.a[change.b0 : change.b1]]
    for spot in fresh:
        theirs = _words(texts.t[spot])
        like = max((_dice(was, theirs) for was in old), default=0.0)
        if like >= SUCCESSOR and all(_dice(new, theirs) <= like for new in own):
            return True
    return False


def _dice(a: Counter[bytes], b: Counter[bytes]) -> float:
    """How alike two bags of tokens are (0..1)."""
    return 2 * sum((a & b).values()) / max(sum(a.values()) + sum(b.values()), 1)


def _succeeds(own: Counter[bytes], words: set[bytes], line: bytes, squeezed: bytes, least: float) -> bool:
    theirs = _words(line)
    if _COMMENT.match(squeezed) or len(words & set(theirs)) < least * len(words):
        return False
    if least > 0 and any(token in _LOGIC for token in theirs - own):
        return False  # negated, widened or switched off
    if least >= 1 and (own - theirs or not all(_name(token) or token in b"()," for token in theirs - own)):
        return False  # an operator or a digit may be all that matters
    shared = sum((own & theirs).values())
    return 2 * shared >= SUCCESSOR * (sum(own.values()) + sum(theirs.values()))


def _white_stays(texts: Texts, change: Change, window: tuple[int, int]) -> bool:
    """Whether a line that the block only re-indents stands in the window as it was, and not as it would be."""
    there = set(texts.t[window[0] : window[1]])
    old = {line for line in texts.b[change.a0 : change.a1] if line.strip()}
    new = {line for line in texts.a[change.b0 : change.b1] if line.strip()}
    return bool((old - new) & there) and not (new - old) & there


def _nearby(texts: Texts, change: Change, added: list[bytes]) -> float:
    """How much of what it adds stands in the same function or list; a definition stands once in a file, wherever."""
    if not added:
        return 0.0
    low, high = texts.section(change)
    if any(is_head(line) and texts.gain(squeeze(line)) for line in texts.a[change.b0 : change.b1]):
        low, high = 0, len(texts.t)
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
