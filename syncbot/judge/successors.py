"""What came of lines that a patch brings in and the release has not to the letter: their successors, and likenesses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from syncbot.diff.lines import Change
from syncbot.judge.texts import Texts
from syncbot.judge.weights import is_trivial

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
def words_of(line: bytes) -> Counter[bytes]:
    return Counter(_TOKEN.findall(line))


def _tokens(lines: Iterable[bytes]) -> Counter[bytes]:
    return Counter(token for line in lines for token in _TOKEN.findall(line))


SUCCESSOR = 0.6
"""How alike (share of common tokens) a line and its edited successor are at least."""


def any_alike(own: Counter[bytes], others: list[Counter[bytes]]) -> bool:
    size = sum(own.values())
    return len(others) > MOST_PAIRS or any(
        2 * sum((own & theirs).values()) >= LIKE * (size + sum(theirs.values())) for theirs in others
    )


def _lost(texts: Texts, change: Change, there: dict[int, int], added: list[bytes]) -> list[int]:
    """The telling lines that the block brings in and that are not found."""
    wanted = texts.brought(change, added)
    lines = (i for i in range(change.b0, change.b1) if i not in there and texts.na[i] in wanted)
    return [i for i in lines if not is_trivial(texts.na[i])]


def edited(
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
    if not fresh or len(missing) * len(fresh) > MOST_PAIRS:
        return 0.0
    old = set(_tokens(texts.b[change.a0 : change.a1]))
    total = found = 0.0
    for line in missing:
        heft = texts.line_weight(texts.na[line]) or 1e-9
        total += heft
        own = words_of(texts.a[line])
        words = {token for token in own if (len(token) > 1 or token.isdigit()) and token not in old}
        for spot in fresh:
            if _succeeds(own, words, texts.t[spot], texts.nt[spot], least):
                found += heft
                fresh = [i for i in fresh if i > spot]
                break
    return found / total


def short(texts: Texts, change: Change, there: dict[int, int]) -> bool:
    """Lines that are too common to weigh may still be all that matters: what a guard returns."""
    own = [i for i in range(change.b0, change.b1) if texts.is_word(texts.na[i])]
    lines = range(change.b0, change.b1)
    return any(i not in there for i in own) and any(i in there for i in lines if texts.says(texts.na[i]))


def followed(
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
    if not fresh or len(missing) * len(fresh) > MOST_PAIRS:
        return 0.0, 0.0
    old = [words_of(line) for line in texts.b[change.a0 : change.a1]]
    total = found = worded = 0.0
    for line in missing:
        heft = texts.line_weight(texts.na[line]) or 1e-9
        total += heft
        own = words_of(texts.a[line])
        named = None if change.a1 > change.a0 else texts.coined(own)
        for spot in fresh:
            theirs = words_of(texts.t[spot])
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
    return prose and words_of(_QUOTED.sub(b"", own)) == words_of(_QUOTED.sub(b"", theirs))


def _name(token: bytes) -> bool:
    """Whether a token is a name that is neither a constant nor a key word."""
    return bool(_WORD.fullmatch(token)) and token not in _KEYS


def kept(texts: Texts, change: Change, window: tuple[int, int], removed: list[bytes]) -> bool:
    """Whether upstream edited a line that the patch takes out, instead of taking it out."""
    gone = set(removed)
    old = [words_of(texts.b[i]) for i in range(change.a0, change.a1) if texts.nb[i] in gone and texts.says(texts.nb[i])]
    if not old:
        return False
    fresh = [i for i in range(*window) if texts.is_new(texts.nt[i]) and texts.says(texts.nt[i])]
    if len(old) * len(fresh) > MOST_PAIRS:
        return True
    own = [words_of(line) for line in texts.a[change.b0 : change.b1]]
    for spot in fresh:
        theirs = words_of(texts.t[spot])
        like = max((_dice(was, theirs) for was in old), default=0.0)
        if like >= SUCCESSOR and all(_dice(new, theirs) <= like for new in own):
            return True
    return False


def _dice(a: Counter[bytes], b: Counter[bytes]) -> float:
    """How alike two bags of tokens are (0..1)."""
    return 2 * sum((a & b).values()) / max(sum(a.values()) + sum(b.values()), 1)


def _succeeds(own: Counter[bytes], words: set[bytes], line: bytes, squeezed: bytes, least: float) -> bool:
    theirs = words_of(line)
    if _COMMENT.match(squeezed) or len(words & set(theirs)) < least * len(words):
        return False
    if least > 0 and any(token in _LOGIC for token in theirs - own):
        return False  # negated, widened or switched off
    if least >= 1 and (own - theirs or not all(_name(token) or token in b"()," for token in theirs - own)):
        return False  # an operator or a digit may be all that matters
    shared = sum((own & theirs).values())
    return 2 * shared >= SUCCESSOR * (sum(own.values()) + sum(theirs.values()))
