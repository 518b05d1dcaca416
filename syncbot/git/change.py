"""What a branch changes, as text for people and for `git am`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncbot.git.run import GitFailed, git
from syncbot.model.ids import CommitId

_DIFF = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"]


@dataclass(frozen=True, slots=True)
class Change:
    """`subjects`: of the commits, oldest first; `stat`: git's table of the files; `diff`: all of it as one."""

    subjects: tuple[str, ...]
    stat: str
    diff: bytes


def change(repository: Path, base: CommitId, tip: CommitId) -> Change | None:
    """What leads from `base` to `tip`; None where the repository has not both."""
    try:
        log = git(["log", "--reverse", "--format=%s", f"{base}..{tip}"], cwd=repository)
        stat = git(["diff", *_DIFF, "--stat=72", base, tip], cwd=repository)
        diff = git(["diff", *_DIFF, "--full-index", "--binary", base, tip], cwd=repository)
    except GitFailed:
        return None
    return Change(tuple(log.decode("utf-8", "replace").splitlines()), stat.decode("utf-8", "replace"), diff)
