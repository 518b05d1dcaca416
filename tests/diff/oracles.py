"""`git apply`, GNU `patch`, `git diff` and `git merge-file`, asked for their answer."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

NAME = "dir/file.txt"


def git_apply(before: bytes | None, patch: bytes, *options: str) -> bytes | None:
    """What `git apply` makes of NAME; None where it refuses. `patch` must not delete the file."""
    return _applied(before, patch, ["git", "apply", "--whitespace=nowarn", *options, "../the.patch"])


def gnu_patch(before: bytes | None, patch: bytes, *options: str) -> bytes | None:
    """What GNU `patch -p1` makes of NAME, by default without fuzz; None where it refuses."""
    fuzz = () if any(option.startswith("--fuzz") for option in options) else ("--fuzz=0",)
    direction = () if "-R" in options else ("--forward",)
    command = ["patch", "-p1", "--batch", "--silent", "--no-backup-if-mismatch", *direction, *fuzz, *options]
    return _applied(before, patch, [*command, "-i", "../the.patch"])


def _applied(before: bytes | None, patch: bytes, command: list[str]) -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        file = tree / NAME
        file.parent.mkdir(parents=True)
        if before is not None:
            file.write_bytes(before)
        (Path(folder) / "the.patch").write_bytes(patch)
        done = subprocess.run(command, cwd=tree, capture_output=True, check=False)
        if done.returncode != 0:
            return None
        return file.read_bytes() if file.exists() else b""


def git_diff(before: bytes, after: bytes) -> bytes:
    """The patch that git writes for NAME."""
    with tempfile.TemporaryDirectory() as folder:
        for side, content in (("a", before), ("b", after)):
            file = Path(folder) / side / NAME
            file.parent.mkdir(parents=True)
            file.write_bytes(content)
        command = ["git", "diff", "--no-index", "--no-prefix", "--binary", f"a/{NAME}", f"b/{NAME}"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout


def merge_file(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """What `git merge-file` makes of them; None where it sees a conflict."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("base", base), ("ours", ours), ("theirs", theirs)):
            (Path(folder) / name).write_bytes(content)
        command = ["git", "merge-file", "-p", "-q", "ours", "base", "theirs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None
