"""Commits built in memory: what they hold, what they refuse, and that a branch moves only from where it was seen."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncbot.errors import HostileInput, InputError, SyncbotError
from syncbot.git.build import RefMoved, bring, build_commits, check_branch, has_commit, make_bare, move_branch, tip_of
from syncbot.model.ids import CommitId
from syncbot.model.proposals import ProposalCommit
from syncbot.model.settings import Identity

BOT = Identity("Bot", "bot@example.org")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def git(repository: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def listing(repository: Path, commit: str) -> dict[str, str]:
    """{path: mode and content} of a commit."""
    found = {}
    for line in git(repository, "ls-tree", "-r", commit).splitlines():
        mode, _kind, id, path = line.split(maxsplit=3)
        found[path] = f"{mode} {'-' if mode == '160000' else git(repository, 'cat-file', 'blob', id)}"
    return found


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository with a plain file, a script, nested folders and a symbolic link."""
    root = tmp_path / "work"
    (root / "a" / "b").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "top").write_text("top")
    (root / "run.sh").write_text("#!/bin/sh")
    (root / "run.sh").chmod(0o755)
    (root / "a" / "b" / "one").write_text("1")
    (root / "a" / "two").write_text("2")
    (root / "link").symlink_to("a")
    git(root, "add", "-A")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    git(root, "commit", "-q", "-m", "first")
    return root


@pytest.fixture
def bare(tmp_path: Path, work: Path) -> Path:
    folder = tmp_path / "bare.git"
    make_bare(folder)
    bring(folder, work, head(work))
    return folder


def head(repository: Path) -> CommitId:
    return CommitId(git(repository, "rev-parse", "HEAD"))


def build(bare: Path, work: Path, *changes: dict[str, bytes | None], at: datetime = NOON) -> CommitId:
    commits = [ProposalCommit(f"change {n}", change) for n, change in enumerate(changes, 1)]
    return build_commits(bare, head(work), commits, BOT, at)


FIRST = {
    "top": "100644 top",
    "run.sh": "100755 #!/bin/sh",
    "a/b/one": "100644 1",
    "a/two": "100644 2",
    "link": "120000 a",
    "module": "160000 -",
}


@pytest.mark.parametrize(
    ("changes", "added", "gone"),
    [
        ({}, {}, []),
        ({"new/deep/er": b"x"}, {"new/deep/er": "100644 x"}, []),
        ({"run.sh": b"exit"}, {"run.sh": "100755 exit"}, []),
        ({"a/b/one": None}, {}, ["a/b/one"]),
        ({"a/b/one": None, "a/two": None}, {}, ["a/b/one", "a/two"]),
        ({"a/b/one": None, "a/b/other": b"o"}, {"a/b/other": "100644 o"}, ["a/b/one"]),
        ({"nowhere/at/all": None, "missing": None}, {}, []),
        ({"link": None}, {}, ["link"]),
        ({"\u00e4/\u00f6 x": b"u"}, {'"\\303\\244/\\303\\266 x"': "100644 u"}, []),
    ],
)
def test_a_commit_holds_its_parent_and_its_changes(
    work: Path, bare: Path, changes: dict[str, bytes | None], added: dict[str, str], gone: list[str]
) -> None:
    tip = build(bare, work, changes)
    assert listing(bare, tip) == {path: text for path, text in (FIRST | added).items() if path not in gone}
    git(bare, "fsck", "--strict")


def test_a_folder_that_becomes_empty_is_gone(work: Path, bare: Path) -> None:
    tip = build(bare, work, {"a/b/one": None})
    assert "a/b" not in git(bare, "ls-tree", "-r", "-t", "--name-only", tip).splitlines()


def test_everything_may_be_deleted(work: Path, bare: Path) -> None:
    tip = build(bare, work, dict.fromkeys(FIRST))
    assert listing(bare, tip) == {}


def test_commits_stand_on_one_another_with_author_time_and_message(work: Path, bare: Path) -> None:
    tip = build(bare, work, {"top": b"1"}, {"top": b"2"})
    log = git(bare, "log", "--format=%s|%an <%ae>|%cn|%ai|%ci", f"{head(work)}..{tip}").splitlines()
    stamp = "2024-03-01 12:00:00 +0000"
    assert log == [f"change {n}|Bot <bot@example.org>|Bot|{stamp}|{stamp}" for n in (2, 1)]
    assert git(bare, "show", f"{tip}:top") == "2"


def test_the_same_inputs_give_the_same_ids(work: Path, bare: Path) -> None:
    assert build(bare, work, {"top": b"1"}) == build(bare, work, {"top": b"1"})
    assert build(bare, work, {"top": b"1"}) != build(bare, work, {"top": b"1"}, at=NOON.replace(hour=13))


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("../out", "leaves the tree"),
        ("a/../../out", "leaves the tree"),
        ("/etc/passwd", "leaves the tree"),
        ("a\0b", "leaves the tree"),
        (".git/config", "git's own folder"),
        ("a/.GIT/hooks/x", "git's own folder"),
        ("git~1/config", "git's own folder"),
        ("a//b", "not a plain one"),
        ("./a", "not a plain one"),
        ("a/", "not a plain one"),
        ("", "not a plain one"),
        ("a\\b", "not a plain one"),
        ("link/two", "symbolic link"),
        ("link", "symbolic link"),
        ("module/x", "submodule"),
    ],
)
def test_hostile_paths_are_refused(work: Path, bare: Path, path: str, says: str) -> None:
    with pytest.raises(HostileInput, match=says):
        build(bare, work, {path: b"x"})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"a": b"x"}, "is a folder"),
        ({"top/below": b"x"}, "is a file, not a folder"),
        ({"x": b"1", "x/y": b"2"}, "which is a file"),
        ({"x/y": b"2", "x": b"1"}, "file and a folder"),
        ({"caf\udce9": b"x"}, "not UTF-8"),
    ],
)
def test_impossible_changes_are_refused(work: Path, bare: Path, changes: dict[str, bytes | None], says: str) -> None:
    with pytest.raises(InputError, match=says):
        build(bare, work, changes)


def test_an_unknown_parent_and_a_bad_identity_are_refused(work: Path, bare: Path) -> None:
    with pytest.raises(InputError, match="there is no commit"):
        build_commits(bare, CommitId("0" * 39 + "1"), [], BOT, NOON)
    with pytest.raises(InputError, match="identity setting"):
        build_commits(bare, head(work), [], Identity("", "x"), NOON)


def test_a_branch_moves_only_from_where_it_was_seen(work: Path, bare: Path) -> None:
    first, second = build(bare, work, {"top": b"1"}), build(bare, work, {"top": b"2"})
    move_branch(bare, "bot/x", first, None)
    move_branch(bare, "bot/x", second, first)
    with pytest.raises(RefMoved, match="cannot be moved"):
        move_branch(bare, "bot/x", first, first)
    with pytest.raises(RefMoved):
        move_branch(bare, "bot/x", first, None)
    assert tip_of(bare, "bot/x") == second
    assert tip_of(bare, "bot/y") is None


@pytest.mark.parametrize(
    "name",
    ["", "-x", "--force", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/", "a//b", ".a", "a/.b",
     "a.lock", "a.", "@{", "a@{b", "HEAD", "a\n", "a\x7f"],
)  # fmt: skip
def test_a_name_that_git_refuses_is_refused(name: str) -> None:
    with pytest.raises(HostileInput, match="no name for a branch"):
        check_branch(name)
    checked = subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False)
    assert checked.returncode != 0


@pytest.mark.parametrize("name", ["main", "syncbot/lib/stable", "bot/8.x", "\u00e4"])
def test_a_name_that_git_takes_is_taken(name: str) -> None:
    assert check_branch(name) == name
    subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=True)


def test_a_brought_commit_stands_alone(tmp_path: Path, work: Path, bare: Path) -> None:
    commit = head(work)
    work.rename(tmp_path / "moved")
    assert listing(bare, commit) == FIRST
    assert not (bare / "objects" / "info" / "alternates").exists()
    git(bare, "fsck", "--full")


def test_a_commit_is_brought_from_a_shallow_clone(tmp_path: Path, work: Path) -> None:
    (work / "top").write_text("second")
    git(work, "commit", "-q", "-a", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", work.as_uri(), "shallow")
    bare = tmp_path / "other.git"
    make_bare(bare)
    bring(bare, tmp_path / "shallow", head(work))
    assert has_commit(bare, head(work))
    assert git(bare, "show", f"{build(bare, work, {'new': b'x'})}:top") == "second"


def test_a_commit_that_is_nowhere_cannot_be_brought(work: Path, bare: Path) -> None:
    with pytest.raises(SyncbotError, match="cannot be copied"):
        bring(bare, work, CommitId("0" * 39 + "1"))


def test_a_whole_history_is_linked_and_not_copied(tmp_path: Path, work: Path) -> None:
    git(work, "repack", "-a", "-d", "-q")
    (work / "top").write_text("loose, beside the pack")
    git(work, "commit", "-q", "-a", "-m", "second")
    borrower = tmp_path / "borrower"
    git(tmp_path, "clone", "-q", "--shared", str(work), str(borrower))
    (borrower / "top").write_text("third")
    git(borrower, "commit", "-q", "-a", "-m", "third")
    folder = tmp_path / "bare.git"
    make_bare(folder)
    bring(folder, borrower, head(borrower))
    assert not (folder / "objects" / "info" / "alternates").exists()  # it stands alone
    assert git(folder, "fsck", "--strict", head(borrower)) == ""
    pack = next((folder / "objects" / "pack").glob("*.pack"))
    assert pack.samefile(next((work / ".git" / "objects" / "pack").glob("*.pack")))
    assert [path.name for path in folder.iterdir() if path.name.startswith("objects")] == ["objects"]
    git(work, "repack", "-a", "-d", "-q", "-f")
    assert git(folder, "rev-list", "--count", head(borrower)) == "3"


def test_a_partial_clone_is_good_enough(tmp_path: Path, work: Path) -> None:
    """Its old files are not at hand, and nobody asks for them."""
    (work / "top").write_text("newer")
    git(work, "commit", "-q", "-a", "-m", "second")
    git(work, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{work}", str(partial))
    git(partial, "remote", "remove", "origin")
    old = git(work, "rev-parse", "HEAD~:top")
    folder = tmp_path / "bare.git"
    make_bare(folder)
    bring(folder, partial, head(work))
    commit = build_commits(folder, head(work), [ProposalCommit("m", {"new": b"new"})], BOT, NOON)
    assert git(folder, "show", f"{commit}:top") == "newer"
    assert old not in git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    git(partial, "fetch", "-q", str(folder), commit)
    assert git(partial, "show", "FETCH_HEAD:new") == "new"


def test_what_cannot_be_linked_is_copied(tmp_path: Path, work: Path, bare: Path) -> None:
    folder = tmp_path / "other.git"
    make_bare(folder)
    (folder / "objects" / "pack" / "something").write_text("")  # not the first time
    bring(folder, work, head(work))
    assert has_commit(folder, head(work))
    assert not any(
        (folder / path.relative_to(work / ".git")).exists() for path in (work / ".git" / "objects").glob("??/*")
    )
    narrow = tmp_path / "narrow"
    (work / "top").write_text("newer")
    git(work, "commit", "-q", "-a", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{work}", str(narrow))
    last = tmp_path / "last.git"
    make_bare(last)
    bring(last, narrow, head(work))
    assert git(last, "rev-list", "--count", head(work)) == "1"  # git notes where its history ends
