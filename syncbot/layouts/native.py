"""The native layout: how its packages are read, and edited without loss. Makes changes as values; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from syncbot.diff.form import formed_like
from syncbot.errors import Fault, InputError
from syncbot.layouts.instruction import obeyed
from syncbot.layouts.manifest import new_manifest
from syncbot.layouts.names import free_name, one_line
from syncbot.layouts.overlay import Below, Overlay
from syncbot.layouts.reading import MANIFEST, SERIES, escape, is_package_name, patch_files, read_package, read_packages
from syncbot.model import series as quilt
from syncbot.model import tomledit
from syncbot.model.ids import PatchName
from syncbot.model.packages import Package, Policy, SeriesPatch
from syncbot.model.settings import Limits
from syncbot.model.verdicts import Action

if TYPE_CHECKING:
    from syncbot.model.releases import Upstream
    from syncbot.model.trees import Tree
    from syncbot.plan.model import Edit, Move
    from syncbot.ports.layout import PackagesRead

Changes = dict[str, bytes | None]
_NO_PATCHES = b"# One patch per line, in the order in which they apply, as quilt has it.\n"


class NativeLayout:
    """`patches/<package>/` with `package.toml`, `series` and patches. Satisfies `syncbot.ports.Layout`."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  # a frozen value
        self._limits = limits

    def read(self, downstream: Tree, folder: str, policy: Policy) -> PackagesRead:
        return read_packages(downstream, folder, policy, self._limits)

    def one(self, downstream: Tree, folder: str, policy: Policy, name: str, path: str = "") -> Package:
        """A package without the others; it lies where its name says."""
        found = read_packages(Below(downstream, path or f"{folder}/{name}"), folder, policy, self._limits)
        for problem in found.problems:
            raise problem.error
        for package in found.packages:
            if package.name == name:
                return package
        raise InputError(f"no package is named {name!r}", f"the packages are the folders of {folder}/")

    def edit(
        self, downstream: Tree, package: Package, edits: tuple[Edit, ...], move: Move
    ) -> Mapping[str, bytes | None]:
        self._require_current(downstream, package)
        version = move.version
        before = series = _series(downstream, package)
        patches = {patch.name: patch for patch in package.series}
        changes: Changes = {}
        names = [edit.name for edit in edits]
        if len(set(names)) < len(names):
            raise Fault(f"{package.name}: two edits of one patch: {', '.join(names)}")
        for edit in edits:
            if edit.name not in patches:
                raise InputError(f"{edit.name} is not in the series of {package.name}", "run it again")
            after = _edited(patches[edit.name], edit)
            if after is None:
                del patches[edit.name]
                series = quilt.remove(series, edit.name)
                changes[f"{package.path}/{edit.name}"] = None
                continue
            patches[edit.name] = after
            changes[f"{package.path}/{edit.name}"] = after.content
            series = quilt.unmark(series, edit.name)
            if after.waiting:
                series = quilt.mark(series, edit.name, edit.judgement.verdict.value)
        if series != before:
            changes[f"{package.path}/{SERIES}"] = quilt.format(series) or None
        if version is not None and version != package.base:
            manifest = _manifest(downstream, package)
            changes[f"{package.path}/{MANIFEST}"] = tomledit.set_text(
                manifest, "base", version, after="upstream"
            ).encode()
        base = package.base if version is None else version
        return self._sealed(downstream, replace(package, base=base, series=tuple(patches.values())), changes)

    def restore(
        self, downstream: Tree, package: Package, name: str, content: bytes, reason: str | None
    ) -> Mapping[str, bytes | None]:
        self._require_current(downstream, package)
        wrong = escape(name)
        if wrong is not None:
            raise InputError(f"{name} {wrong}", "give it another name")
        lies_there = lambda free: downstream.read(f"{package.path}/{free}") not in (None, content)  # noqa: E731  # one line
        free = free_name(name, {patch.name for patch in package.series}, lies_there)
        series = quilt.append(_series(downstream, package), free)
        changes: Changes = {
            f"{package.path}/{free}": content,
            f"{package.path}/{SERIES}": quilt.format(series),
        }
        if reason is not None:
            reason = one_line(reason)
            changes[f"{package.path}/{MANIFEST}"] = _pinned(_manifest(downstream, package), free, reason)
        restored = obeyed(SeriesPatch(free, content, None, reason))
        return self._sealed(downstream, replace(package, series=(*package.series, restored)), changes)

    def pin(self, downstream: Tree, package: Package, name: str, reason: str) -> Mapping[str, bytes | None]:
        """The files to write so that the bot never drops the patch: one more line in `[keep]`. Raises InputError where
        it is not in the series, or pinned already."""
        self._require_current(downstream, package)
        found = {patch.name: patch for patch in package.series}.get(PatchName(name))
        if found is None:
            raise InputError(f"{name} is not in the series of {package.name}", "see `syncbot report`")
        if found.keep is not None:
            raise InputError(f"{name} is pinned already: {found.keep}", f"edit [keep] in {package.path}/{MANIFEST}")
        reason = one_line(reason)
        changes: Changes = {f"{package.path}/{MANIFEST}": _pinned(_manifest(downstream, package), name, reason)}
        after = tuple(replace(p, keep=reason) if p is found else p for p in package.series)
        return self._sealed(downstream, replace(package, series=after), changes)

    def new_package(
        self,
        downstream: Tree,
        folder: str,
        name: str,
        upstream: Upstream,
        base: str | None,
        range: str = "",
        track: str = "stable",
    ) -> Mapping[str, bytes | None]:
        """The files to write to track a package that is not tracked yet; an existing series stays and is read with it.
        Without one, patches that lie there are named in a new one, in order of name.
        Raises InputError where the name is taken or no name for a package."""
        path = f"{folder}/{name}"
        if not is_package_name(name):
            raise InputError(f"{name!r} is no name for a package", "use letters, digits and . _ + ~ -")
        taken = sorted(p.split("/")[-2] for p in downstream.paths() if p.lower() == f"{path}/{MANIFEST}".lower())
        if taken:
            raise InputError(f"the package {taken[0]} is tracked already", f"edit its {MANIFEST}, or use another name")
        changes: Changes = {f"{path}/{MANIFEST}": new_manifest(upstream, base, range, track)}
        found = patch_files(downstream, folder)[name]
        if found and downstream.entry(f"{path}/{SERIES}") is None:
            series = quilt.parse(b"")
            for patch in found:
                series = quilt.append(series, PatchName(patch))
            changes[f"{path}/{SERIES}"] = quilt.format(series)
        if not found and downstream.entry(f"{path}/{SERIES}") is None:
            changes[f"{path}/{SERIES}"] = _NO_PATCHES
        read_package(Overlay(downstream, changes), path, Policy(), self._limits)
        return changes

    def _require_current(self, downstream: Tree, package: Package) -> None:
        if read_package(downstream, package.path, package.policy, self._limits) != package:
            raise InputError(f"{package.name} has changed since it was read", "run it again", path=package.path)

    def _sealed(self, downstream: Tree, expected: Package, changes: Changes) -> Mapping[str, bytes | None]:
        """The changes that change something, after reading them back: the result must say what was planned."""
        real = {path: content for path, content in changes.items() if downstream.read(path) != content}
        after = read_package(Overlay(downstream, real), expected.path, expected.policy, self._limits)
        if after != expected:
            raise Fault(f"the edit of {expected.name} does not read back as it was planned")
        return real


def _edited(patch: SeriesPatch, edit: Edit) -> SeriesPatch | None:
    """The entry after its edit, None when it is dropped."""
    if edit.action is Action.DROP:
        if patch.keep is not None:
            raise InputError(f"{patch.name} is pinned and cannot be dropped: {patch.keep}", "unpin it in [keep] first")
        return None
    content = patch.content
    if edit.action is Action.REWRITE:
        if edit.content is None:
            raise Fault(f"{edit.name} is to be rewritten, and there is no new text")
        content = formed_like(patch.content, edit.content)
    return replace(patch, content=content, waiting=edit.action.waits)


def _series(downstream: Tree, package: Package) -> quilt.Series:
    return quilt.parse(downstream.read(f"{package.path}/{SERIES}") or b"")


def _manifest(downstream: Tree, package: Package) -> str:
    return (downstream.read(f"{package.path}/{MANIFEST}") or b"").decode()


def _pinned(manifest: str, name: str, reason: str) -> bytes:
    try:
        return tomledit.add_to_table(manifest, "keep", name, reason).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{name!r} is not UTF-8 and cannot stand in {MANIFEST}", "rename the patch") from error
