"""One Debian source package: its series, its changelog, and what the others of its files say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncbot.errors import InputError
from syncbot.layouts.debian.changelog import Changelog
from syncbot.layouts.recipe import Download, Known, Listed, Move, Note
from syncbot.model import series as quilt
from syncbot.model.ids import PatchName
from syncbot.model.verdicts import Action

SERIES = "patches/series"
CHANGELOG = "changelog"


@dataclass(frozen=True, slots=True)
class DebianRecipe:
    """`folder`: the path of `debian/`. `before` and `after`: {path: bytes, None: not there} of what may be edited."""

    folder: str
    known: Known
    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes | None]

    @property
    def changelog(self) -> Changelog:
        path = f"{self.folder}/{CHANGELOG}"
        return Changelog.parse(self.after[path] or b"", path)

    @property
    def series(self) -> quilt.Series:
        return quilt.parse(self.after[f"{self.folder}/{SERIES}"] or b"")

    @property
    def version(self) -> str | None:
        return self.changelog.version.release

    @property
    def patches(self) -> tuple[Listed, ...]:
        return tuple(Listed(name, self._path(name), line.strip) for _, name, line in self.series.entries)

    def without(self, name: PatchName) -> DebianRecipe:
        series = quilt.format(quilt.remove(self.series, name))
        files: dict[str, bytes | None] = {f"{self.folder}/{SERIES}": series or None, self._path(name): None}
        for path, content in self.after.items():
            vendors = quilt.parse(content) if path.endswith(".series") and content is not None else None
            if vendors is not None and name in vendors.names:
                files[path] = quilt.format(quilt.remove(vendors, name))
        return self._with(files)

    def rewritten(self, name: PatchName, content: bytes) -> DebianRecipe:
        self._require(name)
        return self._with({self._path(name): content})

    def adding(self, name: PatchName, content: bytes) -> DebianRecipe:
        series = quilt.format(quilt.append(self.series, name))
        return self._with({f"{self.folder}/{SERIES}": series, self._path(name): content})

    def moved(self, move: Move) -> DebianRecipe:
        changelog = self.changelog
        items = [text for note in move.notes if (text := said(note))]
        version = changelog.version
        if move.version is not None:
            version = version.moved(move.version, move.name)
            items.insert(0, f"New upstream release {move.version}.")
        elif changelog.distribution != "UNRELEASED":
            version = replace(version, revision=_next(version.revision))
        return self._with({f"{self.folder}/{CHANGELOG}": changelog.said(version, items, move.who, move.when)})

    def downloads(self) -> tuple[Download, ...]:
        """None: the orig tarball is no part of the packaging."""
        return ()

    def checked(self, digests: Mapping[Download, str]) -> DebianRecipe:
        if digests:
            raise InputError("a Debian package pins no downloads", "take this up with whoever calls")
        return self

    def changes(self) -> Mapping[str, bytes | None]:
        return {path: content for path, content in self.after.items() if self.before.get(path, b"") != content}

    def _path(self, name: PatchName) -> str:
        return f"{self.folder}/patches/{name}"

    def _require(self, name: PatchName) -> None:
        if name not in self.series.names:
            raise InputError(f"{name} is not in the series", "read it again")

    def _with(self, files: Mapping[str, bytes | None]) -> DebianRecipe:
        return replace(self, after={**self.after, **files})


def said(note: Note) -> str:
    """A decision in the words of Debian's changelogs; empty where none is due."""
    name = note.name
    if note.action is Action.DROP:
        if not note.upstream:
            return f"Drop {name}."
        return f"Drop {name}, applied upstream" + (f" in {note.commit[:12]}." if note.commit else ".")
    return f"Refresh {name}." if note.action is Action.REWRITE else ""


def _next(revision: str) -> str:
    """One more revision of the same upstream release: the last number counts on."""
    head = revision.rstrip("0123456789")
    tail = revision[len(head) :]
    return f"{head}{int(tail) + 1}" if tail else f"{revision}1" if revision else ""
