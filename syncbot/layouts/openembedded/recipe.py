"""openembedded: a recipe or .bbappend with what it requires. It is edited line by line; no Python of it ever runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncbot.errors import Fault, InputError
from syncbot.layouts.draft import Draft, newline_of, spliced
from syncbot.layouts.openembedded import bitbake, version
from syncbot.layouts.openembedded.family import Family, named, read_family, relatives
from syncbot.layouts.openembedded.listing import Item, address, items, refuse_code
from syncbot.layouts.openembedded.origin import known
from syncbot.layouts.openembedded.search import folders, locate
from syncbot.layouts.openembedded.version import Edit, Stale
from syncbot.layouts.plain import folder_of, joined, raw_bytes, raw_text, refuse_odd
from syncbot.layouts.quoted import cut, put
from syncbot.layouts.recipe import Download, Known, Listed, Move
from syncbot.model.ids import PatchName
from syncbot.model.trees import Tree

_STATUS = re.compile(rb"^Upstream-Status:", re.MULTILINE | re.IGNORECASE)
_DIFF = re.compile(rb"^(?:---[ \t]*$|--- |diff |Index: )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Carried:
    """A patch of the recipe, and the words that list it: one for each condition."""

    listed: Listed
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class OpenembeddedRecipe:
    """One recipe and what lies beside it. `remote`: patches that are fetched."""

    path: str
    draft: Draft
    family: Family
    texts: Mapping[str, str]
    items: tuple[Item, ...]
    carried: tuple[Carried, ...]
    remote: tuple[Item, ...]
    stale: tuple[Stale, ...] = ()

    @property
    def version(self) -> str | None:
        return version.stated(self.family)

    @property
    def patches(self) -> tuple[Listed, ...]:
        return tuple(carried.listed for carried in self.carried)

    @property
    def known(self) -> Known:
        return known(self.draft.tree, self.family, self.items, self.version, self.remote)

    def without(self, name: PatchName) -> OpenembeddedRecipe:
        carried = self._carried(name)
        self._refuse_mentions(carried)
        edits: list[Edit] = []
        for item in carried.items:
            self._refuse_shared(item.value.path, item.line)
            text, value = self.texts[item.value.path], item.value
            start, end = cut(text, (item.word.start, item.word.end), (value.start, value.end))
            rest = (text[value.start : start] + text[end : value.end]).replace("\\", "").strip()
            others = [i for c in self.carried if c is not carried for i in c.items if i.value is value]
            if not rest and not others and (value.operation or value.operator in ("+=", ".=", "=+", "=.")):
                start, end = value.first, value.last
            edits.append(Edit(value.path, start, end, ""))
        draft = self._edited(self.draft, edits)
        if not self._named_elsewhere(carried.listed.path):
            draft = draft.put(carried.listed.path, None)
        return self._again(draft, self.path)

    def rewritten(self, name: PatchName, content: bytes) -> OpenembeddedRecipe:
        path = self._carried(name).listed.path
        if _loses_status(self.draft.tree.read(path) or b"", content):
            raise InputError(f"{name} would lose its Upstream-Status", "keep it in the patch's header", path=path)
        return self._again(self.draft.put(path, content), self.path)

    def adding(self, name: PatchName, content: bytes) -> OpenembeddedRecipe:
        refuse_odd(name, self.path, 1)
        if any(carried.listed.name == name for carried in self.carried):
            raise InputError(f"{name} is there already", "choose another name", path=self.path)
        last = next((i for c in reversed(self.carried) for i in c.items if self._takes(i)), None)
        values = [a for a in self.family.lines if a.name == "SRC_URI" and not a.flag and a.path == self.path]
        plain = [a for a in values if not a.condition and a.operation != "remove"]
        text = self.texts[self.path]
        if last is not None and last is self.carried[-1].items[-1]:
            value = last.value
            at, new = put(text, last.word, (value.start, value.end), f"file://{name}")
            edit = Edit(self.path, at, at, new)
        else:
            self._refuse_unplaced(plain)
            newline = newline_of(text)
            at = max(
                (a.last for a in self.family.lines if a.path == self.path and a.name == "SRC_URI"), default=len(text)
            )
            gap = newline if at == len(text) and text and not text.endswith("\n") else ""
            edit = Edit(self.path, at, at, f'{gap}SRC_URI:append = " file://{name}"{newline}')
        path = joined(self._home(), name)
        if self.draft.tree.read(path) not in (None, content):
            raise InputError(f"{path} is there already", "choose another name", path=self.path)
        return self._again(self._edited(self.draft.put(path, content), [edit]), self.path)

    def moved(self, move: Move) -> OpenembeddedRecipe:
        if move.version is None:
            return self  # the build notices changed patches itself: there is no counter
        new = version.written(move.version)
        was = {item.word.text: address(self.family, item) for item in self.items}
        edits = version.edits(self.family, new, move.commit, self.items)
        for path in {edit.path for edit in edits}:
            self._refuse_shared(path, 1)
        draft, path = self._edited(self.draft, edits), self.path
        if version.renamed(self.family, new):
            draft, path = self._renamed(draft, new)
        again = self._again(self._along(draft, path), path)
        stale = version.stale(was, again.family, again.items, self.version or "")
        for each in stale:
            if self.family.own(each.path):
                self._refuse_shared(each.path, 1)
        flags = {(each.path, each.flag) for each in stale}
        left = (each for each in again.stale if (each.path, each.flag) not in flags)
        return replace(again, stale=(*left, *stale))

    def downloads(self) -> tuple[Download, ...]:
        return tuple(dict.fromkeys(Download(each.url, each.algorithm) for each in self.stale))

    def checked(self, digests: Mapping[Download, str]) -> OpenembeddedRecipe:
        edits, left = list[Edit](), list[Stale]()
        for each in self.stale:
            digest = digests.get(Download(each.url, each.algorithm))
            if digest is None:
                left.append(each)
                continue
            for a in self.family.lines:
                if (a.path, a.name, a.flag) == (each.path, "SRC_URI", each.flag):
                    edits.append(Edit(a.path, a.start, a.end, digest))
        again = self._again(self._edited(self.draft, edits), self.path)
        return replace(again, stale=tuple(left))

    def changes(self) -> Mapping[str, bytes | None]:
        return self.draft.changes()

    def _again(self, draft: Draft, path: str) -> OpenembeddedRecipe:
        return replace(read_recipe(draft, path), stale=self.stale)

    def _carried(self, name: PatchName) -> Carried:
        found = next((carried for carried in self.carried if carried.listed.name == name), None)
        if found is None:
            raise InputError(f"{name} is not among the patches", "read it again", path=self.path)
        return found

    def _edited(self, draft: Draft, edits: list[Edit]) -> Draft:
        for path in dict.fromkeys(edit.path for edit in edits):
            spans = {(edit.start, edit.end, edit.new) for edit in edits if edit.path == path}
            draft = draft.put(path, raw_bytes(spliced(self.texts[path], spans)))
        return draft

    def _renamed(self, draft: Draft, new: str) -> tuple[Draft, str]:
        """The recipe's file, the recipes that share its parts, and what else is named after the version."""
        old = self.family.named.version or ""
        pairs = {self.path: _with_version(self.path, new)}
        for part in self._parts(old):
            pairs[part] = joined(folder_of(part), part.rpartition("/")[2].replace(old, new, 1))
        for other in self._siblings(old):
            pairs[other] = _with_version(other, new)
        return self._going(draft, pairs), pairs[self.path]

    def _going(self, draft: Draft, pairs: Mapping[str, str]) -> Draft:
        """The draft with files under other names."""
        for before, after in pairs.items():
            if draft.tree.entry(after) is not None:
                raise InputError(f"{after} is there already", "move it by hand", path=self.path)
            draft = draft.put(after, draft.tree.read(before)).put(before, None)
        return draft

    def _along(self, draft: Draft, path: str) -> Draft:
        """Files in searched folders whose names state the version go along."""
        before, after = folders(self.family), folders(read_family(draft.tree, path))
        pairs: dict[str, str] = {}
        for old, new in zip(before, after, strict=False):
            if old != new and len(before) == len(after):
                pairs |= {p: new + p[len(old) :] for p in draft.tree.paths() if p.startswith(old + "/")}
        return self._going(draft, pairs)

    def _parts(self, old: str) -> list[str]:
        """The required files that are named after the version."""
        files = [file.path for file in self.family.files[1:]]
        return [path for path in files if re.search(rf"[-_]{re.escape(old)}\.", path.rpartition("/")[2])]

    def _siblings(self, old: str) -> list[str]:
        """The recipes beside this one at its version that require a part of it which pins the release. Raises
        InputError where one pins something itself."""
        pinned = {a.path for a in self.family.lines if a.flag.endswith("sum") or a.name.startswith("SRCREV")}
        own = {file.path for file in self.family.files}
        shared = {path.rpartition("/")[2] for path in {self.path, *(pinned & own), *self._parts(old)}}
        tree, found = self.draft.tree, list[str]()
        for other in relatives(tree, self.path):
            beside = folder_of(other) == folder_of(self.path) and other not in own
            if not other.endswith(".bb") or not beside or named(other).version != old:
                continue
            text = raw_text(tree, other)
            if any(_requires(text, name, old) for name in shared):
                if re.search(r"^(?:SRC_URI\[|SRCREV)", text, re.MULTILINE) is not None:
                    what = f"{other} shares files with it and pins something itself"
                    raise InputError(what, "move them together by hand", path=self.path)
                found.append(other)
        return found

    def _takes(self, item: Item) -> bool:
        value = item.value
        return value.path == self.path and not item.condition and value.name == "SRC_URI"

    def _home(self) -> str:
        """The folder for a new patch: that of the last one, else the first one that is searched and named like it."""
        if self.carried:
            return folder_of(self.carried[-1].listed.path)
        found = folders(self.family)
        base = joined(folder_of(self.path), self.family.named.base)
        return base if base in found else found[0]

    def _refuse_unplaced(self, plain: list[bitbake.Assignment]) -> None:
        if self.path.endswith(".bbappend") and not any(a.name == "FILESEXTRAPATHS" for a in self.family.lines):
            what = "without FILESEXTRAPATHS a .bbappend has no place for files"
            raise InputError(what, 'write FILESEXTRAPATHS:prepend := "${THISDIR}/${PN}:"', path=self.path, line=1)
        if not plain and not self.items and not self.path.endswith(".bbappend"):
            raise InputError("the recipe has no SRC_URI", "add the patch by hand", path=self.path, line=1)

    def _refuse_mentions(self, carried: Carried) -> None:
        name = carried.listed.path.rpartition("/")[2]
        for file in self.family.files:
            for body in file.bodies:
                at = body.text.find(name)
                if at >= 0:
                    line = body.line + body.text.count("\n", 0, at)
                    what = f"{name} is named in {body.name or 'a function'}, too"
                    raise InputError(what, "take it out there by hand", path=file.path, line=line)

    def _refuse_shared(self, path: str, line: int) -> None:
        """A file that a recipe of another version requires is not changed on behalf of this one."""
        if path == self.path:
            return
        if not self.family.own(path):
            raise InputError("a class is not edited", "edit it by hand", path=path, line=line)
        stem = path.rpartition("/")[2]
        if any(a.name == "PV" and a.path == path for a in self.family.lines):
            return  # whoever requires it is at its version
        tree = self.draft.below
        for other in relatives(tree, path):
            text = raw_text(tree, other)
            theirs = named(other).version
            if other == self.path or not _requires(text, stem, theirs):
                continue
            if other.endswith(".bb") and theirs != self.family.named.version:
                what = f"{stem} is required by {other.rpartition('/')[2]}, too, which is at another version"
                raise InputError(what, "edit it by hand", path=path, line=line)

    def _named_elsewhere(self, patch: str) -> bool:
        """Whether another recipe's file in the same folder, or below it, names the patch."""
        name = patch.rpartition("/")[2].encode(errors="surrogateescape")
        tree = self.draft.below
        return any(
            name in (tree.read(other) or b"") for other in relatives(tree, self.path) if not self.family.own(other)
        )


def _requires(text: str, name: str, version: str | None) -> bool:
    """Whether a recipe's text requires a file of that name, which may state the version as a variable."""
    names = {name, name.replace(version, "${PV}")} if version else {name}
    said = "|".join(map(re.escape, names))
    return re.search(rf"^(?:require|include)[ \t](?:\S*[ \t/])?(?:{said})[ \t]*\r?$", text, re.MULTILINE) is not None


def _with_version(path: str, new: str) -> str:
    """The recipe's path with another version in its file name."""
    return joined(folder_of(path), f"{named(path).name}_{new}.{path.rpartition('.')[2]}")


def _loses_status(old: bytes, new: bytes) -> bool:
    """Whether a rewritten patch has lost what the old one says of its way to upstream."""
    return _STATUS.search(_head(old)) is not None and _STATUS.search(_head(new)) is None


def _head(patch: bytes) -> bytes:
    found = _DIFF.search(patch)
    if found is not None and found[0].strip() == b"---":
        found = re.compile(rb"^(?:--- |diff |Index: )", re.MULTILINE).search(patch)
    return patch if found is None else patch[: found.start()]


def read_recipe(draft: Draft, path: str) -> OpenembeddedRecipe:
    family = read_family(draft.tree, path)
    texts = {file.path: raw_text(draft.tree, file.path) for file in family.files}
    for file in family.files:
        if bitbake.format(file) != texts[file.path]:
            raise Fault(f"{file.path} does not read back byte for byte")
    classes = {each.path for each in family.lines if not family.own(each.path)}
    listed = items(family, {**texts, **{path: raw_text(draft.tree, path) for path in classes}})
    refuse_code(family.files)
    carried, remote = _carry(draft.tree, family, listed)
    return OpenembeddedRecipe(path, draft, family, texts, listed, carried, remote)


def _carry(tree: Tree, family: Family, listed: tuple[Item, ...]) -> tuple[tuple[Carried, ...], tuple[Item, ...]]:
    found: dict[str, Carried] = {}
    remote: list[Item] = []
    for item in listed:
        if not item.applied:
            continue
        if not item.local:
            remote.append(item)
            continue
        try:
            name = family.scope.expand(item.what.removeprefix("file://"))
        except bitbake.Unknown as error:
            what = f"the name {item.what} rests on {error}"
            raise InputError(what, "write the name out", path=item.value.path, line=item.line) from None
        refuse_odd(name, item.value.path, item.line)
        where, override = locate(tree, family, name, item.value.path, item.line)
        patchdir = item.parameter("patchdir")
        told = [item.condition, override, f"patchdir={patchdir}" if patchdir else ""]
        condition = " and ".join(part for part in told if part)
        if name in found:
            before = found[name]
            both = f"{before.listed.condition} or {condition}" if before.listed.condition and condition else ""
            found[name] = Carried(replace(before.listed, condition=both), (*before.items, item))
            continue
        level = item.parameter("striplevel") or item.parameter("pnum")
        strip = int(level) if level is not None and level.isdecimal() else None
        found[name] = Carried(Listed(PatchName(name), where, strip, condition), (item,))
    return tuple(found.values()), tuple(remote)
