"""Releases whose source tree is put together from several archives: Debian's `orig-NAME` tarballs, each unpacked into
the folder NAME in the place of whatever the main archive has there.

Without its component a release's tree lacks that folder, and every patch that touches it would look as if upstream had
taken the files out. So a tree is refused where a component is missing that the package's patches touch; one that no
patch touches is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from syncbot.errors import InputError, UpstreamUnreachable
from syncbot.model.packages import SeriesPatch
from syncbot.model.releases import Release
from syncbot.model.trees import Entry, Tree
from syncbot.model.versions import version
from syncbot.ports.source import Progress, Source, Vouching

if TYPE_CHECKING:  # reports judge nothing, and need not wait for the judge
    from syncbot.judge import Lineage


@runtime_checkable
class Composed(Protocol):
    """A source that finds components beside its archives itself."""

    def missing(self, release: Release) -> frozenset[str]:
        """The components that other releases have, and this one has not."""


class Mounted:
    """A tree with folders of other trees in it."""

    def __init__(self, main: Tree, parts: Mapping[str, Tree]) -> None:
        self._main = main
        self._parts = parts

    def entry(self, path: str) -> Entry | None:
        tree, inner = self._at(path)
        return tree.entry(inner)

    def read(self, path: str) -> bytes | None:
        tree, inner = self._at(path)
        return tree.read(inner)

    def paths(self) -> Iterable[str]:
        yield from (path for path in self._main.paths() if path.partition("/")[0] not in self._parts)
        for name, tree in self._parts.items():
            yield from (f"{name}/{path}" for path in tree.paths())

    def newest(self) -> date | None:
        """The day of the main archive: that is the release's."""
        newest = getattr(self._main, "newest", None)
        found = newest() if newest is not None else None
        return found if isinstance(found, date) else None

    def _at(self, path: str) -> tuple[Tree, str]:
        name, _, inner = path.partition("/")
        part = self._parts.get(name)
        return (self._main, path) if part is None or not inner else (part, inner)


class WithComponents:
    """Implements `Source`: the releases of `main`, with those of the same version of `parts` ({component: its source,
    or why it cannot be had, a sentence without its subject}). `touched`: {component: a patch that touches it}."""

    def __init__(self, main: Source, parts: Mapping[str, Source | str], touched: Mapping[str, str]) -> None:
        self._main = main
        self._parts = parts
        self._touched = touched

    def refresh(self, progress: Progress) -> None:
        self._main.refresh(progress)
        for name, part in self._parts.items():
            if isinstance(part, str):
                continue
            try:
                part.refresh(progress)
            except UpstreamUnreachable as error:
                if name in self._touched:
                    raise
                progress(f"without the component {name}: {error.what}", 0, 0)

    def releases(self) -> Sequence[Release]:
        return self._main.releases()

    def branch(self, name: str) -> Release | None:
        return self._main.branch(name)

    def head(self) -> str:
        return self._main.head()

    def lineage(self, base: Release, target: Release, progress: Progress) -> Lineage | None:
        return self._main.lineage(base, target, progress)

    def vouched(self, release: Release) -> str:
        return self._main.vouched(release) if isinstance(self._main, Vouching) else ""

    def tree(self, release: Release, progress: Progress) -> Tree:
        lost = self._main.missing(release) if isinstance(self._main, Composed) else frozenset[str]()
        tree = self._main.tree(release, progress)
        have = {path.partition("/")[0] for path in tree.paths() if "/" in path} if self._parts else set()
        found: dict[str, Tree] = {}
        for name, part in self._parts.items():
            if name in have and name not in lost:  # it lies beside the main archive, or in it
                continue
            why = part if isinstance(part, str) else f"there is none of {release.version} where debian/watch says"
            same = None if isinstance(part, str) else self._same(name, part, release)
            if same is not None and not isinstance(part, str):
                found[name] = part.tree(same, progress)
            elif name in self._touched:
                raise _missing(name, release, self._touched[name], why)
        for name in sorted(lost - found.keys()):
            if name in self._touched:
                raise _missing(name, release, self._touched[name], "there is none beside its archive")
        return Mounted(tree, found) if found else tree

    def _same(self, name: str, part: Source, release: Release) -> Release | None:
        wanted = version(release.version)
        try:
            return next((one for one in part.releases() if version(one.version) == wanted), None)
        except UpstreamUnreachable:
            if name in self._touched:
                raise
            return None


def touched_folders(series: Iterable[SeriesPatch]) -> dict[str, str]:
    """{a folder at the top of the source tree: a patch that touches it}."""
    found: dict[str, str] = {}
    for patch in series:
        for match in _NAMES.finditer(patch.content):
            parts = match[1].decode("utf-8", "surrogateescape").split("/")
            strip = 1 if patch.strip is None else patch.strip
            if len(parts) > strip + 1:
                found.setdefault(parts[strip], patch.name)
    return found


_NAMES = re.compile(rb"^(?:---|\+\+\+) \"?([^\s\"]+/[^\s\"]+)", re.MULTILINE)


def _missing(name: str, release: Release, patch: str, why: str) -> InputError:
    what = f"the component {name} of {release.version} cannot be found ({why}), and {patch} touches it"
    return InputError(what, "wait until it is published, or name the release's archive with all of it as upstream")
