"""The diffstat in a patch's header, `file | 5 +++--` and `2 files changed, ...`: written anew where the patch is.

Git, quilt and diffstat write it below a `---`, or as the last thing before the diff. Which of their forms it has is
found out by writing the old patch's own: one that cannot be written so is taken out, for it would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch
from syncbot.diff.paths import quoted

_ROW = re.compile(rb" \S.* \| +(?:\d+(?: [-+!]+)?|Bin(?: .*)?)")
_COUNT = rb"(?:, \d+ (?:insertions?\(\+\)|deletions?\(-\)|modifications?\(!\)))"
_TOTAL = re.compile(rb" \d+ files? changed%b*" % _COUNT)
_SUMMARY = re.compile(rb" (?:create mode|delete mode|mode change|rename|copy|rewrite) .+")
_ASIDE = (b"Index: ", b"=====", b"diff -")
"""What belongs to the first diff, though it stands above its `---`."""
_WIDTHS = (72, 80, *range(60, 72), *range(73, 80), *range(81, 201))
"""Columns: of git's mails, of a terminal, then of any setting."""
_DIGITS = (1, 4)
"""Columns that a number takes at least: git today; diffstat, and git before 1.7.10."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: bytes
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Form:
    """`always_both`: the total says insertions and deletions in the plural, be they 0 or 1; `modes`: files that come or
    go are told of below it."""

    width: int
    digits: int
    always_both: bool
    by_name: bool
    modes: bool

    def rows(self, rows: Sequence[_Row]) -> list[bytes]:
        rows = sorted(rows, key=lambda row: row.name) if self.by_name else rows
        most = max((row.added + row.removed for row in rows), default=0)
        digits = max(self.digits, len(str(most)))
        names, graph = _columns(self.width, digits, max((len(row.name) for row in rows), default=0), most)
        return [_line(row, names, digits, graph, most) for row in rows]

    def total(self, rows: Sequence[_Row]) -> bytes:
        added, removed = sum(row.added for row in rows), sum(row.removed for row in rows)
        both = self.always_both
        text = f" {len(rows)} file{'s' if both or len(rows) != 1 else ''} changed"
        if both or added or not removed:
            text += f", {added} insertion{'s' if both or added != 1 else ''}(+)"
        if both or removed or not added:
            text += f", {removed} deletion{'s' if both or removed != 1 else ''}(-)"
        return text.encode()


@dataclass(frozen=True, slots=True)
class _Block:
    """Where the diffstat stands among a header's lines: rows from `start`, then its total, then modes."""

    start: int
    total: int
    end: int


def renewed(header: bytes, before: Sequence[FilePatch], body: bytes, strip: int = 1) -> bytes:
    """The header of a patch that did `before` and has this diff now: with its diffstat, where it has one, of what it
    does; without it where it is of another making. All other text stays."""
    lines = header.split(b"\n")
    block = _find(lines)
    if block is None:
        return header
    after = parse_patch(body, strip).files
    if [*_facts(before)] == [*_facts(after)]:
        return header
    old = lines[block.start : block.end]
    form = _form_of(old, _Told.of(before), block)
    known = form is not None and not any(file.renamed or file.copied or file.binary for file in after)
    new = _written(form, _Told.of(after), block) if form is not None and known else []
    return b"\n".join([*lines[: block.start], *new, *lines[block.end :]])


_FORMS = tuple(
    _Form(width, digits, both, by_name, modes)
    for by_name, both, modes, digits, width in product((False, True), (False, True), (True, False), _DIGITS, _WIDTHS)
)


def _find(lines: Sequence[bytes]) -> _Block | None:
    """The last diffstat below the last `---`; without a `---`, one that nothing follows."""
    rules = [at for at, line in enumerate(lines) if line.rstrip() == b"---"]
    totals = [at for at in range(rules[-1] if rules else 0, len(lines)) if _TOTAL.fullmatch(lines[at])]
    if not totals:
        return None
    start = end = totals[-1]
    while start and _ROW.fullmatch(lines[start - 1]):
        start -= 1
    end += 1
    while end < len(lines) and _SUMMARY.fullmatch(lines[end]):
        end += 1
    followed = any(line.strip() and not line.startswith(_ASIDE) for line in lines[end:])
    return None if followed and not rules else _Block(start, totals[-1], end)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a diffstat tells of some files, counted once: there are many forms to tell it in."""

    rows: list[_Row]
    modes: list[bytes]

    @classmethod
    def of(cls, files: Sequence[FilePatch]) -> _Told:
        return cls([_row(file) for file in files], [line for file in files for line in _modes(file)])


def _form_of(old: list[bytes], told: _Told, block: _Block) -> _Form | None:
    """The first form that tells it so. Most differ in the width of rows: that is asked where all else is right."""
    end = old[block.total - block.start :]
    kinds = {(form.always_both, form.modes): form for form in _FORMS}
    right = {kind for kind, form in kinds.items() if _end(form, told) == end}
    forms = (form for form in _FORMS if (form.always_both, form.modes) in right)
    return next((form for form in forms if _written(form, told, block) == old), None)


def _written(form: _Form, told: _Told, block: _Block) -> list[bytes]:
    """The diffstat, with rows where the block has them."""
    return [*(form.rows(told.rows) if block.start < block.total else ()), *_end(form, told)]


def _end(form: _Form, told: _Told) -> list[bytes]:
    """What stands below the rows."""
    return [form.total(told.rows), *(told.modes if form.modes else ())]


def _row(file: FilePatch) -> _Row:
    added = sum(len(hunk.added) for hunk in file.hunks)
    return _Row(quoted(file.path), added, sum(len(hunk.removed) for hunk in file.hunks))


def _modes(file: FilePatch) -> Iterator[bytes]:
    """Git's summary of a file that comes, goes or changes its mode."""
    name = quoted(file.path)
    if file.old_path is None:
        yield b" create mode %06o %b" % (file.new_mode or 0, name)
    elif file.new_path is None:
        yield b" delete mode %06o %b" % (file.old_mode or 0, name)
    elif file.old_mode != file.new_mode and file.old_mode and file.new_mode:
        yield b" mode change %06o => %06o %b" % (file.old_mode, file.new_mode, name)


def _facts(files: Sequence[FilePatch]) -> Iterator[tuple[object, ...]]:
    """All that a diffstat tells of the files."""
    for file in files:
        yield (_row(file), file.old_path, file.new_path, tuple(_modes(file)), file.binary is None)


def _columns(width: int, digits: int, longest: int, most: int) -> tuple[int, int]:
    """How wide names and graphs are: git's own rule (`show_stats` of its diff.c)."""
    width = max(width, 16 + 6 + digits)
    names, graph = longest, most
    if names + digits + 6 + graph > width:
        graph = min(graph, max(width * 3 // 8 - digits - 6, 6))
        if names > width - digits - 6 - graph:
            names = width - digits - 6 - graph
        else:
            graph = width - digits - 6 - names
    return names, graph


def _line(row: _Row, names: int, digits: int, graph: int, most: int) -> bytes:
    name = row.name
    if len(name) > names:
        name = name[len(name) - (names - 3) :]
        name = b"..." + (name[name.index(b"/") :] if b"/" in name else name)
    added, removed = _scaled(row, graph, most)
    bar = b"+" * added + b"-" * removed
    return b" %b | %*d%b" % (name.ljust(names), digits, row.added + row.removed, b" " + bar if bar else b"")


def _scaled(row: _Row, graph: int, most: int) -> tuple[int, int]:
    if graph > most:
        return row.added, row.removed
    total = _scale(row.added + row.removed, graph, most)
    if total < 2 and row.added and row.removed:
        total = 2
    if row.added < row.removed:
        added = _scale(row.added, graph, most)
        return added, total - added
    removed = _scale(row.removed, graph, most)
    return total - removed, removed


def _scale(count: int, width: int, most: int) -> int:
    return 1 + count * (width - 1) // most if count else 0
