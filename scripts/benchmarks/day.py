"""The day: what the daily sync costs as the catalogue grows, beside a loop of the tools that people have today."""

from __future__ import annotations

import math
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import workspaces
from benchmarks.picture import Curve, picture
from benchmarks.processes import run
from benchmarks.tables import Cell, Report, Table

SHARE = 0.03
"""Of the upstreams have a new release on the day."""
WARM = (
    "the mirrors and the state database, the system's cache, Python's byte code; before the first sync nothing but the "
    "upstreams. Workers are started anew in each run"
)
_SYNC = ("first sync", "the day", "unchanged world")
_PEERS = ("fetch + apply --check", "fetch + rebase")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: seconds on the clock and of processors, and the greatest sum of resident memory (bytes, shared
    pages counted in each process) and of their shares (each page once) over all its processes."""

    wall: float
    cpu: float
    resident: int
    share: int


def report(sizes: Sequence[int], rounds: int, jobs: int | None, drawing: Path | None) -> Report:
    made = Report("day", f"{', '.join(map(str, sizes))} packages of {workspaces.PATCHES} patches", WARM)
    costs: dict[int, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-day-") as folder:
        place = Path(folder)
        _measured(workspaces.make(place / "warm", 2), 1, 2)  # byte code of all that a day needs
        for size in sizes:
            costs[size] = _measured(workspaces.make(place / f"of-{size}", size), rounds, jobs)
            shutil.rmtree(place / f"of-{size}")
    made.tables.append(_table(costs))
    made.tables.append(_ratios(costs))
    if len(sizes) > 1:
        made.tables.append(_growth(costs))
    made.notes.append(
        f"the day: {SHARE:.0%} of the upstreams have a new release; a third of those leave the patched files alone"
    )
    made.notes.append("the peers ask and judge without a verdict, a proposal or a memory; rebase in a work tree")
    if drawing is not None:
        drawing.write_text(_drawn(costs), encoding="utf-8")
        made.notes.append(f"drawn: {drawing}")
    return made


def _measured(made: workspaces.Made, rounds: int, jobs: int | None) -> dict[str, Cost]:
    """The costs of one workspace's life: the first sync, the day, and unchanged worlds in alternation with the peers
    (they, too, look at every package, of which the day's few have something new)."""
    syncbot = [sys.executable, "-m", "syncbot", "-C", str(made.workspace), "sync", "--quiet"]
    syncbot += [] if jobs is None else ["--jobs", str(jobs)]
    costs = {_SYNC[0]: _cost(syncbot, made)}
    peers = {name: _Peer(made, name) for name in _PEERS}
    for peer in peers.values():
        peer.prepare()
    new = made.day(SHARE)
    taken: dict[str, list[Cost]] = {_SYNC[1]: [_cost(syncbot, made)]}
    for name, peer in peers.items():
        taken[name] = [peer.day(new)]
    for _ in range(rounds):
        taken.setdefault(_SYNC[2], []).append(_cost(syncbot, made))
        for name, peer in peers.items():
            taken.setdefault(f"{name}, unchanged", []).append(peer.day([]))
    return costs | {name: _median(of) for name, of in taken.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(c.wall for c in costs),
        statistics.median(c.cpu for c in costs),
        max(c.resident for c in costs),
        max(c.share for c in costs),
    )


def _cost(command: list[str], made: workspaces.Made) -> Cost:
    """Run it to its end, and watch its memory with all its processes."""
    environ = {k: v for k, v in made.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(made.root.parent / "bytecode")
    before, begun = _children(), time.perf_counter()
    with (made.root / "said").open("wb") as said:
        process = subprocess.Popen(command, env=environ, stdout=said, stderr=said, cwd=made.root)
        memory = _Memory(process.pid)
        code = process.wait()
    wall = time.perf_counter() - begun
    memory.stop()
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {(made.root / 'said').read_text()[-2000:]}")
    return Cost(wall, _children() - before, memory.resident, memory.share)


def _children() -> float:
    """Seconds of processors that ended children took, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Memory:
    """Watches a process and its descendants, ten times a second, as /proc tells; elsewhere it sees nothing."""

    def __init__(self, pid: int) -> None:
        self.resident = self.share = 0
        self._pid, self._over = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            pids = _family(self._pid)
            self.resident = max(self.resident, sum(_kilobytes(pid, "Rss:") for pid in pids) * 1024)
            self.share = max(self.share, sum(_kilobytes(pid, "Pss:") for pid in pids) * 1024)


def _family(pid: int) -> list[int]:
    """A process and its descendants, workers in sessions of their own too."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        parents.setdefault(parent, []).append(int(place.name))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def _kilobytes(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)


class _Peer:
    """A loop over all packages with git alone, as people write it: fetch into a clone, and where a newer tag came, try
    the patches on it. Archives have no such tool: they are unpacked, and the patches tried with `git apply`."""

    def __init__(self, made: workspaces.Made, name: str) -> None:
        self._made, self._rebase = made, name == _PEERS[1]
        self._folder = made.root / name.replace(" ", "-")
        self._packages = [workspaces.Package(made.root, made.seed, number) for number in range(made.packages)]

    def prepare(self) -> None:
        """Clones as they stood before the day."""
        self._folder.mkdir()
        for package in self._packages:
            if package.is_git:
                self._git(
                    "clone", "--quiet", *([] if self._rebase else ["--bare"]), str(package.repository), package.name
                )

    def day(self, new: Sequence[int]) -> Cost:
        """One day's loop; `new`: the numbers of the packages with a new release."""
        before, begun = _children(), time.perf_counter()
        for package in self._packages:
            if package.is_git:
                self._git("-C", package.name, "fetch", "--quiet", "--tags", "origin")
        for number in new:
            self._try(self._packages[number])
        return Cost(time.perf_counter() - begun, _children() - before, 0, 0)

    def _try(self, package: workspaces.Package) -> None:
        patches = sorted(map(str, (self._made.workspace / "patches" / package.name).glob("*.patch")))
        if not package.is_git:
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                shutil.unpack_archive(package.archive(workspaces.NEXT), folder)
                self._apply(Path(folder) / f"{package.name}-{workspaces.NEXT}", patches)
        elif self._rebase:
            place = self._folder / package.name
            self._git("-C", package.name, "switch", "--quiet", "--force-create", "ours", f"v{workspaces.BASE}")
            self._apply(place, patches, "git", "am", "--quiet", "--3way")
            if run(["git", "rebase", "--quiet", f"v{workspaces.NEXT}"], place, **self._made.environ):
                self._git("-C", package.name, "rebase", "--abort")
        else:
            index = {"GIT_INDEX_FILE": str(self._folder / "index"), "GIT_DIR": str(self._folder / package.name)}
            run(["git", "read-tree", f"v{workspaces.NEXT}"], self._folder, **self._made.environ, **index)
            for patch in patches:
                run(["git", "apply", "--check", "--cached", patch], self._folder, **self._made.environ, **index)

    def _apply(self, folder: Path, patches: Sequence[str], *command: str) -> None:
        tool = list(command) or ["git", "apply", "--check"]
        apart = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
        for patch in patches:
            run([*tool, patch], folder, **self._made.environ, **apart)

    def _git(self, *arguments: str) -> None:
        run(["git", *arguments], self._folder, **self._made.environ)


def _table(costs: Mapping[int, Mapping[str, Cost]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (size, name, cost.wall, cost.cpu, _mebi(cost.resident), _mebi(cost.share))
        for size, of in costs.items()
        for name, cost in of.items()
    ]
    return Table("A run", ("packages", "run", "seconds", "cpu seconds", "MiB resident", "MiB shared out"), rows)


def _mebi(size: int) -> Cell:
    return None if size == 0 else size / 2**20


def _ratios(costs: Mapping[int, Mapping[str, Cost]]) -> Table:
    """The peers in times of syncbot, by the clock and by processors."""
    rows: list[tuple[Cell, ...]] = []
    for size, of in costs.items():
        for peer in _PEERS:
            for name, mine in ((peer, _SYNC[1]), (f"{peer}, unchanged", _SYNC[2])):
                rows.append((size, name, of[name].wall / of[mine].wall, of[name].cpu / of[mine].cpu))
    return Table("Peers, in times of syncbot on the same day", ("packages", "peer", "seconds", "cpu seconds"), rows)


def _growth(costs: Mapping[int, Mapping[str, Cost]]) -> Table:
    """Milliseconds of processors for each package, and how they grow with the catalogue: the exponent of size, 1 where
    twice the packages cost twice."""
    sizes = sorted(costs)
    rows: list[tuple[Cell, ...]] = []
    for name in _SYNC:
        each = [costs[size][name].cpu / size * 1000 for size in sizes]
        rows.append((name, *each, _exponent([(size, costs[size][name].cpu) for size in sizes])))
    columns = ("run", *(f"ms each of {size}" for size in sizes), "exponent")
    return Table("CPU for each package", columns, rows)


def _exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the straight line that fits the logarithms best."""
    return statistics.linear_regression([math.log(x) for x, _ in points], [math.log(y) for _, y in points]).slope


def _drawn(costs: Mapping[int, Mapping[str, Cost]]) -> str:
    names = (*_SYNC, *_PEERS)
    curves = [Curve(name, [(size, of[name].cpu) for size, of in sorted(costs.items())]) for name in names]
    return picture("What a day costs as the catalogue grows", "packages", "cpu seconds", curves)
