"""A patch as rows that a template can draw: files, hunks with what became of them, lines with their numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch, Hunk
from syncbot.errors import SyncbotError
from syncbot.model.judgement import Comparison, FileReport, HunkReport
from syncbot.report.safe import block, decoded

MOST = 3000
"""Lines of a patch that a page draws."""
_WIDEST = 2000
"""Characters of a line that a page draws."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `tag`: ` `, `-` or `+`; numbers count from 1, None where that side has none."""

    tag: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class DrawnHunk:
    """`state`: where it is in the release, None where the judge did not speak of it."""

    index: int
    head: str
    state: HunkReport | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DrawnFile:
    """`moved`: where the release has it, where that is elsewhere; `note`: what stands in place of hunks."""

    path: str
    moved: str
    gone: bool
    note: str
    added: int
    removed: int
    hunks: tuple[DrawnHunk, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """`left`: lines that are not drawn. `raw`: the text of what cannot be read as a patch."""

    header: str
    files: tuple[DrawnFile, ...]
    left: int = 0
    raw: str = ""


def drawn(content: bytes, reports: Sequence[FileReport] = ()) -> Drawn:
    try:
        patch = parse_patch(content)
    except SyncbotError:
        text = block(decoded(content[: 200 * _WIDEST]))
        lines = text.splitlines()
        return Drawn("", (), max(0, len(lines) - MOST), "\n".join(line[:_WIDEST] for line in lines[:MOST]))
    room = MOST
    files = []
    for at, file in enumerate(patch.files):
        made, used = _file(file, _report(file, at, reports), room)
        room -= used
        files.append(made)
    whole = sum(len(hunk.lines) for file in patch.files for hunk in file.hunks)
    return Drawn(block(decoded(patch.header))[:20_000].strip("\n"), tuple(files), max(0, whole - MOST))


def _report(file: FilePatch, at: int, reports: Sequence[FileReport]) -> FileReport | None:
    names = (file.new_path, file.old_path)
    if at < len(reports) and reports[at].path in names:
        return reports[at]
    return next((report for report in reports if report.path in names), None)


def _file(file: FilePatch, report: FileReport | None, room: int) -> tuple[DrawnFile, int]:
    states = {} if report is None else {hunk.index: hunk for hunk in report.hunks}
    hunks = []
    used = 0
    for index, hunk in enumerate(file.hunks, 1):
        rows = tuple(_rows(hunk))[: max(0, room - used)]
        used += len(rows)
        hunks.append(DrawnHunk(index, block(decoded(hunk.section)).strip()[:100], states.get(index), rows))
    target = None if report is None else report.target_path
    made = DrawnFile(
        path=file.path,
        moved=target if target is not None and target not in (file.new_path, file.old_path) else "",
        gone=report is not None and target is None and file.old_path is not None,
        note=_note(file),
        added=sum(len(hunk.added) for hunk in file.hunks),
        removed=sum(len(hunk.removed) for hunk in file.hunks),
        hunks=tuple(hunks),
    )
    return made, used


def _note(file: FilePatch) -> str:
    if file.binary is not None:
        return "A binary file."
    if file.renamed:
        return f"Renamed from {file.old_path}."
    if file.copied:
        return f"Copied from {file.old_path}."
    if file.old_path is None:
        return "A new file."
    if file.new_path is None:
        return "The file is deleted."
    if file.old_mode is not None and file.new_mode is not None and file.old_mode != file.new_mode:
        return f"Its mode goes from {file.old_mode:o} to {file.new_mode:o}."
    return ""


def _rows(hunk: Hunk) -> Iterator[Row]:
    old, new = hunk.old_start, hunk.new_start
    for tag, text in hunk.lines:
        shown = block(decoded(text)).rstrip("\n")[:_WIDEST]
        yield Row(tag, None if tag == "+" else old, None if tag == "-" else new, shown)
        old += tag != "+"
        new += tag != "-"


@dataclass(frozen=True, slots=True)
class Sides:
    """Both versions of one place, line by line. `ours` and `theirs`: (class, text)."""

    path: str
    moved: str
    what: str
    ours: tuple[tuple[str, str], ...]
    theirs: tuple[tuple[str, str], ...]


def beside(one: Comparison, base: str, target: str) -> Sides:
    """As `explain` words it."""
    is_diff = one.our_line is None
    if one.commit is not None:
        what = f"the patch's change, and that of commit {one.commit[:12]}"
    elif one.our_line is None:
        what = f"the patch's change, and upstream's from {base} to {target}"
    elif one.their_line is None:
        what = f"line {one.our_line} with the patch; {target} has no such place"
    else:
        what = f"line {one.our_line} with the patch, line {one.their_line} in {target}"
    moved = one.target_path if one.target_path not in (None, one.path) else ""
    ours, theirs = _lines(one.ours), _lines(one.theirs)
    if is_diff:
        return Sides(one.path, moved or "", what, _coloured(ours), _coloured(theirs))
    return Sides(one.path, moved or "", what, *_marked(ours, theirs))


_CLASSES = {"+": "add", "-": "del", "@": "at"}
_Side = tuple[tuple[str, str], ...]


def _lines(text: bytes) -> list[str]:
    return [line[:_WIDEST] for line in block(decoded(text)).splitlines()[: MOST // 5]]


def _coloured(lines: Sequence[str]) -> _Side:
    return tuple((_CLASSES.get(line[:1], "same"), line) for line in lines)


def _marked(ours: Sequence[str], theirs: Sequence[str]) -> tuple[_Side, _Side]:
    """Lines that only one of the two has are marked."""
    left, right = ["same"] * len(ours), ["same"] * len(theirs)
    for tag, a0, a1, b0, b1 in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            left[a0:a1] = ["other"] * (a1 - a0)
            right[b0:b1] = ["other"] * (b1 - b0)
    return tuple(zip(left, ours, strict=True)), tuple(zip(right, theirs, strict=True))
