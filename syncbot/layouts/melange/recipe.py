"""One melange file with its patches: read, and edited by spans of its text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from syncbot.errors import Fault, InputError
from syncbot.layouts.draft import Draft, inside, spliced, text_at
from syncbot.layouts.melange.editing import appended, emptied, new_step, without_words
from syncbot.layouts.melange.origin import Origin, Source, origin_of, sources
from syncbot.layouts.melange.steps import Package, PatchStep
from syncbot.layouts.melange.substitution import WORKSPACE, Scope, scope_of
from syncbot.layouts.melange.versions import package_version, upstream_version
from syncbot.layouts.recipe import Download, Known, Listed, Move
from syncbot.layouts.yamltext import Document, Pairs, Scalar, line_end, parse
from syncbot.model import series as quilt
from syncbot.model.ids import PatchName
from syncbot.model.versions import normalise

_DIGESTS = {"expected-sha256": "sha256", "expected-sha512": "sha512"}
_HEX = re.compile(r"[0-9a-f]{40,128}")


@dataclass(frozen=True, slots=True)
class MelangeRecipe:
    """Satisfies `syncbot.layouts.recipe.Recipe`."""

    draft: Draft
    package: Package
    root: Pairs
    found: tuple[PatchStep, ...]
    origin: Origin
    unchecked: tuple[Download, ...] = ()

    @property
    def _document(self) -> Document:
        return self.package.document

    @property
    def _scope(self) -> Scope:
        return self.package.scope

    @property
    def version(self) -> str | None:
        return upstream_version(self.origin, self._scope, self._tag())

    @property
    def known(self) -> Known:
        return self.origin.known

    @property
    def patches(self) -> tuple[Listed, ...]:
        listed: dict[PatchName, Listed] = {}
        for step in self.found:
            for word in step.words:
                one = Listed(word.name, word.path, step.strip, " and ".join(step.step.conditions))
                if word.name in listed and listed[word.name].condition != one.condition:
                    one = replace(one, condition="")  # applied here or there: always, as far as anybody can say
                listed.setdefault(word.name, one)
                listed[word.name] = replace(listed[word.name], condition=one.condition)
        return tuple(listed.values())

    def without(self, name: PatchName) -> Self:
        path = self._listed(name).path
        edits: list[tuple[int, int, str]] = []
        gone: list[PatchStep] = []
        draft = self.draft
        for step in self.found:
            mine = tuple(word for word in step.words if word.name == name)
            if not mine:
                continue
            if len(mine) == len(step.words):
                gone.append(step)
            elif step.value is not None:
                edits += without_words(self._document, step.value, mine)
            if step.series is not None:
                draft = self._shortened(draft, step.series, name, step)
        edits += emptied(self._document, self.root, [step.step for step in gone])
        text = spliced(self._document.text, edits)
        left = [s for s in self.found if s not in gone and s.series is not None]
        for step in gone:
            if step.series is not None and step.series not in {s.series for s in left}:
                draft = draft.put(step.series, None)
        if not _names(text, posixpath.basename(path)):
            draft = draft.put(path, None)
        return self._again(draft.put(self._document.path, text.encode()))

    def rewritten(self, name: PatchName, content: bytes) -> Self:
        return self._again(self.draft.put(self._listed(name).path, content))

    def adding(self, name: PatchName, content: bytes) -> Self:
        document = self._document
        path = inside(self.package.folders[0], name, named_in=document.path)
        if self.draft.tree.entry(path) is not None:
            raise InputError(f"{path} is there already", "choose another name", path=document.path)
        if any(c.isspace() for c in name) or name.startswith("#"):
            raise InputError(f"{name!r} cannot stand in a list of patches", "choose another name", path=document.path)
        draft = self.draft.put(path, content)
        last = self.found[-1] if self.found else None
        if last is None or last.step.conditions:
            return self._again(draft.put(document.path, new_step(document, self.root, self.found, name).encode()))
        folder = posixpath.join(WORKSPACE, self._scope.expand(last.step.folder) or last.step.folder)
        seen = posixpath.relpath(f"{WORKSPACE}/{name}", folder)
        if last.series is not None:
            series = quilt.append(quilt.parse(self.draft.tree.read(last.series) or b""), PatchName(seen))
            return self._again(draft.put(last.series, quilt.format(series)))
        assert last.value is not None
        text = spliced(document.text, [appended(document, last.value, seen)])
        return self._again(draft.put(document.path, text.encode()))

    def moved(self, move: Move) -> Self:
        if move.version is None or move.version == self.version:
            text = spliced(self._document.text, self._counted(None))
            return self._again(self.draft.put(self._document.path, text.encode()), self.unchecked)
        version = package_version(self.origin, move.version)
        scope = self._scope.at(version, "0")
        edits = [self._document.written(self._field("version"), version), *self._counted("0")]
        followed = [source for source in sources(self._document, self.root, self._scope) if source.follows]
        if not followed:
            what = "no source of the package follows its version"
            remedy = "write ${{package.version}} in the tag or the uri"
            raise InputError(what, remedy, path=self._document.path, line=self._field("version").line)
        edits += self._commits(followed, scope, move.commit)
        wanted = tuple(d for source in followed for d in self._downloads(source, scope))
        text = spliced(self._document.text, edits)
        made = self._again(self.draft.put(self._document.path, text.encode()), wanted)
        made._require_at(move.version)
        return made

    def downloads(self) -> tuple[Download, ...]:
        return self.unchecked

    def checked(self, digests: Mapping[Download, str]) -> Self:
        document = self._document
        edits: list[tuple[int, int, str]] = []
        done: set[Download] = set()
        for source in sources(document, self.root, self._scope):
            for download in self._downloads(source, self._scope):
                digest = digests.get(download) if download in self.unchecked else None
                if digest is None:
                    continue
                if not _HEX.fullmatch(digest):
                    raise Fault(f"{digest!r} is no digest")
                node = source.scalar(document, f"expected-{download.algorithm}")
                assert node is not None
                edits.append(document.written(node, digest))
                done.add(download)
        left = tuple(download for download in self.unchecked if download not in done)
        text = spliced(document.text, edits)
        return self._again(self.draft.put(document.path, text.encode()), left)

    def changes(self) -> Mapping[str, bytes | None]:
        return self.draft.changes()

    def _again(self, draft: Draft, unchecked: tuple[Download, ...] | None = None) -> Self:
        """The recipe as it reads after an edit."""
        kept = self.unchecked if unchecked is None else unchecked
        return type(self).read(draft, self._document.path, kept)

    @classmethod
    def read(cls, draft: Draft, path: str, unchecked: tuple[Download, ...] = ()) -> Self:
        """Raises InputError with the line of what cannot be read, or not be edited without loss."""
        document = parse(path, text_at(draft.tree, path))
        root = document.pairs(document.root, "the file")
        if root is None:
            raise InputError("it is empty", "write package: and pipeline:", path=path, line=1)
        scope = scope_of(document, root)
        package = Package(draft.tree, document, scope, _folders(path, scope.name))
        found = tuple(package.patch_steps(root))
        return cls(draft, package, root, found, origin_of(document, root, scope), unchecked)

    def _listed(self, name: PatchName) -> Listed:
        found = next((one for one in self.patches if one.name == name), None)
        if found is None:
            raise InputError(f"{name} is not in the recipe", "run it again", path=self._document.path)
        return found

    def _shortened(self, draft: Draft, path: str, name: PatchName, step: PatchStep) -> Draft:
        series = quilt.parse(draft.tree.read(path) or b"")
        for _, listed, _ in series.entries:
            if self.package.located(listed, step.step, 0, path)[0] == name:
                series = quilt.remove(series, listed)
        return draft.put(path, quilt.format(series))

    def _field(self, key: str) -> Scalar:
        package = self._document.pairs(self.root.get("package"), "package")
        found = self._document.scalar(package.get(key), f"package.{key}") if package else None
        assert found is not None  # scope_of asked for it
        return found

    def _counted(self, epoch: str | None) -> list[tuple[int, int, str]]:
        """The edits that set the epoch (None: one more), without the comment that gave the reason of the old one."""
        node = self._field("epoch")
        if not node.text.isdigit():
            raise self._document.error(node, f"the epoch is {node.text!r}", "write a number")
        value = str(int(node.text) + 1) if epoch is None else epoch
        if value == node.text:
            return []
        text = self._document.text
        rest = text[node.end : line_end(text, node.end)]
        kept = rest[len(rest.rstrip("\r\n")) :] if rest.lstrip(" \t").startswith("#") else rest
        return [self._document.written(node, value), (node.end, node.end + len(rest), kept)]

    def _commits(self, followed: list[Source], scope: Scope, commit: str | None) -> list[tuple[int, int, str]]:
        """The edits of every `expected-commit` that goes with the version."""
        document = self._document
        pinned = [s for s in followed if s.kind == "git-checkout" and s.scalar(document, "expected-commit") is not None]
        if len({document.word(source.given.get("repository")).removesuffix(".git") for source in pinned}) > 1:
            what = "two repositories are checked out at this version, and the commit of one is known"
            raise InputError(what, "move this package by hand", path=document.path, line=pinned[1].line)
        if pinned and (commit is None or not re.fullmatch(r"[0-9a-f]{40}", commit)):
            what = "the commit that the release's tag points to is not known"
            remedy = "set the upstream to the git repository that is checked out"
            raise InputError(what, remedy, path=document.path, line=pinned[0].line)
        for source in followed:
            what = document.word(source.given.get("tag" if source.kind == "git-checkout" else "uri"))
            if scope.expand(what) is None:
                problem = f"{what} has a variable that is not known here"
                raise InputError(problem, "move this package by hand", path=document.path, line=source.line)
        nodes = [source.scalar(document, "expected-commit") for source in pinned]
        return [document.written(node, commit) for node in nodes if node is not None and commit is not None]

    def _downloads(self, source: Source, scope: Scope) -> list[Download]:
        uri = scope.expand(self._document.word(source.given.get("uri"))) if source.kind == "fetch" else None
        named = [a for key, a in _DIGESTS.items() if source.scalar(self._document, key) is not None]
        return [Download(uri, algorithm) for algorithm in named] if uri else []

    def _tag(self) -> str | None:
        """The tag that is checked out for this version."""
        for source in sources(self._document, self.root, self._scope):
            if source.kind == "git-checkout" and source.follows:
                return self._scope.expand(self._document.word(source.given.get("tag")))
        return None

    def _require_at(self, version: str) -> None:
        """What is checked out must be the release that was asked for."""
        tag, pattern = self._tag(), self.known.tag_pattern
        found = normalise(self.version or "")
        if found != normalise(version) or (tag is not None and pattern and normalise(tag, pattern=pattern) is None):
            what = f"with package.version {self._scope.version} the tag would be {tag}, not that of {version}"
            raise InputError(what, "move this package by hand", path=self._document.path)


def _folders(path: str, name: str) -> tuple[str, ...]:
    """Where melange may be told to take the package's files from."""
    stem = path.rpartition(".")[0]
    beside = posixpath.dirname(path)
    return tuple(dict.fromkeys((stem, posixpath.join(beside, name), beside)))


def _names(text: str, name: str) -> bool:
    """Whether a line that is no comment names the file."""
    word = re.compile(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-])")
    return any(word.search(line) for line in text.splitlines() if not line.lstrip().startswith("#"))
