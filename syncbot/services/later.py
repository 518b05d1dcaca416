"""A source that is opened when it is first asked: most packages of a run are never asked twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syncbot.judge import Lineage
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.ports.source import Progress, Source, Vouching


class Later:
    """Implements `Source` by another one that `open_` gives, at the first question."""

    def __init__(self, open_: Callable[[], Source]) -> None:
        self._open = open_
        self._opened: Source | None = None

    @property
    def _source(self) -> Source:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def refresh(self, progress: Progress) -> None:
        self._source.refresh(progress)

    def releases(self) -> Sequence[Release]:
        return self._source.releases()

    def branch(self, name: str) -> Release | None:
        return self._source.branch(name)

    def head(self) -> str:
        return self._source.head()

    def lineage(self, base: Release, target: Release, progress: Progress) -> Lineage | None:
        return self._source.lineage(base, target, progress)

    def vouched(self, release: Release) -> str:
        source = self._source
        return source.vouched(release) if isinstance(source, Vouching) else ""

    def tree(self, release: Release, progress: Progress) -> Tree:
        return self._source.tree(release, progress)
