"""A workspace's repository for commands that only read: git is asked, for pygit2 takes longer to load than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncbot.git.files import WorkTree
from syncbot.git.run import GitFailed, git
from syncbot.git.status import Status, status_begun, text_of
from syncbot.model.ids import CommitId

if TYPE_CHECKING:
    from syncbot.git.downstream import GitDownstream
    from syncbot.model.trees import Tree


class Glance:
    """Implements `syncbot.ports.Downstream`: what reports ask by itself, all else by the whole `GitDownstream`.

    `root` is the work tree, and the head that of the moment when this was made. Raises GitFailed where git refuses:
    then the whole one knows why, or there is no commit yet."""

    def __init__(self, start: Path) -> None:
        self._start = start
        root, head = (
            text_of(git(["rev-parse", "--show-toplevel", "HEAD"], cwd=start)).removesuffix("\n").rsplit("\n", 1)
        )
        self.root, self._head = Path(root), CommitId(head)

    def head(self) -> CommitId:
        return self._head

    def dirty(self, folder: str) -> Iterable[str]:
        """Git begins to look at once, and is waited for when the paths are read."""
        return _paths(status_begun(self.root, [folder]))

    def files(self, below: Sequence[str] = ()) -> Tree:
        return WorkTree(self.root, below)

    @cached_property
    def _whole(self) -> GitDownstream:
        from syncbot.git.downstream import GitDownstream  # noqa: PLC0415  # what this is there to avoid

        return GitDownstream(self._start)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def _paths(found: Callable[[], Status]) -> Iterator[str]:
    for path, _staged, _unstaged in found():
        yield path


def glance(start: Path) -> Glance | None:
    """None where git says nothing of it."""
    try:
        return Glance(start) if start.is_dir() else None
    except GitFailed:
        return None
