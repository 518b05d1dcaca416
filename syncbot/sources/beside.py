"""Releases from one place, history from another: a registry's archives, and upstream's repository beside them.

The archives are what is shipped, so they decide what is there. The repository says who brought it, since when, what was
taken back and what waits on the branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncbot.errors import UpstreamUnreachable
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.versions import version
from syncbot.ports.source import Progress, Source, Vouching

if TYPE_CHECKING:  # reports judge nothing, and need not wait for the judge
    from syncbot.judge import Lineage


class Beside:
    """Implements `Source`: `releases` with the history of `history`. A release that the repository has under no tag of
    the same version is judged by its files alone; so is every one where the repository's address was only `found`, and
    nobody answers there: a person who names one wants to know."""

    def __init__(self, releases: Source, history: Source, *, found: bool = False) -> None:
        self._releases = releases
        self._history = history
        self._found = found

    def refresh(self, progress: Progress) -> None:
        self._releases.refresh(progress)
        try:
            self._history.refresh(progress)
        except UpstreamUnreachable as error:
            if not self._found:
                raise
            progress(f"without upstream's history: {error.what}", 0, 0)

    def releases(self) -> Sequence[Release]:
        return self._releases.releases()

    def branch(self, name: str) -> Release | None:
        return self._releases.branch(name)

    def head(self) -> str:
        return self._history.head()

    def lineage(self, base: Release, target: Release, progress: Progress) -> Lineage | None:
        if self._found and not self._history.head():
            return None
        first, last = self._same(base), self._same(target)
        return None if first is None or last is None else self._history.lineage(first, last, progress)

    def tree(self, release: Release, progress: Progress) -> Tree:
        return self._releases.tree(release, progress)

    def vouched(self, release: Release) -> str:
        return self._releases.vouched(release) if isinstance(self._releases, Vouching) else ""

    def _same(self, release: Release) -> Release | None:
        """The repository's release of that version."""
        wanted = version(release.version)
        return next((r for r in self._history.releases() if version(r.version) == wanted), None)
