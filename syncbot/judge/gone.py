"""Which commit deleted what a patch changes: asked of history where there is one, for a person who decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncbot.judge.blocks import State
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.history import CommitFacts, History, Place, Touch
from syncbot.judge.lineage import Trace
from syncbot.judge.locate import said
from syncbot.judge.rules import UPSTREAM
from syncbot.judge.texts import CONTEXT, lines_of
from syncbot.model.judgement import Evidence

MOST_TOUCHES = 200
"""Changes of one file that are looked through, the newest first."""
HALF = 0.5
"""Share of the lines around a change with which its place goes."""


def deletions(trace: Trace | None, files: Sequence[FileFinding]) -> tuple[Evidence, ...]:
    """For each file that is gone, or whose changed block is, the commit of the release that deleted it."""
    if trace is None or trace.history is None:
        return ()
    found: dict[int, Evidence] = {}
    for file in files:
        commit = _deleting(trace.history, file)
        if commit is not None:
            what = "deleted" if file.state is FileState.GONE else "deleted these lines of"
            found.setdefault(commit.key, trace.fact("deleted", f"{what} {file.change.old_path}", commit))
    return tuple(found.values())


def _deleting(history: History, file: FileFinding) -> CommitFacts | None:
    """The last commit that removed the file; the last one with which most lines around a cut block went."""
    if file.state is FileState.GONE:
        gone = (touch for touch in _newest_first(history, file.change.old_path) if touch.new is None)
    else:
        lines = _around(file)
        path = file.target.path if file.target else file.change.old_path
        gone = (touch for touch in _newest_first(history, path) if lines and _removes(history, touch, lines))
    touch = next(gone, None)
    return None if touch is None else history.commit(touch.key)


def _newest_first(history: History, path: str) -> Iterator[Touch]:
    touches = [touch for touch in history.touches(path) if history.place(touch.key) is Place.RELEASE]
    return reversed(touches[-MOST_TOUCHES:])


def _around(file: FileFinding) -> frozenset[bytes]:
    """The telling lines of the file before the patch in and around its cut blocks."""
    if file.change.before is None:
        return frozenset()
    lines = lines_of(file.change.before.content)
    cut = [b for b in file.blocks if b.state is State.CUT] or [b for b in file.blocks if b.state not in UPSTREAM]
    near = [lines[max(b.change.a0 - CONTEXT, 0) : b.change.a1 + CONTEXT] for b in cut]
    return said(b"".join(line for part in near for line in part))


def _removes(history: History, touch: Touch, lines: frozenset[bytes]) -> bool:
    """Whether most of the lines that the file had before the commit, it has no more after it."""
    if touch.old is None:
        return False
    before = said(history.blob(touch.old) or b"") & lines
    after = said(history.blob(touch.new) or b"") if touch.new is not None else frozenset()
    return len(before) >= HALF * len(lines) and len(before & after) < HALF * len(before)
