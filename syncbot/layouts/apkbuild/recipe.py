"""apkbuild: an Alpine APKBUILD as a recipe. It is read and edited as text; no shell ever runs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from syncbot.errors import Fault, InputError
from syncbot.layouts.apkbuild import version
from syncbot.layouts.apkbuild.shell import Scope, Script, Unknown, format, parse
from syncbot.layouts.apkbuild.sources import (
    Mention,
    Source,
    Sum,
    by_default,
    mentions,
    patch_args,
    read_sources,
    read_sums,
)
from syncbot.layouts.draft import Draft, below, holds, line_of, newline_of, spliced
from syncbot.layouts.origin import states, tarballs_of, upstream_of
from syncbot.layouts.plain import folder_of, found_at, joined, mails, raw_bytes, raw_text, refuse_odd, unique
from syncbot.layouts.quoted import cut, put
from syncbot.layouts.recipe import Download, Known, Listed, Move, Place
from syncbot.model.ids import PatchName
from syncbot.model.trees import Tree

FILE_NAME = "APKBUILD"
_MAINTAINER = re.compile(r"^#[ \t]*Maintainer:[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{[^{}]*\}|\$[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Stale:
    """A checksum that no longer holds, of `file`, to be had from `url`."""

    url: str
    algorithm: str
    file: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A patch of the recipe: its word in source=, and what else speaks of it."""

    listed: Listed
    source: Source
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class ApkbuildRecipe:
    """One APKBUILD and what lies beside it. `idle`: patches that nothing applies; `remote`: those that are fetched."""

    path: str
    draft: Draft
    text: str
    script: Script
    sources: tuple[Source, ...]
    sums: tuple[Sum, ...]
    carried: tuple[Carried, ...]
    idle: tuple[Source, ...]
    remote: tuple[Source, ...]
    stale: tuple[Stale, ...] = ()

    @property
    def version(self) -> str | None:
        return version.stated(self.script)

    @property
    def patches(self) -> tuple[Listed, ...]:
        return tuple(carried.listed for carried in self.carried)

    @property
    def known(self) -> Known:
        doubts = [self._doubt(source, "is listed, and nothing applies it") for source in self.idle]
        doubts += [self._doubt(source, "is fetched, and is no file here") for source in self.remote]
        urls = [source.url for source in self.sources if source.url is not None and not source.why]
        scope = Scope(self.script)
        with suppress(Unknown):  # without a plain url= an APKBUILD says less, that is all
            urls.append(scope.value("url"))
        upstream = next((found for url in urls if (found := upstream_of(url)) is not None), None)
        upstream = upstream or next(
            (found for url in urls if (found := tarballs_of(url, self.version)) is not None), None
        )
        if upstream is None:
            doubts.append(f"{self.path}: neither source nor url says where the releases are")
        owners = mails([*_MAINTAINER.findall(self.text), *_maintainer(scope)])
        if not owners:
            doubts.append(f"{self.path}: no maintainer is named")
        return Known(upstream, None, "", owners, tuple(doubts))

    def without(self, name: PatchName) -> ApkbuildRecipe:
        carried = self._carried(name)
        edits = [(*self._cut(carried.source), "")]
        edits += [(*self._cut_sum(each), "") for each in self.sums if each.file.text == name]
        starts = [0]
        for line in self.script.lines:
            starts.append(starts[-1] + len(line))
        for mention in carried.mentions:
            if not mention.single:
                what = f"{name} is named in a line that does more ({mention.text})"
                raise InputError(what, "take it out of that line by hand", path=self.path, line=mention.at + 1)
            edits.append((starts[mention.at], starts[mention.at + 1], ""))
        self._refuse_hollow(carried)
        draft = self.draft.put(self.path, raw_bytes(spliced(self.text, edits))).put(carried.listed.path, None)
        return self._again(draft)

    def rewritten(self, name: PatchName, content: bytes) -> ApkbuildRecipe:
        carried = self._carried(name)
        text = self._with_digests(self.text, name, content)
        return self._again(self.draft.put(carried.listed.path, content).put(self.path, raw_bytes(text)))

    def adding(self, name: PatchName, content: bytes) -> ApkbuildRecipe:
        refuse_odd(name, self.path, 1)
        path = joined(folder_of(self.path), name)
        if self.draft.tree.read(path) not in (None, content) or any(s.name == name for s in self.sources):
            raise InputError(f"{name} is there already", "choose another name", path=self.path)
        edits: list[tuple[int, int, str]] = []
        value = next((s.value for s in reversed(self.carried_sources()) if s.value.quote), self.script.last("source"))
        if value is None or not value.quote or not value.sure:
            raise InputError("source= cannot take another file", "add it by hand", path=self.path, line=1)
        inside = [s.word for s in self.sources if s.value is value]
        after = next((s.word for s in reversed(self.carried_sources()) if s.value is value), None)
        at, new = put(self.text, after or (inside[-1] if inside else None), (value.start, value.end), name)
        edits.append((at, at, new))
        edits += self._new_sums(name, content)
        edits += self._application(name)
        return self._again(self.draft.put(self.path, raw_bytes(spliced(self.text, edits))).put(path, content))

    def moved(self, move: Move) -> ApkbuildRecipe:
        if move.version is None:
            text = spliced(self.text, version.release(self.script, self.path, reset=False))
            return self._again(self.draft.put(self.path, raw_bytes(text)))
        words = " ".join(source.word.text for source in self.sources)
        edits = version.moved(self.script, move.version, move.commit, self.path, words)
        text = spliced(self.text, [*edits, *version.release(self.script, self.path, reset=True)])
        text = self._held(text)
        return self._followed(text)

    def downloads(self) -> tuple[Download, ...]:
        return tuple(dict.fromkeys(Download(stale.url, stale.algorithm) for stale in self.stale))

    def checked(self, digests: Mapping[Download, str]) -> ApkbuildRecipe:
        edits, left = [], list[Stale]()
        for stale in self.stale:
            digest = digests.get(Download(stale.url, stale.algorithm))
            if digest is None:
                left.append(stale)
                continue
            for each in self.sums:
                if (each.algorithm, each.file.text) == (stale.algorithm, stale.file):
                    edits.append((each.digest.start, each.digest.end, digest))
        draft = self.draft.put(self.path, raw_bytes(spliced(self.text, edits)))
        return replace(self._again(draft), stale=tuple(left))

    def changes(self) -> Mapping[str, bytes | None]:
        return self.draft.changes()

    def carried_sources(self) -> list[Source]:
        """The patches' words in source=, in their order there."""
        return sorted((carried.source for carried in self.carried), key=lambda source: source.word.start)

    def _again(self, draft: Draft) -> ApkbuildRecipe:
        return replace(read_recipe(draft, self.path), stale=self.stale)

    def _carried(self, name: PatchName) -> Carried:
        found = next((carried for carried in self.carried if carried.listed.name == name), None)
        if found is None:
            raise InputError(f"{name} is not among the patches", "read it again", path=self.path)
        return found

    def _doubt(self, source: Source, what: str) -> str:
        return f"{self.path}:{line_of(self.text, source.word.start)}: {source.name or source.word.text} {what}"

    def _cut(self, source: Source) -> tuple[int, int]:
        return cut(self.text, (source.word.start, source.word.end), (source.value.start, source.value.end))

    def _cut_sum(self, each: Sum) -> tuple[int, int]:
        return cut(self.text, (each.digest.start, each.file.end), (each.value.start, each.value.end))

    def _refuse_hollow(self, carried: Carried) -> None:
        """A function without a command is no shell."""
        for function in {mention.function for mention in carried.mentions}:
            gone = {mention.at for mention in carried.mentions}
            body = [self.script.lines[at] for at in range(function.first + 1, function.last) if at not in gone]
            if not any(line.strip() and not line.lstrip().startswith("#") for line in body):
                what = f"without {carried.listed.name} the function {function.name} would be empty"
                raise InputError(what, "remove the function by hand", path=self.path, line=function.first + 1)

    def _with_digests(self, text: str, name: str, content: bytes) -> str:
        edits = []
        for each in self.sums:
            if each.file.text == name:
                digest = hashlib.new(each.algorithm, content, usedforsecurity=False).hexdigest()
                edits.append((each.digest.start, each.digest.end, digest))
        return spliced(text, edits)

    def _new_sums(self, name: str, content: bytes) -> list[tuple[int, int, str]]:
        """A checksum beside that of the source that it follows, in every list."""
        made: list[tuple[int, int, str]] = []
        order = [source.name for source in self.carried_sources()]
        for value in {each.value.start: each.value for each in self.sums}.values():
            mine = [each for each in self.sums if each.value is value]
            last = next((each for each in reversed(mine) if order and each.file.text == order[-1]), mine[-1])
            digest = hashlib.new(last.algorithm, content, usedforsecurity=False).hexdigest()
            line = f"{newline_of(self.text)}{digest}  {name}"
            made.append((last.file.end, last.file.end, line))
        return made

    def _application(self, name: str) -> list[tuple[int, int, str]]:
        """The line that applies the patch, where prepare() names each by hand."""
        default = by_default(self.script)[0] and name.endswith(".patch")
        last = self.carried[-1] if self.carried else None
        by_hand = last is not None and last.listed.name in {c.listed.name for c in self.carried if c.mentions}
        if default and by_hand and last is not None:
            what = f"{name} would be applied before {last.listed.name}"
            raise InputError(what, "add it by hand", path=self.path, line=last.mentions[-1].at + 1)
        if default:
            return []
        named = [m for carried in self.carried for m in carried.mentions if m.single and m.applies]
        final = max(named, key=lambda m: m.at, default=None)
        if final is None:
            prepare = self.script.function("prepare")
            line = prepare.first + 1 if prepare else 1
            raise InputError(
                f"nothing would apply {name}", "call default_prepare in prepare()", path=self.path, line=line
            )
        at = sum(len(line) for line in self.script.lines[: final.at + 1])
        text = self.script.lines[final.at]
        indent = text[: len(text) - len(text.lstrip())]
        return [(at, at, f'{indent}patch -p1 -i "$srcdir"/{name}{newline_of(self.text)}')]

    def _held(self, text: str) -> str:
        """The new text with patches under the names that they have, where those state the version."""
        script = parse(text, self.path)
        before, after, edits = Scope(self.script), Scope(script), []
        now = read_sources(script, text)
        for old, new in zip(self.sources, now, strict=True):
            if old.url is None and old.patch and new.name != old.name:
                word = _VARIABLE.sub(lambda m: _frozen(before, after, m[0]), new.word.text)
                edits.append((new.word.start, new.word.end, word))
        return spliced(text, edits)

    def _followed(self, text: str) -> ApkbuildRecipe:
        """The moved recipe: files and checksums go by their new names, and what is to be fetched anew is told."""
        script = parse(text, self.path)
        draft, edits, stale = self.draft, [], list[Stale]()
        sums = read_sums(script, text, self.path)
        for old, new in zip(self.sources, read_sources(script, text), strict=True):
            if old.why or new.why or old.name is None or new.name is None:
                self._refuse_unknown(old)
                continue
            if (old.name, old.url) == (new.name, new.url):
                if old.url is not None and not stale and not old.patch and states(old.url, self.version or ""):
                    what = f"the source {old.word.text} states the version by itself"
                    line = line_of(self.text, old.word.start)
                    raise InputError(what, "write $pkgver there, or move it by hand", path=self.path, line=line)
                continue
            mine = [each for each in sums if each.file.text == old.name]
            edits += [(each.file.start, each.file.end, new.name) for each in mine]
            if new.url is not None:
                stale += [Stale(new.url, each.algorithm, new.name) for each in mine]
            else:
                was, now = joined(folder_of(self.path), old.name), joined(folder_of(self.path), new.name)
                draft = draft.put(now, draft.tree.read(was)).put(was, None)
        again = self._again(draft.put(self.path, raw_bytes(spliced(text, edits))))
        fresh = {each.file for each in stale}
        return replace(again, stale=(*(each for each in self.stale if each.file not in fresh), *stale))

    def _refuse_unknown(self, source: Source) -> None:
        """A source whose name cannot be told may have another checksum now."""
        names = {known.name for known in self.sources if known.name is not None}
        if source.name is None and all(each.file.text in names for each in self.sums):
            return
        line = line_of(self.text, source.word.start)
        what = f"the source {source.word.text} rests on {source.why or 'a variable'}"
        raise InputError(what, "move it by hand", path=self.path, line=line)


def _frozen(before: Scope, after: Scope, variable: str) -> str:
    """The variable, or what it was where it now is something else."""
    old = before.expand(variable)
    return variable if after.expand(variable) == old else old


def _maintainer(scope: Scope) -> list[str]:
    try:
        return [name.strip() for name in scope.value("maintainer").split(",") if name.strip()]
    except Unknown:
        return []


def read_recipe(draft: Draft, path: str) -> ApkbuildRecipe:
    text = raw_text(draft.tree, path)
    script = parse(text, path)
    if format(script) != text:
        raise Fault(f"{path} does not read back byte for byte")
    if script.last("pkgname") is None:
        raise InputError("pkgname is not set", "is it an APKBUILD? leave it out if not", path=path, line=1)
    sources = read_sources(script, text)
    carried, idle, remote = _carry(draft.tree, script, sources, text, path)
    return ApkbuildRecipe(path, draft, text, script, sources, read_sums(script, text, path), carried, idle, remote)


def _carry(
    tree: Tree, script: Script, sources: tuple[Source, ...], text: str, path: str
) -> tuple[tuple[Carried, ...], tuple[Source, ...], tuple[Source, ...]]:
    """(patches in the order in which they are applied, those that nothing applies, those that are fetched)."""
    default, level = by_default(script)
    strip = patch_args(Scope(script)) if level is None else level
    found: list[tuple[int, Carried]] = []
    idle: list[Source] = []
    remote: list[Source] = []
    seen: dict[str, int] = {}
    for number, source in enumerate(sources):
        line = line_of(text, source.word.start)
        if source.name is None and re.search(r"\.(?:patch|diff)\b", source.word.text):
            if source.url is None:
                what = f"the name {source.word.text} rests on {source.why}"
                raise InputError(what, "write the name out", path=path, line=line)
            remote.append(source)
        if not source.patch or source.name is None:
            continue
        if source.url is not None:
            remote.append(source)
            continue
        refuse_odd(source.name, path, line)
        where = found_at(tree, [folder_of(path)], source.name, named_in=path, line=line)
        if where is None:
            what = f"the file {source.name} is missing"
            raise InputError(what, "add the file, or remove it from source", path=path, line=line)
        if source.name in seen:
            what = f"{source.name} is listed twice, first on line {seen[source.name]}"
            raise InputError(what, "keep one of the two", path=path, line=line)
        seen[source.name] = line
        named = mentions(script, source)
        by_hand = next((m for m in named if m.applies), None)
        automatic = default and source.name.endswith(".patch")
        if not automatic and by_hand is None:
            idle.append(source)
            continue
        condition = source.value.condition
        if not automatic and by_hand is not None and not by_hand.single:
            condition = " and ".join(filter(None, (condition, by_hand.text)))
        listed = Listed(
            PatchName(source.name), where, strip if automatic or by_hand is None else by_hand.strip, condition
        )
        order = number if automatic or by_hand is None else len(sources) + by_hand.at
        found.append((order, Carried(listed, source, named)))
    return tuple(c for _, c in sorted(found, key=lambda pair: pair[0])), tuple(idle), tuple(remote)


class ApkbuildFormat:
    """Alpine's APKBUILDs, one to a folder. Satisfies `Format`."""

    name = "apkbuild"

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        files = [path for path in below(folder, tree.paths()) if path.rpartition("/")[2] == FILE_NAME]
        return unique(Place(_folder_name(path), path) for path in files if holds(tree, path))

    def read(self, tree: Tree, place: Place) -> ApkbuildRecipe:
        return read_recipe(Draft(tree), place.path)


def _folder_name(path: str) -> str:
    return folder_of(path).rpartition("/")[2] or FILE_NAME
