"""Names of files in patches: git's quoting, `-pN`, and what may never be touched."""

from __future__ import annotations

import re

from syncbot.errors import HostileInput

_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_QUOTED = re.compile(rb'\\([0-7]{1,3}|[abtnvfr"\\])')
_GIT_LIKE = re.compile(r"\.git[ .]*(:.*)?$|git~\d+$", re.I)
"""`.git` in any case, also as Windows (`.git.`, `.git ::$INDEX`, `GIT~1`) would read it."""


def text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def unquoted(name: bytes) -> bytes:
    """`"a/\\303\\244.c"` as bytes; a name without quotes as it is."""
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    return _QUOTED.sub(lambda m: bytes([_ESCAPES.get(m[1]) or int(m[1], 8) & 255]), name[1:-1])


def quoted(path: str) -> bytes:
    """A path as git writes it in a patch: quoted where it holds control characters, quotes or backslashes."""
    raw = path.encode("utf-8", "surrogateescape")
    if not any(byte < 32 or byte in (34, 92, 127) for byte in raw):
        return raw
    names = {number: letter for letter, number in _ESCAPES.items()}
    body = b"".join(
        b"\\" + names[byte] if byte in names else b"\\%03o" % byte if byte < 32 or byte == 127 else bytes([byte])
        for byte in raw
    )
    return b'"' + body + b'"'


def stripped(name: str, strip: int) -> str | None:
    """The name without its first `strip` components, as `-pN` takes it; None where it has not that many."""
    parts = [part for index, part in enumerate(name.split("/")) if part or index == 0]
    return "/".join(parts[strip:]) or None if len(parts) > strip else None


def check(path: str) -> str:
    """The path itself if a patch may touch it. Raises HostileInput where it leaves the tree or reaches into `.git`."""
    parts = path.split("/")
    if path.startswith("/") or "\0" in path or ".." in parts or re.match(r"[A-Za-z]:[\\/]", path):
        raise HostileInput(f"the path {path!r} leaves the tree", "remove that file from the patch")
    if any(_GIT_LIKE.fullmatch(part) for part in parts):
        raise HostileInput(f"the path {path!r} reaches into git's own folder", "remove that file from the patch")
    return path


def check_link(path: str, target: bytes) -> None:
    """Refuse a symbolic link whose target is absolute or climbs out of the tree."""
    depth = path.count("/")
    for part in target.split(b"/"):
        depth += -1 if part == b".." else 0 if part in (b"", b".") else 1
        if depth < 0:
            break
    if target.startswith(b"/") or depth < 0:
        raise HostileInput(
            f"the symbolic link {path!r} points out of the tree to {text(target)!r}", "make its target relative"
        )
