"""What judging a package costs, beside the tools that people ask today, on the same patches and the same release.

The judge gives the whole answer (verdict, evidence, commit); the peers say whether patches apply, or whether a commit
of the same diff is there.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.cases import Cases
from benchmarks.processes import Task, alternated, medians, run
from benchmarks.tables import Cell, Report, Table
from syncbot.git import trees
from syncbot.judge import judge_series
from syncbot.model.packages import SeriesPatch
from syncbot.sources.folder import FolderTree

WARM = (
    "the files in the system's cache, Python, the open repository with its folders, and the history index; not the "
    "judge: each round reads the files anew, and what was remembered of their texts is forgotten before it"
)
OURS = ("judge, git tree", "judge, folder")
CACHED = "git read-tree, apply --check --cached"


def report(cases: Cases, *, rounds: int, patches: int) -> Report:
    """Trees only: packages of at most so many patches."""
    made = Report("engine", f"{cases.of}, at most {patches} patches of each, medians of {rounds} rounds", WARM)
    peers = _peers()
    each: dict[str, dict[str, float]] = {}
    counts: dict[str, int] = {}
    for name in cases.names():
        with tempfile.TemporaryDirectory() as folder:
            taken, count = _measured(cases, name, Path(folder), rounds, patches, peers)
        if count:
            counts[name], each[name] = count, taken
    tables(made, each, counts, OURS[0])
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
    series = cases.load(name).series[:patches]
    base, target = cases.unpacked(name, folder)
    repository = folder / "releases.git"
    ids = _stored(repository, (base, target))
    files = written(series, folder)

    def on_git() -> None:
        forget(repository)
        judge_series(series, *(trees.GitTree(repository, id) for id in ids))

    def on_folders() -> None:
        forget(repository)
        judge_series(series, FolderTree(base), FolderTree(target))

    tasks: dict[str, Task] = dict(zip(OURS, (on_git, on_folders), strict=True))
    tasks[CACHED] = lambda: in_index(repository, ids[1], files)
    for peer, command in peers.items():
        tasks[peer] = (
            lambda command=command: [  # type: ignore[misc]  # bound for each round of the loop
                run([*command[:2], strip, *command[2:], str(file)], target, **_apart(target)) for file, strip in files
            ]
        )
    return medians(alternated(tasks, rounds)), len(series)


def in_index(repository: Path, tree: str, files: list[tuple[Path, str]]) -> int:
    """How many patches do not apply to a release that is not checked out, one process each after one that reads it."""
    index = {"GIT_INDEX_FILE": str(files[0][0].with_name("index.asked")), "GIT_DIR": str(repository)}
    run(["git", "read-tree", tree], repository, **index)
    check = ["git", "apply", "--check", "--cached"]
    return sum(run([*check, strip, str(file)], repository, **index) != 0 for file, strip in files)


def written(series: list[SeriesPatch], folder: Path) -> list[tuple[Path, str]]:
    """The patches as files, each with its -pN."""
    files = []
    for number, entry in enumerate(series):
        file = folder / f"{number}.patch"
        file.write_bytes(entry.content)
        files.append((file, f"-p{1 if entry.strip is None else entry.strip}"))
    return files


def forget(repository: Path) -> None:
    """Clear what is remembered of texts: in a day's work every package is a new one."""
    trees.forget_blobs(repository)
    for name, module in list(sys.modules.items()):
        if name.startswith(("syncbot.judge.", "syncbot.diff.")):
            for held in vars(module).values():
                if callable(clear := getattr(held, "cache_clear", None)):
                    clear()


def tables(made: Report, each: dict[str, dict[str, float]], counts: dict[str, int], own: str) -> None:
    """Milliseconds of each package, and the same in times of our `own`."""
    ratios = {name: {task: ms / taken[own] for task, ms in taken.items()} for name, taken in each.items()}
    made.tables.append(_table("Milliseconds per package", each, counts))
    made.tables.append(_table(f"The same, in times of {own}", ratios, counts))


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
