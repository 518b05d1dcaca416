"""Debian's version numbers: `[epoch:]upstream[-revision]`, what is upstream's in them, and what comes next.

Source: deb-version(7); Debian's developer's reference, 5.8 and 5.14, for the revisions of stable branches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from syncbot.errors import InputError

_REPACKED = re.compile(r"[+~.](?:dfsg|ds|debian|deb|repack|repacked|gitlab|orig|cs)[\d.]*(?:[+.~-].*)?$", re.IGNORECASE)
_REALLY = re.compile(r"^(?P<shown>.+?)\+really(?P<real>\d.*)$")
_GROUPED = re.compile(r"\+~[\w.+~]*$")
_EARLY = re.compile(r"~+(?=(?:rc|beta|alpha|pre|dev|b|a)\d*)", re.IGNORECASE)
_STABLE = re.compile(r"^(?P<plain>[^+~]*)(?P<mark>[+~](?:deb|bpo|ubuntu)\d[\d.]*?(?:u|~|\+)?)(?P<count>\d+)$")
_ORIG = re.compile(r"_(?P<upstream>[0-9][A-Za-z0-9.+~:-]*)\.orig\.tar\.\w+$")
_WHOLE = re.compile(r"[A-Za-z0-9.+~:-]+")


@dataclass(frozen=True, slots=True)
class DebianVersion:
    """`epoch` and `revision` are empty where there is none. `str` gives the whole back."""

    epoch: str
    upstream: str
    revision: str

    @classmethod
    def parse(cls, text: str) -> DebianVersion:
        """Raises InputError."""
        if not _WHOLE.fullmatch(text):
            raise InputError(f"{text!r} is no Debian version", "correct the changelog's first line")
        epoch, colon, rest = text.partition(":")
        if not colon:
            epoch, rest = "", text
        upstream, dash, revision = rest.rpartition("-")
        if not dash:
            upstream, revision = rest, ""
        if not upstream or (colon and not epoch.isdigit()):
            raise InputError(f"{text!r} is no Debian version", "correct the changelog's first line")
        return cls(epoch, upstream, revision)

    def __str__(self) -> str:
        return (f"{self.epoch}:" if self.epoch else "") + self.upstream + (f"-{self.revision}" if self.revision else "")

    @property
    def release(self) -> str:
        """Upstream's own version: of `2.12.7+dfsg+really2.9.14` that is 2.9.14, of `1.2~rc1+ds` 1.2rc1."""
        really = _REALLY.match(self.upstream)
        text = _plain(_GROUPED.sub("", really["real"] if really else self.upstream))
        return _EARLY.sub("", text)

    def moved(self, release: str, archive: str = "") -> DebianVersion:
        """The first package of another upstream release. What marks a repacked tarball stays, unless the release's
        `archive` is an orig tarball, whose name says it; `+really` only as long as the version would go backwards
        without it; a stable branch counts anew."""
        tail = self._repacked()
        named = _ORIG.search(archive)
        if named is not None:
            own = DebianVersion("", named["upstream"], "")
            if own.release == DebianVersion("", _as_debian(release), "").release and not _REALLY.match(own.upstream):
                mark = _REPACKED.search(_GROUPED.sub("", own.upstream))
                tail = mark[0] if mark else ""
        shown = _as_debian(release) + tail
        really = _REALLY.match(self.upstream)
        if really is not None and compare(shown, self.upstream) <= 0:
            shown = f"{really['shown']}+really{_as_debian(release)}"
        return DebianVersion(self.epoch, shown, _first(self.revision))

    def _repacked(self) -> str:
        """`+dfsg1` of `1.2+dfsg3`: the mark, counted anew."""
        text = self.upstream
        really = _REALLY.match(text)
        text = really["shown"] if really else text
        found = _REPACKED.search(_GROUPED.sub("", text))
        mark = found[0] if found else ""
        return re.sub(r"(?<=[A-Za-z])\d+$", "1", mark)


def compare(one: str, other: str) -> int:
    """The order of two upstream versions as dpkg has it: below 0, 0, above 0."""
    for first, second in zip_longest(_parts(one), _parts(other), fillvalue=("", 0)):
        if first != second:
            words = [_Order(word) for word in (first[0], second[0])]
            if words[0].key != words[1].key:
                return -1 if words[0].key < words[1].key else 1
            return -1 if first[1] < second[1] else 1
    return 0


class _Order:
    """`~` sorts before the end, letters before all else."""

    def __init__(self, word: str) -> None:
        self.key = [-1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256 for c in word] + [0]


def _parts(text: str) -> list[tuple[str, int]]:
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", text) if word or number]


def _plain(upstream: str) -> str:
    return _REPACKED.sub("", upstream)


def _as_debian(release: str) -> str:
    """`1.2rc1` as `1.2~rc1`, so that the release itself comes after it."""
    text = release.replace("!", ".").replace("_", ".")
    return re.sub(r"(?<=\d)[.-]?(?=(?:rc|beta|alpha|pre|dev|b|a)[.-]?\d)", "~", text, flags=re.IGNORECASE)


def _first(revision: str) -> str:
    """The first revision of a new upstream version: `1`; on a stable branch `0+deb12u1`, for Ubuntu `0ubuntu1`."""
    if not revision:
        return ""
    if re.fullmatch(r"[\d.]*ubuntu[\d.]+", revision):
        return "0ubuntu1"
    found = _STABLE.match(revision)
    if found is None:
        return "1"
    plain = "1" if found["mark"].startswith("~") else "0"
    return f"{plain}{found['mark']}1"
