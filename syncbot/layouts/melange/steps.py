"""The steps of a melange file that apply patches, and the patches that they name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from syncbot.errors import HostileInput, InputError
from syncbot.layouts.draft import content_at, inside
from syncbot.layouts.melange.substitution import WORKSPACE, Scope
from syncbot.layouts.yamltext import Document, Items, Pairs, Scalar
from syncbot.model import series as quilt
from syncbot.model.ids import PatchName
from syncbot.model.trees import Tree

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pipeline. `lists`: the sequences it stands in, outermost first, each with the item's number and
    the mapping that holds the sequence. `folder`: its working directory, below the workspace."""

    node: Pairs
    lists: tuple[tuple[Items, int, Pairs], ...]
    conditions: tuple[str, ...]
    folder: str
    main: bool

    def uses(self, document: Document) -> str:
        return document.word(self.node.get("uses"))


@dataclass(frozen=True, slots=True)
class Word:
    """One patch that a step names: `name` is its path below the package's folder, `[start, end)` the word in the
    recipe, or nothing where a series names it."""

    name: PatchName
    path: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class PatchStep:
    """A step `uses: patch`. `value`: its `patches:`; `series`: the path of its series file; one of them is None."""

    step: Step
    words: tuple[Word, ...]
    strip: int | None
    value: Scalar | None
    series: str | None


def steps(document: Document, root: Pairs) -> Iterator[Step]:
    """Every step that builds: of the package and of its subpackages, not of tests; a step before those inside it."""
    yield from _walk(document, root, Step(root, (), (), "", True))
    for item in document.items(root.get("subpackages"), "subpackages"):
        sub = document.pairs(item, "a subpackage")
        if sub is not None:
            condition = document.word(sub.get("if"))
            yield from _walk(document, sub, Step(sub, (), (condition,) if condition else (), "", False))


def _walk(document: Document, holder: Pairs, above: Step) -> Iterator[Step]:
    items = holder.get("pipeline")
    for number, item in enumerate(document.items(items, "pipeline")):
        pairs = document.pairs(item, "a step")
        if pairs is None:
            continue
        assert isinstance(items, Items)
        condition = document.word(pairs.get("if"))
        step = replace(
            above,
            node=pairs,
            lists=(*above.lists, (items, number, holder)),
            conditions=(*above.conditions, condition) if condition else above.conditions,
            folder=document.word(pairs.get("working-directory")) or above.folder,
        )
        yield step
        yield from _walk(document, pairs, step)


@dataclass(frozen=True, slots=True)
class Package:
    """Where the files of a package lie. `folders`: where melange may take them from, the usual one first."""

    tree: Tree
    document: Document
    scope: Scope
    folders: tuple[str, ...]

    def patch_steps(self, root: Pairs) -> Iterator[PatchStep]:
        for step in steps(self.document, root):
            if step.uses(self.document) == "patch":
                yield self._patch_step(step)

    def _patch_step(self, step: Step) -> PatchStep:
        document = self.document
        given = document.pairs(step.node.get("with"), "with")
        value = document.scalar(given.get("patches"), "patches") if given else None
        series = document.scalar(given.get("series"), "series") if given else None
        strip = document.scalar(given.get("strip-components"), "strip-components") if given else None
        if (value is None) is (series is None):
            raise document.error(step.node, "the patch step names no patches", "give it patches: or series:, not both")
        level = None if strip is None else self._level(strip)
        if value is not None:
            return PatchStep(step, tuple(self._words(step, value)), level, value, None)
        assert series is not None
        _, path = self.located(series.text, step, series.line)
        return PatchStep(step, tuple(self._series(step, series, path)), level, None, path)

    def _level(self, node: Scalar) -> int:
        if not re.fullmatch(r"\d{1,2}", node.text):
            raise self.document.error(node, f"strip-components is {node.text!r}", "write a number")
        return int(node.text)

    def _words(self, step: Step, value: Scalar) -> Iterator[Word]:
        found = words_of(self.document, value)
        for start, end, line in found:
            text = self.document.text[start:end]
            if not text.startswith("#"):
                name, path = self.located(text, step, line)
                yield Word(name, path, start, end, line)

    def _series(self, step: Step, value: Scalar, path: str) -> Iterator[Word]:
        content = content_at(self.tree, path, named_in=self.document.path, line=value.line)
        series = quilt.parse(content)
        quilt.check(series, path)
        for line, name, _ in series.entries:
            found, file = self.located(name, step, line, path)
            yield Word(found, file, 0, 0, line)

    def located(self, text: str, step: Step, line: int, named_in: str | None = None) -> tuple[PatchName, str]:
        """(a file's path below the package's folder, from the repository's root), as a step would find it. Raises
        InputError where it is missing, HostileInput where it leaves the folder."""
        where = named_in or self.document.path
        workspace = self._workspace(text, step, line, where)
        paths = [inside(folder, workspace, named_in=where, line=line) for folder in self.folders]
        path = next((path for path in paths if self.tree.entry(path) is not None), paths[0])
        content_at(self.tree, path, named_in=where, line=line)
        return PatchName(workspace), path

    def _workspace(self, text: str, step: Step, line: int, where: str) -> str:
        """The path below the workspace."""
        whole = self.scope.expand(text)
        if whole is None:
            what = f"{text} has a variable that is not known here"
            raise InputError(what, "write the patch's name itself", path=where, line=line)
        folder = self.scope.expand(step.folder) or step.folder
        path = posixpath.normpath(posixpath.join(WORKSPACE, folder, whole))
        if not path.startswith(f"{WORKSPACE}/"):
            what = f"{text} leaves the package's folder"
            raise HostileInput(what, "name a file in the package's folder", path=where, line=line)
        return path.removeprefix(f"{WORKSPACE}/")


def words_of(document: Document, value: Scalar) -> list[tuple[int, int, int]]:
    """(start, end, line) of every word of a scalar. Raises InputError where they are not written as they are meant."""
    start, end = value.start, value.end
    if value.style in ("|", ">"):
        start = document.text.find("\n", start, end) + 1 or end
    elif value.style:
        start, end = start + 1, end - 1
    found = [(w.start(), w.end()) for w in _WORD.finditer(document.text, start, end)]
    if [document.text[a:b] for a, b in found] != value.text.split():
        raise document.error(value, "the list of patches is written with escapes", "write the names as they are")
    lines = document.text.count("\n", 0, start) + 1
    return [(a, b, lines + document.text.count("\n", start, a)) for a, b in found]
