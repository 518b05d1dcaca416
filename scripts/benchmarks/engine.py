"""What judging costs, beside the tools that people ask today, on the same patches and the same release."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.cases import Cases, Stories
from benchmarks.processes import Task, alternated, medians, run
from benchmarks.tables import Cell, Report, Table
from syncbot.git import trees
from syncbot.judge import judge_series
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import Tree
from syncbot.sources.folder import FolderTree

WARM = (
    "the files in the system's cache, and Python; not the judge: each round opens the trees anew, and what was "
    "remembered of texts is forgotten before it"
)
OURS = ("judge, git tree", "judge, folder")
CACHED = "git read-tree, apply --check --cached"
FILES = 40


def packages(stories: Stories) -> Stories:
    """Packages of five patches on forty files, for want of real ones."""
    return replace(stories, more={"small-release": _package(2), "large-release": _package(FILES)})


def _package(touched: int) -> Callable[[Any], None]:
    """`touched`: how many of the files the release changes."""

    def tell(story: Any) -> None:
        sources = [story.source(f"part{number}", f"src/part{number}.c", "c") for number in range(FILES)]
        f, g, *_ = sources
        story.starts(*sources)
        story.carries("guard.patch", f[0].fix)
        story.carries("rework.patch", f[2].rework, g[1].fix)
        story.carries("tweak.patch", f[3].tweak)
        story.carries("removal.patch", g[2].removal)
        story.carries("quiet.patch", sources[-1][0].fix)
        story.takes("guard.patch")
        story.upstream(f[2].above, g[3].rework, f[1].fix)
        story.upstream(*(source[3].tweak for source in sources[2:touched]))
        story.release("1.1")

    return tell


def report(cases: Cases, *, rounds: int, patches: int) -> Report:
    made = Report("engine", f"{cases.of}, at most {patches} patches of each, medians of {rounds} rounds", WARM)
    peers = _peers()
    each: dict[str, dict[str, float]] = {}
    counts: dict[str, int] = {}
    for name in cases.names():
        with tempfile.TemporaryDirectory() as folder:
            taken, count = _measured(cases, name, Path(folder), rounds, patches, peers)
        if count:
            counts[name] = count
            each[name] = {task: ms / count for task, ms in taken.items()}
    ratios = {name: {task: ms / taken[OURS[0]] for task, ms in taken.items()} for name, taken in each.items()}
    made.tables.append(_table("Milliseconds per patch", each, counts))
    made.tables.append(_table("The same, in times of the judge on git trees", ratios, counts))
    if "patch --dry-run" not in peers:
        made.notes.append("GNU patch is not installed: it was left out")
    return made


def _table(title: str, values: dict[str, dict[str, float]], counts: dict[str, int]) -> Table:
    """A row for each package, and their medians."""
    tasks = tuple(next(iter(values.values()), {}))
    rows: list[tuple[Cell, ...]] = [(name, counts[name], *values[name].values()) for name in values]
    if rows:
        middle = (statistics.median(of[task] for of in values.values()) for task in tasks)
        rows.append(("median", None, *middle))
    return Table(title, ("package", "patches", *tasks), rows)


def _peers() -> dict[str, list[str]]:
    """What is asked beside the judge: one process for each patch, in the unpacked release."""
    found = {
        "git apply --check": ["git", "apply", "--check"],
        "git apply -R --check": ["git", "apply", "-R", "--check"],
    }
    if shutil.which("patch"):
        found["patch --dry-run"] = ["patch", "--dry-run", "--forward", "--batch", "--silent", "-i"]
    return found


def _measured(
    cases: Cases, name: str, folder: Path, rounds: int, patches: int, peers: dict[str, list[str]]
) -> tuple[dict[str, float], int]:
    """Median milliseconds of each task for all patches of one package, and their number."""
    case = cases.load(name)
    series = case.series[:patches]
    base, target = cases.unpacked(name, folder)
    repository = folder / "releases.git"
    ids = _stored(repository, (base, target))
    files = []
    for number, entry in enumerate(series):
        file = folder / f"{number}.patch"
        file.write_bytes(entry.content)
        files.append((file, f"-p{1 if entry.strip is None else entry.strip}"))

    def on_git() -> None:
        _forget()
        trees.forget(repository)
        _judge(series, *(trees.GitTree(repository, id) for id in ids))

    def on_folders() -> None:
        _forget()
        _judge(series, FolderTree(base), FolderTree(target))

    tasks: dict[str, Task] = dict(zip(OURS, (on_git, on_folders), strict=True))
    tasks[CACHED] = lambda: [_in_index(repository, ids[1], file, strip) for file, strip in files]
    for peer, command in peers.items():
        tasks[peer] = (
            lambda command=command: [  # type: ignore[misc]  # bound for each round of the loop
                run([*command[:2], strip, *command[2:], str(file)], target, **_apart(target)) for file, strip in files
            ]
        )
    return medians(alternated(tasks, rounds)), len(series)


def _in_index(repository: Path, tree: str, file: Path, strip: str) -> int:
    """Whether a patch applies to a release that is not checked out: git's exit code."""
    index = {"GIT_INDEX_FILE": str(repository / "index.asked"), "GIT_DIR": str(repository)}
    run(["git", "read-tree", tree], repository, **index)
    return run(["git", "apply", "--check", "--cached", strip, str(file)], repository, **index)


def _judge(series: list[SeriesPatch], base: Tree, target: Tree) -> None:
    judge_series(series, base, target)


def _forget() -> None:
    """Clear what the judge remembers of texts: in a day's work every package is a new one."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("syncbot.judge.", "syncbot.diff.")):
            for held in vars(module).values():
                if callable(clear := getattr(held, "cache_clear", None)):
                    clear()


def _stored(repository: Path, folders: tuple[Path, Path]) -> list[str]:
    """Folders as trees of a bare git repository, packed as a mirror's are: the trees' ids."""
    environ = os.environ | {"GIT_INDEX_FILE": str(repository / "index.new")}

    def git(*arguments: str) -> str:
        command = ["git", f"--git-dir={repository}", "-c", "core.autocrlf=false", *arguments]
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet", "--bare")
    ids = []
    for folder in folders:
        git(f"--work-tree={folder}", "-C", str(folder), "add", "--all", "--force", ".")
        ids.append(git("write-tree"))
        git("update-ref", f"refs/trees/{len(ids)}", ids[-1])
    git("repack", "-a", "-d", "--quiet")
    return ids


def _apart(folder: Path) -> dict[str, str]:
    """So that git does not look for a repository around the release."""
    return {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)}
