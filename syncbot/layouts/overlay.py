"""A tree with some files changed, to read an edit back before it is handed out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from syncbot.model.trees import FILE, Entry, Tree, blob_id, inside


class Overlay:
    """`below` with `changes`: {path: new bytes, None where the file is gone}. A file that was there keeps its mode."""

    def __init__(self, below: Tree, changes: Mapping[str, bytes | None]) -> None:
        self._below = below
        self._changes = changes

    def entry(self, path: str) -> Entry | None:
        below = self._below.entry(path)
        if path not in self._changes:
            return below
        content = self._changes[path]
        return None if content is None else Entry(FILE if below is None else below.mode, blob_id(content))

    def read(self, path: str) -> bytes | None:
        return self._changes[path] if path in self._changes else self._below.read(path)

    def paths(self) -> Iterable[str]:
        return self._changed(self._below.paths(), self._changes)

    def inside(self, folder: str) -> Iterable[str]:
        return self._changed(inside(self._below, folder), [p for p in self._changes if p.startswith(f"{folder}/")])

    def _changed(self, before: Iterable[str], changes: Iterable[str]) -> Iterable[str]:
        gone = {path for path in changes if self._changes[path] is None}
        return {*before, *changes} - gone


class Below:
    """A tree of which only one folder is seen, so that reading one package does not read them all."""

    def __init__(self, whole: Tree, folder: str) -> None:
        self._whole = whole
        self._folder, self._prefix = folder, f"{folder}/"

    def entry(self, path: str) -> Entry | None:
        return self._whole.entry(path) if path.startswith(self._prefix) else None

    def read(self, path: str) -> bytes | None:
        return self._whole.read(path) if path.startswith(self._prefix) else None

    def paths(self) -> Iterable[str]:
        return inside(self._whole, self._folder)
