"""Where a recipe's software comes from, by the address of its archive; and how a version is written elsewhere."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from syncbot.errors import InputError
from syncbot.model import addresses
from syncbot.model.releases import Upstream
from syncbot.model.verdicts import Action
from syncbot.model.versions import normalise
from syncbot.plan.model import Move

_FORGE_PAGES = ("archive", "releases", "tarball", "zipball", "raw", "commit", "tags", "tree", "blob", "wiki", "issues")
_TWO_LEVELS = re.compile(r"(?:^|\.)(?:github|codeberg|gitea|bitbucket|sr)\.")
_GITLAB = re.compile(r"(?:^|\.)(?:gitlab|salsa|invent|code)\b")
_INDEX = re.compile(r"(?:^|\.)(?:pypi|pythonhosted)\.")
_INDEX_PATH = re.compile(r"/packages/(?:source|py[0-9.]+|[0-9a-f]{2}/[0-9a-f]{2})/[^/]+/([A-Za-z0-9._-]+)")
_NODE_PATH = re.compile(r"/((?:@[^/]+/)?[^/@]+)/-/[^/]+\.tgz$")
_EARLY = re.compile(r"[-._~]?(alpha|beta|milestone|rc|dev|pre|a|b|c|m)[-._]?(\d*)$")
_ARCHIVE = re.compile(r"\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|zip)$", re.IGNORECASE)
_COMPONENT = re.compile(r"[._~-]")


def upstream_of(url: str) -> Upstream | None:
    """The upstream that an archive's or a project's address tells, None where it tells none that can be asked."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    found = _of_host(parts.scheme, host, parts.path)
    try:
        return None if found is None else addresses.check(found)
    except InputError:
        return None


def _of_host(scheme: str, host: str, path: str) -> Upstream | None:
    if not host:
        return None
    if _INDEX.search(host):
        project = re.match(r"/project/([A-Za-z0-9._-]+)", path) or _INDEX_PATH.match(path)
        if project is None:
            return None
        name = project[1]
        return Upstream("pypi", re.sub(r"-\d[^/]*$", "", name))
    node = _NODE_PATH.search(path)
    if node is not None and "/-/archive" not in path:
        return Upstream("npm", node[1])
    parts = [part for part in path.split("/") if part]
    if path.endswith(".git") or scheme == "git":
        return Upstream("git", f"{scheme}://{host}{path}")
    if _TWO_LEVELS.search(host) and len(parts) >= 2:
        return Upstream("git", f"https://{host}/{parts[0]}/{parts[1].removesuffix('.git')}")
    if "-" in parts[1:] and parts.index("-", 1) >= 2:
        return Upstream("git", f"https://{host}/{'/'.join(parts[: parts.index('-', 1)])}.git")
    if _GITLAB.search(host) and len(parts) >= 2:
        end = next((at for at, part in enumerate(parts) if part in _FORGE_PAGES and at >= 2), len(parts))
        return Upstream("git", f"https://{host}/{'/'.join(parts[:end])}.git")
    return None


def tarballs_of(url: str, version: str | None) -> Upstream | None:
    """The page that an archive of that version lies on, as a template of the `tarball` source; None where the archive's
    name does not state the version."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    *folders, name = parts.path.split("/")
    if not version or parts.scheme not in ("http", "https") or version not in name or not _ARCHIVE.search(name):
        return None
    lines = {".".join(version.split(".")[:count]) for count in range(1, version.count(".") + 1)}
    made: list[str] = []
    for folder in folders:
        bare = folder.removeprefix("v")
        mark = "@VERSION@" if bare == version else "@LINE@" if bare in lines and "@LINE@" not in "".join(made) else bare
        made.append(folder.removesuffix(bare) + mark)
    path = "/".join([*made, name.replace(version, "@VERSION@", 1)])
    try:
        return addresses.check(Upstream("tarball", f"{parts.scheme}://{parts.netloc}{path}"))
    except InputError:
        return None


def with_mark(version: str, mark: str, words: dict[str, str] | None = None) -> str:
    """A version with its pre-release part set off by `mark`: `2.0rc1`, `2.0-rc.1` become `2.0~rc1`, `2.0_rc1`. `words`
    renames the part's word. Raises InputError where the version has another form."""
    found = normalise(version)
    early = _EARLY.search(version)
    if found is None or not re.fullmatch(r"[0-9A-Za-z.~_+-]+", version):
        raise InputError(f"{version!r} is no version that a recipe can state", "set tag-pattern so that it is one")
    if not found.prerelease or early is None:
        return version
    word = (words or {}).get(early[1], early[1])
    return f"{version[: early.start()]}{mark}{word}{early[2]}"


def follow(value: str, old: str, new: str) -> str | None:
    """What a text that repeats a part of the old version says of the new one: `8.5` of 8.5.0, `8_5_0`; None where it
    does not repeat it."""
    if value == old:
        return new
    if re.fullmatch(r"\d+(?:\.\d+)*", value) and old.startswith(value) and old[len(value)] in "._-~":
        count = value.count(".") + 1
        parts = _COMPONENT.split(new)
        return ".".join(parts[:count]) if len(parts) >= count else None
    if len(value) > 1 and "." in old:
        for mark in ("_", "-", ""):
            if value == old.replace(".", mark):
                return new.replace(".", mark)
    return None


def states(address: str, version: str) -> bool:
    """Whether an address states that version, of at least two parts, as such."""
    return "." in version and re.search(rf"(?<![\d.]){re.escape(version)}(?!\d|\.\d)", address) is not None


def remarks(move: Move) -> list[str]:
    """What a changelog says of a move, a line each."""
    said = [] if move.version is None else [f"New upstream release {move.version}"]
    for note in move.notes:
        if note.action is Action.DROP:
            why = f"applied upstream in {note.commit}" if note.commit else _one_line(note.reason)
            said.append(f"Drop {note.name}" + (f": {why}" if why else ""))
        elif note.action is Action.REWRITE:
            said.append(f"Refresh {note.name}")
    return said


def _one_line(reason: str) -> str:
    words = "".join(c if c.isprintable() else " " for c in reason).split()
    return " ".join(words).rstrip(".")
