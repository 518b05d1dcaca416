"""Whether a patch, as it is written, applies to the release exactly, and whether that is what the merge says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.diff.patch import FilePatch, Patch
from syncbot.diff.place import apply_file, context_sizes
from syncbot.judge.blocks import State
from syncbot.judge.enclosing import apart, outline
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.stack import Side

ELSEWHERE = 0.5
"""A block whose text is this much in the release already is not accepted by placement alone."""


def exact_fit(patch: Patch, files: Sequence[FileFinding]) -> bool:
    """Every file's own hunks apply to the release's file without fuzz and give what the merge gives. Where the two
    differ, a hunk went to a twin of its place: the merge, which sees the whole file, is right."""
    by_path = {file.path: file for file in patch.files}
    if len(by_path) != len(patch.files) or len(files) != len(by_path):
        return False
    for finding in files:
        own = by_path.get(finding.change.path)
        if own is None or finding.moved or (finding.target and finding.target.path != own.old_path):
            return False
        if finding.state is FileState.UNTOUCHED:
            continue
        if finding.state is not FileState.CLEAN or finding.target is None or finding.result is None:
            return False
        applied = apply_file(finding.target.content, own)
        if applied is None or not applied.exact or applied.content != finding.result.content:
            return False
        if own.old_mode is not None and own.old_mode not in (own.new_mode, finding.target.mode):
            return False
    return True


def placed_anyway(patch: Patch, finding: FileFinding) -> FileFinding:
    """A file whose merge conflicts because its blocks moved, but whose every hunk stands at exactly one place in the
    release and stood at exactly one in the base: the place is known after all."""
    own = next((file for file in patch.files if file.path == finding.change.path), None)
    if (
        finding.state is not FileState.OPEN
        or not finding.blocks
        or own is None
        or not own.hunks
        or finding.target is None
    ):
        return finding
    if any(
        block.state is State.OPEN and block.measures.contrast >= ELSEWHERE and block.measures.added
        for block in finding.blocks
    ):
        return finding
    before, there = finding.change.before, finding.target
    if before is None or not (_once(before.content, own) and _once(there.content, own)):
        return finding
    applied = apply_file(there.content, own)
    if applied is None or not applied.exact or applied.content is None:
        return finding
    started = apply_file(before.content, own, loose=True)
    pairs = zip(started.placements if started else (), applied.placements, own.hunks, strict=False)
    for was, now, hunk in pairs:
        leading = context_sizes(hunk)[0]
        changed = [text for tag, text in hunk.lines if tag != " " and text.strip()]
        if apart(outline(before.content), was.line + leading, outline(there.content), now.line + leading, changed):
            return finding  # its only place is another function's
    return replace(finding, state=FileState.CLEAN, result=Side(there.path, there.mode, applied.content))


def _once(content: bytes, own: FilePatch) -> bool:
    applied = apply_file(content, own, loose=True)
    return applied is not None and all(placement.copies == 1 for placement in applied.placements)
