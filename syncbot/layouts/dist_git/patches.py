"""The patches of a spec: where each is declared, under which number, where its file is, and what applies it."""

from __future__ import annotations

from dataclasses import dataclass

from syncbot.errors import HostileInput, InputError
from syncbot.layouts.dist_git.macros import Scope, Unknown
from syncbot.layouts.dist_git.prep import Use, uses
from syncbot.layouts.dist_git.spec import PATCHLIST, Branch, Spec, Tag
from syncbot.layouts.plain import base_name, folder_of, found_at, is_url, joined, refuse_odd
from syncbot.layouts.recipe import Listed
from syncbot.model.ids import PatchName
from syncbot.model.trees import Tree

SOURCES_FOLDERS = {"SPECS": "SOURCES", "SPEC": "SOURCES"}


@dataclass(frozen=True, slots=True)
class Declared:
    """One patch: its line (from 0), its number, its tag (None: a line of %patchlist) and the tag's value as it stands
    there. `path`: empty for one that is fetched from an address and is no file here."""

    at: int
    number: int
    tag: Tag | None
    value: str
    name: PatchName
    path: str
    branches: tuple[Branch, ...]

    @property
    def automatic(self) -> bool:
        return self.tag is None or not self.tag.number


@dataclass(frozen=True, slots=True)
class Patches:
    declared: tuple[Declared, ...]
    uses: tuple[Use, ...]

    def numbered(self) -> bool:
        """Whether anything but "all of them" speaks of patches, so that numbers matter."""
        return any(use.numbers or use.bounded for use in self.uses)

    def listed(self, spec: Spec) -> tuple[Listed, ...]:
        """In the order in which they are applied."""
        found: dict[PatchName, Listed] = {}
        for use in self.uses:
            if not use.applies:
                continue
            order = sorted(self.declared, key=lambda d: d.number)
            if use.numbers:
                order = [d for number in use.numbers for d in self.declared if d.number == number]
            for patch in order:
                if patch.path and patch.name not in found and use.covers(patch.number):
                    words = [b.words for b in patch.branches]
                    words += [b.words for b in spec.lines[use.at].branches if b.words not in words]
                    found[patch.name] = Listed(patch.name, patch.path, use.strip, " and ".join(words))
        return tuple(found.values())

    def idle(self) -> tuple[Declared, ...]:
        """Those that nothing applies."""
        return tuple(
            d for d in self.declared if d.path and not any(u.applies and u.covers(d.number) for u in self.uses)
        )

    def remote(self) -> tuple[Declared, ...]:
        """Those that are fetched when the package is built, so that nothing here can be judged."""
        return tuple(d for d in self.declared if not d.path)


def source_folders(path: str) -> tuple[str, ...]:
    """Where a spec's sources lie: beside it, or in SOURCES beside SPECS."""
    folder = folder_of(path)
    outer, _, last = folder.rpartition("/")
    other = SOURCES_FOLDERS.get(last)
    return (folder, joined(outer, other)) if other else (folder,)


def read_patches(tree: Tree, spec: Spec, path: str) -> Patches:
    """Raises InputError with the line for a patch whose name or file cannot be found out."""
    scope = Scope(spec)
    found: list[Declared] = []
    number = -1
    applied = uses(spec, path)
    for at, tag, value, branches in _lines(spec):
        number = number + 1 if tag is None or not tag.number else int(tag.number)
        found.append(_declared(tree, scope, path, at, number, tag, value, branches))
    patches = Patches(tuple(found), applied)
    _refuse_twins(patches, path)
    if patches.numbered():
        _refuse_wandering(patches, path)
    known = {d.number for d in found}
    for use in applied:
        lost = [n for n in use.numbers if n not in known]
        if lost and not spec.lines[use.at].branches:
            raise InputError(
                f"there is no Patch{lost[0]}", "declare it, or remove the line", path=path, line=use.at + 1
            )
    return patches


def _lines(spec: Spec) -> list[tuple[int, Tag | None, str, tuple[Branch, ...]]]:
    tags = [(tag.at, tag, tag.value, tag.branches) for tag in spec.tags if tag.name.lower() == "patch"]
    listed: list[tuple[int, Tag | None, str, tuple[Branch, ...]]] = [
        (at, None, line.text.strip(), line.branches)
        for at, line in enumerate(spec.lines)
        if line.section == PATCHLIST and not (line.blank or line.comment or line.heading or line.directive)
    ]
    return [*tags, *listed]


def _declared(
    tree: Tree, scope: Scope, path: str, at: int, number: int, tag: Tag | None, value: str, branches: tuple[Branch, ...]
) -> Declared:
    line = at + 1
    plain = value.split(" #", maxsplit=1)[0].split("\t#", maxsplit=1)[0].strip()
    try:
        said = scope.expand(plain, at)
    except Unknown as error:
        what = f"the patch's name {value!r} rests on {error}"
        raise InputError(what, "write the name out", path=path, line=line) from None
    name = said.rpartition("/")[2] if "#/" in said else base_name(said)
    if not is_url(said):
        name = said.rpartition("/")[2]
        if said.startswith("/") or ".." in said.split("/"):
            raise HostileInput(f"{said!r} leaves the package's folder", "name a file beside it", path=path, line=line)
    refuse_odd(name, path, line)
    folders = source_folders(path)
    where = found_at(tree, folders, name, named_in=path, line=line)
    if where is None and not is_url(said) and said != name:
        where = found_at(tree, folders, said, named_in=path, line=line)
    if where is None and not is_url(said):
        raise InputError(f"the file {name} is missing", "add the file, or remove the line", path=path, line=line)
    return Declared(at, number, tag, plain, PatchName(name), where or "", branches)


def _refuse_twins(patches: Patches, path: str) -> None:
    seen: dict[PatchName, int] = {}
    for patch in patches.declared:
        if patch.name in seen:
            what = f"{patch.name} is listed twice, first on line {seen[patch.name]}"
            raise InputError(what, "keep one of the two lines", path=path, line=patch.at + 1)
        seen[patch.name] = patch.at + 1


def _refuse_wandering(patches: Patches, path: str) -> None:
    """A number that is counted, after one under a condition, depends on that condition."""
    before: Declared | None = None
    for patch in patches.declared:
        if patch.automatic and before is not None and before.branches != patch.branches[: len(before.branches)]:
            what = f"the number of {patch.name} depends on a condition"
            raise InputError(what, f"write Patch{patch.number}:", path=path, line=patch.at + 1)
        before = patch
