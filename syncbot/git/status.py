"""What git says of a work tree, without a library: reports start no more than this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from syncbot.errors import InputError
from syncbot.git.run import GitFailed, begun, git

Status = list[tuple[str, str, str]]


def status(root: Path, paths: Sequence[str]) -> Status:
    """What differs from HEAD at or below `paths` (empty: nothing), untracked files included: [(path, how it is staged,
    how the file differs from what is staged)], each a letter of `git status --porcelain`, `?` for untracked."""
    return status_begun(root, paths)() if paths else []


def status_begun(root: Path, paths: Sequence[str]) -> Callable[[], Status]:
    """Start git; what this gives waits for it, and is as `status`. `paths`: one at least."""
    command = ["--literal-pathspecs", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--"]
    with _readable(root):
        said = begun([*command, *(path.strip("/") or "." for path in paths)], cwd=root)

    def waited() -> Status:
        with _readable(root):
            lines = [text_of(line) for line in said().split(b"\0") if line]
        return [(line[3:], line[0], line[1]) for line in lines]

    return waited


def said_of(root: Path, command: Sequence[str]) -> bytes:
    with _readable(root):
        return git(command, cwd=root)


@contextmanager
def _readable(root: Path) -> Iterator[None]:
    try:
        yield
    except GitFailed as error:
        raise InputError(
            f"the git repository {root} cannot be read ({error.said})", "see what git status says"
        ) from error


def text_of(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
