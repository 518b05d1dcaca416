"""How downstream keeps its patches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.errors import SyncbotError
    from syncbot.model.packages import Package, Policy
    from syncbot.model.releases import Upstream
    from syncbot.model.trees import Tree
    from syncbot.plan.model import Edit, Move


@dataclass(frozen=True, slots=True)
class Problem:
    """A package that could not be read, and why. The others go on."""

    package: str
    error: SyncbotError


@dataclass(frozen=True, slots=True)
class PackagesRead:
    packages: tuple[Package, ...]
    problems: tuple[Problem, ...]


class Layout(Protocol):
    """One way to keep packages and patches in a downstream repository."""

    def read(self, downstream: Tree, folder: str, policy: Policy) -> PackagesRead:
        """Every package below `folder` of the downstream tree (empty: all of it). `policy` holds where a package says
        nothing."""

    def one(self, downstream: Tree, folder: str, policy: Policy, name: str, path: str = "") -> Package:
        """One package, as `read` has it, without reading the others; `path`: where it was found before, empty: not
        known. Raises what `read` would have a problem with, InputError where there is no such package."""

    def edit(
        self, downstream: Tree, package: Package, edits: tuple[Edit, ...], move: Move
    ) -> Mapping[str, bytes | None]:
        """The files to write to carry out `edits` (those left out stay as they are) and, where `move` has a version,
        to move the package's base to it: {path from the repository's root: new bytes, None to delete}. Its notes go
        into the package's changelog, where it has one. Loss-free: lines that the edits do not concern stay byte for
        byte. A waiting patch is marked in the series, where the layout has a place for that. Raises InputError where
        it cannot be done without loss, UpstreamUnreachable where a download that it pins cannot be had."""

    def restore(
        self, downstream: Tree, package: Package, name: str, content: bytes, reason: str | None
    ) -> Mapping[str, bytes | None]:
        """The files to write to bring a dropped patch back at the end of the series, pinned by `keep = reason` (None:
        not pinned)."""

    def pin(self, downstream: Tree, package: Package, name: str, reason: str) -> Mapping[str, bytes | None]:
        """The files to write so that the bot never drops the patch, for that reason. Raises InputError where it is not
        in the series, or pinned already."""

    def new_package(
        self,
        downstream: Tree,
        folder: str,
        name: str,
        upstream: Upstream,
        base: str | None,
        range: str = "",
        track: str = "stable",
    ) -> Mapping[str, bytes | None]:
        """The files to write to track a package that is not tracked yet; patches that lie there already stay. Raises
        InputError where the name is taken or no name for a package."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A package as it was met in a packaging repository, with all that its recipe says and what it does not.
    `upstream` and `base` are None where that is not known; `doubts` a sentence each; `error`: why it cannot be read."""

    name: str
    path: str
    upstream: Upstream | None = None
    base: str | None = None
    patches: int = 0
    owners: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a repository is taken for. `also`: other layouts that it may have; `seen`: its packages, by path."""

    layout: str
    also: tuple[str, ...]
    seen: tuple[Seen, ...]
