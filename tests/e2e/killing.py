"""A sync in a process of its own that is killed with SIGKILL at one of the steps at which it changes something.

The steps are seen from outside, by Python's audit hooks and SQLAlchemy's events: files opened for writing, renamed or
removed, git commands that write, transactions about to be committed. The product knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from syncbot.cli import run

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_FILES = {"os.rename", "os.remove", "os.link", "os.symlink", "os.truncate"}
_READS = {
    *("ls-remote", "for-each-ref", "cat-file", "rev-parse", "rev-list", "log", "status", "diff", "merge-base", "grep"),
    *("ls-tree", "ls-files", "version", "config", "show-ref", "check-ref-format", "check-ignore", "diff-tree", "var"),
}


class Steps:
    """Counts the steps of this process below `root`; at number `last` it ends. `told`: where their names go."""

    def __init__(self, root: Path, last: int | None, told: Path) -> None:
        self._root, self._last, self._told, self._count, self._busy = str(root), last, told, 0, False
        sys.addaudithook(self._seen)
        event.listen(Engine, "commit", lambda _connection: self.step("commit"))

    def step(self, name: str) -> None:
        if self._last is not None and self._count >= self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1
        self._busy = True  # what follows is ours
        with self._told.open("a") as told:
            told.write(f"{name}\n")
        self._busy = False

    def _seen(self, what: str, args: tuple[Any, ...]) -> None:
        if self._busy:
            return
        if what == "open" and isinstance(args[0], str | bytes | os.PathLike):
            if args[2] & _WRITES and self._is_here(args[0]) and not os.fsdecode(args[0]).endswith("lock"):
                self.step(f"open {Path(os.fsdecode(args[0])).name}")
        elif what in _FILES and self._is_here(args[0]):
            self.step(f"{what} {Path(os.fsdecode(args[0])).name}")
        elif what == "subprocess.Popen" and args[1] and os.fsdecode(args[1][0]) == "git":
            verb = _verb([os.fsdecode(word) for word in args[1][1:]])
            if verb not in _READS:
                self.step(f"git {verb}")

    def _is_here(self, path: Any) -> bool:
        return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(self._root)


def _verb(words: list[str]) -> str:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("-c", "-C") else words[1:]
    return words[0] if words else ""


def killed_at(last: int | None, root: Path, arguments: list[str], told: Path) -> tuple[int, list[str]]:
    """Run the program on these arguments in a child, killed at step `last` (None: never). Gives how it ended (-9, or
    its exit code) and the steps that it made."""
    told.write_text("")
    child = os.fork()
    if child == 0:
        _child(lambda: (Steps(root, last, told), run(arguments))[1], told.with_suffix(".said"))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), told.read_text().splitlines()


def _child(work: Callable[[], int], said: Path) -> None:
    """Ends the process, whatever happens in it: what called us must not go on twice."""
    code = 99
    try:
        os.setsid()
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
        code = work()
        sys.stdout.flush()
    finally:
        os._exit(code)
