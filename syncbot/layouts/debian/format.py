"""Debian source packages in a repository: one, with `debian/` at its root, or many, each with `NAME/debian/`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from syncbot.errors import InputError
from syncbot.layouts.debian.changelog import Changelog
from syncbot.layouts.debian.origin import known
from syncbot.layouts.debian.recipe import CHANGELOG, SERIES, DebianRecipe
from syncbot.layouts.reading import link_on
from syncbot.layouts.recipe import Place
from syncbot.model import series as quilt
from syncbot.model.trees import Tree

_SOURCE = re.compile(rb"\s*([A-Za-z0-9][A-Za-z0-9+.-]*) \(")
_OTHER_SERIES = ("patches/debian.series", "patches/00list")
_VENDORS = tuple(f"patches/{name}.series" for name in ("ubuntu", "kali", "raspbian", "devuan", "pureos", "progress"))
"""Lists that a derivative applies in the place of the series, as dpkg-source does: Debian's own are judged."""


class DebianFormat:
    """A package is a folder `debian` with a `changelog`; what lies below it, upstream's own examples say, is not."""

    name = "debian"

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        prefix = f"{folder}/" if folder else ""
        own = "/debian/" in f"/{prefix}" and tree.entry(f"{folder}/{CHANGELOG}") is not None
        found = [folder] if own else list(_folders(tree, prefix))
        names = {path: _name(tree, path) for path in found}
        shared = Counter(names.values())
        for path in sorted(found):
            above = path.rpartition("/")[0]
            yield Place(above if above and shared[names[path]] > 1 else names[path], path)

    def read(self, tree: Tree, place: Place) -> DebianRecipe:
        folder = place.path
        for other in _OTHER_SERIES:
            if tree.entry(f"{folder}/{other}") is not None:
                what = f"the patches are listed in {other}, which is not supported"
                raise InputError(what, "use 3.0 (quilt) with debian/patches/series", path=folder)
        files = {f"{folder}/{name}": _file(tree, f"{folder}/{name}") for name in (CHANGELOG, SERIES)}
        files |= {f"{folder}/{name}": content for name in _VENDORS if (content := _file(tree, f"{folder}/{name}"))}
        changelog = Changelog.parse(files[f"{folder}/{CHANGELOG}"] or b"", f"{folder}/{CHANGELOG}")
        content = files[f"{folder}/{SERIES}"]
        series = quilt.parse(content or b"")
        quilt.check(series, f"{folder}/{SERIES}")
        for number, line in enumerate(series.lines, 1):
            if line.body.startswith((b"<<<<<<<", b">>>>>>>", b"=======")):
                raise InputError("there is a conflict marker", "solve it", path=f"{folder}/{SERIES}", line=number)
        others = [content or b"" for path, content in files.items() if path.endswith(".series")]
        whole = all(quilt.format(quilt.parse(other)) == other for other in (content or b"", *others))
        if not whole or changelog.raw != files[f"{folder}/{CHANGELOG}"]:
            raise InputError("it cannot be edited without loss", "report this file", path=folder)
        return DebianRecipe(folder, known(tree, folder, changelog.name), files, files)


def _folders(tree: Tree, prefix: str) -> Iterable[str]:
    """Every `debian` folder with a changelog, but none below the folder of another package."""
    end = f"/debian/{CHANGELOG}"
    found = [path for path in tree.paths() if f"/{path}".endswith(end) and path.startswith(prefix)]
    taken: list[str] = []
    for path in sorted(found, key=lambda path: (path.count("/"), path)):
        folder = path.removesuffix(f"/{CHANGELOG}")
        above = folder.rpartition("/")[0]
        if not any(not other or above.startswith(f"{other}/") for other in taken):
            taken.append(above)
            yield folder


def _name(tree: Tree, folder: str) -> str:
    """The source package's name, the folder's own where the changelog cannot be read."""
    path = f"{folder}/{CHANGELOG}"
    try:
        found = None if link_on(tree, path) is not None else _SOURCE.match(tree.read(path) or b"")
    except InputError:  # which reading it will tell
        found = None
    if found is not None:
        return found[1].decode()
    return folder.rpartition("/")[0].rpartition("/")[2] or "debian"


def _file(tree: Tree, path: str) -> bytes | None:
    link = link_on(tree, path)
    if link is not None:
        raise InputError("is or passes through a symlink, which is not followed", "put the file there", path=link)
    return tree.read(path)
