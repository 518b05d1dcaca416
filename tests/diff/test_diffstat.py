"""The diffstat in a header, made true where the patch is another by now: git is the oracle."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncbot.diff.diffstat import renewed
from syncbot.diff.parse import parse_patch
from syncbot.judge import judge_series
from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Verdict

MAIL = (
    b"Subject: [PATCH] of two files\n\nIt used to say\n\n a.c | 2 ++\n 1 file changed, 2 insertions(+)\n\nand so on.\n"
)
BIG, SMALL = {"a.c": (3, 1), "b.c": (2, 2)}, {"b.c": (1, 0)}
Change = dict[str, tuple[int, int]]


def body(change: Change) -> bytes:
    """A diff that adds and removes so many lines of each file."""
    parts = []
    for name, (added, removed) in change.items():
        head = f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1,{removed + 1} +1,{added + 1} @@\n"
        parts.append(head + " x\n" + "-old\n" * removed + "+new\n" * added)
    return "".join(parts).encode()


def renewed_as(header: bytes, old: bytes, new: bytes) -> bytes:
    return renewed(header, parse_patch(old).files, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            b" a.c | 4 +++-\n b.c | 4 ++--\n 2 files changed, 5 insertions(+), 3 deletions(-)\n",
            b" b.c | 1 +\n 1 file changed, 1 insertion(+)\n",
        ),
        (
            b" a.c |    4 +++-\n b.c |    4 ++--\n 2 files changed, 5 insertions(+), 3 deletions(-)\n",
            b" b.c |    1 +\n 1 file changed, 1 insertion(+)\n",
        ),
        (b" 2 files changed, 5 insertions(+), 3 deletions(-)\n", b" 1 file changed, 1 insertion(+)\n"),
        (b" a.c | 9 +++++++++\n b.c | 4 ++--\n 2 files changed, 11 insertions(+), 2 deletions(-)\n", b""),
        (b" src/a.c | 4 +++-\n src/b.c | 4 ++--\n 2 files changed, 5 insertions(+), 3 deletions(-)\n", b""),
        (b" a.c | 4 ++!!\n b.c | 4 ++--\n 2 files changed, 4 insertions(+), 2 deletions(-), 2 modifications(!)\n", b""),
    ],
    ids=["git", "quilt and diffstat", "the total alone", "wrong before", "other names", "another making"],
)
@pytest.mark.parametrize("above", [b"---\n", b"---\nv2: reworded\n\n", b""], ids=["rule", "notes", "no rule"])
@pytest.mark.parametrize("below", [b"\n", b"", b"\nIndex: a.c\n" + b"=" * 67 + b"\n"], ids=["gap", "none", "index"])
def test_a_diffstat_is_that_of_the_diff_or_goes_and_prose_stays(
    old: bytes, new: bytes, above: bytes, below: bytes
) -> None:
    made = renewed_as(MAIL + above + old + below, body(BIG), body(SMALL))
    assert made == MAIL + above + new + below


def test_one_that_is_right_stays_as_it_is_whoever_made_it() -> None:
    header = MAIL + b"---\n a.c: 4 changed\n a.c | 4 ++!!\n 1 file changed, 2 insertions(+), 2 modifications(!)\n\n"
    moved = body(BIG).replace(b"@@ -1,", b"@@ -101,").replace(b"+1,", b"+101,")
    assert renewed_as(header, body(BIG), moved) == header


@pytest.mark.parametrize(
    "text",
    [
        b" a.c | 4 +++-\n 1 file changed, 3 insertions(+), 1 deletion(-)\n\nis what the first version said.\n",
        b"- 2 files changed, 5 insertions(+), 3 deletions(-)\n",
        b"Of 3 files changed nothing is left.\n",
    ],
)
def test_what_people_wrote_is_none(text: bytes) -> None:
    assert renewed_as(text, body(BIG), body(SMALL)) == text


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stat")
    git(folder, "init", "-q")
    return folder


def by_git(repository: Path, change: Change, width: int = 72, new: str = "") -> tuple[bytes, bytes]:
    """What git makes of such a change: (diffstat, diff). `new`: a program that comes with it."""
    trees = []
    for text, side in ((b"old\n", 1), (b"new\n", 0)):
        git(repository, "rm", "-q", "-r", "-f", "--ignore-unmatch", ".")
        for name, counts in change.items():
            file = repository / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x\n" + text * counts[side])
        if new and not side:
            (repository / new).write_bytes(b"y\n")
            (repository / new).chmod(0o755)
        git(repository, "add", "-A")
        trees.append(git(repository, "write-tree").decode().strip())
    return git(repository, "diff", f"--stat={width}", "--summary", *trees), git(repository, "diff", *trees)


@pytest.mark.parametrize("created", [True, False])
def test_what_git_says_of_modes_is_renewed_with_it(repository: Path, *, created: bool) -> None:
    old, diff = by_git(repository, BIG, new="new.sh")
    new, left = by_git(repository, SMALL, new="new.sh" if created else "")
    assert b" create mode 100755 new.sh" in old
    assert renewed_as(MAIL + b"---\n" + old + b"\n", diff, left) == MAIL + b"---\n" + new + b"\n"


names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40).map(lambda s: "".join(s[:9]) + "/" + "/".join(s))
changes = st.dictionaries(
    names.map(lambda name: f"{name}.c"), st.tuples(st.integers(1, 120), st.integers(0, 90)), min_size=1, max_size=4
)


@settings(max_examples=20)
@given(changes, changes, st.sampled_from([72, 80, 100, 133]))
def test_git_writes_the_same(repository: Path, old: Change, new: Change, width: int) -> None:
    """Its width may be any that writes the old one so."""
    before, diff = by_git(repository, old, width)
    _stat, left = by_git(repository, new)
    made = renewed_as(MAIL + b"---\n" + before + b"\n", diff, left)
    told = made.removeprefix(MAIL + b"---\n").removesuffix(b"\n")
    assert any(told == by_git(repository, new, each)[0] for each in (width, 72, 80, *range(60, 200)))


def test_each_commit_of_a_mailbox_has_its_own(tmp_path: Path) -> None:
    """The release has one file of the second commit: only that mail's diffstat is another."""

    def files(**guards: str) -> dict[str, bytes]:
        text = "".join(f"int step_{n}(int depth)\n{{\n%s\treturn table_{n}[depth];\n}}\n\n" for n in range(4))
        return {f"{name}.c": (text % ("", "", guards.get(name, ""), "")).encode() for name in "abc"}

    guards = {name: f"\tif (depth > limit_of_{name}(table))\n\t\treturn -EINVAL;\n" for name in "abc"}
    git(tmp_path, "init", "-q")
    for step in ({}, {"a": guards["a"]}, guards):
        for name, content in files(**step).items():
            (tmp_path / name).write_bytes(content)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", f"guard {len(step)}")
    box = git(tmp_path, "format-patch", "--stdout", "-2")
    trees = [{n: (FILE, c) for n, c in found.items()} for found in (files(), files(b=guards["b"]))]
    [judged] = judge_series([SeriesPatch(PatchName("box"), box, 1)], *map(MemoryTree, trees)).patches
    assert judged.verdict is Verdict.TRIM
    assert judged.refreshed is not None
    first, second = judged.refreshed.split(b"Subject: ")[1:]
    assert b"---\n a.c | 2 ++\n 1 file changed, 2 insertions(+)\n\ndiff --git a/a.c" in first
    assert b"---\n c.c | 2 ++\n 1 file changed, 2 insertions(+)\n\ndiff --git a/c.c" in second
    assert b"b.c | 2 ++" in box
