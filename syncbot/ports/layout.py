"""How downstream keeps its patches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from syncbot.errors import SyncbotError
from syncbot.model.packages import Package, Policy
from syncbot.model.releases import Upstream
from syncbot.model.trees import Tree
from syncbot.plan.model import Edit, Plan


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
        """Every package below `folder` of the downstream tree. `policy` holds where a package says nothing."""

    def edit(
        self, downstream: Tree, package: Package, edits: tuple[Edit, ...], version: str | None
    ) -> Mapping[str, bytes | None]:
        """The files to write to carry out `edits` (those left out stay as they are) and, where `version` is given, to
        move the package's base to it: {path from the repository's root: new bytes, None to delete}. Loss-free: lines
        that the edits do not concern stay byte for byte. A waiting patch is marked in the series. Raises InputError
        where it cannot be done without loss."""

    def restore(
        self, downstream: Tree, package: Package, name: str, content: bytes, reason: str | None
    ) -> Mapping[str, bytes | None]:
        """The files to write to bring a dropped patch back at the end of the series, pinned by `keep = reason` (None:
        not pinned)."""

    def pin(self, downstream: Tree, package: Package, name: str, reason: str) -> Mapping[str, bytes | None]:
        """The files to write so that the bot never drops the patch, for that reason. Raises InputError where it is not
        in the series, or pinned already."""

    def plan_edits(self, downstream: Tree, plan: Plan) -> Mapping[str, bytes | None]:
        """`edit` for a whole plan: all its edits and its target version."""

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
