"""What lies in the work tree, without reading it again while it is the same: thousands of files for every report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncbot.model.ids import CommitId
from syncbot.model.measures import Kept
from syncbot.services.keys import digest

if TYPE_CHECKING:
    from syncbot.model.trees import Tree
    from syncbot.report.problems import PackageProblem
    from syncbot.services.workspace import Workspace

_FORM = 3
"""Raised when what is told of a patch changes: `report.facts`."""


@dataclass(frozen=True, slots=True)
class Pins:
    """What pins the work tree and how it is read; the words are those of `Reading`."""

    key: str
    head: CommitId
    manner: str
    dirty: tuple[str, ...]


def carried(workspace: Workspace) -> tuple[Sequence[Kept], Sequence[PackageProblem]]:
    """Every package of the work tree, in order of name, and a problem for each that cannot be read. Remembered by what
    pins the work tree: only the packages whose files are others than then are read, and a patch once in its life. What
    is another than before is kept as the past."""
    return looking(workspace)()


def looking(workspace: Workspace) -> Callable[[], tuple[Sequence[Kept], Sequence[PackageProblem]]]:
    """Begin to look at the work tree; what this gives comes to the end of it, as `carried`. Git takes a while, in which
    the state can be read."""
    dirty, last = _dirty(workspace), workspace.store.kept()

    def looked() -> tuple[Sequence[Kept], Sequence[PackageProblem]]:
        pins = _pins(workspace, dirty)
        if last.key == pins.key and not last.unread:
            return last.packages, ()
        from syncbot.services.reread import reread  # noqa: PLC0415  # brings the layouts; mostly nothing has changed

        return reread(workspace, pins, last)

    return looked


def note(workspace: Workspace) -> None:
    """Keep how the packages lie in the work tree, where that is not kept yet."""
    if workspace.downstream.is_unborn:
        return  # nothing pins the work tree before the first commit
    if workspace.store.kept_key() != pinned_by(workspace):
        carried(workspace)


def pinned_by(workspace: Workspace) -> str:
    """Another text whenever packages may lie otherwise in the work tree, or are read otherwise."""
    return _pins(workspace, _dirty(workspace)).key


def _dirty(workspace: Workspace) -> Iterable[str]:
    settings = workspace.settings
    return workspace.downstream.dirty(settings.patches if settings.layout == "native" else "")


def _pins(workspace: Workspace, found: Iterable[str]) -> Pins:
    """`found`: the paths that differ from the commit."""
    settings, downstream = workspace.settings, workspace.downstream
    dirty = sorted(found)
    changed = _as_they_are(downstream.files(), dirty) if dirty else []
    head, manner = downstream.head(), [repr(settings.policy), settings.patches, _rest(workspace)]
    key = digest("carried", _FORM, head, changed, workspace.stamp, *manner)
    return Pins(key, head, digest("carried", _FORM, *manner), tuple(dirty))


def _rest(workspace: Workspace) -> str:
    """What pins the other settings that packages are read by: for packaging repositories they say much of each."""
    settings = workspace.settings
    return repr(settings.limits) if settings.layout == "native" else workspace.stamp


def _as_they_are(files: Tree, paths: Sequence[str]) -> list[list[str]]:
    entries = [(path, files.entry(path)) for path in paths]
    return [[path, "" if entry is None else f"{entry.mode:o} {entry.id}"] for path, entry in entries]
