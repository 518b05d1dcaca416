"""What a patch says of its way upstream is read in every layout, and is still there when the patch is refreshed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from syncbot import judge
from syncbot.layouts import LAYOUTS
from syncbot.layouts.saying import Ground
from syncbot.model.fork import DOCUMENT, NAMED, Author, Carried, Fork, written
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.measures import Forwarded
from syncbot.model.packages import Policy
from syncbot.model.trees import MemoryTree
from syncbot.model.verdicts import Action
from syncbot.report.facts import facts

from .packaging import after, edit, to, tree

LINES = [f"line {n}" for n in range(1, 31)]
BASE = tree({"x": "\n".join([*LINES, ""])})
TARGET = tree({"x": "\n".join([*LINES[:6], "new", *LINES[7:], ""])})
DIFF = "--- a/x\n+++ b/x\n@@ -7,3 +7,3 @@\n line 7\n-line 8\n+eight\n line 9\n"
"""Its context has changed upstream, so it must be written anew."""
MAIL = "From {id} Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: [PATCH] {subject}\n\n{more}---\n"
UPSTREAM = 'upstream = "git:https://example.org/demo.git"\n'
SETTINGS = f"[packages.demo]\n{UPSTREAM}"


def mail(subject: str = "mend it", more: str = "") -> str:
    return MAIL.format(id="a" * 40, subject=subject, more=more) + DIFF


def fork(subject: str) -> Mapping[str, str | bytes]:
    one = Carried(
        PatchName(subject),
        (CommitId("a" * 40),),
        f"{subject}\n",
        Author("A", "a@example.org", 0, 0),
        mail(subject).encode(),
    )
    document = Fork("1.0", "v1.0", CommitId("b" * 40), "", "git:https://example.org/demo.git", (one,))
    return {NAMED: "demo", DOCUMENT: written(document)}


@dataclass(frozen=True)
class Row:
    layout: str
    files: Mapping[str, str | bytes]
    status: Forwarded
    said: str
    folder: str = ""


DEBIAN = {
    "debian/changelog": (
        "demo (1.0-1) unstable; urgency=low\n\n  * x\n\n -- A <a@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n"
    ),
    "debian/control": "Source: demo\n",
    "debian/patches/series": "a.patch\n",
    "syncbot.toml": SETTINGS,
}
MELANGE = """\
package:
  name: demo
  version: "1.0"
  epoch: 0
pipeline:
  - uses: git-checkout
    with:
      repository: https://example.org/demo.git
      tag: v${{package.version}}
      expected-commit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  - uses: patch
    with:
      patches: a.patch
"""
META = """\
package:
  name: demo
  version: "1.0"
source:
  url: https://example.org/demo-1.0.tar.gz
  sha256: 00
  patches:
    - a.patch
build:
  number: 0
"""
APKBUILD = 'pkgname=demo\npkgver=1.0\npkgrel=0\nsource="https://example.org/demo-$pkgver.tar.gz\n\ta.patch\n\t"\n'
SPEC = "Name: demo\nVersion: 1.0\nRelease: 1\nPatch: a.patch\n%prep\n%autosetup -p1\n"
RECIPE = 'SRC_URI = "https://example.org/${BP}.tar.gz \\\n    file://a.patch \\\n    "\n'
DEP3 = "Description: mend it\nForwarded: https://example.org/pull/3\nLast-Update: 2024-01-01\n\n" + DIFF
STATUS = "Upstream-Status: Inappropriate [configuration]"

ROWS = [
    Row(
        "native",
        {
            "patches/demo/package.toml": f'{UPSTREAM}base = "1.0"\n',
            "patches/demo/series": "a.patch\n",
            "patches/demo/a.patch": DEP3,
        },
        Forwarded.SENT,
        "Forwarded: https://example.org/pull/3",
        "patches",
    ),
    Row("debian", {**DEBIAN, "debian/patches/a.patch": DEP3}, Forwarded.SENT, "Forwarded: https://example.org/pull/3"),
    Row(
        "debian",
        {**DEBIAN, "debian/patches/a.patch": DEP3.replace("https://example.org/pull/3", "not-needed")},
        Forwarded.NO_NEED,
        "Forwarded: not-needed",
    ),
    Row(
        "melange",
        {"demo.yaml": MELANGE, "demo/a.patch": mail(more="(cherry picked from commit " + "c" * 40 + ")\n")},
        Forwarded.UPSTREAM,
        "(cherry picked from commit " + "c" * 40,
    ),
    Row(
        "conda",
        {"recipe/meta.yaml": META, "recipe/a.patch": mail(more=f"{STATUS}\n"), "syncbot.toml": SETTINGS},
        Forwarded.NO_NEED,
        STATUS,
    ),
    Row(
        "apkbuild",
        {"demo/APKBUILD": APKBUILD, "demo/a.patch": "Forwarded: no\n\n" + DIFF, "syncbot.toml": SETTINGS},
        Forwarded.NOT_SENT,
        "Forwarded: no",
    ),
    Row(
        "dist-git",
        {"demo/demo.spec": SPEC, "demo/a.patch": mail(more="Forwarded: yes\n"), "syncbot.toml": SETTINGS},
        Forwarded.SENT,
        "Forwarded: yes",
    ),
    Row(
        "openembedded",
        {
            "meta/recipes-x/demo/demo_1.0.bb": RECIPE,
            "meta/recipes-x/demo/demo/a.patch": mail(more="Upstream-Status: Denied [too special]\n"),
            "syncbot.toml": SETTINGS,
        },
        Forwarded.REFUSED,
        "Upstream-Status: Denied [too special]",
    ),
    Row(
        "mail",
        {"demo/0001-a.patch": mail("FROMLIST: mend it"), "syncbot.toml": f'{SETTINGS}base = "1.0"\n'},
        Forwarded.SENT,
        "Subject: [PATCH] FROMLIST: mend it",
    ),
    Row(
        "mail",
        {"demo.mbox": mail("BACKPORT: mend it") + "\n", "syncbot.toml": f'{SETTINGS}base = "1.0"\n'},
        Forwarded.UPSTREAM,
        "Subject: [PATCH] BACKPORT: mend it",
    ),
    Row("fork", fork("UPSTREAM: 12345: mend it"), Forwarded.SENT, "UPSTREAM: 12345: mend it"),
    Row("fork", fork("UPSTREAM: <carry>: mend it"), Forwarded.NO_NEED, "UPSTREAM: <carry>: mend it"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.layout}-{row.status.value}")
def test_the_status_is_read_and_kept_when_the_patch_is_refreshed(row: Row) -> None:
    files: MemoryTree = tree(dict(row.files))
    layout = LAYOUTS[row.layout](Ground())
    read = layout.read(files, row.folder, Policy())
    assert [str(problem.error) for problem in read.problems] == []
    [package] = read.packages
    [patch] = package.series
    assert facts(patch.content, patch.strip, patch.name).forwarded is row.status
    [judged] = judge.judge_series(package.series, BASE, TARGET).patches
    assert judged.action is Action.REWRITE
    assert judged.refreshed is not None
    changes = layout.edit(files, package, (edit(Action.REWRITE, patch.name, judged.refreshed),), to(None))
    [now] = layout.one(after(files, changes), row.folder, Policy(), package.name).series
    assert now.content != patch.content
    assert row.said.encode() in now.content
    assert facts(now.content, now.strip, now.name).forwarded is row.status


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.layout}-{row.status.value}")
@pytest.mark.parametrize(("word", "keep", "drop"), [("carry", True, False), ("drop", False, True)])
def test_downstreams_own_word_in_a_subject_is_obeyed_in_every_layout(
    row: Row, word: str, *, keep: bool, drop: bool
) -> None:
    subject = f"UPSTREAM: <{word}>: mend it"
    files = {
        path: mail(subject) if path.endswith(".patch") else mail(subject) + "\n" if path.endswith(".mbox") else content
        for path, content in row.files.items()
    }
    made = tree(files if row.layout != "fork" else dict(fork(subject)))
    [package] = LAYOUTS[row.layout](Ground()).read(made, row.folder, Policy()).packages
    [patch] = package.series
    assert (patch.keep is not None, patch.drop != "") == (keep, drop)
