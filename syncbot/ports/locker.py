"""Who makes lock files anew: the package managers that are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.packages import LockFile
    from syncbot.model.trees import Tree


@dataclass(frozen=True, slots=True)
class Wish:
    """The lock file `lock` of the project at `path` is to follow what is `edited` (paths) in `files`, where it still
    stands as it was. `dependency`: what moves, as its registry knows it; `version`: where to, None where only patches
    change; `base`: the version that was patched before."""

    files: Tree
    edited: frozenset[str]
    path: str
    lock: LockFile
    dependency: str
    version: str | None
    base: str = ""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of it. `content`: the new lock file, None where it stays as it is, and then `said` is why, a sentence
    without its subject, empty where no edit concerns it; else who made it and how. `warnings`: what is to be known of
    the new one."""

    content: bytes | None
    said: str
    warnings: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether the lock file is as it must be."""
        return self.content is not None or not self.said


class Locker(Protocol):
    """Nothing that the repository brings is run, and no credential is in reach of what is. What goes wrong is told in
    `Renewed`, never raised."""

    def asked(self, wish: Wish) -> str:
        """A digest of all that the new lock file depends on, but for the registry: the same for the same wish."""

    def known(self, wish: Wish) -> Renewed | None:
        """What came of this wish before, None where it was never tried, or failed so long ago that it may be tried
        again."""

    def renew(self, wish: Wish) -> Renewed:
        """Make it, and remember what became of it."""
