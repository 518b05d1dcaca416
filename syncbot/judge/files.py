"""One file of a patch against the release: where it is, how the change fits, and what a merge would leave there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from syncbot.judge.blocks import THERE, BlockFinding, State, TextFinding, analyse
from syncbot.judge.locate import MIN_LINES, SAME_FILE, Renames, said, said_anew, similarity
from syncbot.judge.stack import FileChange, Overlay
from syncbot.judge.stack import Side as FileSide
from syncbot.judge.weights import Kind, kind_of
from syncbot.model.trees import EXECUTABLE, FILE

LEFT = 0.3
"""Share of a deleted file's lines in a new file from which it counts as moved there with edits."""
REGULAR = (FILE, EXECUTABLE)


class FileState(StrEnum):
    """What became of the change to a file as a whole."""

    UNTOUCHED = "untouched"
    """The release has the file as the patch found it."""
    NOOP = "noop"
    """Merging the change leaves the release's file as it is."""
    CLEAN = "clean"
    """The change merges cleanly and changes something."""
    OPEN = "open"
    """Some of its blocks neither merge nor stand there."""
    GONE = "gone"
    """The release has the file no more, under no name."""


@dataclass(frozen=True, slots=True)
class FileFinding:
    """`target` is the release's file; `result` what the release would hold with the change merged (None where it
    removes the file, meaningless unless `state` is UNTOUCHED, NOOP or CLEAN)."""

    change: FileChange
    kind: Kind
    state: FileState
    target: FileSide | None
    result: FileSide | None = None
    text: TextFinding | None = None
    moved: bool = False

    @property
    def blocks(self) -> tuple[BlockFinding, ...]:
        return self.text.blocks if self.text else ()


def find(change: FileChange, target: Overlay, renames: Renames) -> FileFinding:
    """The finding for one file of a patch on the stacked target."""
    kind = kind_of(change.path)
    before, after = change.before, change.after
    if before is None:
        assert after is not None
        return _added(change, after, kind, target, renames)
    there, moved = _where(change, before, target, renames)
    if after is None:
        return _deleted(change, before, kind, there, moved, renames)
    if there is None:
        return FileFinding(change, kind, FileState.GONE, None)
    found = _modified(change, before, after, kind, there, moved)
    return _unless_moved_out(found, before, after, renames)


def held_against(change: FileChange, target: Overlay, renames: Renames) -> FileSide | None:
    """The release's file that a change is held against: the `target` that `find` has, for far less."""
    if change.before is not None:
        return _where(change, change.before, target, renames)[0]
    assert change.after is not None
    return _where_added(change.after, target, renames)[0]


def _unless_moved_out(found: FileFinding, before: FileSide, after: FileSide, renames: Renames) -> FileFinding:
    """A removal is no removal where the lines only went to a file that is new in the release."""
    if found.state is not FileState.NOOP or not found.blocks or any(b.measures.added for b in found.blocks):
        return found
    return (
        replace(found, state=FileState.OPEN)
        if renames.holds(said_anew(after.content, before.content), THERE)
        else found
    )


def _where(change: FileChange, before: FileSide, target: Overlay, renames: Renames) -> tuple[FileSide | None, bool]:
    there = target.side(before.path)
    if there is None and change.after is not None and change.after.path != before.path:
        there = target.side(change.after.path)
        if there is not None and similarity(said(there.content), said(before.content)) < SAME_FILE:
            there = None  # another file that happens to have the new name
    if there is not None:
        return there, False
    path = renames.moved(before.path, before.content)
    return (target.side(path), True) if path is not None else (None, False)


def _tells(content: bytes) -> bool:
    """Whether a file has enough lines to be no other one."""
    return len(said(content)) >= MIN_LINES


def _added(change: FileChange, after: FileSide, kind: Kind, target: Overlay, renames: Renames) -> FileFinding:
    there, moved, twin = _where_added(after, target, renames)
    if twin:  # whether it does here what the patch wants there, nobody can tell
        return FileFinding(change, kind, FileState.OPEN, None)
    if there is None and _in_the_way(after.path, target, renames):
        return FileFinding(change, kind, FileState.OPEN, None)
    if there is None:
        return FileFinding(change, kind, FileState.UNTOUCHED, None, after)
    if not _same_type(there, after):
        return FileFinding(change, kind, FileState.OPEN, there, None, None, moved)
    if there.content == after.content:
        return _settled(change, kind, there, FileSide(there.path, after.mode, there.content), None, moved)
    if after.mode not in REGULAR or b"\0" in after.content:
        return FileFinding(change, kind, FileState.OPEN, there, None, None, moved)
    return FileFinding(
        change, kind, FileState.OPEN, there, None, analyse(b"", after.content, there.content, after.path), moved
    )


def _where_added(after: FileSide, target: Overlay, renames: Renames) -> tuple[FileSide | None, bool, bool]:
    """The release's file of that name; whether it lies elsewhere; and whether there only is one like it."""
    there = target.side(after.path)
    if there is not None:
        return there, False, False
    path = renames.moved(after.path, after.content)
    if path is None:
        return None, False, False
    if path.rsplit("/", 1)[-1] == after.path.rsplit("/", 1)[-1] and _tells(after.content):
        return target.side(path), True, False
    return None, False, True


def _in_the_way(path: str, target: Overlay, renames: Renames) -> bool:
    """Whether a file cannot be added there: the release has a folder of its name, or a file in its folder's place."""
    parents = [path[:at] for at, sign in enumerate(path) if sign == "/"]
    return renames.is_folder(path) or any(target.exists(parent) for parent in parents)


def _same_type(a: FileSide, b: FileSide) -> bool:
    """Whether both are files, or both links, or both submodules."""
    return a.mode == b.mode or {a.mode, b.mode} <= set(REGULAR)


def _deleted(
    change: FileChange, before: FileSide, kind: Kind, there: FileSide | None, moved: bool, renames: Renames
) -> FileFinding:
    if there is None and renames.holds(said(before.content), LEFT):
        return FileFinding(change, kind, FileState.OPEN, None, None)
    if there is None:
        return FileFinding(change, kind, FileState.NOOP, None, None)
    if moved:
        return FileFinding(change, kind, FileState.OPEN, there, None, None, True)
    if (there.content, there.mode) == (before.content, before.mode):
        return FileFinding(change, kind, FileState.UNTOUCHED, there, None)
    return FileFinding(change, kind, FileState.OPEN, there, None)


def _modified(
    change: FileChange, before: FileSide, after: FileSide, kind: Kind, there: FileSide, moved: bool
) -> FileFinding:
    mode = there.mode if after.mode in (there.mode, before.mode) else after.mode
    renamed = before.path != after.path
    path = after.path if renamed and there.path == before.path else there.path
    if there.content == before.content and there.mode == before.mode and there.path == before.path:
        return FileFinding(change, kind, FileState.UNTOUCHED, there, after)
    if not _same_type(there, before) or (renamed and moved):  # both sides moved it
        return FileFinding(change, kind, FileState.OPEN, there, None, None, moved)
    odd = any(side.mode not in REGULAR or b"\0" in side.content for side in (before, after, there))
    if odd or before.content == after.content:
        content = _whole(before.content, after.content, there.content)
        if content is None:
            return FileFinding(change, kind, FileState.OPEN, there, None, None, moved)
        return _settled(change, kind, there, FileSide(path, mode, content), None, moved)
    text = analyse(before.content, after.content, there.content, there.path)
    if text.content is None or any(block.state is State.OPEN for block in text.blocks):
        return FileFinding(change, kind, FileState.OPEN, there, None, text, moved)
    return _settled(change, kind, there, FileSide(path, mode, text.content), text, moved)


def _whole(before: bytes, after: bytes, there: bytes) -> bytes | None:
    """Content that has no lines is merged as one piece."""
    if there == before:
        return after
    return there if after in (there, before) else None


def _settled(
    change: FileChange, kind: Kind, there: FileSide, result: FileSide, text: TextFinding | None, moved: bool
) -> FileFinding:
    state = FileState.NOOP if result == there else FileState.CLEAN
    return FileFinding(change, kind, state, there, result, text, moved)
