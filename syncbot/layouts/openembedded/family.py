"""The files that make one recipe: the .bb or .bbappend, what it requires, and the classes of its own layer that it
inherits. Classes are read for what variables mean; they are never edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from syncbot.errors import InputError
from syncbot.layouts.draft import holds
from syncbot.layouts.openembedded import bitbake
from syncbot.layouts.openembedded.bitbake import Assignment, Recipe, Scope, Statement, Unknown
from syncbot.layouts.plain import folder_of, joined, raw_text
from syncbot.model.trees import Tree

_SUFFIXES = ("-native", "-cross", "-initial", "-intermediate", "-crosssdk", "-cross-canadian")
_CLASS_FOLDERS = ("classes-recipe", "classes", "classes-global")
_MIRROR = re.compile(r'^(\w+_MIRROR)[ \t]*\??=[ \t]*"([^"\n]*)"', re.MULTILINE)
_INDEX = re.compile(r"return '(https?://[^'%]+)%s/%s/%s")
_DEEPEST = 8
_LAYER_MARK = re.compile(r"(?:^|/)(?:recipes|dynamic-layers)[^/]*/")


@dataclass(frozen=True, slots=True)
class Named:
    """What a recipe's file name says. `version` None: none, or `%` of a .bbappend."""

    name: str
    version: str | None

    @property
    def base(self) -> str:
        """BPN: without the prefix and the endings of variants."""
        name = self.name.removeprefix("nativesdk-")
        for suffix in _SUFFIXES:
            name = name.removesuffix(suffix)
        return name


@dataclass(frozen=True, slots=True)
class Family:
    """`files` may be edited, the recipe's own file first; `lines` are all assignments in the order in which they count.
    `missing`: what is required and not in this repository."""

    path: str
    named: Named
    layer: str
    files: tuple[Recipe, ...]
    lines: tuple[Assignment, ...]
    classes: frozenset[str]
    missing: tuple[tuple[str, str, int], ...]
    mirrors: tuple[tuple[str, str], ...]

    @property
    def scope(self) -> Scope:
        return Scope(self.lines, (*self.mirrors, *given(self.named)))

    def own(self, path: str) -> bool:
        return any(file.path == path for file in self.files)


def named(path: str) -> Named:
    stem = path.rpartition("/")[2].removesuffix(".bb").removesuffix(".bbappend")
    name, mark, version = stem.partition("_")
    return Named(name, version.partition("_")[0] if mark and "%" not in version else None)


def given(named: Named) -> tuple[tuple[str, str], ...]:
    """What BitBake sets before it reads a recipe."""
    return (
        ("PN", named.name),
        ("BPN", named.base),
        ("PV", named.version or "1.0"),
        ("BP", "${BPN}-${PV}"),
        ("P", "${PN}-${PV}"),
        ("SRCPV", ""),
    )


def layer_of(path: str) -> str:
    """The folder of the layer: above `recipes-*`."""
    found = _LAYER_MARK.search(path)
    return path[: found.start()] if found is not None else folder_of(path)


@lru_cache(maxsize=512)
def _parsed(text: str, path: str) -> Recipe:
    return bitbake.parse(text, path)


def read_family(tree: Tree, path: str) -> Family:
    """Raises InputError with file and line."""
    reader = _Reader(tree, named(path), layer_of(path))
    lines = tuple(reader.read(path, 0))
    files = tuple(reader.files)
    return Family(
        path, reader.named, reader.layer, files, lines, frozenset(reader.classes), tuple(reader.missing), reader.mirrors
    )


class _Reader:
    def __init__(self, tree: Tree, named: Named, layer: str) -> None:
        self._tree = tree
        self.named = named
        self.layer = layer
        self.files: list[Recipe] = []
        self.classes: set[str] = set()
        self.missing: list[tuple[str, str, int]] = []
        self.mirrors = self._mirrors()
        self._seen: list[Assignment] = []

    def _mirrors(self) -> tuple[tuple[str, str], ...]:
        for root in self._roots():
            path = joined(root, "conf/bitbake.conf")
            if holds(self._tree, path):
                return tuple(_mirrors_in(raw_text(self._tree, path)))
        return ()

    def _roots(self) -> tuple[str, ...]:
        """The layer, and OpenEmbedded's own beside it."""
        return (self.layer, joined(folder_of(self.layer), "meta"))

    def read(self, path: str, depth: int) -> Iterator[Assignment]:
        recipe = _parsed(raw_text(self._tree, path), path)
        self.files.append(recipe)
        yield from self._through(recipe, depth)

    def _through(self, recipe: Recipe, depth: int) -> Iterator[Assignment]:
        statements = list(recipe.statements)
        for number, assignment in enumerate(recipe.assignments):
            while statements and statements[0].order <= number:
                yield from self._statement(recipe, statements.pop(0), depth)
            self._seen.append(assignment)
            yield assignment
        for statement in statements:
            yield from self._statement(recipe, statement, depth)

    def _statement(self, recipe: Recipe, statement: Statement, depth: int) -> Iterator[Assignment]:
        if depth >= _DEEPEST:
            raise InputError("files that require each other", "untie them", path=recipe.path, line=statement.line)
        if statement.word.startswith("inherit"):
            yield from self._inherited(statement, depth)
            return
        try:
            what = Scope(tuple(self._seen), given(self.named)).expand(statement.what.strip("\"'"))
        except Unknown:
            what = ""
        for word in what.split():
            places = [joined(folder_of(recipe.path), word), joined(self.layer, word)]
            found = next((place for place in places if ".." not in word and holds(self._tree, place)), None)
            if found is not None and not any(file.path == found for file in self.files):
                yield from self.read(found, depth + 1)
            elif found is None and statement.word == "require":
                self.missing.append((word, recipe.path, statement.line))
        if not what and statement.word == "require":
            self.missing.append((statement.what, recipe.path, statement.line))

    def _inherited(self, statement: Statement, depth: int) -> Iterator[Assignment]:
        for name in statement.what.split():
            if name in self.classes or not re.fullmatch(r"[\w.+-]+", name):
                continue
            self.classes.add(name)
            places = [joined(root, f"{folder}/{name}.bbclass") for root in self._roots() for folder in _CLASS_FOLDERS]
            for path in places:
                if holds(self._tree, path):
                    try:
                        parsed = _parsed(raw_text(self._tree, path), path)
                    except InputError:
                        continue
                    for page in _INDEX.findall("".join(body.text for body in parsed.bodies)):
                        self.mirrors = (*self.mirrors, (bitbake.INDEX, page))
                    yield from self._through(parsed, depth + 1)
                    break


@lru_cache(maxsize=4)
def _mirrors_in(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((found[1], found[2]) for found in _MIRROR.finditer(text))


def relatives(tree: Tree, path: str) -> Iterable[str]:
    """The other recipes' files at or below the folder of the one at `path`."""
    prefix = folder_of(path) + "/"
    for other in tree.paths():
        if other != path and other.startswith(prefix) and other.endswith((".bb", ".inc", ".bbappend")):
            yield other
