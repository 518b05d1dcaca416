"""Versions: what a tag says, in which order they come, and which of them lie on the tracked line.

The order is our own, close to libversion's (numbers count as numbers; alpha, beta, rc, dev and words that are not known
sort below the release, post, patch and pl above it, a letter as in 2024a or 1.1.1w above it too). It agrees with PEP
440 on normalised PEP 440 versions and with semantic versioning on versions whose pre-release starts with a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import total_ordering

from syncbot.errors import InputError
from syncbot.model.ranges_text import clauses
from syncbot.model.releases import Release

_LONGEST = 256
_DEV, _PRE, _END, _NUMBER, _WORD, _POST, _LETTER = range(7)
_Element = tuple[int, int, str]
_Local = tuple[tuple[int, int, str], ...]

_ALIASES = {"a": "alpha", "b": "beta", "c": "rc", "cr": "rc", "m": "milestone", "preview": "rc", "pre": "rc"}
_DEVELOPMENT = frozenset({"dev", "devel", "snapshot", "nightly"})
_LATER = frozenset(
    {"post", "patch", "pl", "p", "sp", "r", "rev", "u", "update", "errata", "hotfix", "fix", "build", "ubuntu", "deb"}
)
_SAME = frozenset({"final", "ga", "release", "rel", "rtm", "stable", "lts"})
_EARLY_PREFIX = frozenset({"alpha", "beta", "rc", "dev", "devel", "nightly", "snapshot", "canary", "preview", "pre"})
_NO_VERSION = frozenset(
    {"pr", "pull", "issue", "bug", "cve", "ghsa", "backup", "archive", "before", "after", "tmp", "wip", "checkpoint"}
)

_PLAIN = re.compile(r"\d{1,7}(?:\.\d{1,9}){0,9}")
_NUMBERS = re.compile(r"\d+(?:[._-]\d+)*")
_SUFFIX = re.compile(r"([._~-]*)(\d+|[a-z]+)")
_EPOCH = re.compile(r"(\d{1,6})[:!](?=\d)")
_LEAD = re.compile(r"(?:v|ver|version|rel|release|r|n|tag)?[._-]?(?=\d)", re.IGNORECASE)
_NAMED = re.compile(r"[A-Za-z@][A-Za-z0-9@+._ -]*?[-_@ /.](?:v|r|ver|version|rel|release)?[._-]?(?=\d)", re.IGNORECASE)
_GLUED = re.compile(r"[A-Za-z]+(?=\d+[._]\d)")
# Forms that are spelled out before the rest is read: Go's pseudo-versions, `git describe`, a branch's head.
_SPELLED = (
    (re.compile(r"-(?:0\.)?(\d{14})-([0-9a-f]{12})$"), r"-dev.\1+\2"),
    (re.compile(r"\.0\.(\d{14})-([0-9a-f]{12})$"), r".dev.\1+\2"),
    (re.compile(r"-(\d+)-g([0-9a-f]{7,40})$"), r"-\1+g\2"),
    (re.compile(r"^(\d{8})\.([0-9a-f]{12})$"), r"\1+\2"),
)


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One version. `text` is its normal form (`8.5.0`, `1.2rc1`); equality, hash and order go by meaning, so that
    1.0 == 1.0.0. `numbers` are the leading numbers as written."""

    text: str
    epoch: int
    numbers: tuple[int, ...]
    prerelease: bool
    suffix: tuple[_Element, ...] = field(repr=False)
    local: _Local = field(repr=False)

    @property
    def key(self) -> tuple[int, tuple[int, ...], tuple[_Element, ...], _Local]:
        numbers = self.numbers
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers = numbers[:-1]
        return self.epoch, numbers, self.suffix, self.local

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.key < other.key if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text


def normalise(tag: str, project: str = "", pattern: str = "") -> Version | None:
    """The version that a tag names, None where it names none. `project` is a name that may stand before it; `pattern` a
    regular expression that must match the tag, with one group: the version. Raises InputError for a bad pattern."""
    if not tag or len(tag) > _LONGEST or not tag.isascii() or not tag.isprintable():
        return None
    if pattern:
        found = _compiled(pattern).search(tag)
        return None if found is None or not found[1] else _read(_LEAD.sub("", found[1], count=1), "")
    prefix, rest = _split(tag, project)
    words = set(re.split(r"[^a-z]+", prefix.lower()))
    if not rest or words & _NO_VERSION:
        return None
    early = sorted(words & _EARLY_PREFIX)
    return _read(rest, early[0] if early else "")


def version(text: str) -> Version:
    """As `normalise`, for a text that must be a version. Raises InputError where it cannot be ordered."""
    found = normalise(text)
    if found is None:
        raise InputError(
            f"{text!r} is no version, so it cannot be ordered among the others",
            "give a version such as 1.2.3, or set tag_pattern to a regular expression whose group is the version",
        )
    return found


def select(releases: Iterable[Release], *, track: str, range: str | Range) -> tuple[Release, ...]:
    """The releases on the tracked line, oldest first: without yanked ones, without those outside the range, and without
    pre-releases unless `track` is `prerelease`. A `branch:NAME` keeps to its stable releases. Raises InputError for a
    release that cannot be ordered, or a track that is none."""
    if track not in ("stable", "prerelease") and not track.removeprefix("branch:") != track:
        raise InputError(f"unknown track {track!r}", "use stable, prerelease or branch:NAME")
    wanted = Range.parse(range) if isinstance(range, str) else range
    kept: list[tuple[Version, Release]] = []
    for release in releases:
        found = version(release.version)
        early = release.prerelease or found.prerelease
        if not release.yanked and (track == "prerelease" or not early) and wanted.admits(found):
            kept.append((found, release))
    return tuple(release for _, release in sorted(kept, key=lambda pair: pair[0]))


_SERIAL = re.compile(r"\d{5,}")
"""A day or a serial number as a version."""


def one_scheme(releases: Sequence[Release], base: str | None) -> tuple[Release, ...]:
    """Without days and serial numbers where most releases are numbered with dots: tags of another time, which as a
    number would be newer than all. A project whose `base` is such a number counts that way."""
    serial = [release for release in releases if _SERIAL.fullmatch(release.version)]
    if 2 * len(serial) > len(releases) or (base is not None and _SERIAL.fullmatch(base)):
        return tuple(releases)
    return tuple(release for release in releases if not _SERIAL.fullmatch(release.version))


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a range: `operator` is one of == != < <= > >= or `prefix`, `no prefix`."""

    operator: str
    bound: Version

    def admits(self, found: Version) -> bool:
        bound = self.bound
        if self.operator in ("prefix", "no prefix"):
            return _begins(found, bound) is (self.operator == "prefix")
        if not bound.local:
            found = _without_local(found)
        if self.operator == "<":
            # 3.0rc1 is on its way to 3.0: "<3" means to stay below that line.
            on_its_way = found.prerelease and not bound.prerelease and _release(found) == _release(bound)
            return found < bound and not on_its_way
        return {
            "==": found == bound,
            "!=": found != bound,
            "<=": found <= bound,
            ">": found > bound,
            ">=": found >= bound,
        }[self.operator]


@dataclass(frozen=True, slots=True)
class Range:
    """Conditions that all hold: `8.*`, `>=2,<3`, `~=1.4`, `^1.2`, `==1.2.*`; none: every version."""

    text: str
    clauses: tuple[Clause, ...]

    @classmethod
    def parse(cls, text: str) -> Range:
        """Raises InputError with what a range may look like."""
        made: list[Clause] = []
        for operator, bound in clauses(text):
            found = normalise(bound)
            if found is None:
                raise InputError(f"range {text!r}: {bound!r} is no version", "write it like >=2,<3 or 8.*")
            made.append(Clause(operator, found))
        return cls(text, tuple(made))

    def admits(self, found: Version) -> bool:
        return all(clause.admits(found) for clause in self.clauses)

    def __str__(self) -> str:
        return self.text


def _release(found: Version) -> tuple[int, tuple[int, ...]]:
    return found.epoch, found.key[1]


def _without_local(found: Version) -> Version:
    if not found.local:
        return found
    return Version(found.text.partition("+")[0], found.epoch, found.numbers, found.prerelease, found.suffix, ())


def _begins(found: Version, bound: Version) -> bool:
    padded = found.numbers + (0,) * len(bound.numbers)
    return found.epoch == bound.epoch and padded[: len(bound.numbers)] == bound.numbers


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        made = re.compile(pattern)
    except re.error as error:
        raise InputError(f"tag_pattern {pattern!r} is no regular expression: {error}", "mend it") from None
    if made.groups != 1:
        raise InputError(f"tag_pattern {pattern!r} has {made.groups} groups", "give it one, around the version")
    return made


def _split(tag: str, project: str) -> tuple[str, str]:
    """(what stands before the version, the version), ("", "") where there is none."""
    for name in (project, project.rpartition("/")[2]):
        if name and tag.lower().startswith(name.lower()):
            rest = tag[len(name) :].lstrip("-_/@. ")
            lead = _LEAD.match(rest)
            if lead is not None:
                return "", rest[lead.end() :]
    for form in (_LEAD, _GLUED, _NAMED):
        found = form.match(tag.rpartition("/")[2])
        if found is not None:
            rest = found.string[found.end() :]
            return found[0], rest
    return "", ""


def _read(text: str, early: str) -> Version | None:
    """Parse a text that begins with the version. `early` is a pre-release word that stood before it."""
    if not early and _PLAIN.fullmatch(text):  # most are: nothing is to be told apart in them
        return Version(text, 0, tuple(map(int, text.split("."))), False, _suffix([], glued=True), ())
    text = text.lower()
    for form, instead in _SPELLED:
        text = form.sub(instead, text)
    epoch = _EPOCH.match(text)
    body, _, local = text[epoch.end() if epoch else 0 :].partition("+")
    found = _NUMBERS.match(body)
    if found is None or (local and not re.fullmatch(r"[a-z0-9._+-]+", local)):
        return None
    numbers = found[0]
    if "." in numbers:
        numbers = re.split(r"[_-]", numbers, maxsplit=1)[0]
    words = _words(body[len(numbers) :])
    if words is None:
        return None
    if early:
        words = [*words, ("-", early)]
    dotted = re.sub(r"[_-]", ".", numbers)
    number = int(epoch[1]) if epoch else 0
    suffix = _suffix(words, glued=True)
    tail = "".join(mark + word for mark, word in words)
    return Version(
        text=(f"{number}!" if number else "") + dotted + tail + (f"+{local}" if local else ""),
        epoch=number,
        numbers=tuple(int(n) for n in dotted.split(".")),
        prerelease=any(rank in (_DEV, _PRE) for rank, _, _ in suffix),
        suffix=suffix,
        local=_local(local),
    )


def _words(text: str) -> list[tuple[str, str]] | None:
    """[(separator, word or number)] of what follows the numbers, None where something else stands there."""
    words: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip("._~-")
    while at < len(text):
        found = _SUFFIX.match(text, at)
        if found is None:
            return None
        mark = "" if not found[1] else "." if found[1] == "." else "-"
        if found[2] not in _SAME:
            words.append((mark, found[2]))
        at = found.end()
    return words


def _suffix(words: list[tuple[str, str]], *, glued: bool) -> tuple[_Element, ...]:
    """The comparable form. Ranks are chosen so that a plain tuple comparison, ended by END, is the order: below END
    comes what precedes the version so far, above it what follows it. After a pre-release word further words are
    identifiers as semantic versioning has them (more of them is later)."""
    made: list[_Element] = []
    early = False
    for i, (mark, word) in enumerate(words):
        numbered = i + 1 < len(words) and words[i + 1][1].isdigit() and not words[i + 1][0]
        if word.isdigit():
            if not made:
                made.append((_POST, 0, ""))  # 7.1.1-15
            made.append((_NUMBER, int(word), ""))
        elif len(word) == 1 and not numbered and not mark and glued and not made:
            made.append((_LETTER, 0, word))  # 2024a
        elif word in _DEVELOPMENT:
            made.append((_DEV, 0, ""))
            early = True
        elif word in _LATER:
            made.append((_POST, 0, ""))
        else:
            made.append((_WORD if early else _PRE, 0, _ALIASES.get(word, word)))
            early = True
    return (*made, (_END, 0, ""))


def _local(text: str) -> _Local:
    parts = [part for part in re.split(r"[._+-]", text) if part]
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)
