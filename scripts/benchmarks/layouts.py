"""Packaging formats on real repositories: is every recipe read without loss, and does every edit do only what it says?

Each recipe is read; each of its patches is dropped in turn, the first one rewritten, one added, and the whole moved to
a made-up next release. What comes out is read again and must say what was asked, and name only files that are there.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.tables import Report, Table
from syncbot.errors import InputError
from syncbot.git.trees import GitTree
from syncbot.layouts.formats import open_format
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.recipe import Format, Move, Place, Recipe
from syncbot.model.ids import PatchName
from syncbot.model.trees import Tree
from syncbot.model.versions import normalise
from syncbot.sources.folder import FolderTree

WHEN = datetime(2024, 1, 3, tzinfo=UTC)
WHO = "A Person <person@example.org>"
COMMIT = "1234567890abcdef1234567890abcdef12345678"
NEW = PatchName("zz-one-more.patch")
_NAMES = re.compile(r"%\{[^}]*\}|\$\{?\w+\}?|'[^']*'|\S*[/.][\w.-]*\w|\bPatch\d+|\b[0-9a-f]{7,}\b|\d+")


@dataclass(slots=True)
class Tally:
    """What was seen. `refused` and `wrong`: {edit and reason: the places}."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    wrong: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def refuse(self, edit: str, error: InputError) -> None:
        self.counts[f"{edit}: refused"] += 1
        self.refused[edit, _NAMES.sub("…", error.what)].append(str(error))


def tree_at(path: Path, revision: str = "HEAD") -> Tree:
    """A git repository's commit, with a work tree or without; else the folder as it is."""
    is_git = (path / "HEAD").exists() or (path / ".git").exists()
    return GitTree(path, revision) if is_git else FolderTree(path)


def report(name: str, path: Path, *, folder: str, most: int | None, listed: bool) -> Report:
    format, tree, tally = open_format(name), tree_at(path), Tally()
    for place in sorted(format.find(tree, folder), key=lambda place: place.path):
        tally.counts["recipes"] += 1
        try:
            recipe = format.read(tree, place)
        except InputError as error:
            tally.refuse("read", error)
            continue
        if most is not None and recipe.patches and tally.counts["with patches"] >= most:
            break
        _try(format, tree, place, recipe, tally)
    made = Report("layouts", f"{name} recipes of {path.name}", "the repository's packs")
    made.tables.append(Table("Recipes and edits", ("what", "count"), sorted(tally.counts.items())))
    for title, found in (("Refused", tally.refused), ("Wrong", tally.wrong)):
        rows = [
            (edit, why, len(all_), all_[0]) for (edit, why), all_ in sorted(found.items(), key=lambda i: -len(i[1]))
        ]
        if rows:
            made.tables.append(Table(title, ("edit", "reason", "count", "example"), rows))
    if listed:
        both = [*tally.refused.values(), *tally.wrong.values()]
        made.notes.extend(sorted(text for all_ in both for text in all_))
    return made


def _try(format: Format, tree: Tree, place: Place, recipe: Recipe, tally: Tally) -> None:
    tally.counts["read"] += 1
    names = [patch.name for patch in recipe.patches]
    tally.counts["patches"] += len(names)
    tally.counts["with patches"] += bool(names)
    tally.counts["with an upstream"] += recipe.known.upstream is not None
    tally.counts["with owners"] += bool(recipe.known.owners)
    if recipe.changes():
        tally.wrong["read", "something changed by reading"].append(place.path)
    for patch in recipe.patches:
        rest = [name for name in names if name != patch.name]
        _edit("drop", lambda name=patch.name: recipe.without(name), rest, recipe.version, format, tree, place, tally)
    for patch in recipe.patches[:1]:
        content = (tree.read(patch.path) or b"") + b"\n"
        edit = lambda name=patch.name, content=content: recipe.rewritten(name, content)  # noqa: E731
        _edit("rewrite", edit, names, recipe.version, format, tree, place, tally)
    if names:
        _edit("add", lambda: recipe.adding(NEW, b"--- a\n"), [*names, NEW], recipe.version, format, tree, place, tally)
    version = _next(recipe.version)
    if version is not None:
        move = Move(version, COMMIT, WHO, WHEN)
        _edit("move", lambda: _checked(recipe.moved(move)), names, version, format, tree, place, tally)


def _checked(recipe: Recipe) -> Recipe:
    """With made-up digests of what would be fetched."""
    lengths = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
    made: Recipe = recipe.checked({wanted: "e" * lengths[wanted.algorithm] for wanted in recipe.downloads()})
    return made


def _next(version: str | None) -> str | None:
    """A release that might follow: the last number of the leading ones, one higher."""
    found = normalise(version) if version else None
    if found is None:
        return None
    *head, last = found.numbers
    return ".".join(map(str, (*head, last + 1)))


def _edit(
    edit: str,
    how: Callable[[], Recipe],
    names: list[PatchName],
    version: str | None,
    format: Format,
    tree: Tree,
    place: Place,
    tally: Tally,
) -> None:
    try:
        changes = how().changes()
    except InputError as error:
        tally.refuse(edit, error)
        return
    tally.counts[f"{edit}: done"] += 1
    for wrong in _wrong(edit, names, version, changes, format, tree, place):
        tally.wrong[edit, wrong].append(place.path)
    removed, added = _lines(tree, changes)
    tally.counts[f"{edit}: lines taken out"] += removed
    tally.counts[f"{edit}: lines put in"] += added


def _wrong(
    edit: str,
    names: list[PatchName],
    version: str | None,
    changes: Mapping[str, bytes | None],
    format: Format,
    tree: Tree,
    place: Place,
) -> Iterator[str]:
    after = Overlay(tree, changes)
    path = place.path
    if after.entry(path) is None and tree.entry(path) is not None:
        stem, ending = re.sub(r"_[^/]*$", "_", path), path.rpartition(".")[2]
        new = [p for p, content in changes.items() if content is not None and p.startswith(stem) and p.endswith(ending)]
        path = new[0] if new else path
    try:
        recipe = format.read(after, Place(place.name, path))
    except InputError as error:
        yield f"does not read again: {_NAMES.sub('…', str(error))}"
        return
    if [patch.name for patch in recipe.patches] != names:
        yield "has other patches than it should"
    if any(after.entry(patch.path) is None for patch in recipe.patches):
        yield "names a missing file"
    if edit == "move":
        said = normalise(recipe.version or "")
        if said is None or said != normalise(version or ""):
            yield "states another version"
    elif recipe.version != version:
        yield "states another version"
    if edit == "drop" and any(tree.entry(path) is None for path in changes):
        yield "makes new files"


def _lines(tree: Tree, changes: Mapping[str, bytes | None]) -> tuple[int, int]:
    """(taken out, put in) of the files that were there and stay, patches apart; bytes that are not UTF-8 included."""
    removed = added = 0
    for path, content in changes.items():
        before = tree.read(path)
        if before is None or content is None or path.endswith((".patch", ".diff")):
            continue
        old, new = (data.decode("utf-8", "surrogateescape").split("\n") for data in (before, content))
        for line in difflib.unified_diff(old, new, n=0, lineterm=""):
            removed += line.startswith("-") and not line.startswith("---")
            added += line.startswith("+") and not line.startswith("+++")
    return removed, added
