"""What git says of a work tree, without a library: reports start no more than this."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from syncbot.errors import InputError
from syncbot.git.run import GitFailed, git


def status(root: Path, paths: Sequence[str]) -> list[tuple[str, str, str]]:
    """What differs from HEAD at or below `paths` (empty: nothing), untracked files included: [(path, how it is staged,
    how the file differs from what is staged)], each a letter of `git status --porcelain`, `?` for untracked."""
    if not paths:
        return []
    command = ["--literal-pathspecs", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--"]
    said = said_of(root, [*command, *(path.strip("/") or "." for path in paths)])
    lines = [text_of(line) for line in said.split(b"\0") if line]
    return [(line[3:], line[0], line[1]) for line in lines]


def said_of(root: Path, command: Sequence[str]) -> bytes:
    try:
        return git(command, cwd=root)
    except GitFailed as error:
        raise InputError(
            f"the git repository {root} cannot be read ({error.said})", "see what git status says"
        ) from error


def text_of(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
