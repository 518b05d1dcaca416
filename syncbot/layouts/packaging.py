"""A packaging repository as it is: one layout over any `Format`.

The recipe says version, patches and, mostly, where upstream is; what it cannot say stands in the workspace's settings
(`layouts.saying`). Nothing is followed out of the repository: no `..`, no absolute path, no symlink. Each package that
cannot be read becomes one Problem; the others go on. Packages that carry no patch are left alone unless the settings
name them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from syncbot.diff.form import formed_like
from syncbot.errors import Fault, HostileInput, InputError, SyncbotError
from syncbot.layouts import saying
from syncbot.layouts.instruction import obeyed
from syncbot.layouts.manifest import BASE, KEEP, OWNERS, PRIVATE, RANGE, SIGNING_KEY, TAG_PATTERN
from syncbot.layouts.names import free_name, one_line
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.reading import escape, link_on, signing_key
from syncbot.layouts.recipe import Deferring, Download, Format, Glancing, Holding, Listed, Place, Recipe
from syncbot.layouts.saying import Ground, Said, Sayings
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.packages import Package, Policy, SeriesPatch
from syncbot.model.releases import Upstream
from syncbot.model.tables import did_you_mean
from syncbot.model.trees import SUBMODULE, SYMLINK, Tree
from syncbot.model.verdicts import Action
from syncbot.model.versions import Range, normalise
from syncbot.plan.model import Edit, Move
from syncbot.ports.layout import PackagesRead, Problem

Changes = dict[str, bytes | None]
_NAME = re.compile(r"[A-Za-z0-9_@](?:[A-Za-z0-9._+~@/-]{0,198}[A-Za-z0-9_+~-])?")


@dataclass(frozen=True, slots=True)
class _Read:
    package: Package
    recipe: Recipe


class PackagingLayout:
    """Packages as `format` describes them. Satisfies `syncbot.ports.Layout`."""

    def __init__(self, format: Format, ground: Ground = Ground()) -> None:  # noqa: B008  # a frozen value
        self._format = format
        self._ground = ground

    def read(self, downstream: Tree, folder: str, policy: Policy) -> PackagesRead:
        sayings = Sayings(self._ground, downstream)
        places = sorted(self._format.find(downstream, folder), key=lambda place: place.path)
        named = Counter(place.name for place in places)
        packages: list[Package] = []
        problems: list[Problem] = []
        for place in places:
            try:
                if named[place.name] > 1:
                    raise _twins(place, places)
                found = self._read(downstream, place, policy, sayings)
            except SyncbotError as error:
                problems.append(Problem(place.name, error))
                continue
            if found is not None:
                packages.append(found.package)
        problems += [self._gone(name) for name in sorted(sayings.names - named.keys())]
        return PackagesRead(tuple(packages), tuple(problems))

    def one(self, downstream: Tree, folder: str, policy: Policy, name: str, path: str = "") -> Package:
        place = self._place(downstream, folder, name, path)
        found = self._read(downstream, place, policy, Sayings(self._ground, downstream), bare=True)
        assert found is not None
        return found.package

    def edit(
        self, downstream: Tree, package: Package, edits: tuple[Edit, ...], move: Move
    ) -> Mapping[str, bytes | None]:
        recipe = self._current(downstream, package)
        patches = {patch.name: patch for patch in package.series}
        for edit in edits:
            if edit.name not in patches:
                raise InputError(f"{edit.name} is not in the series of {package.name}", "run it again")
            recipe = _edited(recipe, edit, patches)
        settings: Changes = {}
        expected = replace(package, series=tuple(patches.values()))
        moves = move.version is not None and not _same_version(move.version, package.base)
        if moves:
            assert move.version is not None
            expected = replace(expected, base=move.version)
            if recipe.version is None:
                settings = saying.write(self._ground, downstream, package.name, BASE.name, move.version)
        if moves or move.notes:
            recipe = recipe.moved(move if moves else replace(move, version=None))
        if moves:
            recipe = self._checked(recipe)
        return self._sealed(downstream, expected, {**recipe.changes(), **settings})

    def restore(
        self, downstream: Tree, package: Package, name: str, content: bytes, reason: str | None
    ) -> Mapping[str, bytes | None]:
        recipe = self._current(downstream, package)
        wrong = escape(name)
        if wrong is not None:
            raise InputError(f"{name} {wrong}", "give it another name")
        free = free_name(name, {patch.name for patch in package.series})
        recipe = recipe.adding(free, content)
        settings = {} if reason is None else self._pinned(downstream, package, free, one_line(reason))
        back = obeyed(SeriesPatch(free, content, None, None if reason is None else one_line(reason)))
        expected = replace(package, series=(*package.series, back))
        return self._sealed(downstream, expected, {**recipe.changes(), **settings})

    def pin(self, downstream: Tree, package: Package, name: str, reason: str) -> Mapping[str, bytes | None]:
        self._current(downstream, package)
        found = {patch.name: patch for patch in package.series}.get(PatchName(name))
        if found is None:
            raise InputError(f"{name} is not in the series of {package.name}", "see `syncbot report`")
        if found.keep is not None:
            where = f"[{package.keep_table}] in {package.settings_file}"
            raise InputError(f"{name} is pinned already: {found.keep}", f"edit {where}")
        after = tuple(replace(p, keep=one_line(reason)) if p is found else p for p in package.series)
        changes = self._pinned(downstream, package, found.name, one_line(reason))
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
        """The package lies in the repository already: what is written is where its upstream is."""
        place = self._place(downstream, folder, name)
        if Sayings(self._ground, downstream).of(name).upstream is not None:
            what = f"the settings say already where the upstream of {name} is"
            table = saying.table_of(self._ground.under, name)
            raise InputError(what, f"edit [{table}] in {self._ground.settings_path}")
        recipe = self._format.read(downstream, place)
        said = {"upstream": str(upstream), "range": range, "track": "" if track == "stable" else track}
        if recipe.version is None and base is not None:
            said["base"] = base
        tree, changes = downstream, {}
        for key, value in said.items():
            if value:
                changes = saying.write(self._ground, tree, name, key, value)
                tree = Overlay(downstream, changes)
        self.one(tree, folder, Policy(), name)
        return changes

    def _read(self, tree: Tree, place: Place, policy: Policy, sayings: Sayings, *, bare: bool = False) -> _Read | None:
        """The package; None where it carries no patch and nobody named it (unless `bare`)."""
        if not _NAME.fullmatch(place.name) or ".." in place.name:
            raise InputError(f"{place.name!r} is no name for a package", "rename it", path=place.path)
        link = link_on(tree, place.path)
        if link is not None:
            raise HostileInput("is a symlink, which is not followed", "put the file itself there", path=link)
        wanted = bare or place.name in sayings.names
        if not wanted and isinstance(self._format, Glancing) and not self._format.may_carry(tree, place):
            return None
        recipe = self._format.read(tree, place)
        if not recipe.patches and not wanted:
            return None
        return _Read(self._package(tree, place, recipe, policy, sayings.of(place.name)), recipe)

    def _package(self, tree: Tree, place: Place, recipe: Recipe, policy: Policy, said: Said) -> Package:
        known = recipe.known
        upstream = said.upstream or known.upstream
        table = saying.table_of(self._ground.under, place.name)
        if upstream is None:
            doubts = [doubt.removeprefix(f"{place.path}: ") for doubt in known.doubts]
            why = f" ({'; '.join(doubts)})" if doubts else ""
            remedy = f'write upstream = "git:URL" under [{table}] in {self._ground.settings_path}'
            raise InputError(f"it is not known where its upstream is{why}", remedy, path=place.path)
        base = recipe.version or said.get(BASE) or None
        pattern = said.get(TAG_PATTERN) if said.given(TAG_PATTERN) or said.upstream else known.tag_pattern
        if base is not None and normalise(base) is None and normalise(base, pattern=pattern) is None:
            raise InputError(
                f"its version {base!r} cannot be ordered among others", "write a version such as 1.2.3", path=place.path
            )
        Range.parse(said.get(RANGE))
        folder = place.path if tree.entry(place.path) is None else place.path.rpartition("/")[0]
        keyring, keys = signing_key(tree, folder, said.get(SIGNING_KEY), known.signing_keys)
        return Package(
            name=PackageName(place.name),
            path=place.path,
            upstream=upstream,
            base=base,
            series=self._series(tree, place, recipe, said),
            range=said.get(RANGE),
            policy=said.policy(policy),
            owners=said.get(OWNERS) or known.owners,
            private=said.get(PRIVATE),
            tag_pattern=pattern,
            history=said.history or known.history,
            history_found=said.history is None and known.history is not None,
            files=self._files(tree, place, recipe),
            declared=self._ground.settings_path,
            table=table,
            keyring=keyring,
            keys=keys,
            by_hand=known.by_hand,
            lock=known.lock,
            components=known.components,
        )

    def _series(self, tree: Tree, place: Place, recipe: Recipe, said: Said) -> tuple[SeriesPatch, ...]:
        keep = said.keep
        found: dict[PatchName, SeriesPatch] = {}
        for listed in recipe.patches:
            if listed.name in found:
                raise InputError(f"{listed.name} is listed twice", "remove one of the two", path=place.path)
            content = recipe.content(listed.name) if isinstance(recipe, Holding) else self._content(tree, place, listed)
            self._refuse_large(listed.name, content, place)
            path = "" if isinstance(recipe, Holding) else listed.path
            entry = SeriesPatch(listed.name, content, listed.strip, keep.get(listed.name), path=path)
            found[listed.name] = obeyed(entry)
        for name in keep:
            if name not in found:
                what = f"[keep] names {name}, which is not in the series"
                raise said.error(KEEP, what, did_you_mean(name, found) or "remove it", name)
        return tuple(found.values())

    def _content(self, tree: Tree, place: Place, listed: Listed) -> bytes:
        parts = listed.path.split("/")
        if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or "\\" in listed.path:
            what = f"the patch {listed.name} is no file of this repository ({listed.path!r})"
            raise HostileInput(what, "keep the patch beside its recipe", path=place.path)
        link = link_on(tree, listed.path)
        if link is not None:
            what = f"{listed.name} is or passes through a symlink ({link}), which is not followed"
            raise HostileInput(what, "put the file itself there", path=place.path)
        entry = tree.entry(listed.path)
        content = None if entry is None or entry.mode in (SYMLINK, SUBMODULE) else tree.read(listed.path)
        if content is None:
            raise InputError(f"the file {listed.path} is missing", "add it, or take it out", path=place.path)
        return content

    def _refuse_large(self, name: str, content: bytes, place: Place) -> None:
        if len(content) > self._ground.limits.patch_bytes:
            what = f"{name} has {len(content)} bytes, more than the limit of {self._ground.limits.patch_bytes}"
            raise HostileInput(what, "raise limits.patch-bytes if it is right", path=place.path)

    def _files(self, tree: Tree, place: Place, recipe: Recipe) -> tuple[str, ...]:
        own = place.path if not place.path or tree.entry(place.path) is not None else f"{place.path}/"
        below = {listed.path for listed in recipe.patches if not (own.endswith("/") and listed.path.startswith(own))}
        inner = {self._ground.settings_path} if tree.entry(self._ground.settings_path) is not None else set()
        return tuple(sorted({own, *below, *inner} - {""}))

    def _place(self, tree: Tree, folder: str, name: str, path: str = "") -> Place:
        """Where the package of that name is. `path`: where it was; its recipe may have been renamed beside it."""
        if path and tree.entry(path) is not None:
            return Place(name, path)
        near = path.rpartition("/")[0] if path else folder
        there = list(self._format.find(tree, near))
        if path and any(place.path == path for place in there):
            return Place(name, path)
        found = [place for place in there if place.name == name]
        if not found and near != folder:
            found = [place for place in self._format.find(tree, folder) if place.name == name]
        if len(found) > 1:
            raise _twins(found[0], found)
        if not found:
            known = [place.name for place in self._format.find(tree, folder)]
            remedy = did_you_mean(name, known) if known else "see `syncbot import`"
            raise InputError(f"no package is named {name!r}", remedy)
        return found[0]

    def _current(self, downstream: Tree, package: Package) -> Recipe:
        """The recipe, if it still says what the package says."""
        place = Place(package.name, package.path)
        found = self._read(downstream, place, package.policy, Sayings(self._ground, downstream), bare=True)
        if found is None or found.package != package:
            raise InputError(f"{package.name} has changed since it was read", "run it again", path=package.path)
        return found.recipe

    def _pinned(self, downstream: Tree, package: Package, name: PatchName, reason: str) -> Changes:
        return saying.write(self._ground, downstream, package.name, name, reason, KEEP.name)

    def _checked(self, recipe: Recipe) -> Recipe:
        """With the checksums of what its downloads really are."""
        wanted = recipe.downloads()
        if not wanted:
            return recipe
        digests: dict[Download, str] = {download: self._ground.digest(download) for download in wanted}
        made: Recipe = recipe.checked(digests)
        if made.downloads():
            raise Fault("a recipe asks for downloads that were checked")
        return made

    def _sealed(self, downstream: Tree, expected: Package, changes: Changes) -> Mapping[str, bytes | None]:
        """The changes that change something, after reading them back: the result must say what was planned."""
        real = {path: content for path, content in changes.items() if downstream.read(path) != content}
        result = Overlay(downstream, real)
        if not expected.series and Place(expected.name, expected.path) not in self._format.find(result, ""):
            return real  # of a mailbox, or of a dependency that others bring, nothing is left with its last patch
        after = self.one(result, "", expected.policy, expected.name, expected.path)
        if _told(after) != _told(expected) or not _same_version(after.base, expected.base):
            raise Fault(f"the edit of {expected.name} does not read back as it was planned")
        return real

    def _gone(self, name: str) -> Problem:
        what = f"the settings speak of {name}, which is not in the repository"
        return Problem(name, InputError(what, "correct its name, or remove it", path=self._ground.settings_path))


def _edited(recipe: Recipe, edit: Edit, patches: dict[PatchName, SeriesPatch]) -> Recipe:
    """The recipe after one edit; `patches` follow."""
    made: Recipe = recipe
    if edit.action is Action.DROP:
        _refuse_pinned(patches.pop(edit.name))
        made = recipe.without(edit.name)
    elif edit.action is Action.REWRITE:
        if edit.content is None:
            raise Fault(f"{edit.name} is to be rewritten, and there is no new text")
        content = formed_like(patches[edit.name].content, edit.content)
        patches[edit.name] = replace(patches[edit.name], content=content)
        made = recipe.rewritten(edit.name, content)
    elif edit.action.waits and isinstance(recipe, Deferring):
        made = recipe.waiting(edit.name)
    return made


def _told(package: Package) -> tuple[object, ...]:
    """What an edit must leave as it was planned."""
    series = [(patch.name, patch.content, patch.keep) for patch in package.series]
    return package.name, package.range, package.policy, package.private, series


def _same_version(one: str | None, other: str | None) -> bool:
    if one is None or other is None or one == other:
        return one == other
    first, second = normalise(one), normalise(other)
    return first is not None and first == second


def _refuse_pinned(patch: SeriesPatch) -> None:
    if patch.keep is not None:
        raise InputError(f"{patch.name} is pinned and cannot be dropped: {patch.keep}", "unpin it in [keep] first")


def _twins(place: Place, places: Iterable[Place]) -> InputError:
    where = ", ".join(sorted(other.path for other in places if other.name == place.name))
    return InputError(f"two packages are named {place.name} ({where})", "set the folder to look in: downstream.path")
