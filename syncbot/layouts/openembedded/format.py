"""Finding recipes in a layer or in a repository of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from syncbot.layouts.draft import Draft, below, holds
from syncbot.layouts.openembedded.family import named
from syncbot.layouts.openembedded.recipe import OpenembeddedRecipe, read_recipe
from syncbot.layouts.plain import folder_of, unique
from syncbot.layouts.recipe import Place
from syncbot.model.trees import Tree


class OpenembeddedFormat:
    """BitBake recipes (.bb) and .bbappend files. Satisfies `Format`.

    A package is named like its recipe. Where a folder has several versions of one, each is named with as much of its
    version as tells them apart, so that the name stays while it moves along its line; a .bbappend beside its recipe has
    that ending in its name.
    """

    name = "openembedded"

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        files = [p for p in below(folder, tree.paths()) if p.endswith((".bb", ".bbappend")) and holds(tree, p)]
        groups: defaultdict[tuple[str, str, bool], list[str]] = defaultdict(list)
        for path in files:
            groups[folder_of(path), named(path).name, path.endswith(".bb")].append(path)
        places: list[Place] = []
        for (where, name, is_recipe), paths in groups.items():
            both = not is_recipe and (where, name, True) in groups
            for path in paths:
                line = _line(path, paths)
                places.append(Place(f"{name}{'-' if line else ''}{line}{'.bbappend' if both else ''}", path))
        return unique(places)

    def read(self, tree: Tree, place: Place) -> OpenembeddedRecipe:
        return read_recipe(Draft(tree), place.path)


def _line(path: str, paths: list[str]) -> str:
    """The shortest beginning of its version that no other one of that name beside it has; empty where it is alone."""
    if len(paths) == 1:
        return ""
    parts = (named(path).version or "any").split(".")
    others = [(named(other).version or "any").split(".") for other in paths if other != path]
    for count in range(1, len(parts)):
        if all(other[:count] != parts[:count] for other in others):
            return ".".join(parts[:count])
    return ".".join(parts)
