"""The benchmarks run on tiny inputs, and say what they should. How long anything takes is no test's business."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    environ = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def document(*arguments: str | Path) -> dict[str, Any]:
    done = bench(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    assert made["schema"] == f"syncbot.bench.{arguments[0]}/1"
    assert made["warm"]
    return made


def rows(made: dict[str, Any], table: int = 0) -> dict[str, dict[str, Any]]:
    """A table's rows by their first cell."""
    return {str(next(iter(row.values()))): row for row in made["tables"][table]["rows"]}


BEFORE = [f"int step_{n}(int depth)\n{{\n\treturn table_{n}[depth];\n}}\n" for n in range(30)]
GUARD = "\tif (depth > table_limit || depth < 0)\n\t\treturn error_of(depth);\n"


def function(n: int, *, guarded: bool) -> str:
    return BEFORE[n].replace("{\n", "{\n" + GUARD, 1) if guarded else BEFORE[n]


def source(*guarded: int) -> str:
    return "".join(function(n, guarded=n in guarded) for n in range(30))


def diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/step.c", "b/step.c")
    return "".join(lines)


@dataclass(frozen=True)
class Tiny:
    """A folder of one package: the release took the guard of function 3, and not that of function 20."""

    folder: Path

    def labelled(self, merged: str, kept: str) -> list[str | Path]:
        """The options that name the corpus, with labels for both patches."""
        labels = [
            {"package": "tiny", "patch": "merged.patch", "label": merged, "kept_as": "merged.patch"},
            {"package": "tiny", "patch": "needed.patch", "label": kept, "kept_as": "needed.patch"},
        ]
        file = self.folder / "labels.jsonl"
        file.write_text("".join(json.dumps(label) + "\n" for label in labels))
        return ["--corpus", self.folder, "--labels", file]


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    place = tmp_path / "corpus" / "cases" / "tiny"
    patches = {"merged.patch": diff(source(), source(3)), "needed.patch": diff(source(3), source(3, 20))}
    for folder, files in {
        "old": {"step.c": source()},
        "new": {"step.c": "/* step by step */\n" + source(3)},
        "patches": {**patches, "series": "# ours\nmerged.patch -p1\nneeded.patch\n"},
        "newpatches": patches,
    }.items():
        (place / folder).mkdir(parents=True)
        for name, text in files.items():
            (place / folder / name).write_text(text)
    return Tiny(tmp_path / "corpus")


def test_accuracy_on_a_folder_of_cases(tiny: Tiny) -> None:
    made = document("accuracy", *tiny.labelled("DROPPED_UPSTREAM", "KEPT"), "--jobs", "1")
    found = rows(made)
    assert found["automatic recall"] == {"what": "automatic recall", "rate": 1.0, "count": 1}
    assert (found["settled, of the kept"]["rate"], found["false drops"]["count"], made["notes"]) == (1.0, 0, [])


def test_accuracy_names_the_false_drop_and_the_merged_patch_that_is_carried_again(tiny: Tiny) -> None:
    made = document("accuracy", *tiny.labelled("KEPT", "DROPPED_UPSTREAM"), "--jobs", "1")
    found = rows(made)
    assert (found["false drops"]["count"], found["automatic recall"]["rate"]) == (1, 0.0)
    assert found["merged, carried whole again"]["rate"] == 1.0
    assert [note.partition(": obsolete")[0] for note in made["notes"]] == ["false drop: tiny/merged.patch"]


def test_what_each_step_and_each_number_gains(tiny: Tiny) -> None:
    asked = [*tiny.labelled("DROPPED_UPSTREAM", "KEPT"), "--ablation", "--sensitivity", "--folds", "2"]
    made = document("accuracy", *asked, "--jobs", "1")
    without, up_to, numbers, folds = (rows(made, table) for table in range(1, 5))
    assert without["as it is"]["recall"] == up_to["up to proved"]["recall"] == 1.0
    assert up_to["up to nothing"] | {"cascade": ""} == {
        "cascade": "",
        "recall": 0.0,
        "false drops": 0,
        "settled": 0.0,
        "again": 0.0,
        "wrong cuts": 0,
        "flagged recall": 0.0,
        "its precision": None,
    }
    assert {"without untouched", "without matched"} <= without.keys()
    moved = numbers["rules.SCORE_LARGE"]
    assert (moved["-20 %"] < moved["value"] < moved["+20 %"], moved["false"]) == (True, 0)
    assert (folds["fold 1"]["recall"], folds["fold 1"]["chosen on the others"]) == (1.0, "as it is")


def test_accuracy_on_generated_histories() -> None:
    told = "exact_cherry_pick,it_applies_shifted,the_same_hunk_landed_in_another_function"
    done = bench("accuracy", "--only", told, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "6 generated histories, 2 merged patches and 4 kept" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["automatic", "recall", "1.000", "2"] in lines


def test_mutants_of_a_folder_and_of_generated_histories(tiny: Tiny) -> None:
    for asked in (tiny.labelled("DROPPED_UPSTREAM", "KEPT"), ["--only", "exact_cherry_pick", "--seeds", "1"]):
        made = document("mutants", *asked, "--jobs", "1", "--list")
        kinds = rows(made)
        assert list(kinds) == ["a", "b", "B", "c", "d", "e"]
        assert all(kinds[kind]["made"] for kind in "acd")
        assert all(row["dropped whole"] <= row["made"] for row in kinds.values())
        assert kinds["a"]["dropped whole"] == 0
        assert len(made["tables"][1]["rows"]) == sum(row["dropped whole"] for row in kinds.values())


def test_a_patch_that_is_not_dropped_has_no_mutants(tiny: Tiny) -> None:
    made = document("mutants", *tiny.labelled("KEPT", "DROPPED_UPSTREAM"), "--jobs", "1")
    assert {row["made"] for row in made["tables"][0]["rows"]} == {0}


def test_mutants_of_a_real_history_are_commits_on_top_of_its_release(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(tmp_path)]
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    ids = []
    for text in (source(), source(3), source(3) + "int last_of_all;\n"):
        (tmp_path / "step.c").write_text(text)
        subprocess.run([*git, "add", "step.c"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "work"], check=True)
        done = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        ids.append(done.stdout.strip())
    row = {"commit": ids[1], "parent": ids[0], "targets": [["2.0", ids[2], "in"], ["1.0", ids[0], "out"]]}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    made = document("mutants", "--repo", tmp_path, "--backports", tmp_path / "rows.jsonl", "--jobs", "1")
    kinds = rows(made)
    assert not made["notes"], made["notes"]
    assert kinds["a"]["made"] > 0
    assert kinds["a"]["dropped whole"] == 0
    listed = subprocess.run([*git, "rev-list", "--all"], check=True, capture_output=True, text=True)
    assert listed.stdout.split() == ids[::-1], "the repository itself is left alone"
    assert bench("mutants", "--repo", tmp_path).returncode == 2


def test_engine_measures_the_judge_and_its_peers(tiny: Tiny) -> None:
    made = document("engine", *tiny.labelled("DROPPED_UPSTREAM", "KEPT"), "--rounds", "1", "--patches", "1")
    row = rows(made)["tiny"]
    assert row["patches"] == 1
    assert {"judge, git tree", "judge, folder", "git apply --check", "patch --dry-run"} <= row.keys()
    assert all(row[column] > 0 for column in row if column != "package")
    assert rows(made, 1)["median"]["judge, git tree"] == 1.0


def upstream(folder: Path) -> Path:
    """A repository with a main line and a branch of one own commit."""
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(folder)]
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    for branch, number in (("main", 1), ("stable", 2), ("main", 3), ("main", 4)):
        switch = ["checkout", "-q", *(["-b"] if number == 2 else []), branch]
        subprocess.run([*git, *switch], check=number > 1, stderr=subprocess.DEVNULL)
        (folder / "step.c").write_text(source(*range(number)))
        subprocess.run([*git, "add", "step.c"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"guard {number}"], check=True)
    return folder


def test_engine_measures_stacks_of_a_branch_with_its_history(tmp_path: Path) -> None:
    repository = upstream(tmp_path / "upstream")
    made = document("engine", "--rounds", "1", "--repo", repository, "--patches", "1")
    package, median = made["tables"][0]["rows"]
    assert {"judge, with history", "git rebase, work tree", "git cherry"} < package.keys()
    assert (package["patches"], median["patches"]) == (1, None)
    assert all(value > 0 for column, value in package.items() if column != "package")
    found = subprocess.run(["git", "-C", repository, "status", "--porcelain"], capture_output=True, check=True)
    assert (found.stdout, (repository / ".git" / "worktrees").exists()) == (b"", False)


def test_engine_says_where_there_is_nothing_to_measure(tmp_path: Path) -> None:
    repository = upstream(tmp_path / "upstream")
    made = document("engine", "--rounds", "1", "--repo", repository, "--patches", "5")
    assert (made["tables"], len(made["notes"])) == ([], 1)


@pytest.mark.parametrize("real", [True, False], ids=["a given repository", "a generated one"])
def test_index_measures_filling_and_asking(tmp_path: Path, *, real: bool) -> None:
    given = ["--repo", upstream(tmp_path / "upstream")] if real else ["--commits", "30"]
    made = document("index", "--rounds", "1", *given)
    filled, asked = rows(made), rows(made, 1)
    assert len(filled) == 4
    assert all(row["ms"] > 0 for row in filled.values())
    assert filled["index, all"]["commits"] == (3 if real else 30)
    assert filled["index, all"]["times the index"] == 1.0
    assert filled["index, all"]["MB per 10,000 commits"] > 0
    assert all(row["asked"] and row["slowest"] >= row["median"] > 0 for row in asked.values())


def test_startup_measures_whole_processes() -> None:
    taken = rows(document("startup", "--rounds", "1"))
    assert {"python -c pass", "git --version", "syncbot --version", "syncbot --help"} < taken.keys()
    assert all(row["ms"] > 0 for row in taken.values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["accuracy", "--labels", "pyproject.toml"], "--labels needs --corpus"),
        (["mutants", "--only", "no-such-story"], "there are no such cases"),
    ],
)
def test_what_cannot_be_measured_is_said(arguments: list[str], said: str) -> None:
    done = bench(*arguments)
    assert (done.returncode, said in done.stderr) == (2, True)


def test_a_moved_number_moves_where_it_is_imported_and_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmarks import variants  # noqa: PLC0415 - it is on the path only now

    from syncbot.judge import blocks, rules  # noqa: PLC0415

    shipped = (rules.SCORE_LARGE, blocks.EDITED)
    for variant in variants.sensitivities():
        assert variant.number is not None
        module, name, value = variant.number
        with variants.judging(variant):
            assert getattr(sys.modules[module], name) == value != variant.was
    assert shipped == (rules.SCORE_LARGE, blocks.EDITED)


def test_the_command_sets_up_and_runs(tmp_path: Path) -> None:
    """In a checkout whose environment is there already."""
    root = tmp_path / "a place with spaces"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    fresh = f'root="{root}"; . "$root/scripts/lib/environment.sh"; stamp test >"$root/.venv/syncbot-stamp"'
    subprocess.run(["sh", "-c", fresh], check=True)
    done = subprocess.run([root / "scripts" / "bench", "--help"], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"accuracy", "mutants", "engine", "index", "startup"} <= set(done.stdout.split())
