"""What a header claims about upstream, and when a claim can be true."""

from __future__ import annotations

from datetime import date

import pytest

from syncbot.diff.render import render_file
from syncbot.judge import judge_series
from syncbot.judge.claims import Facts, claims_of
from syncbot.judge.declarations import read
from syncbot.judge.lineage import witness_of
from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Action, Proof, Verdict

ID = "1f0c" * 10
OTHER = "9b7e" * 10


@pytest.mark.parametrize(
    ("header", "commits"),
    [
        (f"(cherry picked from commit {ID})\n", (ID,)),
        (f"[ Upstream commit {ID} ]\n", (ID,)),
        (f"commit {ID} upstream.\n", (ID,)),
        (f"Origin: upstream, https://example.org/commit/{ID}\n", (ID,)),
        (f"Origin: backport, https://example.org/?id={ID}\nBug: https://example.org/issues/77\n", (ID,)),
        (f"Upstream-Status: Backport [https://example.org/c/{ID}]\n", (ID,)),
        (f"Backport of {ID[:12]}\n", (ID[:12],)),
        (f"From {ID} Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: fix\n", ()),
        (f"Origin: upstream, commit:{ID}\nSee also {OTHER}.\n", (ID, OTHER)),
        ("index 0000000000000000000000000000000000000000..0\n", ()),
    ],
)
def test_commits_that_a_header_names(header: str, commits: tuple[str, ...]) -> None:
    """The id in a mail's first line is the exporting repository's, most often downstream's: it names nothing."""
    assert read(header.encode()).commits == commits


@pytest.mark.parametrize(
    ("header", "merged"),
    [
        ("Applied-Upstream: 1.2, https://example.org\n", True),
        ("Applied-Upstream: no\n", False),
        ("Upstream-Status: Backport\n", True),
        ("Upstream-Status: Pending\n", False),
        ("Upstream-Status: Inappropriate [configuration]\n", False),
        ("Origin: upstream, 1.2\n", True),
        ("Origin: vendor\n", False),
        ("Forwarded: https://example.org/issues/5\n", False),
        ("Forwarded: not-needed\n", False),
    ],
)
def test_words_that_say_it_is_upstream_s(header: str, merged: bool) -> None:
    assert bool(read(header.encode()).merged) is merged


def test_advisories_are_read_from_the_name_and_the_text() -> None:
    found = read(b"Fixes ghsa-2345-6789-cfgh too\n", "CVE-2020-1234.patch")
    assert found.advisories == ("CVE-2020-1234", "GHSA-2345-6789-CFGH")


@pytest.mark.parametrize("text", ["Date: no day\n", "Date: \n", "Last-Update: 2020-99-99\n", "\xff\xfe Date: 1\n"])
def test_a_day_that_is_none_is_no_day(text: str) -> None:
    assert read(text.encode("latin-1")).dated is None


def test_the_author_the_time_and_the_subject_are_witnesses() -> None:
    witness = witness_of(
        b"From: An Author <an@example.org>\nDate: Mon, 6 Jan 2020 10:00:00 +0100\nSubject: [PATCH] fix it\n"
    )
    assert (witness.author, witness.time, witness.subject) == ("an@example.org", 1578301200, "fix it")


TEXT = b"".join(b"a telling line, number %d;\n" % n for n in range(40))
OURS = TEXT.replace(b"number 20;", b"number twenty, ours;")
THEIRS = TEXT.replace(b"number 20;", b"number 20, another solution;")
HEADER = b"Origin: upstream, https://example.org/commit/" + ID.encode() + b"\nDate: Mon, 6 Jan 2020 10:00:00 +0000\n\n"
DIFF = render_file("a.c", "a.c", TEXT, OURS)


def tree(content: bytes, **more: bytes) -> MemoryTree:
    return MemoryTree({"a.c": (FILE, content), **{name: (FILE, text) for name, text in more.items()}})


def verdict(base: MemoryTree, target: MemoryTree, header: bytes, released: date | None) -> tuple[Verdict, Action]:
    judged = judge_series([SeriesPatch(PatchName("x.patch"), header + DIFF, 1)], base, target, released=released)
    return judged.patches[0].verdict, judged.patches[0].action


def test_a_claim_older_than_the_release_puts_a_conflict_to_a_person_as_superseded() -> None:
    assert verdict(tree(TEXT), tree(THEIRS), HEADER, date(2021, 1, 1)) == (Verdict.SUPERSEDED, Action.ASK)


def test_a_change_cannot_be_in_a_release_older_than_itself() -> None:
    assert verdict(tree(TEXT), tree(THEIRS), HEADER, date(2019, 1, 1)) == (Verdict.CONFLICT, Action.ASK)
    assert verdict(tree(TEXT), tree(THEIRS), HEADER, None) == (Verdict.CONFLICT, Action.ASK)


def test_a_claim_never_drops_what_still_applies() -> None:
    assert verdict(tree(TEXT), tree(TEXT + b"more;\n"), HEADER, date(2021, 1, 1)) == (Verdict.APPLIES, Action.KEEP)


def test_the_release_s_changelog_names_the_advisory() -> None:
    base, target = tree(TEXT, NEWS=b"1.0\n"), tree(THEIRS, NEWS=b"1.1: fixes CVE-2020-1234\n1.0\n")
    claims = claims_of(b"", "CVE-2020-1234.patch", Facts(base, target))
    assert claims.likely_merged
    assert claims.why == "the release's changelog names CVE-2020-1234"
    assert not claims_of(b"", "CVE-2020-1234.patch", Facts(target, target)).likely_merged, "the base had named it"
    judged = judge_series([SeriesPatch(PatchName("CVE-2020-1234.patch"), DIFF, 1)], base, target)
    assert judged.patches[0].proof is Proof.DECLARED


def test_a_change_that_the_base_has_at_other_lines_is_asked_about() -> None:
    """A twin of the place may have had the change all along: only at its own line is the patch already in the base."""
    there = tree(OURS)
    assert verdict(there, there, b"", None) == (Verdict.OBSOLETE, Action.DROP)
    moved = tree(b"one more line;\n" + OURS)
    assert verdict(moved, moved, b"", None) == (Verdict.OBSOLETE, Action.ASK)


@pytest.mark.parametrize(
    "header",
    [
        f"This reverts commit {ID}.\n",
        f'Fixes: {ID[:12]} ("the change that broke it")\n',
        f"The bug was introduced in commit {ID}.\n",
        f"A regression since {ID}\n",
    ],
)
def test_the_commit_that_a_patch_mends_is_not_the_patch(header: str) -> None:
    found = read(header.encode())
    assert (found.commits, found.merged) == ((), "")


@pytest.mark.parametrize(
    ("header", "name", "numbers"),
    [
        ("Bug: https://example.org/issues/77\n", "fix.patch", ("77",)),
        ("Closes: #123456\n", "fix.patch", ("123456",)),
        ("", "bug-4711-crash.patch", ("4711",)),
        ("", "lp1234567.patch", ("1234567",)),
        ("(LP: #98765)\n", "gh_42.patch", ("42", "98765")),
    ],
)
def test_bugs_are_read_from_the_name_and_the_text(header: str, name: str, numbers: tuple[str, ...]) -> None:
    assert read(header.encode(), name).bugs == numbers


def test_all_that_a_header_says_is_shown_as_evidence() -> None:
    header = (
        "Origin: backport, https://example.org/c/1\nBug: https://example.org/issues/77\n"
        "Bug-Debian: https://bugs.example.org/4711\nForwarded: https://example.org/pull/78\n"
        f"See https://example.org/commit/{ID[:10]}\n"
    )
    base, target = tree(TEXT, CHANGES=b"1.0\n"), tree(TEXT + b"more;\n", CHANGES=b"1.1: closes #77\n1.0\n")
    patch = SeriesPatch(PatchName("CVE-2020-1234.patch"), header.encode() + b"\n" + DIFF, 1)
    [judged] = judge_series([patch], base, target).patches
    assert [(e.kind, e.detail) for e in judged.evidence if e.kind != "placement"] == [
        ("declared", "its header says 'Origin: backport, https://example.org/c/1'"),
        ("advisory", "it names CVE-2020-1234"),
        ("bug", "Bug: https://example.org/issues/77"),
        ("bug", "Bug-Debian: https://bugs.example.org/4711"),
        ("status", "its status towards upstream is 'https://example.org/pull/78'"),
        ("changelog", "the release's changelog names #77"),
        ("declared", f"it names commit {ID[:10]}"),
    ]
    assert judged.action is Action.KEEP
