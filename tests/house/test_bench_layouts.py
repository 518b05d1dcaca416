"""The check of packaging formats counts what it reads and edits, and tells every refusal with its reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATCH = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n"
SPEC = """\
Name: {0}
Version: 1.2.3
Release: 4%{{?dist}}
Source0: https://example.org/{0}-%{{version}}.tar.gz
{1}
%prep
%autosetup -p1
"""


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "layouts", *map(str, arguments)]
    environ = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_a_folder_of_recipes_is_read_edited_and_counted(tmp_path: Path) -> None:
    for name, tags in {"good": "Patch1: a.patch\nPatch2: b.patch", "bad": "Patch1: gone.patch"}.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.spec").write_text(SPEC.format(name, tags))
        for patch in ("a.patch", "b.patch"):
            (folder / patch).write_text(PATCH)
    done = bench("dist-git", tmp_path, "--list", "--json")
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    counts = {row["what"]: row["count"] for row in made["tables"][0]["rows"]}
    assert counts == {
        "recipes": 2,
        "read": 1,
        "read: refused": 1,
        "with patches": 1,
        "patches": 2,
        "with an upstream": 1,
        "with owners": 0,
        "drop: done": 2,
        "drop: lines taken out": 2,
        "drop: lines put in": 0,
        "rewrite: done": 1,
        "rewrite: lines taken out": 0,
        "rewrite: lines put in": 0,
        "add: done": 1,
        "add: lines taken out": 0,
        "add: lines put in": 1,
        "move: done": 1,
        "move: lines taken out": 2,
        "move: lines put in": 2,
    }
    assert [table["title"] for table in made["tables"]] == ["Recipes and edits", "Refused"]
    assert made["notes"] == ["bad/bad.spec:5: the file gone.patch is missing; add the file, or remove the line"]


def test_an_unknown_format_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = bench("nothing", tmp_path)
    assert done.returncode == 2
    assert "no format is named 'nothing'; there are" in done.stderr
    assert "dist-git" in done.stderr
