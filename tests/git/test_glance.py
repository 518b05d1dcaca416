"""The repository of those who only read: it says what the whole one says, and is the whole one where it must be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from syncbot.git.downstream import GitDownstream
from syncbot.git.glance import Glance, glance
from syncbot.ports import Downstream


def git(repository: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """With something of everything that differs from the commit; a name with a line feed, below a link."""
    root = tmp_path / "a\ntree"
    (root / "patches" / "lib").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    git(root, "init", "-q", "-b", "main")
    for name in ("kept", "gone", "other"):
        (root / "patches" / "lib" / name).write_text(name)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    (root / "patches" / "lib" / "gone").unlink()
    (root / "patches" / "lib" / "other").write_text("changed")
    (root / "new").write_text("new")
    return root


QUESTIONS: dict[str, Callable[[Downstream], object]] = {
    "root": lambda found: found.root,  # type: ignore[attr-defined]  # both have it
    "head": lambda found: found.head(),
    "branch": lambda found: found.branch(),
    "dirty": lambda found: (sorted(found.dirty("patches")), sorted(found.dirty("")), list(found.dirty("none"))),
    "files": lambda found: [(path, found.files().read(path)) for path in found.files().paths()],
    "tip": lambda found: (found.tip("main"), found.tip("none")),
    "unborn": lambda found: found.is_unborn,
    "changed": lambda found: found.changed(found.head(), found.head()),
}


@pytest.mark.parametrize("start", ["a\ntree", "a\ntree/patches/lib", "link", "link/patches"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_it_says_what_the_whole_one_says(root: Path, question: str, start: str) -> None:
    asked = QUESTIONS[question]
    found: Downstream = Glance(root.parent / start)  # type: ignore[assignment]  # the rest is the whole one's
    assert asked(found) == asked(GitDownstream(root.parent / start))


def test_a_commit_without_a_branch_and_a_second_work_tree(root: Path) -> None:
    git(root, "worktree", "add", "-q", "--detach", str(root.parent / "second"))
    for asked in QUESTIONS.values():
        found: Downstream = Glance(root.parent / "second")  # type: ignore[assignment]  # as above
        assert asked(found) == asked(GitDownstream(root.parent / "second"))


def test_what_git_says_nothing_of(tmp_path: Path) -> None:
    assert glance(tmp_path / "none") is None
    assert glance(tmp_path) is None, "it is no repository"
    git(tmp_path, "init", "-q", "empty")
    assert glance(tmp_path / "empty") is None, "it has no commit"
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    assert glance(tmp_path / "bare.git") is None
