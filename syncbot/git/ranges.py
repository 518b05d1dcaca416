"""A range of commits (`a..b`) as patches, oldest first: for a downstream that keeps its patches as commits."""

from __future__ import annotations

from pathlib import Path

from syncbot.errors import HostileInput, InputError
from syncbot.git.run import GitFailed, git, refuse_option

_FORMAT = "--format=%H%x00%h%x00%s"


def range_patches(repository: Path, commits: str) -> list[tuple[str, bytes]]:
    """[(short id and subject, patch as `git format-patch` writes it)] of the range's commits, merges left out. Raises
    InputError where the range names none, HostileInput for what looks like an option."""
    first, dots, last = refuse_option(commits, "range").partition("..")
    if not dots or not first or not last or last.startswith("."):
        raise InputError(f"{commits!r} is no range of commits", "write it a..b")
    for end in (first, last):
        refuse_option(end, "revision")
    listed = _git(repository, ["log", "--reverse", "--no-merges", "--topo-order", _FORMAT, "--end-of-options", commits])
    found = [line.split("\0", 2) for line in listed.decode("utf-8", "surrogateescape").splitlines() if line]
    if not found:
        raise InputError(f"the range {commits} holds no commit", "is it the wrong way round?")
    return [(f"{short} {subject}".strip(), _patch(repository, id)) for id, short, subject in found]


def _patch(repository: Path, id: str) -> bytes:
    plain = ("--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-signature", "--no-color")
    return _git(repository, ["format-patch", "--stdout", "-1", "--find-renames", *plain, id])


def _git(repository: Path, arguments: list[str]) -> bytes:
    try:
        return git(arguments, cwd=repository)
    except HostileInput:
        raise
    except GitFailed as error:
        raise InputError(f"{repository}: {error.said or 'git failed'}", "check the repository and the range") from error
