"""The quickstart from a fresh clone, against the registries that the user's pip and npm are set up for."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import reference

from syncbot.model.verdicts import Verdict

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SHOWN = {Verdict.UNTOUCHED, Verdict.APPLIES, Verdict.REFRESH, Verdict.TRIM, Verdict.OBSOLETE, Verdict.CONFLICT}


def _clone(root: Path) -> None:
    """What `git clone` would give once everything here is committed."""
    git = ["git", "-c", "safe.directory=*"]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "fresh"]):
        subprocess.run([*git, *command], cwd=root, check=True)


def _as_the_user() -> dict[str, str]:
    """The user's own home again, where pip and npm keep their settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return environ | {"HOME": pwd.getpwuid(os.getuid()).pw_dir}


def _promised(table: str) -> dict[str, str]:
    """{patch without its suffix: the verdict that patches/README.md says the first sync gives}."""
    return {
        row[1]: row[2] for row in re.finditer(r"^\|[^|]*\|[^|]*\| `([^`]+)` \|.*\| (\w+)[^|]*\|$", table, re.MULTILINE)
    }


def _proposals(root: Path) -> list[str]:
    """Every ref below state/ with where it points."""
    found = []
    for repository in sorted((root / "state").rglob("*.git")):
        refs = subprocess.run(
            ["git", "-c", "safe.directory=*", "for-each-ref"],
            cwd=repository,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(f"{repository.name}\n{refs.stdout}")
    return found


@pytest.mark.online
def test_the_quickstart_shows_every_kind_of_verdict_and_then_nothing_new(tmp_path: Path) -> None:
    root = tmp_path / "fresh clone"
    root.mkdir()
    _clone(root)

    def run(*command: str) -> str:
        result = subprocess.run(
            command, cwd="/", env=_as_the_user(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    first = run(str(root / "scripts" / "quickstart"))
    assert len(list((root / "patches").glob("*/package.toml"))) >= 6
    assert reference.with_quickstart(README, first) == README, "scripts/quickstart | scripts/reference --quickstart"
    proposals = _proposals(root)
    assert proposals

    again = json.loads(run(str(root / "scripts" / "quickstart"), "--json"))
    assert again["problems"] == []
    assert again["changed"] is False
    verdicts = {p["name"].removesuffix(".patch"): p["verdict"] for item in again["packages"] for p in item["patches"]}
    assert set(verdicts.values()) >= set(SHOWN)
    assert verdicts == _promised((root / "patches" / "README.md").read_text())
    assert _proposals(root) == proposals
    assert subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, check=True).stdout == b""
