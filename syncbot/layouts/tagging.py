"""Which tags are releases, found out from how a recipe writes the address of what it fetches."""

from __future__ import annotations

import re
from collections.abc import Callable

from syncbot.model.releases import Upstream

_RELEASE = re.compile(r"https?://github\.com/([A-Za-z0-9-]+/[A-Za-z0-9._-]+)/(?:archive|releases/download)/(.+)")
_ARCHIVE = re.compile(r"\.(?:tar\.\w+|tgz|tbz2?|txz|zip)$")
_BUILT = re.compile(r"(?i)[-_.](?:linux|darwin|macos|osx|win(?:32|64)?|windows|x86_64|amd64|aarch64|arm64|i686)\b")
VERSION = r"(\d\S*)"


def github_release(url: str) -> tuple[str, str] | None:
    """(owner/repository, tag) of the address of a release's archive on GitHub."""
    found = _RELEASE.match(url)
    if found is None:
        return None
    return found[1].removesuffix(".git"), _ARCHIVE.sub("", found[2].removeprefix("refs/tags/").partition("/")[0])


def around(tag_at: Callable[[str], str | None], version: str) -> tuple[str, str] | None:
    """What stays in the tag for every version, before and behind it; None where that cannot be said."""
    if not version:
        return None
    one, other = tag_at(version), tag_at(altered(version))
    if one is None or other is None or one == other:
        return None
    before = _shared(one, other)
    return before, _shared(one[len(before) :][::-1], other[len(before) :][::-1])[::-1]


def tarballs(url_at: Callable[[str], str | None], version: str) -> Upstream | None:
    """The archives that an address names for every version, as the source `tarball` writes them; None where the
    version does not stand in it as it is."""
    url = url_at(version) if version else None
    if url is None or not re.match(r"https?://[^/@]+/", url):
        return None
    other = altered(version)
    folder, _, name = url.rpartition("/")
    if not _ARCHIVE.search(name) or version not in name or _BUILT.search(name):
        return None
    last = f"/{name.replace(version, '@VERSION@')}"
    line = ".".join(version.split(".")[:2])
    host, parts = folder.split("/")[:3], folder.split("/")[3:]
    whole = re.compile(rf"^((?:.*[._-])?[vVrR]?){re.escape(version)}((?:[^0-9.].*)?)$")
    candidates = [folder, "/".join([*host, *(whole.sub(r"\1@VERSION@\2", part, count=1) for part in parts)])]
    lines = [at for at, part in enumerate(parts) if part in (line, f"v{line}")]
    if len(lines) == 1:
        parts[lines[0]] = parts[lines[0]].replace(line, "@LINE@")
        candidates.append("/".join([*host, *parts]))
    for template in candidates:
        told = (template + last).replace("@VERSION@", other).replace("@LINE@", ".".join(other.split(".")[:2]))
        if told == url_at(other):
            return Upstream("tarball", template + last)
    return None


def altered(version: str) -> str:
    """Another version of the same shape: no digit is the same, nor a letter at the end."""
    digits = re.sub(r"\d", lambda found: str(int(found[0]) % 9 + 1), version)
    return digits[:-1] + ("b" if digits[-1] == "a" else "a") if digits[-1].isalpha() else digits


def pattern(before: str, after: str, *, optional: bool = False, head: str = "", inner: str = "") -> str:
    """A regular expression for those tags, its one group the version."""
    prefix = f"(?:{escaped(before)}){'?' if optional else ''}" if before else ""
    return f"^{head}{prefix}{inner}{VERSION}{escaped(after)}$"


def escaped(text: str) -> str:
    return re.escape(text).replace(r"\-", "-")


def _shared(one: str, other: str) -> str:
    """What both begin with."""
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]
