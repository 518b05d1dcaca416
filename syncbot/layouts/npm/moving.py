"""A dependency moves: the ranges that ask for it, the keys and the file names that carry its version."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from syncbot.errors import InputError
from syncbot.layouts.draft import Draft, spliced, text_at
from syncbot.layouts.jsontext import Edit, Object, Text, quoted
from syncbot.layouts.npm.names import admits, dependency_key, descriptor, ranged, yarn_file
from syncbot.layouts.npm.project import Patched, Project
from syncbot.layouts.yamltext import Scalar


@dataclass
class Moving:
    """One move, from `old` (None: not known) to `new`."""

    draft: Draft
    project: Project
    key: str
    found: tuple[Patched, ...]
    old: str | None
    new: str
    followed: dict[str, str] = field(default_factory=dict)
    """{a range that was moved: what it became}."""

    def done(self) -> Draft:
        """The draft after it."""
        renamed = self._renamed()
        edits: dict[str, list[Edit]] = {}
        for path, edit in self._ranges():
            if edit is not None:
                edits.setdefault(path, []).append(edit)
        for path, edit in self._named(renamed):
            edits.setdefault(path, []).append(edit)
        draft = self.draft
        for old, new in renamed.items():
            content = draft.tree.read(old)
            if draft.tree.entry(new) is not None:
                raise InputError(f"{new} is there already", "remove it", path=self.project.path)
            draft = draft.put(new, content).put(old, None)
        for path, found in edits.items():
            text = text_at(draft.tree, path)
            draft = draft.put(path, spliced(text, dict.fromkeys(found)).encode())
        return draft

    @property
    def _package(self) -> str:
        return self.key.rpartition("++")[2]

    def _renamed(self) -> dict[str, str]:
        """{a patch's file: its file for the new version}, only those whose names carry the version."""
        renamed: dict[str, str] = {}
        for one in self.found:
            folder, name = posixpath.split(one.path)
            if one.file is not None:
                prefix = posixpath.join(self.project.folder, self.project.patches_folder)
                new = posixpath.join(prefix, one.file.at(self.new))
            elif one.said is not None:
                new = posixpath.join(folder, yarn_file(name, self._package, self.old or "", self.new))
            else:
                new = posixpath.join(folder, name.replace(f"@{self.old}.", f"@{self.new}.", 1))
            if new != one.path:
                renamed[one.path] = new
        return renamed

    def _ranges(self) -> Iterator[tuple[str, Edit | None]]:
        """(file, edit or None where the range stays) for whatever asks for the package at the old version."""
        if self.key != self._package:
            return
        for path, value in self.project.ranges(self._package):
            yield from self._range(path, value)

    def _range(self, path: str, value: Text) -> Iterator[tuple[str, Edit | None]]:
        wanted = value.value
        if wanted.startswith("patch:"):
            yield path, None  # its descriptor is one of the patch's names
            return
        listed = self.project.catalog(self._package, wanted)
        if listed is not None:
            document, node = listed
            new = ranged(node.text, self.new)
            if new is not None:
                yield document.path, None if new == node.text else document.written(node, new)
            return
        alias, at, plain = wanted.rpartition("@") if wanted.startswith("npm:") else ("", "", wanted)
        new = ranged(plain, self.new)
        if new is not None and (path == self.project.path or self.old is None or admits(plain, self.old)):
            whole = f"{alias}{at}{new}"
            self.followed[plain] = new
            yield path, None if whole == wanted else (value.start, value.end, quoted(whole))

    def _named(self, renamed: dict[str, str]) -> Iterator[tuple[str, Edit]]:
        """The keys and descriptors that carry the version or the file's name."""
        for one in self.found:
            if one.entry is None:
                continue
            key, value = one.entry
            if one.said is not None:
                yield from self._described(one, renamed)
            elif isinstance(key, Text) and isinstance(value, Text):
                yield from ((self.project.path, edit) for edit in self._keyed(key, value, one, renamed))
            elif isinstance(key, Scalar) and isinstance(value, Scalar) and self.project.workspace is not None:
                document = self.project.workspace
                name, version = dependency_key(key.text)
                if version is not None:
                    yield document.path, document.written(key, f"{name}@{ranged(version, self.new) or version}")
                if one.path in renamed:
                    yield document.path, document.written(value, _followed(value.text, one.path, renamed))

    def _keyed(self, key: Text, value: Text, one: Patched, renamed: dict[str, str]) -> Iterator[Edit]:
        name, version = dependency_key(key.value)
        if version is not None:
            yield key.start, key.end, quoted(f"{name}@{ranged(version, self.new) or version}")
        if one.path in renamed:
            yield value.start, value.end, quoted(_followed(value.value, one.path, renamed))

    def _described(self, one: Patched, renamed: dict[str, str]) -> Iterator[tuple[str, Edit]]:
        """yarn's descriptor, with all its paths; and a resolution's key, which is a range that somebody asks for: where
        that moved, it follows, or the patch would be of nothing."""
        assert one.entry is not None
        key, value = one.entry
        said = descriptor(value.value if isinstance(value, Text) else "")
        assert said is not None
        source = ranged(said.range, self.new)
        if source is None:
            what = f"the range {said.range} of {self._package} is not one that could be moved"
            raise InputError(what, "write one version there", path=self.project.path, line=one.line)
        paths = said.paths
        for mine in self.found:
            paths = tuple(_followed(path, mine.path, renamed) for path in paths)
        prefix = "npm:" if said.source.startswith("npm:") else ""
        yield (
            self.project.path,
            (value.start, value.end, quoted(str(replace(said, source=prefix + source, paths=paths)))),
        )
        resolutions = self.project.manifest.object("resolutions")
        if isinstance(key, Text) and resolutions is not None and _is_in(resolutions, key):
            name, asked = dependency_key(key.value)
            bare = (asked or "").removeprefix("npm:")
            became = self.new if bare == self.old else self.followed.get(bare, bare)
            if asked is not None and became != bare:
                yield self.project.path, (key.start, key.end, quoted(f"{name}@{asked.replace(bare, became)}"))


def _is_in(holder: Object, key: Text) -> bool:
    return any(name is key for name, _ in holder.members)


def _followed(said: str, path: str, renamed: dict[str, str]) -> str:
    """A path as it is written, after its file was renamed."""
    new = renamed.get(path)
    old = posixpath.basename(path)
    if new is None or not said.endswith(old):
        return said
    return said[: len(said) - len(old)] + posixpath.basename(new)
