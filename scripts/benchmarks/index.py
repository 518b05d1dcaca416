"""What the history index costs, beside the patch-ids that people compute today, on the same commits."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import alternated, medians
from benchmarks.tables import Report, Table
from benchmarks.upstreams import at_count, made, said
from syncbot.git.history import HistoryIndex
from syncbot.git.lineage import own_folder
from syncbot.judge.history import Witness
from syncbot.model.ids import CommitId

WARM = (
    "the repository in the system's cache. The index is made from nothing in each round, or grows from a copy of one "
    "that knows what is older"
)
NEW = 200
"""Commits of a new release."""
ASKED = 200
"""Files, and commits, that are looked up."""
PATCH_IDS = "git log -p | git patch-id --stable"


@dataclass(frozen=True, slots=True)
class _Asked:
    """`start` is the commit that the index knows before all that is measured (None: it knows nothing), `old` the one
    before the new ones; `tip` reaches all of them."""

    repository: Path
    start: CommitId | None
    old: CommitId
    tip: CommitId
    commits: int
    new: int


def report(repository: Path | None, *, commits: int, rounds: int) -> Report:
    """Of the last `commits` of a repository's main line (None: of one that is made up)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = _asked(own_folder(repository) if repository else made(folder, commits), commits)
        what = repository.resolve().name if repository else "a generated upstream"
        out = Report("index", f"{what}, {asked.commits} commits, medians of {rounds} rounds in alternation", WARM)
        out.tables.append(_filled(asked, folder, rounds))
        out.tables.append(_looked_up(asked, folder))
    return out


def _asked(repository: Path, commits: int) -> _Asked:
    tip = CommitId(said(repository, "rev-parse", "HEAD"))
    total = int(said(repository, "rev-list", "--count", tip))
    start = at_count(repository, tip, total - commits) if total > commits else None
    old = at_count(repository, tip, max(total - NEW, 1))
    spans = (f"{start}..{tip}" if start else tip, f"{old}..{tip}")
    counts = [int(said(repository, "rev-list", "--count", span)) for span in spans]
    return _Asked(repository, start, old, tip, counts[0], counts[1])


def _filled(asked: _Asked, folder: Path, rounds: int) -> Table:
    known = {commit: folder / f"known-{commit}" for commit in (asked.start, asked.old) if commit}
    for commit, place in known.items():
        with HistoryIndex(asked.repository, place) as index:
            index.ensure([commit])
            index.view(None, commit)  # as an index that is in use: it has been asked
    cache = folder / "cache"

    def ready(commit: CommitId | None) -> None:
        shutil.rmtree(cache, ignore_errors=True)
        if commit:
            shutil.copytree(known[commit], cache)

    def ensured() -> None:
        with HistoryIndex(asked.repository, cache) as index:
            index.ensure([asked.tip])

    everything = f"{asked.start}..{asked.tip}" if asked.start else asked.tip
    tasks: dict[str, Callable[[], object]] = {
        "index, all": ensured,
        f"{PATCH_IDS}, all": lambda: _patch_ids(asked.repository, everything),
        "index, the new ones": ensured,
        f"{PATCH_IDS}, the new ones": lambda: _patch_ids(asked.repository, f"{asked.old}..{asked.tip}"),
    }
    before = {"index, all": lambda: ready(asked.start), "index, the new ones": lambda: ready(asked.old)}
    taken = medians(alternated(tasks, rounds, before))
    megabytes = sum(file.stat().st_size for file in cache.glob("*.sqlite")) / 1e6
    total = int(said(asked.repository, "rev-list", "--count", asked.tip))
    counts = {"all": asked.commits, "the new ones": asked.new}
    rows = []
    for task, ms in taken.items():
        which = task.rpartition(", ")[2]
        size = megabytes / total * 10_000 if task == "index, all" else None
        rows.append((task, counts[which], ms, ms * 10 / counts[which], ms / taken[f"index, {which}"], size))
    columns = ("task", "commits", "ms", "s per 10,000 commits", "times the index", "MB per 10,000 commits")
    return Table("Filling", columns, rows)


def _patch_ids(repository: Path, revisions: str) -> None:
    """As an upstream is searched for patches today; of merges there is no diff here either."""
    git = ["git", f"--git-dir={repository}"]
    with subprocess.Popen([*git, "log", "-p", revisions], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as log:
        subprocess.run([*git, "patch-id", "--stable"], stdin=log.stdout, stdout=subprocess.DEVNULL, check=True)


def _looked_up(asked: _Asked, folder: Path) -> Table:
    """Microseconds of one question each, the first time that it is asked."""
    paths = said(asked.repository, "ls-tree", "-r", "--name-only", asked.tip).splitlines()
    subjects = said(asked.repository, "log", "--no-merges", "--format=%s", f"-{ASKED}", asked.tip).splitlines()
    ids = said(asked.repository, "rev-list", "--no-merges", f"--max-count={ASKED}", asked.tip).split()
    step = max(1, len(paths) // ASKED)
    with HistoryIndex(asked.repository, folder / "cache") as index:
        index.ensure([asked.old, asked.tip])
        index.view(asked.old, asked.tip)  # from here on the sets of ancestors are known
        taken = {"view of a base and a target": [_timed(lambda: index.view(asked.old, asked.tip)) for _ in range(20)]}
        view = index.view(None, asked.tip)
        taken["changes of a path"] = [_timed(lambda p=path: view.touches(p)) for path in paths[::step]]
        taken["commits of a subject"] = [_timed(lambda s=s: view.by_witness(Witness(subject=s))) for s in subjects]
        taken["commit by its id"] = [_timed(lambda id=id: view.by_id(id)) for id in ids]
        taken["is it in the release"] = [_timed(lambda id=id: index.contains(asked.tip, CommitId(id))) for id in ids]
    rows = [(what, len(us), statistics.median(us), max(us)) for what, us in taken.items()]
    return Table("Look-ups, microseconds", ("question", "asked", "median", "slowest"), rows)


def _timed(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1e6
