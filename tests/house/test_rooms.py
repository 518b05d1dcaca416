"""The direction of imports is enforced: each way to break it is caught by the contracts in pyproject.toml."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ("ports", "plan", "report", "judge", "diff", "model")
EFFECTS = {"open", "input", "print", "__import__", "exec", "eval"}
CLOCKS = {"now", "utcnow", "today"}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environ = os.environ | {"PYTHONPATH": str(root), "COLUMNS": "200"}
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)


VIOLATIONS = [
    ("model/stray.py", "import syncbot.judge", "rooms import downwards only"),
    ("store/stray.py", "import syncbot.forges", "rooms import downwards only"),
    ("stray.py", "", "rooms import downwards only"),
    ("services/stray.py", "import syncbot.store", "services see only ports and what is below"),
    ("judge/stray.py", "import subprocess", "from ports down nothing opens files"),
    ("report/stray.py", "from pathlib import Path", "from ports down nothing opens files"),
    ("sources/stray.py", "import pygit2", "only git touches pygit2"),
    ("wiring/stray.py", "import procrastinate", "only worker knows the queue of jobs"),
]


@pytest.mark.parametrize(("path", "line", "contract"), VIOLATIONS, ids=[f"{v[0]}: {v[1]}" for v in VIOLATIONS])
def test_a_violation_is_caught(tmp_path: Path, path: str, line: str, contract: str) -> None:
    shutil.copytree(ROOT / "syncbot", tmp_path / "syncbot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "syncbot" / path).write_text(line + "\n")
    result = lint(tmp_path)
    broken = [text for text in result.stdout.splitlines() if text.endswith("BROKEN")]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(text.startswith(contract) for text in broken), result.stdout


def _effects(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in EFFECTS:
                found.append(f"{node.lineno}: {called.id}()")
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
                found.append(f"{node.lineno}: .{called.attr}()")
        if isinstance(node, ast.ImportFrom) and node.module == "urllib.request":
            found.append(f"{node.lineno}: from {node.module}")
        if isinstance(node, ast.Import) and any(name.name == "urllib.request" for name in node.names):
            found.append(f"{node.lineno}: import {node.names[0].name}")
    return found


@pytest.mark.parametrize("room", PURE)
def test_the_core_has_no_effects_that_need_no_import(room: str) -> None:
    """What import contracts cannot see: built-ins that open or print, a clock, a submodule of an outside package."""
    files = sorted((ROOT / "syncbot" / room).rglob("*.py"))
    assert files
    assert {str(f): e for f in files if (e := _effects(ast.parse(f.read_text())))} == {}


def test_the_search_for_effects_finds_them() -> None:
    source = "import urllib.request\nfrom urllib.request import urlopen\nopen('x')\nprint()\ndatetime.now()\n"
    assert [line.partition(":")[0] for line in sorted(_effects(ast.parse(source)))] == ["1", "2", "3", "4", "5"]
