"""Which proposals come first, and which of a person's are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.releases import Release, Upstream
from syncbot.model.verdicts import Action, Fit, Proof, Verdict
from syncbot.plan.equivalent import does_the_same
from syncbot.plan.make import make_plan
from syncbot.plan.model import Plan
from syncbot.plan.priority import Rank, rank

BASE, TARGET = Release("1.0", "v1.0", "c" * 40), Release("1.1", "rel-1.1", "d" * 40)
DIFF = b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n"


def plan(verdict: Verdict, action: Action, name: str = "1.patch", header: bytes = b"") -> Plan:
    proof = Proof.PROVED if action is Action.DROP else None
    new = DIFF if action is Action.REWRITE else None
    judged = Judgement(1, PatchName(name), Fit.EXACT, verdict, action, "because", proof, refreshed=new)
    series = (SeriesPatch(judged.name, header + DIFF),)
    package = Package("demo", "patches/demo", Upstream("pypi", "demo"), "1.0", series)  # type: ignore[arg-type]  # a name
    return make_plan(package, BASE, TARGET, SeriesJudgement("1.0", "1.1", (judged,)))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (plan(Verdict.REVERTED, Action.KEEP), Rank.REVERTED),
        (plan(Verdict.OBSOLETE, Action.DROP, header=b"Subject: mend CVE-2024-12345\n\n"), Rank.SECURITY),
        (plan(Verdict.OBSOLETE, Action.DROP, "CVE-2024-12345.patch"), Rank.SECURITY),
        (plan(Verdict.OBSOLETE, Action.DROP), Rank.DROP),
        (plan(Verdict.APPLIES, Action.KEEP, "CVE-2024-12345.patch"), Rank.REST),
        (plan(Verdict.REFRESH, Action.REWRITE), Rank.REWRITE),
        (plan(Verdict.CONFLICT, Action.ASK), Rank.REST),
    ],
)
def test_what_comes_first(made: Plan, expected: Rank) -> None:
    assert rank(made) is expected


def test_the_order_of_the_ranks() -> None:
    assert sorted(Rank) == [Rank.REVERTED, Rank.SECURITY, Rank.DROP, Rank.REWRITE, Rank.REST]


DROPS = plan(Verdict.OBSOLETE, Action.DROP)
KEEPS = plan(Verdict.APPLIES, Action.KEEP)


def moves(to: str, folder: str = "patches/demo", file: str = "package.toml") -> bytes:
    return f'--- a/{folder}/{file}\n+++ b/{folder}/{file}\n@@ -1 +1 @@\n-base = "1.0"\n+base = "{to}"\n'.encode()


def deletes(name: str, folder: str = "patches/demo") -> bytes:
    path = f"{folder}/{name}"
    head = f"diff --git a/{path} b/{path}\ndeleted file mode 100644\n"
    return f"{head}--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n".encode()


@pytest.mark.parametrize(
    ("made", "diff", "same"),
    [
        (DROPS, moves("1.1"), True),
        (KEEPS, moves("rel-1.1"), True),
        (KEEPS, moves("1.2"), False),
        (KEEPS, moves("1.1", "patches/demo2"), False),
        (KEEPS, moves("1.1", file="README.md"), False),
        (DROPS, deletes("1.patch"), True),
        (DROPS, deletes("2.patch"), False),
        (KEEPS, deletes("1.patch"), False),
        (replace(DROPS, target=BASE), moves("1.0"), False),
        (DROPS, b"", False),
        (DROPS, b"--- nonsense", False),
    ],
)
def test_what_a_person_proposes_is_the_same(made: Plan, diff: bytes, same: bool) -> None:
    assert does_the_same(made, diff) is same


def recipe(made: Plan) -> Plan:
    """The same plan for a package that is kept as a distribution has it."""
    series = tuple(replace(patch, path=f"demo/debian/patches/{patch.name}") for patch in made.package.series)
    files = ("demo/debian/", "syncbot.toml")
    return replace(made, package=replace(made.package, path="demo/debian", series=series, files=files))


def writes(path: str, line: str) -> bytes:
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-old\n+{line}\n".encode()


@pytest.mark.parametrize(
    ("made", "diff", "same"),
    [
        (KEEPS, writes("demo/debian/changelog", "demo (2:1.1+dfsg1-1) unstable; urgency=low"), True),
        (KEEPS, writes("demo/debian/changelog", "demo (1.1.2-1) unstable; urgency=low"), False),
        (KEEPS, writes("demo/debian/changelog", "demo (11.1-1) unstable; urgency=low"), False),
        (KEEPS, writes("demo/debian/patches/1.patch", "since 1.1"), False),
        (KEEPS, writes("other/debian/changelog", "other (1.1-1) unstable; urgency=low"), False),
        (DROPS, deletes("1.patch", "demo/debian/patches"), True),
        (DROPS, deletes("1.patch"), False),
    ],
)
def test_what_a_person_proposes_for_a_packaging_repository(made: Plan, diff: bytes, same: bool) -> None:
    assert does_the_same(recipe(made), diff) is same
