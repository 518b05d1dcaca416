"""One conda recipe, `meta.yaml` or `recipe.yaml`: read, and edited by spans of its text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from syncbot.errors import Fault, InputError
from syncbot.layouts.conda import listing, template
from syncbot.layouts.conda.fields import Fields, Pinned
from syncbot.layouts.conda.origin import known_of
from syncbot.layouts.draft import Draft, content_at, inside, spliced, text_at
from syncbot.layouts.recipe import Download, Known, Listed, Move
from syncbot.layouts.yamltext import Document, parse
from syncbot.model.ids import PatchName
from syncbot.model.versions import normalise

_HEX = re.compile(r"[0-9a-f]{32,128}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"[A-Za-z0-9_.!+-]+")


@dataclass(frozen=True)
class CondaRecipe:
    """Satisfies `syncbot.layouts.recipe.Recipe`. Not slotted: what is read from the text is kept."""

    draft: Draft
    fields: Fields
    listed: tuple[tuple[listing.Entry, Listed], ...]
    unchecked: tuple[Download, ...] = ()

    @classmethod
    def read(cls, draft: Draft, path: str, unchecked: tuple[Download, ...] = ()) -> Self:
        """Raises InputError with the line of what cannot be read, or not be edited without loss."""
        text = text_at(draft.tree, path)
        old = path.endswith("meta.yaml")
        document = parse(path, text, template.masked(text) if old else None)
        fields = Fields.read(document, old=old)
        fields.version  # noqa: B018  # says now what is wrong with it
        return cls(draft, fields, tuple(_listed(draft, fields)), unchecked)

    @property
    def _document(self) -> Document:
        return self.fields.document

    @property
    def version(self) -> str | None:
        return self.fields.version

    @cached_property
    def known(self) -> Known:
        return known_of(self.fields)

    @property
    def patches(self) -> tuple[Listed, ...]:
        found: dict[PatchName, Listed] = {}
        for _, one in self.listed:
            before = found.setdefault(one.name, one)
            if before.condition != one.condition:
                found[one.name] = replace(before, condition="")  # applied here or there: always, for all we can say
        return tuple(found.values())

    def without(self, name: PatchName) -> Self:
        path = self._one(name).path
        fields = self.fields
        gone = frozenset(entry.node.start for entry, one in self.listed if one.name == name)
        edits = listing.without(self._document, fields.root, gone, selectors=fields.old)
        text = spliced(self._document.text, edits)
        draft = self.draft.put(self._document.path, text.encode())
        if not _names(text, posixpath.basename(path)):
            draft = draft.put(path, None)
        return self._again(draft)

    def rewritten(self, name: PatchName, content: bytes) -> Self:
        return self._again(self.draft.put(self._one(name).path, content))

    def adding(self, name: PatchName, content: bytes) -> Self:
        document, fields = self._document, self.fields
        path = inside(fields.folder, name, named_in=document.path)
        if self.draft.tree.entry(path) is not None:
            raise InputError(f"{path} is there already", "choose another name", path=document.path)
        if not re.fullmatch(r"[A-Za-z0-9_][\w.+@~/-]*", name):
            raise InputError(f"{name!r} cannot stand in a list of patches", "choose another name", path=document.path)
        sources = list(listing.sources(document, fields.root))
        carrying = [source for source in sources if source.node.get("patches") is not None]
        if not sources:
            raise InputError("the recipe has no source", "add one by hand", path=document.path, line=1)
        source = carrying[-1] if carrying else sources[0]
        edit = listing.appended(document, source, name, selectors=fields.old)
        draft = self.draft.put(path, content)
        return self._again(draft.put(document.path, spliced(document.text, [edit]).encode()))

    def moved(self, move: Move) -> Self:
        fields, document = self.fields, self._document
        if move.version is None or move.version == self.version:
            edits = fields.counted(reset=False)
            return self._again(self.draft.put(document.path, spliced(document.text, edits).encode()))
        version = fields.spelling(move.version)
        if not _VERSION.fullmatch(version):
            raise InputError(f"{version!r} cannot be the version of a package", "set it by hand", path=document.path)
        edits = [fields.versioned(move.version), *fields.counted(reset=True), *fields.spelled(version)]
        first = spliced(document.text, edits)
        made = self._again(self.draft.put(document.path, first.encode()))
        made = made._at_commit(move.commit)
        wanted = made._following(self)
        if normalise(made.version or "") != normalise(move.version):
            what = f"the version would be {made.version}, not {move.version}"
            raise InputError(what, "move this package by hand", path=document.path)
        return made._again(made.draft, wanted)

    def downloads(self) -> tuple[Download, ...]:
        return self.unchecked

    def checked(self, digests: Mapping[Download, str]) -> Self:
        edits: dict[int, tuple[int, int, str]] = {}
        done: set[Download] = set()
        for pinned in self.fields.pinned:
            download = pinned.download
            digest = digests.get(download) if download in self.unchecked else None
            if digest is None:
                continue
            if not _HEX.fullmatch(digest):
                raise Fault(f"{digest!r} is no digest")
            edits[pinned.edit(digest)[0]] = pinned.edit(digest)
            done.add(download)
        left = tuple(download for download in self.unchecked if download not in done)
        text = spliced(self._document.text, edits.values())
        return self._again(self.draft.put(self._document.path, text.encode()), left)

    def changes(self) -> Mapping[str, bytes | None]:
        return self.draft.changes()

    def _again(self, draft: Draft, unchecked: tuple[Download, ...] | None = None) -> Self:
        return type(self).read(draft, self._document.path, self.unchecked if unchecked is None else unchecked)

    def _one(self, name: PatchName) -> Listed:
        found = next((one for _, one in self.listed if one.name == name), None)
        if found is None:
            raise InputError(f"{name} is not in the recipe", "run it again", path=self._document.path)
        return found

    def _at_commit(self, commit: str | None) -> Self:
        """With the commit, where upstream's repository is checked out by commit. Other repositories stay."""
        upstream = self.known.upstream
        edits: list[tuple[int, int, str]] = []
        for source in self.fields.sources:
            if upstream is None or self.fields.repository_of(source) != upstream.location:
                continue
            for revision in self.fields.revisions_of(source):
                if not _COMMIT.fullmatch(revision.text):
                    continue
                if commit is None:
                    what = "the source is checked out by commit, and the one of the release is not known"
                    raise self._document.error(revision, what, "write the tag there")
                edits.append(self._document.written(revision, commit))
        return self._again(self.draft.put(self._document.path, spliced(self._document.text, edits).encode()))

    def _following(self, before: Self) -> tuple[Download, ...]:
        """What is fetched at the new version and was not at the old one. Raises InputError where nothing is, or where
        an address cannot be told."""
        path = self._document.path
        old = {pinned.url for pinned in before.fields.pinned}
        for pinned in before.fields.pinned:
            if pinned.url is None and before.fields.follows(pinned.address):
                what = f"the address {pinned.address} cannot be followed without running the template"
                raise InputError(what, "move this package by hand", path=path, line=pinned.line)
        wanted = [pinned for pinned in self.fields.pinned if pinned.url is not None and pinned.url not in old]
        if before.fields.fetched == self.fields.fetched:
            what = "no source of the recipe follows its version"
            raise InputError(what, "write the version in the source's address", path=path, line=1)
        return tuple(dict.fromkeys(pinned.download for pinned in wanted))


def _listed(draft: Draft, fields: Fields) -> Iterator[tuple[listing.Entry, Listed]]:
    document = fields.document
    for source in listing.sources(document, fields.root):
        for entry in listing.entries(document, source, selectors=fields.old):
            name = template.expanded(entry.text, fields.values)
            line = entry.node.line
            if name is None:
                what = f"the patch {entry.text} is named by a template that is not run"
                raise InputError(what, "write its name", path=document.path, line=line)
            path = inside(fields.folder, name, named_in=document.path, line=line)
            content_at(draft.tree, path, named_in=document.path, line=line)
            conditions = (*fields.statements(entry.node.start), *entry.conditions)
            yield entry, Listed(PatchName(name), path, None, " and ".join(conditions))


def _names(text: str, name: str) -> bool:
    """Whether a line that is no comment names the file."""
    word = re.compile(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-])")
    return any(word.search(line) for line in text.splitlines() if not line.lstrip().startswith("#"))


__all__ = ["CondaRecipe", "Pinned"]
