"""What judging a package costs where upstream's history is at hand, beside what git alone can say."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.engine import CACHED, WARM, forget, in_index, tables, written
from benchmarks.processes import Task, alternated, medians, run
from benchmarks.tables import Report
from benchmarks.upstreams import Stack, made, stacks
from syncbot.git.history import HistoryIndex
from syncbot.git.lineage import own_folder
from syncbot.git.trees import GitTree
from syncbot.judge import judge_series
from syncbot.judge.lineage import Lineage

OURS = "judge, with history"
COMMITS = 3000
"""Of the upstream that is made up."""
_WHO = {"GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org", "GIT_EDITOR": "true"}


def report(repository: Path | None, *, rounds: int, patches: int, packages: int) -> Report:
    """Packages of consecutive commits of a repository's maintenance branches (None: of one that is made up)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream = own_folder(repository) if repository else made(folder, COMMITS)
        found = stacks(upstream, patches, packages)
        what = repository.resolve() if repository else f"a generated upstream of {COMMITS} commits"
        out = Report("engine", f"{len(found)} packages of {patches} patches from {what}, {rounds} rounds", WARM)
        if not found:
            out.notes.append("no branch beside the main one has so many commits of its own: nothing was measured")
            return out
        with HistoryIndex(upstream, folder / "cache") as index:
            index.ensure(dict.fromkeys(id for stack in found for id in (stack.base, stack.target, stack.head)))
            each = {stack.name: _beside(stack, index, _clone(upstream, folder), rounds) for stack in found}
        tables(out, each, dict.fromkeys(each, patches), OURS)
        out.notes.append("git rebase goes to its end, past conflicts by --skip, in a work tree that is there")
    return out


def _clone(upstream: Path, folder: Path) -> Path:
    """A repository with a work tree that borrows upstream's objects: nothing is written to upstream."""
    work = folder / "work"
    if not work.exists():
        run(["git", "init", "--quiet", str(work)], folder)
        (work / ".git" / "objects" / "info" / "alternates").write_text(f"{upstream / 'objects'}\n")
    return work


def _beside(stack: Stack, index: HistoryIndex, work: Path, rounds: int) -> dict[str, float]:
    """Median milliseconds of each task for one package."""
    files = written(stack.series, work.parent)
    git = ["git", "-c", "advice.detachedHead=false", "-c", "gc.auto=0", "-c", "core.hooksPath=/dev/null"]

    def judged() -> None:
        forget(stack.repository)
        base, target = GitTree(stack.repository, stack.base), GitTree(stack.repository, stack.target)
        lineage = Lineage(index.view(stack.base, stack.target, stack.head))
        judge_series(stack.series, base, target, history=lineage)

    def ready() -> None:
        if (work / ".git" / "rebase-merge").exists():
            run([*git, "rebase", "--abort"], work)
        run([*git, "checkout", "--quiet", "--force", "--detach", stack.tip], work)
        run([*git, "clean", "-fdxq"], work)

    def rebased() -> None:
        run([*git, "rebase", "--quiet", "--onto", stack.target, stack.base, stack.tip], work, **_WHO)
        for _ in stack.series:  # what it says of one patch is not said of the others yet
            if not (work / ".git" / "rebase-merge").exists():
                break
            run([*git, "rebase", "--quiet", "--skip"], work, **_WHO)

    tasks: dict[str, Task] = {
        OURS: judged,
        "git rebase, work tree": rebased,
        "git cherry": lambda: run([*git, "cherry", stack.target, stack.tip, stack.base], work),
        CACHED: lambda: in_index(stack.repository, stack.target, files),
    }
    return medians(alternated(tasks, rounds, {"git rebase, work tree": ready}))
