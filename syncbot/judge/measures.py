"""What the text of the release says about one block of a patch: numbers, no verdict."""

from __future__ import annotations

from collections import Counter
from copy import copy
from functools import cached_property

from syncbot.diff.lines import Change, mapping, match
from syncbot.judge.crossed import crossed
from syncbot.judge.nesting import guarded
from syncbot.judge.successors import any_alike, edited, followed, kept, short, words_of
from syncbot.judge.texts import CONTEXT, Texts, is_head
from syncbot.judge.weights import is_trivial, squeeze

NEAR = 0.75
"""The alignment of a deletion of which only one neighbour is left, or whose neighbours have drifted apart."""


class Measures:
    """What the text of the release says of one block. Each measure is worked out when a rule asks for it: most blocks
    are settled by the first few, and the others cost as much as everything else together.

    `weight`: the evidence in the changed lines. Shares of it (0..1): `contrast`, how much of what the block adds or
    removes the release gained or lost; `alignment`, how much of what it adds stands at its own place; `remains`, how
    much of what it removes still stands at its place. `added`, `removed`: how many lines. `white`: only white space
    changes."""

    def __init__(self, texts: Texts, change: Change) -> None:
        self._texts, self._change = texts, change
        self._added, self._removed = _net(texts.na[change.b0 : change.b1], texts.nb[change.a0 : change.a1])
        total = gained = 0.0
        for line in [*self._added, *self._removed]:
            gain = texts.gain(line)
            if gain is not None:
                heft = texts.line_weight(line)
                total += heft
                gained += heft * gain
        self.weight = total
        self.contrast = gained / total if total else 0.0
        self.added, self.removed = len(self._added), len(self._removed)
        self.white = not self._added and not self._removed

    def nowhere(self) -> Measures:
        """The same of a block whose place is not known: what was found of it is another's."""
        made = copy(self)
        vars(made).update(alignment=0.0, nearby=0.0, edited=0.0, followed=0.0)
        return made

    @cached_property
    def _window(self) -> tuple[int, int]:
        return self._texts.window(self._change)

    @cached_property
    def _slice(self) -> tuple[int, int]:
        """The lines of the after-image with their context."""
        return max(self._change.b0 - CONTEXT, 0), min(self._change.b1 + CONTEXT, len(self._texts.a))

    @cached_property
    def _there(self) -> dict[int, int]:
        """{line of the after-image: line of the release} in the window."""
        return self._texts.at_home(self._aligned)

    @cached_property
    def _aligned(self) -> dict[int, int]:
        (low, high), (first, end) = self._slice, self._window
        found = mapping(match(self._texts.na[low:high], self._texts.nt[first:end]))
        return {low + i: first + j for i, j in found.items()}

    @cached_property
    def _strays(self) -> bool:
        """Whether a line that it adds stands in another function, branch or section there: what is like it is too."""
        texts, change = self._texts, self._change
        return any(
            line in self._aligned and line not in self._there and texts.says(texts.na[line])
            for line in range(change.b0, change.b1)
        )

    @cached_property
    def alignment(self) -> float:
        return _alignment(self._texts, self._change, self._there, self._added, self._slice)

    @cached_property
    def remains(self) -> float:
        return _remains(self._texts, self._change, self._window, self._removed)

    @cached_property
    def bare(self) -> float:
        """The weight of added lines in whose place the release has nothing like them."""
        return _bare(self._texts, self._change, self._there, self._window, self._added)

    @cached_property
    def edited(self) -> float:
        """Of the missing lines the share (0..1) that has a successor there with every word."""
        if self._strays:
            return 0.0
        return edited(self._texts, self._change, self._there, self._window, self._added, 1.0)

    @cached_property
    def alike(self) -> float:
        """The same of those that have any successor."""
        return edited(self._texts, self._change, self._there, self._window, self._added, 0.0)

    @cached_property
    def _later(self) -> tuple[float, float]:
        if self._strays:
            return 0.0, 0.0
        return followed(self._texts, self._change, self._there, self._window, self._added)

    @cached_property
    def followed(self) -> float:
        """The same of those whose successor is nearer to them than to what the patch took out."""
        return self._later[0]

    @cached_property
    def reworded(self) -> float:
        """The same of those whose successor has nothing but another text for people."""
        return self._later[1]

    @cached_property
    def mute(self) -> bool:
        """Whether only comments and blank lines change."""
        texts = self._texts
        return bool(texts.remarks) and not any(texts.acts(line) for line in [*self._added, *self._removed])

    @cached_property
    def acts(self) -> bool:
        """Whether something is added or removed that weighs or is a statement."""
        return self.weight > 0 or any(self._texts.is_word(line) for line in [*self._added, *self._removed])

    @cached_property
    def short(self) -> bool:
        """Whether a word that stands on a line of its own, `return` or `break`, is not where the block adds it."""
        return short(self._texts, self._change, self._there)

    @cached_property
    def bared(self) -> bool:
        """Whether a line that it only indents, as under a new condition, is not at its place."""
        texts, change = self._texts, self._change
        old = set(texts.nb[change.a0 : change.a1])
        lines = (line for line in range(change.b0, change.b1) if line not in self._there)
        return any(texts.na[line] in old and texts.says(texts.na[line]) for line in lines)

    @cached_property
    def kept(self) -> bool:
        """Whether a line that it takes out stands there edited, no nearer to what the patch makes of it than to what it
        was."""
        return kept(self._texts, self._change, self._window, self._removed)

    @cached_property
    def guarded(self) -> bool:
        """Whether it stands under a condition that the patch does not have."""
        return guarded(self._texts, self._change, self._there, self._slice)

    @cached_property
    def crossed(self) -> bool:
        """Whether it stands on the other side of the line beside it."""
        return crossed(self._texts, self._change, self._there, self._added)

    @cached_property
    def white_stays(self) -> bool:
        """Whether only white space changes, and the release has it as it was."""
        return self.white and _white_stays(self._texts, self._change, self._window)

    @cached_property
    def nearby(self) -> float:
        """How much of what it adds stands in the same function or list, wherever in it."""
        return _nearby(self._texts, self._change, self._added)


def measure(texts: Texts, change: Change) -> Measures:
    """All measures of one block."""
    return Measures(texts, change)


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
        fresh = [words_of(texts.t[i]) for i in range(above + 1, below) if texts.is_new(texts.nt[i])]
        if line - 1 not in there or end not in there:  # a neighbour was edited, or it went elsewhere together with them
            missing = [(x, raw) for x, raw in missing if not texts.is_new(x)]
        found += sum(texts.line_weight(x) for x, raw in missing if not any_alike(words_of(raw), fresh))
        line = end
    return found


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
