"""How patch-package, pnpm and yarn name the patches of a package."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from syncbot.model.versions import normalise

_VERSION = re.compile(r"\d+\.\d+\.\d+.*")
_NUMBER = re.compile(r"\d+")
_ENDING = re.compile(r"(\.dev)?\.patch$")
_KEY = re.compile(r"(@?[^@]+)(?:@(.+))?")
_PATCH = re.compile(r"patch:((?:@[^/@]+/)?[^@]+)@([^#]*)#([^:]*(?::(?!:)[^:]*)*)(::.*)?")
_SLUG = re.compile(r"(?:.+)-npm-(.+)-([0-9a-f]{8,12})\.patch")
_RANGE = re.compile(r"([\^~=v]|>=)?\s*(\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]+)?)")
LEGAL_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.+-]*)?")


@dataclass(frozen=True, slots=True)
class FileName:
    """A patch-package file name: `outer++name+version+001+note.dev.patch`. `outer`: the packages below whose
    node_modules it lies."""

    outer: tuple[str, ...]
    package: str
    version: str
    sequence: str
    ending: str
    folder: bool = False

    @property
    def key(self) -> str:
        """The package, with the ones around it."""
        return "++".join((*self.outer, self.package))

    @property
    def label(self) -> str:
        """The name without its version: it stays the same in every release."""
        slug = "++".join(one.replace("/", "+") for one in (*self.outer, self.package))
        return f"{slug}{self.sequence}{self.ending}"

    @property
    def depth(self) -> int:
        """How many parts of a path stand before the package's own files: `a/node_modules/NAME/`."""
        return 1 + sum(1 + one.count("/") + 1 for one in (*self.outer, self.package))

    def at(self, version: str) -> str:
        slug = "++".join(one.replace("/", "+") for one in (*self.outer, self.package))
        if self.folder:
            slug = slug.replace("+", "/", 1)
        return f"{slug}+{version}{self.sequence}{self.ending}"

    def moved(self, version: str) -> FileName:
        return replace(self, version=version)


def file_name(path: str) -> FileName | None:
    """What a file below the folder of patches is called; None where it is none of patch-package's."""
    ending = _ENDING.search(path)
    if ending is None or path.count("/") > 1 or ("/" in path and not path.startswith("@")):
        return None
    parts = path[: ending.start()].replace("/", "+").split("++")
    outer = [_package(part.split("+")) for part in parts[:-1]]
    words = [word for word in parts[-1].split("+") if word]
    at = next((n for n, word in enumerate(words) if _VERSION.fullmatch(word)), None)
    package = _package(words[:at])
    if at is None or package is None or None in outer:
        return None
    rest = words[at + 1 :]
    if rest and not _NUMBER.fullmatch(rest[0]):
        return None
    sequence = "".join(f"+{word}" for word in rest)
    around = tuple(one for one in outer if one is not None)
    return FileName(around, package, words[at], sequence, ending[0], "/" in path)


def _package(words: list[str]) -> str | None:
    words = [word for word in words if word]
    if len(words) == 1 and not words[0].startswith("@"):
        return words[0]
    return "/".join(words) if len(words) == 2 and words[0].startswith("@") else None


def dependency_key(key: str) -> tuple[str, str | None]:
    """(name, version or range) of pnpm's `name@1.2.3`."""
    found = _KEY.fullmatch(key)
    return (found[1], found[2]) if found else (key, None)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """yarn's `patch:NAME@npm%3A1.2.3#path&path::params`. `source`: what is patched, decoded; `encoded`: whether its
    colon was."""

    package: str
    source: str
    encoded: bool
    paths: tuple[str, ...]
    params: str

    @property
    def range(self) -> str:
        return self.source.removeprefix("npm:")

    @property
    def from_registry(self) -> bool:
        return self.source.startswith("npm:") or _RANGE.fullmatch(self.source) is not None

    def __str__(self) -> str:
        source = quote(self.source, safe="@/^~.+-_=<>*| ") if self.encoded else self.source
        return f"patch:{self.package}@{source}#{'&'.join(self.paths)}{self.params}"


def descriptor(text: str) -> Descriptor | None:
    found = _PATCH.fullmatch(text)
    if found is None:
        return None
    return Descriptor(found[1], unquote(found[2]), "%" in found[2], tuple(found[3].split("&")), found[4] or "")


def yarn_version(name: str) -> str | None:
    """The version in a file name of yarn's form."""
    found = _SLUG.fullmatch(name)
    return found[1] if found else None


def yarn_file(name: str, package: str, old: str, version: str) -> str:
    """yarn's own name of the patch's file for another version, where it has that form; else as it was."""
    found = _SLUG.fullmatch(name)
    if found is None or found[1] != old:
        return name
    scope, _, bare = package.rpartition("/")
    digest = _hash(_hash(scope.removeprefix("@") + bare) + f"npm:{version}")[:10]
    return f"{package.replace('/', '-')}-npm-{version}-{digest}.patch"


def _hash(text: str) -> str:
    return hashlib.sha512(text.encode()).hexdigest()


def based_on(wanted: str) -> str | None:
    """The version that a range begins with, such as 1.2.3 of ^1.2.3; None where it says no such thing."""
    found = _RANGE.fullmatch(wanted.removeprefix("npm:").strip())
    return found[2] if found else None


def ranged(wanted: str, version: str) -> str | None:
    """The range for another version, with the sign and the number of parts that it had; None where it is no simple
    range."""
    found = _RANGE.fullmatch(wanted)
    if found is None:
        return None
    parts = found[2].split(".")
    if len(parts) < 3 and version.split(".")[: len(parts)] == parts:
        return wanted
    return wanted[: found.start(2)] + version


def admits(wanted: str, version: str) -> bool:
    """Whether a simple range is meant to have that version in it."""
    found = _RANGE.fullmatch(wanted.removeprefix("npm:").strip())
    have = normalise(version)
    base = normalise(found[2]) if found else None
    if found is None or have is None or base is None or have < base:
        return False
    sign = found[1] or ""
    if sign in ("^", "~"):
        same = 2 if sign == "~" else next((n + 1 for n, one in enumerate(base.numbers) if one), 3)
        return have.numbers[:same] == base.numbers[:same]
    return sign == ">=" or have == base
