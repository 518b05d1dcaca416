"""The tools that people apply patches with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK

from .changes import Files

Applier = Callable[[Path, Files, Sequence[SeriesPatch]], Files]
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}


def git_apply(folder: Path, files: Files, series: Sequence[SeriesPatch]) -> Files:
    """The files after `git apply` of every patch, in order. A patch that it refuses fails the test."""
    return _applied(folder, files, series, ["git", "apply", "--whitespace=nowarn", "-p{strip}", "{patch}"])


def gnu_patch(folder: Path, files: Files, series: Sequence[SeriesPatch]) -> Files:
    """The files after GNU `patch --fuzz=0` of every patch, in order."""
    command = ["patch", "-p{strip}", "--fuzz=0", "--forward", "--batch", "--silent", "--no-backup-if-mismatch"]
    return _applied(folder, files, series, [*command, "-i", "{patch}"])


def _applied(folder: Path, files: Files, series: Sequence[SeriesPatch], command: list[str]) -> Files:
    if not series:
        return dict(files)
    place = Path(tempfile.mkdtemp(dir=folder))
    tree = place / "tree"
    put(tree, files)
    environment = {**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(place)}
    for number, patch in enumerate(series):
        file = place / f"{number}.patch"
        file.write_bytes(patch.content)
        strip = 1 if patch.strip is None else patch.strip
        filled = [part.format(strip=strip, patch=file) for part in command]
        done = subprocess.run(filled, cwd=tree, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, f"{' '.join(filled)}: {_said(done)}\n{patch.content.decode(errors='replace')}"
    result = {**taken(tree), **{p: f for p, f in files.items() if f[0] == SUBMODULE}}
    shutil.rmtree(place)
    return result


def put(tree: Path, files: Files) -> None:
    """Write files to disk; submodules have none."""
    tree.mkdir(parents=True)
    for name, (mode, content) in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if mode == SYMLINK:
            path.symlink_to(content.decode())
        elif mode != SUBMODULE:
            path.write_bytes(content)
            path.chmod(0o755 if mode == EXECUTABLE else 0o644)


def taken(tree: Path) -> Files:
    """What stands on disk."""
    found: Files = {}
    for path in sorted(tree.rglob("*")):
        name = path.relative_to(tree).as_posix()
        if path.is_symlink():
            found[name] = (SYMLINK, str(path.readlink()).encode())
        elif path.is_file():
            found[name] = (EXECUTABLE if path.stat().st_mode & 0o100 else FILE, path.read_bytes())
    return found


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stdout + done.stderr).decode(errors="replace")
