"""A directory as a tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncbot.errors import HostileInput, InputError
from syncbot.model.settings import Limits
from syncbot.model.trees import EXECUTABLE, FILE, SYMLINK, Entry, blob_id
from syncbot.sources.folder import FolderTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    (made / "src").mkdir(parents=True)
    (made / ".git").mkdir()
    (made / ".git" / "config").write_text("secret")
    (made / "src" / "a.c").write_text("int a;\n")
    (made / "run").write_text("#!")
    (made / "run").chmod(0o755)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b").write_text("secret")
    (made / "out").symlink_to(tmp_path / "outside")
    (made / "file").symlink_to(tmp_path / "outside" / "b")
    (made / os.fsdecode(b"caf\xe9")).write_text("odd")
    os.mkfifo(made / "pipe")
    return made


def test_files_have_their_mode_id_and_content(root: Path, tmp_path: Path) -> None:
    tree = FolderTree(root)
    assert set(tree.paths()) == {"src/a.c", "run", "out", "file", os.fsdecode(b"caf\xe9")}
    assert tree.entry("src/a.c") == Entry(FILE, blob_id(b"int a;\n"))
    assert tree.entry("run") == Entry(EXECUTABLE, blob_id(b"#!"))
    assert tree.entry("out") == Entry(SYMLINK, blob_id(str(tmp_path / "outside").encode()))
    assert tree.read(os.fsdecode(b"caf\xe9")) == b"odd"


@pytest.mark.parametrize(
    "path",
    ["out/b", "../outside/b", "src/../run", "/etc/passwd", ".git/config", "src", "pipe", "none", "", "./run", "a\0"],
)
def test_nothing_is_read_through_a_symlink_or_out_of_the_tree(root: Path, path: str) -> None:
    tree = FolderTree(root)
    assert tree.entry(path) is None
    assert tree.read(path) is None


def test_a_symlink_to_a_file_is_its_target_not_the_files_content(root: Path) -> None:
    assert FolderTree(root).read("file") == str(root.parent / "outside" / "b").encode()


def test_a_file_beyond_the_limit_is_refused(root: Path) -> None:
    with pytest.raises(HostileInput, match=r"'src/a\.c' exceeds 3 bytes"):
        FolderTree(root, Limits(file_bytes=3)).read("src/a.c")


def test_what_is_no_directory_is_said_to_be_none(root: Path) -> None:
    with pytest.raises(InputError, match="is no directory"):
        FolderTree(root / "run")
