"""What the store knows of many packages, asked for some of them at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncbot.model.ids import PackageName
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.releases import Release
from syncbot.services import packages
from syncbot.services.recall import size_key
from syncbot.services.workspace import Workspace

_AT_A_TIME = 200


class Seen:
    """What was seen of each package before, read for some of them at a time: in the order in which they are asked
    for, that is few questions, and little in memory."""

    def __init__(self, workspace: Workspace, names: Sequence[PackageName]) -> None:
        self._store, self._names = workspace.store, names
        self._places = {name: at for at, name in enumerate(names)}
        self._read: dict[PackageName, dict[str, Release]] = {}

    def of(self, name: PackageName) -> dict[str, Release]:
        if name not in self._read:
            at = self._places[name]
            found = self._store.releases_of(self._names[at : at + _AT_A_TIME])
            self._read |= {package: dict(releases) for package, releases in found.items()}
        return self._read.pop(name)


class Sizes:
    """The delta of packages in lines; a patch is counted once in its life."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self.new: dict[str, int] = {}

    def lines(self, package: Package) -> int:
        return sum(map(self._of, package.series))

    def _of(self, patch: SeriesPatch) -> int:
        key = size_key(patch)
        found = self._known.get(key, self.new.get(key))
        if found is None:
            found = self.new[key] = packages.lines(patch)
        return found
