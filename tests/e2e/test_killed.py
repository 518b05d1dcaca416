"""kill -9 at every step of a sync, then once more: all is as if nothing had happened, and done once."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from syncbot.forges.local import LocalForge
from syncbot.model.settings import Identity
from syncbot.services import check

from .killing import killed_at
from .world import FIX_B, FIX_TEN, A, B, Upstream, World, git, numbered

PARTS = 4
"""The steps are shared out among so many tests."""
SYNC = ["sync", "--quiet", "--jobs", "1"]


@pytest.fixture
def morning(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """What one sync is to do: open a proposal, update one for a newer release, and make the drops of one final that a
    person accepted."""
    monkeypatch.setattr(check, "LANES", 1)  # threads would take the steps in any order
    for name in ("updated", "accepted"):
        upstream = Upstream(tmp_path / name)
        upstream.release("v1.0", a_c=A, b_c=B)
        world.workspace.package(name, f"git:{upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
        upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    listed = world.syncbot("proposals", "list", "--json").document["proposals"]
    ids = {one["package"]: one["id"] for one in listed}
    assert world.syncbot("proposals", "accept", ids["accepted"]).code == 0
    git(tmp_path / "updated", "tag", "-f", "v1.1")
    Upstream.release(_at(tmp_path / "updated"), "v1.2", b_c=numbered("b", l20="twenty"))
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    return world


def _at(path: Path) -> Upstream:
    made = object.__new__(Upstream)
    made.path = path
    return made


def outcome(world: World) -> dict[str, Any]:
    """All that a run came to but for its times: proposals with the trees of their branches, the series, the rows."""
    root = world.workspace.path
    proposals = LocalForge(root / "state" / "proposals", root, Identity()).list()
    said = [(p.package, p.status.value, p.title, p.target_version) for p in proposals]
    forge = root / "state" / "proposals" / "forge.git"
    heads = git(forge, "for-each-ref", "--format=%(refname)", "refs/heads").splitlines()
    trees = {ref: git(forge, "rev-parse", f"{ref}^{{tree}}") for ref in heads}
    queries = {
        "judgements": "SELECT key, package, base_version, target_version FROM judgement",
        "current": "SELECT package, key FROM current",
        "releases": "SELECT package, version, identity FROM release",
        "dropped": "SELECT package, name, digest, restored FROM dropped",
        "told": "SELECT package, place, name, verdict, action FROM told",
        "proposals": "SELECT id, package, line, status, fingerprint, target_version FROM proposal",
        "failures": "SELECT package FROM failure",
        "leases": "SELECT name FROM lease",
        "news": "SELECT key FROM news",
    }
    with sqlite3.connect(root / "state" / "syncbot.db") as opened:
        rows = {name: sorted(opened.execute(query).fetchall()) for name, query in queries.items()}
    return {"proposals": sorted(said), "trees": trees, "head": git(root, "rev-parse", "HEAD^{tree}"), **rows}


def locks(root: Path) -> list[str]:
    """Lock files of git, and files on which a process still holds a lock."""
    found = []
    for file in root.rglob("*.lock"):
        if file.stat().st_size or any(part.endswith(".git") for part in file.parent.parts):
            found.append(str(file))
            continue
        handle = os.open(file, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            found.append(str(file))
        finally:
            os.close(handle)
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_any_step_it_goes_on_as_if_nothing_had_happened(morning: World, tmp_path: Path, part: int) -> None:
    root, kept, told = morning.workspace.path, tmp_path / "kept", tmp_path / "steps"
    arguments = ["--workspace", str(root), *SYNC]
    shutil.copytree(root, kept, symlinks=True)

    def again() -> None:
        shutil.rmtree(root)
        shutil.copytree(kept, root, symlinks=True)

    code, steps = killed_at(None, root, arguments, told)
    assert code == 0
    assert steps.count("commit") >= 5
    assert any(step.startswith("git ") for step in steps)
    expected = outcome(morning)
    for last in range(part, len(steps), PARTS):
        again()
        code, made = killed_at(last, root, arguments, told)
        where = f"step {last} of {len(steps)}: {steps[last]}"
        assert (code, len(made)) == (-9, last), where
        code, _ = killed_at(None, root, arguments, told)
        assert code == 0, where
        assert outcome(morning) == expected, where
        assert locks(root) == [], where
    before = morning.workspace.snapshot()
    assert killed_at(None, root, arguments, told)[0] == 0
    assert morning.workspace.snapshot() == before
