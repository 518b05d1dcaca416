"""Trees of a git repository: every kind of entry, names of any bytes, and revisions that try something."""

from __future__ import annotations

import os
import threading
import zlib
from pathlib import Path

import pytest
from upstreams import Upstream

from syncbot.errors import HostileInput, InputError, RepositoryDamaged
from syncbot.git import trees
from syncbot.git.run import git
from syncbot.git.trees import GitTree, resolve
from syncbot.judge import judge_series
from syncbot.layouts import overlay as layouts_overlay
from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK, Entry, MemoryTree, blob_id, inside
from syncbot.model.verdicts import Verdict
from syncbot.services import overlay as services_overlay

NAME = os.fsdecode(b"caf\xe9/\xff.txt")
PINNED = "0123456789012345678901234567890123456789"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits, the second without `gone`; tagged v1 and v2."""
    path = tmp_path_factory.mktemp("repository")
    who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    git(["init", "-q", "-b", "main", "--", str(path)])
    files = {"gone": "old", "src/deep/a.c": "int a;\n", "run.sh": "#!/bin/sh\n", NAME: "odd\n"}
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    (path / "run.sh").chmod(0o755)
    (path / "link").symlink_to("src/deep/a.c")
    git(["add", "--all"], cwd=path)
    git(["update-index", "--add", "--cacheinfo", f"160000,{PINNED},module"], cwd=path)
    git(["commit", "-q", "-m", "one"], cwd=path, env=who)
    git(["tag", "v1"], cwd=path)
    git(["rm", "-q", "gone"], cwd=path)
    git(["commit", "-q", "-m", "two"], cwd=path, env=who)
    git(["tag", "-a", "-m", "two", "v2"], cwd=path, env=who)
    return path


@pytest.mark.parametrize("folder", ["src", "src/deep", os.fsdecode(b"caf\xe9"), "link", "run.sh", "no", "sr", ""])
def test_a_folder_is_listed_without_the_others(repository: Path, folder: str) -> None:
    tree = GitTree(repository, "v1")
    plain = MemoryTree(dict.fromkeys(tree.paths(), (FILE, b"")))
    changes = {"src/new.c": b"", "src/deep/a.c": None, "elsewhere": b""}
    assert sorted(inside(tree, folder)) == sorted(inside(plain, folder))
    for overlay in (layouts_overlay.Overlay, services_overlay.Overlay):
        assert sorted(inside(overlay(tree, changes), folder)) == sorted(inside(overlay(plain, changes), folder))
        below = {path for path in overlay(tree, changes).paths() if path.startswith(f"{folder}/")}
        assert set(inside(overlay(tree, changes), folder)) == below


@pytest.mark.parametrize(
    ("path", "mode", "content"),
    [
        ("src/deep/a.c", FILE, b"int a;\n"),
        ("run.sh", EXECUTABLE, b"#!/bin/sh\n"),
        ("link", SYMLINK, b"src/deep/a.c"),
        (NAME, FILE, b"odd\n"),
        ("gone", FILE, b"old"),
    ],
)
def test_an_entry_has_its_mode_id_and_content(repository: Path, path: str, mode: int, content: bytes) -> None:
    tree = GitTree(repository, "v1")
    assert tree.entry(path) == Entry(mode, blob_id(content))
    assert tree.read(path) == content


def test_a_submodule_is_its_commit_id(repository: Path) -> None:
    tree = GitTree(repository, "v1")
    entry = tree.entry("module")
    assert entry is not None
    assert (entry.mode, entry.id) == (SUBMODULE, PINNED)
    assert tree.read("module") == PINNED.encode()


@pytest.mark.parametrize("path", ["", "src", "src/deep", "none", "src/none", "run.sh/x", "link/x", "../x", "/run.sh"])
def test_what_is_no_file_has_no_entry(repository: Path, path: str) -> None:
    tree = GitTree(repository, "v1")
    assert tree.entry(path) is None
    assert tree.read(path) is None


def test_paths_are_all_files_and_each_revision_has_its_own(repository: Path) -> None:
    common = {"src/deep/a.c", "run.sh", NAME, "link", "module"}
    assert set(GitTree(repository, "v1").paths()) == common | {"gone"}
    assert set(GitTree(repository, "v2").paths()) == common


def test_a_tree_is_opened_at_the_first_question(tmp_path: Path) -> None:
    tree = GitTree(tmp_path / "none", "main")
    with pytest.raises(InputError, match="is no git repository"):
        tree.entry("x")


def test_every_spelling_of_a_revision_comes_to_its_commit(repository: Path) -> None:
    second = git(["rev-parse", "HEAD"], cwd=repository).decode().strip()
    first = git(["rev-parse", "HEAD~1"], cwd=repository).decode().strip()
    assert {resolve(repository, name) for name in ("main", "v2", "HEAD", second, "v2^{commit}")} == {second}
    assert {resolve(repository, name) for name in ("v1", "main~1", first[:10])} == {first}


@pytest.mark.parametrize("revision", ["-x", "--output=/tmp/x", "", "a\nb", "a\0b"])
def test_a_revision_that_looks_like_an_option_is_refused(repository: Path, revision: str) -> None:
    with pytest.raises(HostileInput):
        resolve(repository, revision)
    with pytest.raises(HostileInput):
        GitTree(repository, revision)


@pytest.mark.parametrize("revision", ["none", "v1..v2", "HEAD^{tree}", "v1:run.sh", "@{", "HEAD~99"])
def test_a_revision_that_is_no_commit_is_said_to_be_none(repository: Path, revision: str) -> None:
    with pytest.raises(InputError, match="name a branch, a tag or a commit"):
        resolve(repository, revision)


def test_threads_may_ask_one_tree(repository: Path) -> None:
    tree = GitTree(repository, "v1")
    seen: list[bytes | None] = []
    threads = [threading.Thread(target=lambda: seen.append(tree.read("src/deep/a.c"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [b"int a;\n"] * 4


def test_what_a_revision_has_more_than_another(repository: Path) -> None:
    one, two = GitTree(repository, "v1"), GitTree(repository, "v2")
    assert list(one.added(two) or ()) == ["gone"]
    assert list(two.added(one) or ()) == []
    assert list(one.added(one) or ()) == []
    assert one.added(MemoryTree({})) is None


def test_a_folder_in_the_place_of_a_file_is_all_new(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "upstream.git")
    old = upstream.commit("Old", {"a": "1", "b/c": "1", "b/d/e": "1", "same/f": "1"})
    new = upstream.commit("New", {"b/c": None, "b/d/e": None, "b": "1", "a": None, "a/x": "1", "same/g/h": "1"}, old)
    before, after = GitTree(upstream.path, old), GitTree(upstream.path, new)

    for mine, theirs in ((after, before), (before, after)):
        assert set(mine.added(theirs) or ()) == set(mine.paths()) - set(theirs.paths())


def test_content_is_kept_within_bounds_and_can_be_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "BLOB_BYTES", 25)
    upstream = Upstream(tmp_path / "upstream.git")
    tip = upstream.commit("One", {name: name * 10 for name in "abcd"})
    tree = GitTree(upstream.path, tip)

    first = tree.read("a")
    assert tree.read("a") is first
    assert [tree.read(name) for name in "bcd"] == [name.encode() * 10 for name in "bcd"]
    again = tree.read("a")
    assert (again == first, again is first) == (True, False)
    trees.forget_blobs(upstream.path)
    assert tree.read("a") is not again


@pytest.mark.parametrize(("missing", "told"), [("c.txt", False), ("a.txt", True)])
def test_an_object_that_is_missing_is_no_patchs_fault(missing: str, told: bool, tmp_path: Path) -> None:
    """A partial clone has no large files: a file that the patch may have moved to is skipped, one that it changes ends
    the question, and no patch is called broken."""
    upstream = Upstream(tmp_path / "upstream.git")
    text = "".join(f"value {i} of the table\n" for i in range(20))
    start = upstream.commit("start", {"a.txt": text, "rest.txt": "1\n"})
    moved = {"a.txt": None, "b.txt": text.replace("5", "five"), "c.txt": text + "more\n"}
    tip = upstream.commit("move", moved, start)
    old, new = GitTree(upstream.path, start), GitTree(upstream.path, tip)
    lost = (old if missing == "a.txt" else new).entry(missing)
    assert lost is not None
    (upstream.path / "objects" / lost.id[:2] / lost.id[2:]).unlink()
    hunk = b"@@ -1,2 +1,2 @@\n-value 0 of the table\n+VALUE 0 of the table\n value 1 of the table\n"
    patch = SeriesPatch(PatchName("p.patch"), b"--- a/a.txt\n+++ b/a.txt\n" + hunk)
    if told:
        with pytest.raises(RepositoryDamaged, match="delete it; it is fetched anew"):
            judge_series([patch], old, new)
    else:
        found = judge_series([patch], old, new).patches[0]
        assert found.verdict is not Verdict.BROKEN, found.reason


def test_content_that_is_not_its_hash_is_damage(tmp_path: Path) -> None:
    """An object that reads well and yet is another one: proofs rest on what was hashed."""
    upstream = Upstream(tmp_path / "upstream.git")
    commit = upstream.commit("one", {"a": b"as it was\n"})
    id = blob_id(b"as it was\n")
    loose = upstream.path / "objects" / id[:2] / id[2:]
    loose.chmod(0o644)
    loose.write_bytes(zlib.compress(b"blob 10\0other one\n"))
    with pytest.raises(RepositoryDamaged, match=id):
        GitTree(upstream.path, commit).read("a")
