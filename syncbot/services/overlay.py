"""A tree with some files changed, in memory: what the work tree will be after a commit that is not made yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from syncbot.model.ids import BlobId
from syncbot.model.packages import Package
from syncbot.model.trees import FILE, Entry, Tree, blob_id, inside


class Overlay:
    """`changes`: {path: new bytes, None where it is deleted}. A changed file keeps its mode."""

    def __init__(self, below: Tree, changes: Mapping[str, bytes | None]) -> None:
        self._below = below
        self._changes = dict(changes)

    def entry(self, path: str) -> Entry | None:
        before = self._below.entry(path)
        if path not in self._changes:
            return before
        content = self._changes[path]
        if content is None:
            return None
        return Entry(FILE if before is None else before.mode, BlobId(blob_id(content)))

    def read(self, path: str) -> bytes | None:
        return self._changes[path] if path in self._changes else self._below.read(path)

    def paths(self) -> Iterable[str]:
        yield from (path for path in self._below.paths() if path not in self._changes)
        yield from (path for path, content in self._changes.items() if content is not None)

    def inside(self, folder: str) -> Iterable[str]:
        yield from (path for path in inside(self._below, folder) if path not in self._changes)
        there = (path for path, content in self._changes.items() if content is not None)
        yield from (path for path in there if path.startswith(f"{folder}/"))


def files_of(tree: Tree, package: Package) -> Mapping[str, Entry | None]:
    """{path: entry} of all that a package consists of in a tree."""
    folders = [f.rstrip("/") for f in package.files if f.endswith("/")] if package.files else [package.path]
    below = [path for folder in folders for path in inside(tree, folder)]
    return {path: tree.entry(path) for path in (*below, *package.files) if not path.endswith("/")}


def belongs(package: Package, path: str) -> bool:
    """Whether a file is the package's, so that changing it changes the package."""
    places = package.files or (f"{package.path}/",)
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


Folders = Mapping[str, Mapping[str, Entry | None]]
"""{a package's folder: {path: entry}}."""


def by_folder(tree: Tree, above: str) -> Folders:
    """What lies in each folder right below `above`, in one walk of the tree."""
    folders: dict[str, dict[str, Entry | None]] = {}
    for path in tree.paths():
        if path.startswith(f"{above}/"):
            name = path[len(above) + 1 :].partition("/")[0]
            folders.setdefault(f"{above}/{name}", {})[path] = tree.entry(path)
    return folders
