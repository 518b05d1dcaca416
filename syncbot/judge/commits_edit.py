"""One step of a file, from one version to the next: which lines it leaves alone, and what a line stands in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from syncbot.diff.lines import Change
from syncbot.judge.commits_kin import words
from syncbot.judge.commits_lines import steps, touched_lines
from syncbot.judge.commits_place import definition
from syncbot.judge.weights import is_trivial, squeeze, squeezed_text

_DEFINED = re.compile(rb"([A-Za-z_]\w*)\s*\(")


class Edit:
    """One step of a file, from old to new; `key` is its commit, None between commits (a merge). What is followed lies
    outside of most steps: how these changed the rest is only worked out for who asks."""

    def __init__(self, old: bytes, new: bytes, key: int | None) -> None:
        self.key = key
        self._old, self._new = old, new

    @cached_property
    def changes(self) -> list[Change]:
        return steps(self._old, self._new)

    @cached_property
    def a(self) -> list[bytes]:
        return self._old.split(b"\n")

    @cached_property
    def b(self) -> list[bytes]:
        return self._new.split(b"\n")

    @cached_property
    def na(self) -> list[bytes]:
        """The squeezed lines."""
        return squeezed_text(self._old).split(b"\n")

    @cached_property
    def nb(self) -> list[bytes]:
        return squeezed_text(self._new).split(b"\n")

    def kept(self, lines: Iterable[int]) -> dict[int, int]:
        """{old index: new index} of those lines that the step leaves alone."""
        wanted = sorted(lines)
        touched = touched_lines(self._old, self._new)
        if touched is None or not any(touched.a0 <= index < touched.a1 for index in wanted):
            shift = 0 if touched is None else touched.b1 - touched.a1
            return {i: i if touched is None or i < touched.a0 else i + shift for i in wanted}
        result, shift, at = {}, 0, 0
        for index in wanted:
            while at < len(self.changes) and self.changes[at].a1 <= index:
                shift = self.changes[at].b1 - self.changes[at].a1
                at += 1
            if at == len(self.changes) or index < self.changes[at].a0:
                result[index] = index + shift
        return result

    def homeless(self, index: int, own: Collection[bytes]) -> bool:
        """Whether the function that a line stood in is no more; one of the patch's `own` is none to stand in."""
        home = definition(self.a, index, self.a[index])
        return bool(home) and home not in own and home not in self.nb


def neighbour(lines: Sequence[bytes], indices: Iterable[int], own: Collection[int]) -> int | None:
    """The first telling line that is none of the patch's own; None: there is none within the change."""
    return next((i for i in indices if i not in own and not is_trivial(squeeze(lines[i]))), None)


def at_home(edit: Edit, index: int, spot: int) -> bool:
    """Whether a line that moved within its file stands in the same function, in one that took its function's place, or
    in a new one that is called where it stood; not in somebody else's."""
    old, new = definition(edit.a, index, edit.a[index]), definition(edit.b, spot, edit.b[spot])
    if old == new:
        return True
    if old and old not in edit.nb:
        return True
    if not new or new in edit.na:
        return not new
    before = set(edit.na)
    fresh = [
        line
        for at, (line, squeezed) in enumerate(zip(edit.b, edit.nb, strict=True))
        if squeezed not in before and definition(edit.b, at, line) == old
    ]
    names = {
        name
        for line, squeezed in zip(edit.b, edit.nb, strict=True)
        if squeezed == new
        for name in _DEFINED.findall(line)
    }
    return any(name in words(line) for line in fresh for name in names)
