"""Two runs of one catalogue: an undisturbed one, and one whose workers are killed and whose connections are cut. They
must come to the same. Prints what was done and every difference; ends with 1 where there is any."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import psycopg

from soaking.crew import Crew, Trouble, until
from soaking.forge import Forge
from soaking.outcome import Outcome, busy, differences, left_behind, outcome, runs
from soaking.world import World
from syncbot.errors import StoreError
from syncbot.store import SqlStore, open_store
from syncbot.worker import jobs
from syncbot.worker.queue import Queue
from tests.postgres import Server, server

T = TypeVar("T")


@dataclass(frozen=True)
class Told:
    """One run: its seconds, packages per second over the first pass (without the start of the workers), and what
    happened in it."""

    name: str
    workers: int
    packages: int
    seconds: float
    per_second: float
    kills: int = 0
    cuts: int = 0
    releases: int = 0
    proposals: int = 0
    runs: int = 0
    broken_off: int = 0
    doubles_refused: int = 0
    codes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rough:
    """What is done to a run: seconds between two kills, between two cuts; 0: none."""

    kill: float = 0.0
    cut: float = 0.0


class Soak:
    def __init__(self, root: Path, made: Server, options: argparse.Namespace) -> None:
        self._root, self._server, self._options = root, made, options
        self._world = World(root, options.packages, options.seed, options.share / 100)
        self._port = 0
        self._settled = 0.0
        """Seconds until the first package was done in the first run."""

    def run(self, name: str, workers: int, rough: Rough, *, waves: int) -> tuple[Told, Outcome, list[str]]:
        """One run from an empty state to the end of all work."""
        world, options = self._world, self._options
        (self._root / name).mkdir()
        world.make(name)
        world.use(name)
        forge = Forge(self._root / name / "forge", self._port)  # the address stands in what is proposed
        self._port = forge.port
        forge.folder.mkdir()
        address = self._server.new()
        workspace = world.workspace(name, forge.address)
        forge.publish(workspace)
        store, queue = open_store(address), Queue(address)
        queue.prepare()
        crew = Crew(workspace, address, workers, self._root / f"{name}.log", self._settled)
        say(f"{name}: {len(world.packages)} packages, {workers} workers")
        begun = time.monotonic()
        queue.put([jobs.PLANNING])
        crew.start()
        troubles = [Trouble(rough.kill, f"{name} kill", crew.kill), Trouble(rough.cut, f"{name} cut", crew.cut)]
        released = 0
        try:
            for number, wave in enumerate(world.waves(waves) if waves else []):
                self._some_done(store, (number + 1) / (waves + 1), crew, begun)
                for package, release in wave:
                    world.release(name, package, release)
                    patient(partial(store.set_fact, "due", package.name, datetime.now(UTC).isoformat()))
                released += len(wave)
                say(f"{name}: {len(wave)} releases arrive after {time.monotonic() - begun:.0f} s")
            self._drained(store, queue, crew)
            first = patient(partial(busy, address))
            if waves:
                patient(partial(queue.put, [jobs.PLANNING]))
                self._drained(store, queue, crew)
        finally:
            for trouble in troubles:
                trouble.stop()
            codes = crew.stop()
        seconds = time.monotonic() - begun
        states = [workspace / f"state-{number}" for number in range(workers)]
        counts = runs(address)
        told = Told(
            name, workers, len(world.packages), round(seconds, 1), round(len(world.packages) / first, 2),
            crew.kills, crew.cuts, released, len(forge.pulls), counts.total(), counts["broken off"], forge.refused,
            tuple(codes),
        )  # fmt: skip
        found, left = outcome(forge, address), left_behind(forge, address, states)
        forge.stop()
        queue.close()
        store.close()
        if not options.keep:
            shutil.rmtree(self._root / name)
        say(f"{name}: {seconds:.0f} s, {crew.kills} kills, {crew.cuts} connections cut, {len(forge.pulls)} proposals")
        return told, found, left

    def _some_done(self, store: SqlStore, share: float, crew: Crew, begun: float) -> None:
        """Until that share of the packages was looked at once."""
        wanted = share * len(self._world.packages)

        def ready() -> bool:
            crew.mend()
            done = len(patient(store.standings))
            if done and not self._settled:
                self._settled = time.monotonic() - begun
            return done >= wanted * 0.9

        until(ready, self._options.patience)

    def _drained(self, store: SqlStore, queue: Queue, crew: Crew) -> None:
        """Until nothing is left to do: no job but the minute's tick, and no mark of a release."""
        calm = 0

        def ready() -> bool:
            nonlocal calm
            crew.mend()
            counts = patient(queue.counts)
            idle = counts.waiting + counts.doing == 0 and not patient(partial(store.facts, "due"))
            calm = calm + 1 if idle else 0
            return calm >= 3

        until(ready, self._options.patience)


def patient(call: Callable[[], T]) -> T:
    """Our own connections are cut, too."""
    for _ in range(100):
        try:
            return call()
        except (StoreError, psycopg.OperationalError):
            time.sleep(0.2)
    return call()


def say(text: str) -> None:
    print(f"soak: {text}", file=sys.stderr, flush=True)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is to be ended
    root = Path(tempfile.mkdtemp(prefix="soak-")) if options.keep is None else Path(options.keep)
    root.mkdir(parents=True, exist_ok=True)
    told: list[Told] = []
    found: list[str] = []
    base = Path(tempfile.mkdtemp(prefix="soak-pg-"))
    try:
        with server(base / "data") as made:
            soak = Soak(root, made, options)
            if options.throughput:
                told += [soak.run(f"throughput-{n}", n, Rough(), waves=0)[0] for n in (1, options.workers)]
            else:
                calm, wanted, left = soak.run("calm", options.workers, Rough(), waves=options.waves)
                found += [f"calm: {line}" for line in left]
                rough, got, left = soak.run(
                    "rough", options.workers, Rough(options.kill_every, options.cut_every), waves=options.waves
                )
                told += [calm, rough]
                found += [*left, *differences(wanted, got)]
    finally:
        if options.keep is None:
            shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)
    _print(told, found, as_json=options.json)
    return 1 if found else 0


def _print(told: list[Told], found: list[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"runs": [asdict(each) for each in told], "differences": found}, indent=2))
        return
    for each in told:
        print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asdict(each).items()))
    print("differences: " + ("none" if not found else f"{len(found)}"))
    for line in found:
        print(f"  {line}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--packages", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--workers", type=int, default=2, help="how many, each as on a machine of its own (2)")
    parser.add_argument(
        "--share", type=float, default=5.0, metavar="PERCENT", help="with a release at the start, and in each wave (5)"
    )
    parser.add_argument("--waves", type=int, default=3, help="in how many parts releases arrive meanwhile (3)")
    parser.add_argument("--kill-every", type=float, default=8.0, metavar="S", help="seconds between two kill -9 (8)")
    parser.add_argument("--cut-every", type=float, default=7.0, metavar="S", help="seconds between two cuts (7)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=7200.0, metavar="S", help="seconds that a part may take")
    parser.add_argument("--throughput", action="store_true", help="measure one worker and --workers, undisturbed")
    parser.add_argument("--keep", metavar="DIR", help="work there, and leave everything")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
