"""Where releases come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # reports judge nothing, and need not wait for the judge
    from syncbot.judge import Lineage
    from syncbot.model.releases import Release
    from syncbot.model.trees import Tree


class Progress(Protocol):
    """Told what goes on while something slow happens. `done` of `total` (0: unknown) in bytes or objects."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


@runtime_checkable
class Vouching(Protocol):
    """A source that knows how far what it gives is known to be upstream's."""

    def vouched(self, release: Release) -> str:
        """In a sentence or two: by which checksum and which signature; empty where there is nothing to say."""


class Source(Protocol):
    """One upstream. All methods raise UpstreamUnreachable (network), UpstreamChanged (a digest or a tag that is not
    what it was), HostileInput (an address or an archive that tries something)."""

    def refresh(self, progress: Progress) -> None:
        """Bring what is known of this upstream up to date (fetch the mirror, ask the registry). One reference check
        when nothing changed."""

    def releases(self) -> Sequence[Release]:
        """Every release known since the last refresh, pre-releases and yanked ones included, oldest first by version.
        A tag that is no version is left out."""

    def branch(self, name: str) -> Release | None:
        """The head of a branch as a release, None where the upstream has no branches or not this one. Its version is
        `YYYYMMDD.<12 hex>`, its identity the commit id."""

    def head(self) -> str:
        """What pins the state of upstream's default branch (its commit id); empty where upstream shows no history."""

    def lineage(self, base: Release, target: Release, progress: Progress) -> Lineage | None:
        """Upstream's history as seen from two releases; None where upstream shows none. To be used by one thread."""

    def tree(self, release: Release, progress: Progress) -> Tree:
        """The release's files, without unpacking to disk. Downloads are checked against the published digest."""
