"""Trees that patches pile up on, and what one patch does to each file of such a tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncbot.diff.patch import FilePatch, Patch
from syncbot.diff.paths import check_link
from syncbot.diff.place import MAX_FUZZ, Applied, apply_file
from syncbot.model.trees import FILE, SUBMODULE, SYMLINK, Entry, Tree, blob_id


@dataclass(frozen=True, slots=True)
class Side:
    """A file on one side of a change."""

    path: str
    mode: int
    content: bytes


@dataclass(frozen=True, slots=True)
class HunkPlace:
    """Where a hunk (index from 1 within its file) stands in the file before the patch: lines from 0, half open."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a patch does to one file: None where that side has no file."""

    before: Side | None
    after: Side | None
    hunks: tuple[HunkPlace, ...] = ()

    @property
    def path(self) -> str:
        side = self.after or self.before
        return side.path if side else ""

    @property
    def old_path(self) -> str:
        side = self.before or self.after
        return side.path if side else ""

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path,) if self.path == self.old_path else (self.old_path, self.path)

    def reversed(self) -> FileChange:
        return FileChange(self.after, self.before, ())


class Overlay:
    """A tree with some files changed on top, without touching the tree below."""

    def __init__(self, below: Tree, changed: dict[str, Side | None] | None = None) -> None:
        self.below = below
        self.changed: dict[str, Side | None] = dict(changed or {})

    def copy(self) -> Overlay:
        return Overlay(self.below, self.changed)

    def side(self, path: str) -> Side | None:
        if path in self.changed:
            return self.changed[path]
        entry = self.below.entry(path)
        content = None if entry is None else self.below.read(path)
        return None if entry is None or content is None else Side(path, entry.mode, content)

    def entry(self, path: str) -> Entry | None:
        if path in self.changed:
            side = self.changed[path]
            return None if side is None else Entry(side.mode, blob_id(side.content))
        return self.below.entry(path)

    def read(self, path: str) -> bytes | None:
        side = self.side(path)
        return None if side is None else side.content

    def exists(self, path: str) -> bool:
        return self.changed[path] is not None if path in self.changed else self.below.entry(path) is not None

    def paths(self) -> Iterable[str]:
        kept = (path for path in self.below.paths() if path not in self.changed)
        return [*kept, *(path for path, side in self.changed.items() if side is not None)]

    def put(self, old_path: str | None, side: Side | None) -> None:
        if old_path is not None and (side is None or side.path != old_path):
            self.changed[old_path] = None
        if side is not None:
            self.changed[side.path] = side

    def apply(self, changes: Iterable[FileChange]) -> None:
        for change in changes:
            self.put(change.before.path if change.before else None, change.after)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A patch applied to a tree: its file changes, and the most fuzz that a hunk needed."""

    changes: tuple[FileChange, ...]
    fuzz: int
    shift: int = 0
    """How far, in lines, its hunks stand from where their headers say, all together."""
    unique: bool = True
    """Whether each hunk would have stood at one place only."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a patch does not apply to a tree."""

    path: str
    why: str


def fit_patch(patch: Patch, tree: Overlay, *, reverse: bool = False, fuzz: int = MAX_FUZZ) -> Fitted | Misfit:
    """Apply every file of a patch to a scratch copy of the tree; net changes by file, in the patch's order."""
    scratch = tree.copy()
    origin: dict[str, Side | None] = {}
    hunks: dict[str, tuple[HunkPlace, ...]] = {}
    worst = shift = 0
    unique = True
    files = list(reversed(patch.files)) if reverse else list(patch.files)
    for file in files:
        source, result = (file.new_path, file.old_path) if reverse else (file.old_path, file.new_path)
        side = (tree if file.copied else scratch).side(source) if source is not None else None
        if source is not None and side is None:
            return Misfit(source, "there is no such file")
        if source is None and result is not None and scratch.exists(result):
            return Misfit(result, "the file that it adds is there already")
        applied = _apply(side, file, reverse, fuzz)
        if applied is None or (applied.content is None and result is not None):
            return Misfit(source or result or "", "its hunks do not stand in the file")
        worst = max([worst, *(p.fuzz for p in applied.placements)])
        shift += sum(abs(p.shift) for p in applied.placements)
        unique &= all(p.copies <= 1 for p in applied.placements)
        after = _after(side, file, result, applied, reverse)
        if after is not None and after.mode == SYMLINK:
            check_link(after.path, after.content)
        key = source or result or ""
        first = origin.pop(key, side) if key in origin and not file.copied else side
        places = tuple(
            HunkPlace(i + 1, p.line, p.line + len(h.old))
            for i, (h, p) in enumerate(zip(file.hunks, applied.placements, strict=False))
        )
        scratch.put(source if not file.copied else None, after)
        origin[result or source or ""] = None if file.copied else first
        hunks.setdefault(result or source or "", places)
    changes = [_net(first, scratch, path, hunks.get(path, ())) for path, first in origin.items()]
    return Fitted(tuple(change for change in changes if change is not None), worst, shift, unique)


def _net(first: Side | None, scratch: Overlay, path: str, hunks: tuple[HunkPlace, ...]) -> FileChange | None:
    after = scratch.side(path)
    return None if first == after else FileChange(first, after, hunks)


def _apply(side: Side | None, file: FilePatch, reverse: bool, fuzz: int) -> Applied | None:
    """Strictly first, then as GNU patch would with uneven context, then with CR or LF line ends made the file's."""
    content = None if side is None else side.content
    if side is not None and SUBMODULE in (side.mode, file.old_mode, file.new_mode):
        content = b"Subproject commit " + side.content.strip() + b"\n"
    for kwargs in ({}, {"loose": True}, {"loose": True, "fuzz": fuzz}):
        applied = apply_file(content, file, reverse=reverse, **kwargs)
        if applied is not None:
            return applied
    if content is not None and b"\r\n" in content and file.hunks:
        plain = apply_file(content.replace(b"\r\n", b"\n"), file, reverse=reverse, loose=True, fuzz=fuzz)
        if plain is not None and content.count(b"\r\n") == content.count(b"\n"):
            return Applied(plain.content and plain.content.replace(b"\n", b"\r\n"), plain.placements)
    return None


def _after(side: Side | None, file: FilePatch, result: str | None, applied: Applied, reverse: bool) -> Side | None:
    if result is None or applied.content is None:
        return None
    said = file.old_mode if reverse else file.new_mode
    if side is not None and file.old_mode == file.new_mode:
        said = None  # an index line tells the mode, and changes none
    mode = said or (side.mode if side is not None else FILE)
    content = applied.content
    if mode == SUBMODULE:
        content = content.strip().removeprefix(b"Subproject commit ").split(b"-")[0]
    return Side(result, mode, content)
