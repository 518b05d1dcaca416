"""What the members of an archive may be called, and how its top folder is found."""

from __future__ import annotations

import re
from collections.abc import Iterable

from syncbot.errors import HostileInput

# Names that some file system takes for `.git`: any case, trailing dots and spaces or a stream (NTFS), its short
# name, and code points that HFS+ ignores.
_IGNORED = dict.fromkeys((0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))
_GIT = re.compile(r"(?:\.git|git~[0-9])[ .]*(?::.*)?", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def is_git(component: str) -> bool:
    """Whether a file system may take this name of a file or folder for `.git`."""
    return _GIT.fullmatch(component.translate(_IGNORED)) is not None


def member_path(name: str, archive: str) -> str:
    """The member's path without `./` and a trailing slash; "" for the archive's root. Raises HostileInput for a name
    that leaves the tree or touches `.git`."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    reason = ""
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        reason = "is absolute"
    elif ".." in parts or any(re.search(r"(?:^|\\)\.\.(?:\\|$)", part) for part in parts):
        reason = "leaves the archive"
    elif any(is_git(piece) for part in parts for piece in part.split("\\")):
        reason = "touches .git"
    elif "\0" in name:
        reason = "has a NUL in its name"
    if reason:
        raise refused(archive, name, reason)
    return "/".join(parts)


def top_folder(paths: Iterable[str]) -> str:
    """`name/`, where every path lies below that one folder; else ""."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in paths}
    top = tops.pop() if len(tops) == 1 else ""
    return f"{top}/" if top else ""


def check_nesting(files: Iterable[str], archive: str) -> None:
    """Raises HostileInput where a member lies below another one that is a file or a symlink."""
    known = set(files)
    folders: set[str] = set()
    for path in known:
        at = path.rfind("/")
        while at > 0 and (folder := path[:at]) not in folders:
            if folder in known:
                raise refused(archive, path, f"lies below {folder!r}, which is no folder")
            folders.add(folder)
            at = path.rfind("/", 0, at)


def refused(archive: str, member: str, reason: str) -> HostileInput:
    """The error for a member, its name without control characters."""
    name = member.encode("utf-8", "backslashreplace").decode()[:200]
    return HostileInput(f"{archive}: member {name!r} {reason}", "the archive is refused")
