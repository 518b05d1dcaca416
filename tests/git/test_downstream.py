"""The workspace as the bot sees it: what is there now, what is committed, and what differs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from syncbot.errors import InputError
from syncbot.git import run
from syncbot.git import status as module
from syncbot.git.downstream import GitDownstream
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK, Entry, blob_id
from syncbot.ports import Downstream


def git(repository: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "patches" / "lib").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("/state/\n*.log\n")
    (root / "patches" / "lib" / "series").write_text("one.patch\n")
    (root / "patches" / "lib" / "gone.patch").write_text("gone")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_it_is_found_from_a_subfolder(root: Path) -> None:
    found: Downstream = GitDownstream(root / "patches" / "lib")
    assert GitDownstream(root / "patches").root == root
    assert found.head() == git(root, "rev-parse", "HEAD")
    assert found.branch() == "main"


def test_head_and_branch_follow_the_repository(root: Path) -> None:
    found = GitDownstream(root)
    git(root, "switch", "-q", "-c", "topic/x")
    git(root, "commit", "-q", "--allow-empty", "-m", "second")
    assert (found.head(), found.branch()) == (git(root, "rev-parse", "HEAD"), "topic/x")
    git(root, "switch", "-q", "--detach")
    assert found.branch() == "HEAD"


def test_the_files_are_what_lies_there_now(root: Path) -> None:
    folder = root / "patches" / "lib"
    (folder / "series").write_text("edited\n")
    (folder / "gone.patch").unlink()
    (folder / "new.patch").write_bytes(b"\xff")
    (folder / "noise.log").write_text("ignored")
    (folder / "run.sh").write_text("x")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("/etc/passwd")
    (root / "state").mkdir()
    (root / "state" / "db").write_text("ignored")
    files = GitDownstream(root).files()
    assert files.paths() == [
        ".gitignore",
        *(f"patches/lib/{name}" for name in ("link", "new.patch", "run.sh", "series")),
    ]
    assert files.read("patches/lib/series") == b"edited\n"
    assert files.entry("patches/lib/new.patch") == Entry(FILE, blob_id(b"\xff"))
    assert files.entry("patches/lib/run.sh") == Entry(EXECUTABLE, blob_id(b"x"))
    assert files.entry("patches/lib/link") == Entry(SYMLINK, blob_id(b"/etc/passwd"))
    assert files.read("patches/lib/link") == b"/etc/passwd"


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        "state/db",
        "patches",
        "patches/lib",
        "patches/lib/gone.patch",
        "nowhere",
        "../tree/.gitignore",
        "",
    ],
)
def test_what_is_no_file_of_the_workspace_is_not_read(root: Path, path: str) -> None:
    (root / "state").mkdir()
    (root / "state" / "db").write_text("ignored")
    (root / "patches" / "lib" / "gone.patch").unlink()
    files = GitDownstream(root).files()
    assert files.entry(path) is None
    assert files.read(path) is None


def test_a_folder_that_became_a_symbolic_link_is_not_followed(tmp_path: Path, root: Path) -> None:
    (root / "patches" / "lib").rename(tmp_path / "elsewhere")
    (root / "patches" / "lib").symlink_to(tmp_path / "elsewhere")
    files = GitDownstream(root).files()
    assert files.read("patches/lib/series") is None
    assert "patches/lib/series" not in files.paths()


def test_names_that_are_not_utf8_and_submodules_are_there(root: Path) -> None:
    (root / "caf\udce9").write_text("latin")
    (root / "module").mkdir()
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    files = GitDownstream(root).files()
    assert files.read("caf\udce9") == b"latin"
    assert files.entry("module") == Entry(SUBMODULE, files.entry("module").id)  # type: ignore[union-attr]  # it is there
    assert files.read("module") == b"1" * 40


def test_a_commit_is_read_as_it_was(root: Path) -> None:
    found = GitDownstream(root)
    first = found.head()
    (root / "patches" / "lib" / "series").write_text("edited\n")
    git(root, "commit", "-q", "-a", "-m", "second")
    assert found.at(first).read("patches/lib/series") == b"one.patch\n"
    assert found.at(found.head()).read("patches/lib/series") == b"edited\n"


def test_dirty_paths_are_those_that_differ_from_head(root: Path) -> None:
    found = GitDownstream(root)
    assert found.dirty("patches") == []
    (root / "patches" / "lib" / "series").write_text("edited\n")
    (root / "patches" / "lib" / "gone.patch").unlink()
    (root / "patches" / "lib" / "staged.patch").write_text("s")
    git(root, "add", "patches/lib/staged.patch")
    (root / "patches" / "lib" / "new [1].patch").write_text("n")
    (root / "top").write_text("outside")
    inside = [f"patches/lib/{name}" for name in ("gone.patch", "new [1].patch", "series", "staged.patch")]
    assert sorted(found.dirty("patches")) == inside
    assert sorted(found.dirty("patches/lib/")) == inside
    assert sorted(found.dirty("")) == [*inside, "top"]
    assert found.dirty("other") == []


def test_few_processes_are_started(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    real = run.git

    def counting(arguments: list[str], **rest: object) -> bytes:
        calls.append(arguments[0])
        return real(arguments, **rest)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(module, "git", counting)
    found = GitDownstream(root)
    files = found.files()
    assert (found.branch(), found.at(found.head()).read("patches/lib/series")) == ("main", b"one.patch\n")
    assert calls == []
    for path in files.paths():
        assert files.read(path) is not None
    assert calls == ["ls-files"]


def test_no_repository_and_no_commit_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="lies in no git repository; make it one: git init && git add -A && git commit"
    ):
        GitDownstream(tmp_path)
    with pytest.raises(InputError, match="lies in no git repository"):
        GitDownstream(tmp_path / "missing")
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(InputError, match="has no commit yet; commit your files: git add -A && git commit"):
        GitDownstream(tmp_path / "empty")
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(InputError, match="is bare"):
        GitDownstream(tmp_path / "bare.git")
