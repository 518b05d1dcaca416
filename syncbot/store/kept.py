"""Packages as they lie in a work tree, as a compact document: thousands of them are read for every report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Carried, Facts, Forwarded, Kept, Reading

_FORM = 1
"""Raised when the document's form changes: one of another form is as good as none."""


def dumps(packages: Sequence[Kept]) -> bytes:
    return json.dumps([_FORM, [_package(each) for each in packages]], separators=(",", ":")).encode()


def loads(document: bytes) -> tuple[Kept, ...]:
    form, packages = json.loads(document)
    return tuple(_read(each) for each in packages) if form == _FORM else ()


def dumps_reading(reading: Reading) -> bytes:
    """Without its key, which stands beside it."""
    pins = [reading.head, reading.manner, list(reading.dirty), list(reading.beyond), list(reading.unread)]
    return json.dumps([_FORM, [_package(each) for each in reading.packages], pins], separators=(",", ":")).encode()


def loads_reading(key: str, document: bytes) -> Reading:
    """A document from before the pins were kept has none: nothing is known to be the same."""
    form, packages, *rest = json.loads(document)
    if form != _FORM:
        return Reading()
    head, manner, *paths = rest[0] if rest else ("", "", (), (), ())
    dirty, beyond, unread = map(tuple, paths)
    return Reading(key, tuple(_read(each) for each in packages), head, manner, dirty, beyond, unread)


def _package(kept: Kept) -> list[Any]:
    series = [_carried(each) for each in kept.series]
    head = [kept.package, kept.path, kept.upstream, kept.base, list(kept.owners)]
    return [*head, kept.private, kept.track, kept.range, series]


def _carried(carried: Carried) -> list[Any]:
    facts = carried.facts
    written = None if facts.written is None else facts.written.isoformat()
    sizes = [facts.added, facts.removed, facts.weight]
    said = [facts.subject, written, list(facts.cves), facts.forwarded.value, facts.readable]
    return [
        *(carried.name, carried.digest, carried.strip, carried.keep, carried.waiting),
        *(list(facts.paths), *sizes, *said),
    ]


def _read(row: list[Any]) -> Kept:
    package, path, upstream, base, owners, private, track, range_, series = row
    patches = tuple([_read_patch(each) for each in series])
    return Kept(PackageName(package), path, upstream, base, tuple(owners), private, track, range_, patches)


def _read_patch(row: list[Any]) -> Carried:
    name, digest, strip, keep, waiting, paths, added, removed, weight, subject, written, cves, sent, readable = row
    day = None if written is None else _day(written)
    facts = Facts(tuple(paths), added, removed, weight, subject, day, tuple(cves), _FORWARDED[sent], readable)
    return Carried(PatchName(name), digest, strip, facts, keep, waiting)


_day = lru_cache(maxsize=1024)(date.fromisoformat)
_FORWARDED = {word.value: word for word in Forwarded}
