"""Checksums of sources, wherever packagers keep them: a `sources` file, a JSON of signatures, `%define sha512`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.dist_git.macros import Scope, Unknown
from syncbot.layouts.dist_git.spec import Spec, Tag, parse
from syncbot.layouts.draft import Draft, holds, line_of
from syncbot.layouts.origin import states
from syncbot.layouts.plain import base_name, folder_of, is_url, joined, raw_bytes, raw_text

_LOOKASIDE = re.compile(r"^([A-Z0-9]+) \(([^)\n]+)\) = ([0-9a-f]+)", re.MULTILINE)
_OLD_LOOKASIDE = re.compile(r"^([0-9a-f]{32,128})[ \t]+\*?(\S+)", re.MULTILINE)
_SIGNATURE = re.compile(r'"([^"\n]+)"\s*:\s*"([0-9a-f]{64})"')
_DEFINED = re.compile(r"%define[ \t]+(md5|sha1|sha256|sha512)[ \t]+\S+?=([0-9a-f]+)")
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that the spec names: the base name of what it says, and the address, None where it is no URL."""

    tag: Tag
    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Pin:
    """A checksum in the file at `path`: the characters of its hex digits, and of the file's name where that stands."""

    path: str
    file: str
    algorithm: str
    start: int
    end: int
    named: tuple[int, int] | None
    line: int


@dataclass(frozen=True, slots=True)
class Stale:
    """A checksum that no longer holds: of `file`, in the file at `path`; to be had from `url`."""

    url: str
    path: str
    algorithm: str
    file: str


def sources(spec: Spec) -> tuple[Source, ...]:
    """The sources that can be expanded."""
    scope = Scope(spec)
    found: list[Source] = []
    for tag in spec.tags:
        if tag.name.lower() == "source":
            try:
                said = scope.expand(tag.value.split(" #")[0].strip(), tag.at)
            except Unknown:
                continue
            url, _, renamed = said.partition("#")
            name = renamed.rpartition("/")[2] if renamed.startswith("/") else base_name(said)
            found.append(Source(tag, name, url if is_url(url) else None))
    return tuple(found)


def pins(draft: Draft, spec: Spec, path: str) -> tuple[Pin, ...]:
    """Every checksum that goes with the spec at `path`."""
    found: list[Pin] = []
    for place in _places(path):
        if holds(draft.tree, place):
            text = raw_text(draft.tree, place)
            found += _signatures(text, place) if place.endswith(".json") else _lookaside(text, place)
    return (*found, *_in_spec(spec, path))


def _places(path: str) -> Iterable[str]:
    folder, stem = folder_of(path), path.removesuffix(".spec")
    return (joined(folder, "sources"), f"{stem}.signatures.json")


def _lookaside(text: str, path: str) -> Iterator[Pin]:
    for m in _LOOKASIDE.finditer(text):
        yield Pin(path, m[2], m[1].lower(), m.start(3), m.end(3), m.span(2), line_of(text, m.start()))
    for m in _OLD_LOOKASIDE.finditer(text):
        if len(m[1]) in _BY_LENGTH:
            yield Pin(path, m[2], _BY_LENGTH[len(m[1])], m.start(1), m.end(1), m.span(2), line_of(text, m.start()))


def _signatures(text: str, path: str) -> Iterator[Pin]:
    for m in _SIGNATURE.finditer(text):
        yield Pin(path, m[1], "sha256", m.start(2), m.end(2), m.span(1), line_of(text, m.start()))


def _in_spec(spec: Spec, path: str) -> Iterator[Pin]:
    """`%define sha512 NAME=HEX` belongs to the Source line above it."""
    known = {source.tag.at: source for source in sources(spec)}
    at = 0
    above: Source | None = None
    for number, line in enumerate(spec.lines):
        above = known.get(number, above)
        m = _DEFINED.match(line.text)
        if m is not None and above is not None:
            yield Pin(path, above.name, m[1], at + m.start(2), at + m.end(2), None, number + 1)
        at += len(line.text)


def with_digest(draft: Draft, spec_path: str, place: str, file: str, digest: str) -> Draft:
    """The draft with other hex digits for one file in the file at `place`."""
    for pin in pins(draft, _spec(draft, spec_path), spec_path):
        if (pin.path, pin.file) == (place, file):
            text = raw_text(draft.tree, place)
            draft = draft.put(place, raw_bytes(text[: pin.start] + digest + text[pin.end :]))
    return draft


def without_pin(draft: Draft, spec_path: str, file: str) -> Draft:
    """The draft without the checksums of a file that is gone."""
    for pin in pins(draft, _spec(draft, spec_path), spec_path):
        if pin.file != file:
            continue
        text = raw_text(draft.tree, pin.path)
        start = text.rfind("\n", 0, pin.start) + 1
        end = text.find("\n", pin.end) + 1 or len(text)
        if pin.path.endswith(".json") and not text[start:end].rstrip().endswith(","):
            start = len(text[:start].rstrip().removesuffix(","))
            end = pin.end + 1
        return without_pin(draft.put(pin.path, raw_bytes(text[:start] + text[end:])), spec_path, file)
    return draft


def _refuse_literal(was: dict[int, Source], now: dict[int, Source], old: str, path: str) -> None:
    """The first source is the software itself: one that states the old version by itself would stay the old one."""
    first = next(iter(was), None)
    if first is None or first not in now or was[first].url is None or was[first].url != now[first].url:
        return
    if states(was[first].url or "", old):
        what = f"the source {was[first].tag.value} states the version {old} by itself"
        raise InputError(what, "write %{version} there, or move it by hand", path=path, line=first + 1)


def follow_sources(draft: Draft, before: Spec, path: str, old: str) -> tuple[Draft, tuple[Stale, ...]]:
    """The draft with the names of sources that changed with the version, and what must be fetched anew. `before`: the
    spec as it was, `old` its version. Raises InputError where a pinned source cannot be followed."""
    spec = _spec(draft, path)
    was = {source.tag.at: source for source in sources(before)}
    now = {source.tag.at: source for source in sources(spec)}
    stale: list[Stale] = []
    _refuse_literal(was, now, old, path)
    for pin in pins(draft, spec, path):
        at = next((at for at, s in (was if pin.named else now).items() if s.name == pin.file and at in was), None)
        if at is None or at not in now:
            if len(was) < sum(tag.name.lower() == "source" for tag in before.tags):
                what = f"which Source line {pin.file} belongs to cannot be told without running macros"
                raise InputError(what, "move the package by hand", path=pin.path, line=pin.line)
            continue
        source = now[at]
        if (was[at].name, was[at].url) == (source.name, source.url):
            continue
        if source.url is None:
            what = f"{source.name} is pinned by a checksum, and its Source line is no address to fetch it from"
            raise InputError(what, "make it one, or move the package by hand", path=path, line=at + 1)
        if pin.named is not None:
            draft = _renamed(draft, path, pin.path, pin.file, source.name)
        stale.append(Stale(source.url, pin.path, pin.algorithm, source.name))
    return draft, tuple(stale)


def _renamed(draft: Draft, spec_path: str, place: str, old: str, new: str) -> Draft:
    for pin in pins(draft, _spec(draft, spec_path), spec_path):
        if (pin.path, pin.file) == (place, old) and pin.named is not None:
            text = raw_text(draft.tree, place)
            return draft.put(place, raw_bytes(text[: pin.named[0]] + new + text[pin.named[1] :]))
    return draft


def _spec(draft: Draft, path: str) -> Spec:
    return parse(raw_text(draft.tree, path), path)
