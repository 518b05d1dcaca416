"""npm: what patch-package, pnpm, bun and yarn carry on the dependencies of a package.json."""

from __future__ import annotations

import posixpath

from syncbot.errors import InputError
from syncbot.layouts.draft import Draft, below
from syncbot.layouts.npm.project import MANIFEST, WORKSPACE, Project
from syncbot.layouts.npm.recipe import NpmRecipe
from syncbot.layouts.recipe import Place
from syncbot.model.trees import Tree

__all__ = ["NpmFormat", "NpmRecipe"]

_MARKS = (b"patch-package", b'"patch:', b"patchedDependencies")


class NpmFormat:
    """npm: each patched dependency of a project is one package, named like it; in a project below the repository's
    root with the project's folder before it."""

    name = "npm"

    def find(self, tree: Tree, folder: str) -> list[Place]:
        paths = list(below(folder, tree.paths()))
        found: list[Place] = []
        for path in sorted(
            p for p in paths if posixpath.basename(p) == MANIFEST and "node_modules" not in p.split("/")
        ):
            if _carries(tree, path):
                found += self._places(tree, path, paths)
        return found

    def read(self, tree: Tree, place: Place) -> NpmRecipe:
        folder = posixpath.dirname(place.path)
        key = place.name.removeprefix(f"{folder}/") if folder else place.name
        return NpmRecipe.read(Draft(tree), place.path, key)

    def _places(self, tree: Tree, path: str, paths: list[str]) -> list[Place]:
        folder = posixpath.dirname(path)
        try:
            project = Project.read(tree, path, paths)
            keys = dict.fromkeys(one.key for one in project.patched)
        except InputError:
            return [Place(folder or MANIFEST, path)]  # reading it says what is wrong
        return [Place(posixpath.join(folder, key), path) for key in keys]


def _carries(tree: Tree, path: str) -> bool:
    content = tree.read(path) or b""
    if any(mark in content for mark in _MARKS):
        return True
    beside = tree.read(posixpath.join(posixpath.dirname(path), WORKSPACE)) or b""
    return b"\npatchedDependencies:" in b"\n" + beside
