"""`debian/changelog`: the newest entry is read and written, everything below it stays byte for byte.

Source: deb-changelog(5), and what `dch` writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from syncbot.errors import InputError
from syncbot.layouts.debian.versions import DebianVersion

_HEADER = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9+.-]*) \((?P<version>[^()\s]+)\)(?P<to>(?: +[^\s;]+)+);(?P<rest>.*)$"
)
_TRAILER = re.compile(r"^ -- (?P<who>.*?<[^<>]*>) {1,2}(?P<when>\S.*)$")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|={7}$)")
_WIDTH = 79
UNRELEASED = "UNRELEASED"


@dataclass(frozen=True, slots=True)
class Changelog:
    """`content` and where the newest entry stands in it: its lines from `header` to `trailer`, both from 0."""

    content: str
    name: str
    version: DebianVersion
    distribution: str
    who: str
    header: int
    trailer: int

    @classmethod
    def parse(cls, content: bytes, path: str) -> Changelog:
        """Bytes that are not UTF-8 stand as surrogate escapes. Raises InputError with the line."""
        text = content.decode("utf-8", "surrogateescape")
        lines = text.split("\n")
        header = next((at for at, line in enumerate(lines) if line.strip()), None)
        found = None if header is None else _HEADER.match(lines[header])
        if found is None or header is None:
            what = "the changelog does not begin with `name (version) distribution; urgency=...`"
            raise InputError(what, "mend its first entry", path=path, line=(header or 0) + 1)
        for at in range(header + 1, len(lines)):
            if _CONFLICT.match(lines[at]):
                raise InputError("there is a conflict marker", "solve the conflict", path=path, line=at + 1)
            ends = _TRAILER.match(lines[at])
            if ends is not None:
                version = _version(found["version"], path, header + 1)
                return cls(text, found["name"], version, found["to"].strip(), ends["who"], header, at)
            if _HEADER.match(lines[at]):
                break
        what = "the newest entry does not end with ` -- Name <mail>  date`"
        raise InputError(what, "finish the entry", path=path, line=header + 1)

    @property
    def raw(self) -> bytes:
        return self.content.encode("utf-8", "surrogateescape")

    def said(self, version: DebianVersion, items: Sequence[str], who: str, when: datetime) -> bytes:
        """The changelog with these items. A newest entry that is not released yet takes them in; else there is a new
        one."""
        lines = self.content.split("\n")
        bullets = [line for item in items for line in _bullet(item)]
        if self.distribution != UNRELEASED:
            entry = [f"{self.name} ({version}) {UNRELEASED}; urgency=medium", "", *bullets, "", _trailer(who, when), ""]
            return "\n".join([*lines[: self.header], *entry, *lines[self.header :]]).encode("utf-8", "surrogateescape")
        head = lines[self.header].replace(f"({self.version})", f"({version})", 1)
        body = lines[self.header + 1 : self.trailer]
        while body and not body[-1].strip():
            body.pop()
        if who != self.who:
            bullets = ["", f"  [ {who.partition(' <')[0]} ]", *bullets]
        new = [*lines[: self.header], head, *body, *bullets, "", *lines[self.trailer :]]
        return "\n".join(new).encode("utf-8", "surrogateescape")


def _version(text: str, path: str, line: int) -> DebianVersion:
    try:
        return DebianVersion.parse(text)
    except InputError as error:
        raise InputError(error.what, error.remedy, path=path, line=line) from error


def _trailer(who: str, when: datetime) -> str:
    return f" -- {who}  {format_datetime(when)}"


def _bullet(item: str) -> list[str]:
    """`  * words`, broken where the line would be too long; a word is never broken."""
    lines: list[str] = []
    current = "  *"
    for word in "".join(c if c.isprintable() else " " for c in item).split():
        if len(current) + 1 + len(word) > _WIDTH and current.strip() not in ("*", ""):
            lines.append(current)
            current = "   "
        current = f"{current} {word}"
    return [*lines, current]
