"""Packaging recipes in memory: a vocabulary for the tests of packaging formats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from syncbot.errors import InputError
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.recipe import Format, Move, Note, Place, Recipe
from syncbot.model.ids import PatchName
from syncbot.model.trees import FILE, SYMLINK, MemoryTree
from syncbot.model.verdicts import Action

PATCH = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n"
WHEN = datetime(2024, 1, 3, 12, tzinfo=UTC)
WHO = "A Person <person@example.org>"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> MemoryTree:
    """A tree of files; `links` are symlinks."""
    content = {path: (FILE, text.encode() if isinstance(text, str) else text) for path, text in files.items()}
    content |= {path: (SYMLINK, target.encode()) for path, target in (links or {}).items()}
    return MemoryTree(content)


def only(format: Format, tree: MemoryTree | Overlay) -> Recipe:
    """The recipe of the one package there."""
    [place] = format.find(tree, "")
    recipe: Recipe = format.read(tree, place)
    assert dict(recipe.changes()) == {}, "reading changed something"
    return recipe


def names(recipe: Recipe) -> list[str]:
    return [patch.name for patch in recipe.patches]


def move(version: str | None, *dropped: str, commit: str | None = COMMIT) -> Move:
    notes = tuple(
        Note(PatchName(name), Action.DROP, "All of its effect is in the release.", "abc123") for name in dropped
    )
    return Move(version, commit, WHO, WHEN, notes)


def text(recipe: Recipe, path: str) -> str:
    """What the recipe makes of a file."""
    content = recipe.changes()[path]
    assert content is not None
    return content.decode(errors="surrogateescape")


def again(format: Format, tree: MemoryTree, recipe: Recipe, path: str) -> Recipe:
    """The recipe, read anew from what it wrote."""
    read: Recipe = format.read(Overlay(tree, recipe.changes()), Place("again", path))
    return read


def complaint(format: Format, tree: MemoryTree) -> str:
    """What is said of a recipe that cannot be read."""
    [place] = format.find(tree, "")
    with pytest.raises(InputError) as caught:
        format.read(tree, place)
    return f"{type(caught.value).__name__}: {caught.value}"


def without_lines(before: str, *gone: int) -> str:
    """The text without some of its lines, counted from 1."""
    lines = before.splitlines(keepends=True)
    return "".join(line for number, line in enumerate(lines, 1) if number not in gone)
