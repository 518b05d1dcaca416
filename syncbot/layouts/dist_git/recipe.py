"""dist-git: an RPM spec file as a recipe. It is edited line by line; no macro is ever run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from syncbot.errors import Fault, InputError
from syncbot.layouts.dist_git import changelog, pins, version
from syncbot.layouts.dist_git.addition import added
from syncbot.layouts.dist_git.macros import Scope, Unknown
from syncbot.layouts.dist_git.patches import Patches, read_patches, source_folders
from syncbot.layouts.dist_git.removal import removed
from syncbot.layouts.dist_git.spec import Spec, format, parse
from syncbot.layouts.draft import Draft, below, holds
from syncbot.layouts.origin import tarballs_of, upstream_of, with_mark
from syncbot.layouts.plain import base_name, folder_of, joined, mails, raw_bytes, raw_text, refuse_odd, unique
from syncbot.layouts.recipe import Download, Known, Listed, Move, Place
from syncbot.model import addresses
from syncbot.model.ids import PatchName
from syncbot.model.releases import Upstream
from syncbot.model.trees import Tree

_INDEX_SOURCE = re.compile(r"%\{?pypi_source(?:\s+([\w.%{}-]+?))?\}?(?:\s|$)")
_MACRO = re.compile(r"%\{[^{}]*\}|%\w+")
_FORGES = ("forgeurl", "forgeurl0", "goipath", "git_url", "giturl", "gh_url")


@dataclass(frozen=True, slots=True)
class DistGitRecipe:
    """One spec and what lies beside it. `stale`: checksums that no longer hold since the version moved."""

    path: str
    draft: Draft
    spec: Spec
    found: Patches
    stale: tuple[pins.Stale, ...] = ()

    @property
    def version(self) -> str | None:
        return version.upstream_version(self.spec)

    @property
    def patches(self) -> tuple[Listed, ...]:
        return self.found.listed(self.spec)

    @property
    def known(self) -> Known:
        upstream, history = _origin(self.spec)
        owners = mails([tag.value for tag in self.spec.tag("packager")])
        doubts = [f"{self.path}:{d.at + 1}: {d.name} is declared, and nothing applies it" for d in self.found.idle()]
        doubts += [f"{self.path}:{d.at + 1}: {d.name} is fetched, and is no file here" for d in self.found.remote()]
        if upstream is None:
            doubts.append(f"{self.path}: neither Source nor URL says where the releases are")
        if not owners:
            doubts.append(f"{self.path}: no Packager is named")
        return Known(upstream, history, "", owners, tuple(doubts))

    def without(self, name: PatchName) -> DistGitRecipe:
        text = removed(self.spec, self.found, name, self.path)
        patch = next(d for d in self.found.declared if d.name == name)
        draft = self.draft.put(self.path, raw_bytes(text))
        if not self._shared(patch.path):
            draft = pins.without_pin(draft, self.path, name).put(patch.path, None)
        return self._again(draft)

    def rewritten(self, name: PatchName, content: bytes) -> DistGitRecipe:
        patch = next((d for d in self.found.declared if d.name == name and d.path), None)
        if patch is None:
            raise InputError(f"{name} is not among the patches", "read it again", path=self.path)
        draft = self.draft.put(patch.path, content)
        for pin in pins.pins(draft, self.spec, self.path):
            if pin.file == name:
                digest = hashlib.new(pin.algorithm, content, usedforsecurity=False).hexdigest()
                draft = pins.with_digest(draft, self.path, pin.path, pin.file, digest)
        return self._again(draft)

    def adding(self, name: PatchName, content: bytes) -> DistGitRecipe:
        refuse_odd(name, self.path, 1)
        here = [patch for patch in self.found.declared if patch.path]
        folder = folder_of(here[-1].path) if here else source_folders(self.path)[-1]
        path = joined(folder, name)
        if self.draft.tree.read(path) not in (None, content) or any(d.name == name for d in self.found.declared):
            raise InputError(f"{name} is there already", "choose another name", path=self.path)
        text = added(self.spec, self.found, name, self.path)
        return self._again(self.draft.put(self.path, raw_bytes(text)).put(path, content))

    def moved(self, move: Move) -> DistGitRecipe:
        before, draft, stale = self.spec, self.draft, self.stale
        spec = before
        if move.version is not None:
            edits = version.with_version(before, with_mark(move.version, "~"), move.commit, self.path)
            spec = self._edited(before, edits)
            spec = self._held(spec)
        edits, release = version.with_release(spec, self.path, reset=move.version is not None)
        spec = self._edited(spec, edits)
        try:
            stated = Scope(spec).expand("%{version}", len(spec.lines) - 1)
            text = changelog.with_entry(format(spec), spec, move, stated, release)
        except Unknown as error:
            raise InputError(f"the version rests on {error}", "move it by hand", path=self.path) from None
        draft = self._renamed(spec, draft).put(self.path, raw_bytes(text))
        if move.version is not None:
            draft, more = pins.follow_sources(draft, before, self.path, self.version or "")
            files = {(new.path, new.file) for new in more}
            stale = (*(old for old in stale if (old.path, old.file) not in files), *more)
        return replace(self._again(draft), stale=stale)

    def downloads(self) -> tuple[Download, ...]:
        return tuple(dict.fromkeys(Download(s.url, s.algorithm) for s in self.stale))

    def checked(self, digests: Mapping[Download, str]) -> DistGitRecipe:
        draft, left = self.draft, list[pins.Stale]()
        for stale in self.stale:
            digest = digests.get(Download(stale.url, stale.algorithm))
            if digest is None:
                left.append(stale)
            else:
                draft = pins.with_digest(draft, self.path, stale.path, stale.file, digest)
        return replace(self._again(draft), stale=tuple(left))

    def changes(self) -> Mapping[str, bytes | None]:
        return self.draft.changes()

    def _again(self, draft: Draft) -> DistGitRecipe:
        """Read anew, so that nothing is handed out that does not parse."""
        return replace(read_recipe(draft, self.path), stale=self.stale)

    def _edited(self, spec: Spec, edits: Mapping[int, str]) -> Spec:
        return parse("".join(edits.get(at, line.text) for at, line in enumerate(spec.lines)), self.path)

    def _held(self, spec: Spec) -> Spec:
        """The new spec with patches under the names that they have: a name that states the version it was made for
        keeps it, instead of its file going by another name at each release."""
        before, after = Scope(self.spec), Scope(spec)
        edits: dict[int, str] = {}
        for patch in self.found.declared:
            if "%" in patch.value and before.expand(patch.value, patch.at) != after.expand(patch.value, patch.at):
                value = _MACRO.sub(lambda m, at=patch.at: _frozen(before, after, m[0], at), patch.value)  # type: ignore[misc]  # of a regular expression
                line = spec.lines[patch.at].text
                edits[patch.at] = line.replace(patch.value, value, 1)
        return self._edited(spec, edits)

    def _renamed(self, spec: Spec, draft: Draft) -> Draft:
        """Sources that lie beside the spec and whose names state the version go along."""
        now = {source.tag.at: source for source in pins.sources(spec)}
        for source in pins.sources(self.spec):
            for folder in source_folders(self.path) if source.url is None and source.tag.at in now else ():
                old, new = joined(folder, source.name), joined(folder, now[source.tag.at].name)
                if old != new and holds(draft.tree, old):
                    draft = draft.put(new, draft.tree.read(old)).put(old, None)
        return draft

    def _shared(self, patch_path: str) -> bool:
        """Whether another spec beside this one names the file, or may do so."""
        folder, name = folder_of(self.path), patch_path.rpartition("/")[2]
        for path in self.draft.below.paths():
            if path.endswith(".spec") and folder_of(path) == folder and path != self.path:
                try:
                    other = parse(raw_text(self.draft.tree, path), path)
                except InputError:
                    return True
                said = [_said(Scope(other), tag.value) or tag.value for tag in other.tags]
                if any(text.endswith(name) for text in (*said, *(line.text.strip() for line in other.lines))):
                    return True
        return False


def _frozen(before: Scope, after: Scope, macro: str, at: int) -> str:
    """The macro, or what it meant where it now means something else."""
    old = before.expand(macro, at)
    return macro if after.expand(macro, at) == old else old


def _origin(spec: Spec) -> tuple[Upstream | None, Upstream | None]:
    """(where the releases are, the repository beside an index that has only archives)."""
    scope = Scope(spec)
    first = [source.url for source in pins.sources(spec) if source.url is not None and source.tag.number in ("", "0")]
    told = [text for name in _FORGES if (text := _said(scope, f"%{{{name}}}")) is not None]
    urls = [_said(scope, tag.value) for tag in spec.tag("url")]
    found = [upstream_of(url if "://" in url else f"https://{url}") for url in (*first, *told, *urls) if url]
    known = [upstream for upstream in found if upstream is not None]
    repository = next((upstream for upstream in known if upstream.scheme == "git"), None)
    if repository is None:
        stated = version.upstream_version(spec)
        repository = next((page for url in first if (page := tarballs_of(url or "", stated)) is not None), None)
    indexed = next((upstream for upstream in known if upstream.scheme != "git"), None) or _index(spec, scope)
    if indexed is not None:
        return indexed, repository if repository is not None and repository.scheme == "git" else None
    return repository, None


def _index(spec: Spec, scope: Scope) -> Upstream | None:
    """`%{pypi_source}`, `%{pypi_source NAME}`: a project of the Python package index."""
    for tag in spec.tags:
        found = _INDEX_SOURCE.match(tag.value) if tag.name.lower() == "source" else None
        if found is not None:
            fallback = "%{?pypi_name}%{!?pypi_name:%{name}}"
            name = _said(scope, found[1] or "%{?srcname}") or _said(scope, fallback)
            try:
                return None if not name else addresses.check(Upstream("pypi", name.removeprefix("python-")))
            except InputError:
                return None
    return None


def _said(scope: Scope, text: str) -> str | None:
    try:
        return scope.expand(text, len(scope.spec.lines) - 1)
    except Unknown:
        return None


def read_recipe(draft: Draft, path: str) -> DistGitRecipe:
    text = raw_text(draft.tree, path)
    spec = parse(text, path)
    if format(spec) != text:
        raise Fault(f"{path} does not read back byte for byte")
    if not spec.tag("name"):
        raise InputError("no Name: tag", "is it an RPM spec file? leave it out if not", path=path, line=1)
    return DistGitRecipe(path, draft, spec, read_patches(draft.tree, spec, path))


class DistGitFormat:
    """RPM spec files, as Fedora's dist-git and many distributions keep them. Satisfies `Format`."""

    name = "dist-git"

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        specs = [path for path in below(folder, tree.paths()) if path.endswith(".spec")]
        return unique(Place(base_name(path).removesuffix(".spec"), path) for path in specs if holds(tree, path))

    def read(self, tree: Tree, place: Place) -> DistGitRecipe:
        return read_recipe(Draft(tree), place.path)
