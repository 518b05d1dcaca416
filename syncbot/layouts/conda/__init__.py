"""conda: `meta.yaml` and `recipe.yaml` with `source: patches:`."""

from __future__ import annotations

import posixpath
import re

from syncbot.layouts.conda.recipe import CondaRecipe
from syncbot.layouts.draft import Draft, below
from syncbot.layouts.recipe import Place
from syncbot.model.trees import Tree

__all__ = ["CondaFormat", "CondaRecipe"]

_FILES = ("meta.yaml", "recipe.yaml")
_RECIPE = re.compile(rb"^(?:\xef\xbb\xbf)?(?:package|recipe):[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_SOURCE = re.compile(rb"^[ \t]*(?:- )?(?:source|build):", re.MULTILINE)
_NAMED = (
    re.compile(rb"^\{%-?\s*set\s+name\s*=\s*['\"]([^'\"\n]+)['\"]", re.MULTILINE),
    re.compile(
        rb"^(?:package|recipe):[^\n]*\n(?:[ \t]+[^\n]*\n)*?[ \t]+name:[ \t]*['\"]?([A-Za-z0-9_][\w.+-]*)", re.MULTILINE
    ),
)
_UNNAMED = frozenset({"", "recipe", "recipes", "conda", "conda-recipe", "conda.recipe"})


class CondaFormat:
    """conda: a recipe in a folder of its own, with its patches below it."""

    name = "conda"

    def find(self, tree: Tree, folder: str) -> list[Place]:
        found: list[Place] = []
        for path in sorted(below(folder, tree.paths())):
            parts = path.split("/")
            if parts[-1] not in _FILES or any(part.startswith(".") for part in parts[:-1]):
                continue
            content = tree.read(path) or b""
            if _RECIPE.search(content) and _SOURCE.search(content):
                found.append(Place(_name(path, content), path))
        return found

    def may_carry(self, tree: Tree, place: Place) -> bool:
        return b"patches" in (tree.read(place.path) or b"")

    def read(self, tree: Tree, place: Place) -> CondaRecipe:
        return CondaRecipe.read(Draft(tree), place.path)


def _name(path: str, content: bytes) -> str:
    """The folder's name, where it names the package; else what the recipe says."""
    folder = posixpath.basename(posixpath.dirname(path))
    if folder not in _UNNAMED:
        return folder
    said = next((found[1] for form in _NAMED if (found := form.search(content))), b"")
    return said.decode(errors="replace") or folder or posixpath.basename(path)
