"""Verify: a package's own commands, sealed off, ended at the limit with all that they started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from syncbot.errors import InputError
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK, MemoryTree
from syncbot.wiring.verifying import Commands

TREE = MemoryTree(
    {
        "a.txt": (FILE, b"one\n"),
        "bin/run": (EXECUTABLE, b"#!/bin/sh\necho ran\n"),
        "link": (SYMLINK, b"a.txt"),
        "bin/out": (SYMLINK, b"../../../etc/passwd"),
        "bin/root": (SYMLINK, b"/etc/passwd"),
        "module": (SUBMODULE, b"c" * 40),
    }
)


def commands(tmp_path: Path, seconds: float = 30) -> Commands:
    environ = {"PATH": os.environ["PATH"], "SYNCBOT_GITHUB_TOKEN": "secret", "SSH_AUTH_SOCK": "/agent", "HOME": "/me"}
    return Commands(tmp_path / "verify", tmp_path, seconds, environ)


def log(tmp_path: Path) -> str:
    return (tmp_path / "verify" / "key.log").read_text()


def test_commands_run_one_after_the_other_up_to_the_first_that_fails(tmp_path: Path) -> None:
    made = commands(tmp_path)
    done = made.run("key", TREE, ["cat link", "bin/run", "sh -c 'exit 3'", "echo never"])
    assert [(ran.command, ran.said) for ran in done.ran] == [
        ("cat link", "passed"),
        ("bin/run", "passed"),
        ("sh -c 'exit 3'", "failed with exit status 3"),
    ]
    assert (done.passed, done.log) == (False, "verify/key.log")
    assert log(tmp_path) == (
        "$ cat link\none\n-- passed\n$ bin/run\nran\n-- passed\n$ sh -c 'exit 3'\n-- failed with exit status 3\n"
    )
    assert made.known("key") == done
    assert made.known("other") is None
    assert sorted(path.name for path in (tmp_path / "verify").iterdir()) == ["key.json", "key.log"]


def test_no_credential_and_nothing_of_the_users_is_in_reach(tmp_path: Path) -> None:
    done = commands(tmp_path).run("key", TREE, ["env", "sh -c 'cd; pwd; ls -A'"])
    assert done.passed
    names = {line.partition("=")[0] for line in log(tmp_path).splitlines() if "=" in line}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "TMPDIR", "LC_ALL", "CI"}
    assert "secret" not in log(tmp_path)


def test_links_that_lead_out_are_left_out(tmp_path: Path) -> None:
    commands(tmp_path).run("key", TREE, ["ls -A bin", "ls -A module"])
    assert log(tmp_path) == "$ ls -A bin\nrun\n-- passed\n$ ls -A module\n-- passed\n"


def test_at_the_limit_a_command_is_killed_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    child = f"import time\nwhile True:\n    open({str(mark)!r}, 'w').write(str(time.time())); time.sleep(0.05)"
    (tmp_path / "child.py").write_text(child)
    command = f"sh -c '{sys.executable} {tmp_path}/child.py & wait'"
    done = commands(tmp_path, seconds=1.5).run("key", TREE, [command])
    assert [(ran.status, ran.said) for ran in done.ran] == [(None, "was killed: it took longer than 2 seconds")]
    time.sleep(0.2)
    before = mark.read_text()
    time.sleep(0.3)
    assert mark.read_text() == before


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    child = f"import time\nwhile True:\n    open({str(mark)!r}, 'w').write(str(time.time())); time.sleep(0.05)"
    (tmp_path / "child.py").write_text(child)
    done = commands(tmp_path).run("key", TREE, [f"sh -c '{sys.executable} {tmp_path}/child.py & sleep 0.5'"])
    assert done.passed
    time.sleep(0.2)
    before = mark.read_text() if mark.exists() else ""
    time.sleep(0.3)
    assert (mark.read_text() if mark.exists() else "") == before


@pytest.mark.parametrize(
    ("command", "said"),
    [("no-such-program", "could not be started (No such file"), ("sh -c 'open", "its quotes do not end")],
)
def test_a_command_that_cannot_be_started_is_told_of(command: str, said: str, tmp_path: Path) -> None:
    [ran] = commands(tmp_path).run("key", TREE, [command]).ran
    assert ran.status is None
    assert said in ran.said


def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the release cannot be verified"):
        commands(tmp_path).run("key", MemoryTree({"../x": (FILE, b"")}), ["true"])
    assert not (tmp_path / "verify" / "x").exists()


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    made = commands(tmp_path)
    made.run("key", TREE, ["true"])
    (tmp_path / "verify" / "key.json").write_text('{"ran": [["x"]]}')
    assert made.known("key") is None
