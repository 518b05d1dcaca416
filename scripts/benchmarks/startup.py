"""What a person waits for: whole processes, beside the smallest that there are."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.cases import ROOT
from benchmarks.processes import alternated, medians, run
from benchmarks.tables import Report, Table

EXAMPLE = ROOT / "tests" / "data" / "readme"


def commands() -> dict[str, list[str]]:
    syncbot = [str(Path(sys.executable).with_name("syncbot"))]
    if not Path(syncbot[0]).exists():
        syncbot = [sys.executable, "-m", "syncbot"]
    trees = [
        "--base",
        str(EXAMPLE / "base"),
        "--target",
        str(EXAMPLE / "target"),
        "--patches",
        str(EXAMPLE / "patches"),
    ]
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "git --version": ["git", "--version"],
        "syncbot --version": [*syncbot, "--version"],
        "syncbot --help": [*syncbot, "--help"],
        "syncbot judge (README's example)": [*syncbot, "judge", *trees],
    }


def report(rounds: int) -> Report:
    with tempfile.TemporaryDirectory() as kept:  # as an installation has it, whatever this shell says of bytecode
        environ = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}
        tasks = {name: (lambda command=command: run(command, ROOT, **environ)) for name, command in commands().items()}
        taken = medians(alternated(tasks, rounds))
    floor = taken["python -c pass"]
    rows = [(name, ms, ms / floor) for name, ms in taken.items()]
    made = Report(
        "startup",
        f"whole processes, medians of {rounds} rounds in alternation",
        "the files and their bytecode, after one round",
    )
    made.tables.append(Table("Start-up", ("command", "ms", "times python"), rows))
    return made
