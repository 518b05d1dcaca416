"""One patched dependency of a project: read, and edited where package.json, pnpm or yarn name it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from syncbot.errors import InputError
from syncbot.layouts import jsontext
from syncbot.layouts.draft import Draft, spliced, text_at
from syncbot.layouts.jsontext import Object, Text, quoted
from syncbot.layouts.npm.adding import added
from syncbot.layouts.npm.locks import locked_version
from syncbot.layouts.npm.moving import Moving
from syncbot.layouts.npm.names import LEGAL_VERSION, admits, based_on, descriptor, ranged
from syncbot.layouts.npm.project import DEPENDENCIES, MANIFEST, Patched, Project
from syncbot.layouts.recipe import Download, Known, Listed, Move
from syncbot.layouts.yamltext import Scalar, lines_of, with_comments
from syncbot.model import addresses
from syncbot.model.ids import PatchName
from syncbot.model.packages import LockFile
from syncbot.model.releases import Upstream
from syncbot.model.verdicts import Action
from syncbot.model.versions import normalise

_NOT_REGISTRY = re.compile(r"(?:file|link|portal|workspace|git|github|https?|git\+[a-z]+):|[\w.-]+/[\w.-]+(?:#|$)")


@dataclass(frozen=True, slots=True)
class NpmRecipe:
    """Satisfies `syncbot.layouts.recipe.Recipe`. `key` is the dependency."""

    draft: Draft
    project: Project
    key: str
    found: tuple[Patched, ...]

    @classmethod
    def read(cls, draft: Draft, path: str, key: str) -> Self:
        """Raises InputError with the line of what cannot be read, or not be edited without loss."""
        project = Project.read(draft.tree, path)
        found = tuple(one for one in project.patched if one.key == key)
        versions = sorted({one.version for one in found if one.version is not None})
        if len(versions) > 1:
            what = f"{key} is patched in several versions ({', '.join(versions)})"
            raise InputError(what, "keep one, or look after them by hand", path=path)
        labels: dict[str, str] = {}
        for one in found:
            if labels.setdefault(one.label, one.path) != one.path:
                what = f"{key} is patched twice ({labels[one.label]}, {one.path})"
                raise InputError(what, "keep one of them", path=path, line=one.line or None)
            project.content(one)
        return cls(draft, project, key, found)

    @property
    def _package(self) -> str:
        return self.key.rpartition("++")[2]

    @property
    def version(self) -> str | None:
        said = next((one.version for one in self.found if one.version is not None), None)
        return (said and (based_on(said) or said)) or self._used()

    def _used(self) -> str | None:
        """The version that the project asks for; the lock file's, where that is later, as it is until a move."""
        asked = {based for wanted in self._asked() if (based := based_on(wanted)) is not None}
        locked = self._locked()
        best = normalise(locked) if locked else None
        for one in sorted(asked):
            found = normalise(one)
            if found is not None and (best is None or found > best):
                best, locked = found, one
        return locked

    def _asked(self) -> Iterator[str]:
        if self.key != self._package:
            return
        for _, value in self.project.ranges(self._package):
            said = descriptor(value.value)
            listed = self.project.catalog(self._package, value.value)
            yield said.source if said else listed[1].text if listed else value.value.rpartition("@")[2]

    def _locked(self) -> str | None:
        lock = self.project.lock
        return locked_version(self.draft.tree, lock, self._package) if lock else None

    @property
    def patches(self) -> tuple[Listed, ...]:
        found = {one.label: Listed(PatchName(one.label), one.path, one.strip) for one in self.found}
        return tuple(found.values())

    @property
    def known(self) -> Known:
        wanted = self.project.wanted(self._package) or ""
        real = self._package
        if wanted.startswith("npm:") and "@" in wanted[5:]:
            real = wanted.removeprefix("npm:").rpartition("@")[0]
        doubts: list[str] = []
        if _NOT_REGISTRY.match(wanted):
            return Known(doubts=(f"{self._package} does not come from the registry ({addresses.shown(wanted)})",))
        if not wanted and next(self.project.ranges(self._package), None) is None:
            doubts.append(f"{MANIFEST} does not name {self._package} itself: its version is in the lock file alone")
        try:
            upstream = addresses.check(Upstream("npm", real))
            if self._direct:
                return Known(upstream, doubts=tuple(doubts), lock=self._lock)
            return Known(upstream, doubts=tuple(doubts), by_hand=self._by_hand())
        except InputError as error:
            return Known(doubts=(error.what,))

    def without(self, name: PatchName) -> Self:
        gone = self._named(name)
        draft = self.draft
        for path, text in self._texts(gone).items():
            draft = draft.put(path, text.encode())
        for path in {one.path for one in gone}:
            if not self._still_named(draft, gone, path):
                draft = draft.put(path, None)
        return self._again(draft)

    def rewritten(self, name: PatchName, content: bytes) -> Self:
        return self._again(self.draft.put(self._named(name)[0].path, content))

    def adding(self, name: PatchName, content: bytes) -> Self:
        draft = added(self.draft, self.project, self.key, self.found, self.version, name, content)
        return self._again(draft)

    def moved(self, move: Move) -> Self:
        if move.version is None or move.version == self.version:
            return self
        if not LEGAL_VERSION.fullmatch(move.version):
            what = f"{move.version} is no version of a package of the registry"
            raise InputError(what, "move it by hand", path=self.project.path)
        if not self._direct and any(note.action is Action.DROP for note in move.notes):
            what = (
                f"{MANIFEST} does not name {self._package}, so it cannot be moved, and a patch of it was to be dropped"
            )
            raise InputError(
                what, f"run `{self._updating()}`, set bump = false, and run it again", path=self.project.path
            )
        moving = Moving(self.draft, self.project, self.key, self.found, self.version, move.version)
        made = self._again(moving.done())
        if made.found and normalise(made.version or "") != normalise(move.version):
            what = f"nothing but the lock file says which version of {self._package} is used"
            raise InputError(what, f"run `{self._updating()}`, and run it again", path=self.project.path)
        return made

    def downloads(self) -> tuple[Download, ...]:
        return ()

    def checked(self, digests: Mapping[Download, str]) -> Self:  # noqa: ARG002  # nothing is pinned by checksum here
        return self

    def changes(self) -> Mapping[str, bytes | None]:
        return self.draft.changes()

    def _again(self, draft: Draft) -> Self:
        return type(self).read(draft, self.project.path, self.key)

    @property
    def _direct(self) -> bool:
        """Whether a package.json of the project says which version is used, so that a move has a place there."""
        if self.key != self._package:
            return False
        ranges = self.project.ranges(self._package)
        return any(path == self.project.path or self._moves(value.value) for path, value in ranges)

    def _moves(self, wanted: str) -> bool:
        listed = self.project.catalog(self._package, wanted)
        plain = listed[1].text if listed else wanted.rpartition("@")[2]
        return ranged(plain, "1.0.0") is not None and (self.version is None or admits(plain, self.version))

    @property
    def _lock(self) -> LockFile | None:
        """The lock file, which is the package manager's, and the command that renews it."""
        lock = self.project.lock
        if lock is None:
            return None
        folder = posixpath.dirname(lock.path)
        return LockFile(lock.path, f"{lock.install} in {folder}" if folder else lock.install)

    def _by_hand(self) -> tuple[str, ...]:
        """Where package.json does not say which version is used, no lock file can be made for one."""
        left = [f"{MANIFEST} does not name {self._package}: run `{self._updating()}`, and see which version it gives"]
        lock = self._lock
        return (*left, f"run `{lock.command}`: {lock.path} is not edited") if lock is not None else tuple(left)

    def _updating(self) -> str:
        lock = self.project.lock
        return f"{lock.update if lock else 'npm update'} {self._package}"

    def _named(self, name: PatchName) -> tuple[Patched, ...]:
        found = tuple(one for one in self.found if one.label == name)
        if not found:
            raise InputError(f"{name} is not among the patches of {self.key}", "run it again", path=self.project.path)
        return found

    def _texts(self, gone: tuple[Patched, ...]) -> dict[str, str]:
        """The files that name these patches, without them."""
        project = self.project
        texts: dict[str, str] = {}
        keys = [one.entry[0] for one in gone if one.entry and one.said is None]
        mine = frozenset(key.start for key in keys if isinstance(key, Text))
        edits = _from_package_json(project, mine, [one for one in gone if one.said is not None])
        if edits:
            texts[project.path] = spliced(project.text, edits)
        lines = [key for key in keys if isinstance(key, Scalar)]
        if lines and project.workspace is not None:
            texts[project.workspace.path] = _from_workspace(project, lines)
        return texts

    def _still_named(self, draft: Draft, gone: tuple[Patched, ...], path: str) -> bool:
        """Whether something else names the file: another dependency's patch, or a script."""
        if any(one.path == path for one in self.project.patched if one not in gone):
            return True
        return posixpath.basename(path) in text_at(draft.tree, self.project.path)


def _from_package_json(project: Project, keys: frozenset[int], described: list[Patched]) -> list[jsontext.Edit]:
    """The edits that take patches out of package.json. A dependency gets its plain range back; a resolution goes."""
    edits: list[jsontext.Edit] = []
    gone = set(keys)
    sections = [project.manifest.object(section) for section in DEPENDENCIES]
    for one in described:
        assert one.entry is not None
        assert one.said is not None
        key, value = one.entry
        left = tuple(path for path in one.said.paths if not path.endswith(posixpath.basename(one.path)))
        if left:
            rest = type(one.said)(one.said.package, one.said.source, one.said.encoded, left, one.said.params)
            edits.append((value.start, value.end, quoted(str(rest))))
        elif any(section is not None and _holds(section, key) for section in sections):
            edits.append((value.start, value.end, quoted(one.said.range)))
        else:
            gone.add(key.start)
    empty, pruned = jsontext.pruned(project.manifest, frozenset(gone))
    if empty:
        raise InputError("nothing is left of package.json without the patch", "remove it by hand", path=project.path)
    return edits + pruned


def _holds(section: Object, key: Text | Scalar) -> bool:
    return any(name is key for name, _ in section.members)


def _from_workspace(project: Project, keys: list[Scalar]) -> str:
    """pnpm-workspace.yaml without these keys; without the table where nothing is left of it."""
    document = project.workspace
    assert document is not None
    root = document.pairs(document.root, "the file")
    table = document.pairs(root.get("patchedDependencies"), "patchedDependencies") if root else None
    assert root is not None
    assert table is not None
    if table.flow:
        raise document.error(table, "patchedDependencies is written in braces", "write each on its own line")
    gone = {key.start for key in keys}
    pairs = [(key, value) for key, value in table.pairs if key.start in gone]
    if len(pairs) == len(table.pairs):
        head = root.key("patchedDependencies")
        assert head is not None
        pairs = [(head, table)]
    edits: list[jsontext.Edit] = []
    for key, value in pairs:
        start, end = lines_of(document.text, key.start, value.end)
        start = with_comments(document.text, start)
        above = document.text[:start].endswith(("\n\n", "\r\n\r\n")) or not start
        while key.line != 0 and above and document.text[end:].startswith(("\n", "\r\n")):
            end += 2 if document.text[end] == "\r" else 1
        edits.append((start, end, ""))
    return spliced(document.text, edits)
