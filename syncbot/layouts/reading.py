"""Reading the native layout: `patches/<package>/` with `package.toml`, `series` and the patches that it names.

Nothing is followed out of a package's folder: no `..`, no absolute name, no symlink. Each package that cannot be read
becomes one Problem; the others go on.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from syncbot.errors import HostileInput, InputError, SyncbotError
from syncbot.layouts.instruction import obeyed
from syncbot.layouts.manifest import (
    BASE,
    KEEP,
    OWNERS,
    PRIVATE,
    RANGE,
    SIGNING_KEY,
    TAG_PATTERN,
    Manifest,
    read_manifest,
)
from syncbot.model import series as quilt
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.packages import Package, Policy, SeriesPatch
from syncbot.model.tables import did_you_mean
from syncbot.model.trees import SUBMODULE, SYMLINK, Tree
from syncbot.ports.layout import PackagesRead, Problem

if TYPE_CHECKING:
    from syncbot.model.settings import Limits

MANIFEST = "package.toml"
SERIES = "series"

_ENDINGS = (".patch", ".diff")
_MOST_NAMED = 5
_MOST_KEYS = 4 * 1024 * 1024
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._+~-]{0,98}[A-Za-z0-9_+~-])?")


def read_packages(tree: Tree, folder: str, policy: Policy, limits: Limits) -> PackagesRead:
    """Every package below `folder`, by name; and a Problem for each that cannot be read."""
    link = link_on(tree, folder)
    if link is not None:
        error = HostileInput("is a symlink, which is not followed", "make it a folder", path=link)
        return PackagesRead((), (Problem(folder, error),))
    names = _candidates(tree, folder)
    files = patch_files(tree, folder)
    twins = _twins(names)
    packages: list[Package] = []
    problems: list[Problem] = []
    for name in names:
        try:
            if name in twins:
                what = f"the package names {name} and {twins[name]} differ only in case"
                raise InputError(what, "rename one of the two folders", path=f"{folder}/{name}")
            package = read_package(tree, f"{folder}/{name}", policy, limits)
            _refuse_unnamed(tree, package, files[name])
            packages.append(package)
        except SyncbotError as error:
            problems.append(Problem(name, error))
    return PackagesRead(tuple(packages), tuple(problems))


def read_package(tree: Tree, path: str, policy: Policy, limits: Limits) -> Package:
    """The package in the folder `path`. Raises InputError."""
    name = path.rpartition("/")[2]
    if not is_package_name(name):
        remedy = "use letters, digits and . _ + ~ -, at most 100"
        raise InputError(f"{name!r} is no name for a package", remedy, path=path)
    manifest_path = f"{path}/{MANIFEST}"
    if link_on(tree, path) is None and tree.entry(manifest_path) is None:
        what = f"the folder has a {SERIES} and no {MANIFEST}"
        raise InputError(what, f"add a {MANIFEST} with its upstream, or remove the folder", path=path)
    manifest = read_manifest(_content(tree, path, MANIFEST, manifest_path, None), manifest_path, policy)
    values = manifest.values
    keyring, keys = signing_key(tree, path, values.get(SIGNING_KEY))
    return Package(
        name=PackageName(name),
        path=path,
        upstream=manifest.upstream,
        base=values.get(BASE) or None,
        series=_read_series(tree, path, manifest, limits),
        range=values.get(RANGE),
        policy=manifest.policy,
        owners=values.get(OWNERS),
        private=values.get(PRIVATE),
        tag_pattern=values.get(TAG_PATTERN),
        keyring=keyring,
        keys=keys,
        history=manifest.history,
    )


def is_package_name(name: str) -> bool:
    """Whether a folder's name can be a package's: it becomes part of branch names and addresses."""
    return _PACKAGE_NAME.fullmatch(name) is not None and ".." not in name


def patch_files(tree: Tree, folder: str) -> defaultdict[str, list[str]]:
    """{name of a folder right below `folder`: the patches in it, relative to it, in order of name}. One walk."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    prefix = f"{folder}/"
    for path in tree.paths():
        name, slash, rest = path.removeprefix(prefix).partition("/")
        if slash and path.startswith(prefix) and rest.lower().endswith(_ENDINGS):
            found[name].append(rest)
    for files in found.values():
        files.sort()
    return found


def _refuse_unnamed(tree: Tree, package: Package, files: Iterable[str]) -> None:
    """A patch that no line of the series names would be ignored in silence. A comment that names it is a line, too:
    that is how one is taken out for a while."""
    content = tree.read(f"{package.path}/{SERIES}") or b""
    commented = {word for line in quilt.parse(content).lines if line.name is None for word in line.body.split()}
    named = {patch.name for patch in package.series}
    unnamed = [f for f in files if f not in named and f.encode(errors="surrogateescape") not in commented]
    if unnamed:
        more = f" and {len(unnamed) - _MOST_NAMED} more" if len(unnamed) > _MOST_NAMED else ""
        what = f"not named in {SERIES}: {', '.join(unnamed[:_MOST_NAMED])}{more}"
        raise InputError(what, "name them in the series, or delete them", path=package.path)


def escape(name: str) -> str | None:
    """What is wrong with a patch's name as a path inside its package's folder; None where nothing is."""
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or re.match(r"[A-Za-z]:", name):
        return "is no relative path with '/'"
    if any(part in ("", ".", "..") for part in parts):
        return "leaves its package's folder" if ".." in parts else "has an empty part or '.' in it"
    if any(part.lower() == ".git" for part in parts):
        return "touches .git"
    return "is a file of the layout, not a patch" if name.lower() in (MANIFEST, SERIES) else None


def signing_key(tree: Tree, folder: str, said: str, usual: Sequence[str] = ()) -> tuple[bytes, str]:
    """(the keys, their file), both empty where there are none. `said`: the file that the settings name, from `folder`
    or from the root; `usual`: where they lie without a word. Raises InputError where a named file is not there."""
    if said and escape(said) is not None:
        raise HostileInput(f"signing-key is {said!r}, which {escape(said)}", "name a file of the repository")
    named = [f"{folder}/{said}".lstrip("/"), said] if said else list(usual)
    for path in named:
        if tree.entry(path) is None:
            continue
        if link_on(tree, path) is not None:
            raise HostileInput("is or passes through a symlink, which is not followed", "put the file there", path=path)
        content = tree.read(path) or b""
        if len(content) > _MOST_KEYS:
            raise HostileInput(f"has {len(content)} bytes, too many for keys", "export the keys alone", path=path)
        return content, path
    if said:
        raise InputError(f"signing-key names {said}, which is not there", "add the file, or correct the setting")
    return b"", ""


def _candidates(tree: Tree, folder: str) -> list[str]:
    """Names below the folder that are packages, or look like one and must be complained of."""
    prefix = f"{folder}/"
    found: set[str] = set()
    for path in tree.paths():
        if not path.startswith(prefix):
            continue
        name, _, rest = path[len(prefix) :].partition("/")
        if rest in (MANIFEST, SERIES) or (not rest and _may_be_folder(tree, path)):
            found.add(name)
    return sorted(name for name in found if not name.startswith("."))


def _may_be_folder(tree: Tree, path: str) -> bool:
    """Whether it is a symlink that may lead to a folder: to anything but a file of this tree."""
    entry = tree.entry(path)
    if entry is None or entry.mode != SYMLINK:
        return False
    target = (tree.read(path) or b"").decode(errors="surrogateescape")
    return tree.entry(posixpath.normpath(posixpath.join(posixpath.dirname(path), target))) is None


def _twins(names: Iterable[str]) -> dict[str, str]:
    """{name: another that differs only in case}."""
    folded: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        folded[name.casefold()].append(name)
    groups = [group for group in folded.values() if len(group) > 1]
    return {name: next(other for other in group if other != name) for group in groups for name in group}


def _read_series(tree: Tree, path: str, manifest: Manifest, limits: Limits) -> tuple[SeriesPatch, ...]:
    series_path = f"{path}/{SERIES}"
    found: list[SeriesPatch] = []
    if tree.entry(series_path) is not None:
        series = quilt.parse(_content(tree, path, SERIES, series_path, None))
        quilt.check(series, series_path)
        for number, name, line in series.entries:
            content = _read_patch(tree, path, name, number, limits)
            found.append(obeyed(SeriesPatch(name, content, line.strip, manifest.keep.get(name), line.waiting)))
    names = {patch.name for patch in found}
    for pinned in manifest.keep:
        if pinned not in names:
            remedy = did_you_mean(pinned, names) or "remove it"
            raise manifest.values.error(KEEP, f"[keep] names {pinned}, which is not in the series", remedy, pinned)
    return tuple(found)


def _read_patch(tree: Tree, path: str, name: PatchName, line: int, limits: Limits) -> bytes:
    series_path = f"{path}/{SERIES}"
    wrong = escape(name)
    if wrong is not None:
        remedy = "name a patch file inside the package's folder"
        raise HostileInput(f"{name} {wrong}", remedy, path=series_path, line=line)
    content = _content(tree, path, name, series_path, line)
    if len(content) > limits.patch_bytes:
        what = f"{name} has {len(content)} bytes, more than the limit of {limits.patch_bytes}"
        raise HostileInput(what, "raise limits.patch-bytes if it is right", path=series_path, line=line)
    return content


def _content(tree: Tree, path: str, name: str, named_in: str, line: int | None) -> bytes:
    """A file of the package; complaints name the place that asked for it."""
    full = f"{path}/{name}"
    entry = tree.entry(full)
    link = full if entry is not None and entry.mode == SYMLINK else link_on(tree, full.rpartition("/")[0])
    if link is not None:
        what = f"{name} is or passes through a symlink ({link}), which is not followed"
        raise HostileInput(what, "put the file itself there", path=named_in, line=line)
    content = None if entry is None or entry.mode == SUBMODULE else tree.read(full)
    if content is None:
        remedy = "add the file, or remove the line"
        raise InputError(f"the file {name} is missing", remedy, path=named_in, line=line)
    return content


def link_on(tree: Tree, path: str) -> str | None:
    """The first part of the path that is a symlink."""
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        entry = tree.entry("/".join(parts[:end]))
        if entry is not None and entry.mode == SYMLINK:
            return "/".join(parts[:end])
    return None
