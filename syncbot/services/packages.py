"""Which packages a command is about."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from syncbot.diff.parse import parse_patch
from syncbot.errors import InputError, SyncbotError
from syncbot.model.ids import PatchName
from syncbot.model.packages import Package, SeriesPatch
from syncbot.ports import PackagesRead
from syncbot.report.problems import PackageProblem

if TYPE_CHECKING:
    from syncbot.model.trees import Tree
    from syncbot.services.workspace import Workspace


def read(workspace: Workspace, names: Sequence[str] = (), tree: Tree | None = None) -> PackagesRead:
    """The packages of the work tree (or of `tree`), all or those named, in order of name. Raises InputError for a name
    that is no package."""
    settings = workspace.settings
    if names and tree is None and settings.layout == "native":
        found = _named(some(workspace, names), names)
        if len(found.packages) + len(found.problems) == len({*names}):
            return found
    files = workspace.downstream.files() if tree is None else tree
    found = workspace.layout.read(files, settings.patches, settings.policy)
    packages = tuple(sorted(found.packages, key=lambda p: p.name))
    if not names:
        return PackagesRead(packages, found.problems)
    known = {str(p.name) for p in packages} | {p.package for p in found.problems}
    for name in names:
        if name not in known:
            raise _unknown(name, known, settings.patches or "the repository")
    return _named(PackagesRead(packages, found.problems), names)


def _named(found: PackagesRead, names: Collection[str]) -> PackagesRead:
    return PackagesRead(
        tuple(p for p in found.packages if p.name in names), tuple(p for p in found.problems if p.package in names)
    )


def some(workspace: Workspace, names: Collection[str]) -> PackagesRead:
    """As `read`, of the native layout those of these names alone that there are (and any whose name differs from one of
    them only in case, for that is wrong with both), without a look at the others."""
    settings = workspace.settings
    if not names:
        return PackagesRead((), ())
    files = workspace.downstream.files([f"{settings.patches}/{name}" for name in sorted(names)])
    found = workspace.layout.read(files, settings.patches, settings.policy)
    return PackagesRead(tuple(sorted(found.packages, key=lambda p: p.name)), found.problems)


def one(workspace: Workspace, name: str) -> Package:
    """The package of that name. Raises InputError where there is none, or what is wrong with it."""
    found = read(workspace, [name])
    for problem in found.problems:
        raise problem.error
    return found.packages[0]


def _unknown(name: str, known: set[str], folder: str) -> InputError:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"the packages are the folders of {folder}/"
    return InputError(f"no package is named {name!r}", remedy)


def problems(found: PackagesRead) -> list[PackageProblem]:
    return [PackageProblem(p.package, p.error) for p in found.problems]


def size(package: Package) -> int:
    """The delta in lines: added plus removed, over the whole series. A patch that cannot be read counts nothing; the
    judge calls it broken."""
    return sum(_lines(patch.content, patch.strip) for patch in package.series)


def lines(patch: SeriesPatch) -> int:
    """The lines that one patch adds and removes, 0 where it cannot be read."""
    try:
        return parse_patch(patch.content, patch.strip).lines_changed
    except SyncbotError:
        return 0


@lru_cache(maxsize=4096)
def _lines(content: bytes, strip: int | None) -> int:
    return lines(SeriesPatch(PatchName(""), content, strip))
