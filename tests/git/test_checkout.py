"""A clone of a packaging repository that lies elsewhere: made once, brought up to date, no commit lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from syncbot.errors import HostileInput, InputError, UpstreamUnreachable
from syncbot.git.checkout import checkout


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    made = tmp_path / "packages"
    made.mkdir()
    git(made, "init", "-q")
    commit(made, "a", "1")
    git(made, "branch", "stable")
    return made


def test_it_is_cloned_once_and_brought_up_to_date(origin: Path, tmp_path: Path) -> None:
    first = checkout(tmp_path / "state", str(origin), "", quiet)
    assert (first / "a").read_text() == "1"
    commit(origin, "a", "2")
    assert checkout(tmp_path / "state", str(origin), "", quiet) == first
    assert (first / "a").read_text() == "2"


def test_each_branch_has_a_clone_of_its_own(origin: Path, tmp_path: Path) -> None:
    commit(origin, "a", "2")
    stable = checkout(tmp_path / "state", str(origin), "stable", quiet)
    assert git(stable, "branch", "--show-current") == "stable"
    assert (stable / "a").read_text() == "1"
    assert checkout(tmp_path / "state", str(origin), "", quiet) != stable


def test_a_bare_repository_will_do(origin: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(origin), "bare.git")
    assert (checkout(tmp_path / "state", str(tmp_path / "bare.git"), "", quiet) / "a").read_text() == "1"


def test_commits_that_were_made_in_it_stay(origin: Path, tmp_path: Path) -> None:
    clone = checkout(tmp_path / "state", str(origin), "", quiet)
    commit(clone, "b", "accepted here")
    checkout(tmp_path / "state", str(origin), "", quiet)
    assert (clone / "b").read_text() == "accepted here"
    commit(origin, "c", "meanwhile")
    with pytest.raises(
        InputError, match=r"has commits that its origin's main has not, and it moved on; push them there"
    ):
        checkout(tmp_path / "state", str(origin), "", quiet)
    assert (clone / "b").read_text() == "accepted here"


@pytest.mark.parametrize("branch", ["gone", "--upload-pack=x"])
def test_a_branch_or_repository_that_is_not_there_is_told_of(branch: str, origin: Path, tmp_path: Path) -> None:
    with pytest.raises((UpstreamUnreachable, HostileInput)):
        checkout(tmp_path / "state", str(origin), branch, quiet)
    with pytest.raises(UpstreamUnreachable, match=r"cannot be fetched: .*; check downstream\.repo"):
        checkout(tmp_path / "state", str(tmp_path / "gone"), "", quiet)


def test_an_address_that_tries_something_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostileInput, match="names the remote helper 'ext'"):
        checkout(tmp_path / "state", "ext::sh -c id", "", quiet)
