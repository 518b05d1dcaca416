"""melange (Wolfi, Chainguard): `uses: patch` steps of a YAML file."""

from __future__ import annotations

import posixpath
import re

from syncbot.layouts.draft import Draft, below
from syncbot.layouts.melange.recipe import MelangeRecipe
from syncbot.layouts.recipe import Place
from syncbot.model.trees import Tree

__all__ = ["MelangeFormat", "MelangeRecipe"]

_PACKAGE = re.compile(rb"^(?:\xef\xbb\xbf)?package:[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_NAMED = re.compile(rb"^[ \t]+name:[ \t]*['\"]?([A-Za-z0-9][\w.+-]*)", re.MULTILINE)
_EPOCH = re.compile(rb"^[ \t]+epoch:", re.MULTILINE)


class MelangeFormat:
    """melange: one YAML file for each package, its patches in a folder beside it that is named like the file."""

    name = "melange"

    def find(self, tree: Tree, folder: str) -> list[Place]:
        found: list[Place] = []
        for path in sorted(path for path in below(folder, tree.paths()) if _may_be(path)):
            content = tree.read(path) or b""
            if _PACKAGE.search(content) and _EPOCH.search(content):
                found.append(Place(_name(path, content), path))
        return found

    def may_carry(self, tree: Tree, place: Place) -> bool:
        return b"patch" in (tree.read(place.path) or b"")  # `uses: patch`: to parse YAML takes far longer

    def read(self, tree: Tree, place: Place) -> MelangeRecipe:
        return MelangeRecipe.read(Draft(tree), place.path)


def _may_be(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    hidden = any(part.startswith(".") for part in folder.split("/"))
    return name.endswith((".yaml", ".yml")) and not hidden and (name[0] != "." or name.startswith(".melange."))


def _name(path: str, content: bytes) -> str:
    """The file's name, where it names the package; else what it says."""
    stem = posixpath.basename(path).rpartition(".")[0]
    if stem not in ("melange", ".melange"):
        return stem
    said = _NAMED.search(content)
    return said[1].decode() if said else stem
