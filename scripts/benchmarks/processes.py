"""Measuring in alternation: machines wander, and so do all that are measured in one round."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

Task = Callable[[], object]
Result = TypeVar("Result")


def each(work: Callable[[str], Result], names: list[str], jobs: int) -> tuple[dict[str, Result], list[str]]:
    """What the work makes of every name, in processes; and a line for each that it failed on: the rest counts."""
    done: dict[str, Result] = {}
    failed = []
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        for name, future in [(name, pool.submit(work, name)) for name in names]:
            error = future.exception()
            if error is None:
                done[name] = future.result()
            else:
                failed.append(f"no answer: {name}: {type(error).__name__}: {error}")
    return done, failed


def alternated(
    tasks: Mapping[str, Task], rounds: int, before: Mapping[str, Task] | None = None
) -> dict[str, list[float]]:
    """Milliseconds of every task in each round, after one round that does not count. `before`: what makes a task ready
    each time, and is not measured."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    ready = before or {}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            if name in ready:
                ready[name]()
            begun = time.perf_counter()
            task()
            if number:
                taken[name].append((time.perf_counter() - begun) * 1000)
    return taken


def medians(taken: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(times) for name, times in taken.items()}


def run(command: list[str], folder: Path, **environ: str) -> int:
    """Run a command to its end, unheard. Its exit code: a patch that does not apply is an answer too."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode
