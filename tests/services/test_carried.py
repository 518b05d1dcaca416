"""After a change only the packages that it touched are read, and what is told is what a first reading would tell."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncbot.model.measures import Kept
from syncbot.model.packages import Policy
from syncbot.model.trees import Tree
from syncbot.ports import PackagesRead
from syncbot.report.problems import PackageProblem
from syncbot.services import carried
from syncbot.services.workspace import Workspace, quiet
from syncbot.wiring.workspace import opened
from tests.e2e.world import diff, git, numbered

NAMES = ("curl", "tar", "zlib")
Change = Callable[[Path], object]


@dataclass
class Spied:
    """A layout that remembers which files were listed for it: those of the packages that were read."""

    real: object
    listed: list[set[str]]

    def read(self, downstream: Tree, folder: str, policy: Policy) -> PackagesRead:
        found = {path.split("/")[1] for path in downstream.paths() if path.startswith("patches/")}
        self.listed.append(found)
        read: PackagesRead = self.real.read(downstream, folder, policy)  # type: ignore[attr-defined]  # a layout
        return read


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    for name in NAMES:
        write(root, name, "fix")
    (root / "syncbot.toml").write_text("")
    (root / ".gitignore").write_text("/state/*\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    return root


def write(root: Path, name: str, *patches: str, word: str = "ten", more: str = "") -> None:
    folder = root / "patches" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.toml").write_text(f'upstream = "git:/nowhere/{name}"\nbase = "1.0"\n{more}')
    (folder / "series").write_text("".join(f"{patch}.patch\n" for patch in patches))
    for patch in patches:
        text = diff("a.c", numbered("a"), numbered("a", l10=word), f"Subject: {patch} of {name}\n\n")
        (folder / f"{patch}.patch").write_text(text)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=A change")


def told(workspace: Workspace) -> tuple[list[Kept], list[tuple[str, str]]]:
    kept, problems = carried.carried(workspace)
    return list(kept), [_said(problem) for problem in problems]


def _said(problem: PackageProblem) -> tuple[str, str]:
    return problem.package, str(problem.error)


def read_afresh(root: Path, folder: Path) -> tuple[list[Kept], list[tuple[str, str]]]:
    """What somebody tells who never read this work tree."""
    shutil.copytree(root, folder, symlinks=True, ignore=shutil.ignore_patterns("state"))
    with opened(folder, os.environ, quiet) as fresh:
        return told(fresh)


@pytest.fixture
def workspace(root: Path) -> Iterator[Workspace]:
    with opened(root, os.environ, quiet) as workspace:
        yield workspace


def spied(workspace: Workspace) -> list[set[str]]:
    """From now on: the packages of each reading."""
    listed: list[set[str]] = []
    object.__setattr__(workspace, "layout", Spied(workspace.layout, listed))
    return listed


def edited(*names: str) -> Change:
    return lambda root: [write(root, name, "fix", word="another ten") for name in names]


def moved(old: str, new: str) -> Change:
    return lambda root: (root / "patches" / old).rename(root / "patches" / new)


def put(path: str, text: str) -> Change:
    return lambda root: (root / path).write_text(text)


def gone(path: str) -> Change:
    return lambda root: shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()


def linked(path: str, target: str) -> Change:
    return lambda root: (root / path).symlink_to(target)


ALL = {*NAMES}
CHANGES: dict[str, tuple[Sequence[Change], set[str] | None]] = {
    "nothing": ((), None),
    "a file elsewhere": ([put("README.md", "words\n")], None),
    "one patch": ([edited("tar")], {"tar"}),
    "two packages": ([edited("tar", "zlib")], {"tar", "zlib"}),
    "a new package": ([lambda root: write(root, "openssl", "a", "b")], {"openssl"}),
    "a package that is gone": ([gone("patches/tar")], set()),
    "a package under another name": ([moved("tar", "gtar")], {"gtar"}),
    "a folder that is none": ([lambda root: (root / "patches/notes").mkdir(), put("patches/notes/x", "")], {"notes"}),
    "one that became private": ([lambda root: write(root, "tar", "fix", more="private = true\n")], {"tar"}),
    "one that cannot be read": ([gone("patches/tar/fix.patch")], {"tar"}),
    "a name in other letters": ([lambda root: write(root, "TAR", "fix")], {*ALL, "TAR"}),
    "a link beside the packages": ([linked("patches/elsewhere", "/nowhere")], {*ALL, "elsewhere"}),
    "the settings": ([put("syncbot.toml", 'step = "each"\n')], ALL),
    "limits": ([put("syncbot.toml", "[limits]\npatch-bytes = 9000\n")], ALL),
    "settings that no package is read by": ([put("syncbot.toml", "# words\n[identity]\nname = 'bot'\n")], None),
}


@pytest.mark.parametrize(("changes", "read"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_what_was_touched_is_read_and_nothing_else(
    root: Path, tmp_path: Path, changes: Sequence[Change], read: set[str] | None, *, committed: bool
) -> None:
    with opened(root, os.environ, quiet) as workspace:
        told(workspace)
    for change in changes:
        change(root)
    if committed:
        commit(root)
    with opened(root, os.environ, quiet) as workspace:
        listed = spied(workspace)
        found = told(workspace)
    assert found == read_afresh(root, tmp_path / "fresh")
    assert listed == ([] if read is None else [read])


def test_a_key_that_packages_share_is_everybodys(root: Path, workspace: Workspace, tmp_path: Path) -> None:
    (root / "key.asc").write_text("a key\n")
    write(root, "curl", "fix", more='signing-key = "key.asc"\n')
    commit(root)
    told(workspace)
    (root / "key.asc").unlink()
    commit(root)
    found = told(workspace)
    assert found == read_afresh(root, tmp_path / "fresh")
    assert [package for package, _ in found[1]] == ["curl"]


def test_what_cannot_be_read_is_looked_at_each_time_and_the_others_are_not(root: Path, workspace: Workspace) -> None:
    patch = root / "patches/tar/fix.patch"
    text = patch.read_text()
    patch.unlink()
    commit(root)
    told(workspace)
    listed = spied(workspace)
    assert [package for package, _ in told(workspace)[1]] == ["tar"]
    assert listed == [{"tar"}]
    patch.write_text(text)
    assert told(workspace)[1] == []
    assert [one.package for one in told(workspace)[0]] == list(NAMES)


def test_where_the_commit_that_was_read_is_lost_all_is_read(root: Path, workspace: Workspace) -> None:
    told(workspace)
    git(root, "checkout", "--quiet", "--orphan", "anew")
    edited("tar")(root)
    commit(root)
    git(root, "branch", "--delete", "--force", "main")
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "--prune=now", "--quiet")
    with opened(root, os.environ, quiet) as again:
        listed = spied(again)
        told(again)
    assert listed == [ALL]


def test_a_package_is_of_the_past_from_the_day_on_which_it_was_gone(root: Path, workspace: Workspace) -> None:
    told(workspace)
    gone("patches/tar")(root)
    commit(root)
    told(workspace)
    now = workspace.store.as_of(workspace.clock.now())
    assert [one.package for one in now.kept()] == ["curl", "zlib"]


@pytest.mark.parametrize("seed", range(4))
def test_any_walk_of_changes_ends_where_a_first_reading_does(root: Path, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    for step in range(6):
        for _ in range(draw.randrange(3)):
            _any_change(root, draw, step)
        if draw.random() < 0.5:
            commit(root)
        with opened(root, os.environ, quiet) as workspace:
            assert told(workspace) == read_afresh(root, tmp_path / f"fresh{step}"), (seed, step)


def _any_change(root: Path, draw: random.Random, step: int) -> None:
    name = draw.choice([*NAMES, "Tar", "openssl"])
    folder = root / "patches" / name
    match draw.randrange(6):
        case 0 | 1:
            write(root, name, "fix", word=f"word {step}")
        case 2:
            write(root, name, "fix", "more", more=draw.choice(["", "private = true\n", "no toml\n"]))
        case 3 if folder.is_dir():
            shutil.rmtree(folder)
        case 4 if folder.is_dir():
            (folder / "fix.patch").unlink(missing_ok=True)
        case _:
            put("README.md", f"step {step}\n")(root)
