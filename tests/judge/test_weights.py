"""What lines and files are for: a comment in other words is no other change, and what only looks like one is code; a
forge's configuration is no part of the product."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile import AUDITED, CODE, Files, by, by_history, by_trees, function, patch_of

from syncbot.judge.weights import Kind, kind_of, remarks
from syncbot.model.verdicts import Action

COMMENTS = (
    ("// one",),
    ("/* one */",),
    ("/*", " * two", " */"),
    ("int a; /* begins here", "goes on here */"),
    ("# a word",),
    ("dnl m4",),
    ("<!-- html -->",),
)
NO_REMARKS = (
    ("rm -rf build/*", "chmod 600 key"),
    ("cp -r src/* dst/", "chmod 600 key"),
    ("/*.conf", "/secret"),
    ("/*/local", "/secret"),
    ("# CONFIG_HARDENED is not set",),
    ("# include <a.h>",),
    ("#define A 1",),
    ("*pointer = 0;",),
)


@pytest.mark.parametrize("lines", COMMENTS)
def test_a_comment(lines: tuple[str, ...]) -> None:
    found = list(remarks([line.encode() for line in lines]))
    assert found[-1] == lines[-1].encode()


@pytest.mark.parametrize("lines", NO_REMARKS)
def test_no_comment(lines: tuple[str, ...]) -> None:
    assert not list(remarks([line.encode() for line in lines]))


# What a forge's machines do with the project decides nothing about the product.

CI = "on: push\njobs:\n  build:\n    runs-on: ubuntu-20.04\n    steps:\n      - run: make\n"
WITH_CHECK = CI + "      - run: make check\n"
ANOTHER = "on: [push]\njobs:\n  all:\n    runs-on: fedora\n    steps:\n      - run: ninja test\n"
WORKFLOW = ".github/workflows/build.yml"


@pytest.mark.parametrize(
    "path",
    [
        WORKFLOW,
        ".gitlab-ci.yml",
        ".zuul.yaml",
        "zuul.d/jobs.yaml",
        ".travis.yml",
        "Jenkinsfile",
        ".circleci/config.yml",
        ".azure-pipelines/scripts/upload.sh",
    ],
)
def test_a_forges_configuration(path: str) -> None:
    assert kind_of(path) is Kind.CI


@pytest.mark.parametrize(
    "path",
    [
        "src/github/api.py",
        "lib/travis.c",
        "zuul/model.py",
        "data/ci.yml",
        "lib/.github/a.c",
        "templates/new/.travis.yml",
    ],
)
def test_a_product_about_forges(path: str) -> None:
    assert kind_of(path) is not Kind.CI


@pytest.mark.parametrize(
    "path",
    [
        "changelogs/fragments/123-fix.yml",
        "changelog.d/123.bugfix",
        "newsfragments/123.fix.rst",
        ".changeset/brave-cat.md",
        "news/fix.txt",
        ".chloggen/fix.yaml",
        "ChangeLog-2024",
        "releasenotes/notes/fix.yaml",
        "docs/changes/fix.txt",
        "packages/thing/newsfragments/123.fix",
    ],
)
def test_a_changelog_and_what_one_is_made_of(path: str) -> None:
    assert kind_of(path) is Kind.CHANGELOG


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("docs/site/requirements.txt", Kind.DOC),
        ("requirements.txt", Kind.CODE),
        ("lib/CMakeLists.txt", Kind.CODE),
        ("src/html/CMakeLists.txt", Kind.CODE),
        ("notes.txt", Kind.DOC),
    ],
)
def test_a_text_that_a_machine_reads(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind


@pytest.mark.parametrize(
    "path",
    [
        "src/news.c",
        "changes/apply.py",
        "lib/changelogs.js",
        "newsreader.conf",
        "app/views/news/show.html.erb",
        "app/changesets/list.yaml",
        "src/history/defaults.conf",
    ],
)
def test_a_product_about_changes(path: str) -> None:
    assert kind_of(path) is Kind.CODE


@pytest.mark.parametrize("mode", ["trees", "history"])
def test_a_note_that_went_into_the_changelog_is_no_part_of_the_code(mode: str, tmp_path: Path) -> None:
    """Each change comes with a file of notes, which a release collects and deletes, all of them at once."""
    notes: Files = {f"changelogs/fragments/{n}.yml": f"bugfixes:\n  - number {n} is mended\n" for n in range(30)}
    note: Files = {"changelogs/fragments/run.yml": "bugfixes:\n  - run - what is too large is refused and audited\n"}
    base, after = {CODE: function(""), **notes}, {CODE: function(AUDITED), **notes, **note}
    if mode == "trees":
        found = by_trees(patch_of(base, after), base, {CODE: function(AUDITED)})
    else:
        commits = [("Refuse what is too large", after), ("Start the next version", {CODE: function(AUDITED)})]
        found = by_history(tmp_path, patch_of(base, after), base, *commits)
    assert found.action is Action.DROP, found.reason


@pytest.mark.parametrize("mode", ["trees", "history"])
@pytest.mark.parametrize(("there", "drops"), [(ANOTHER, True), (CI, False), (WITH_CHECK, True)])
def test_code_decides_where_a_patch_has_a_workflow_too(there: str, drops: bool, mode: str, tmp_path: Path) -> None:
    """Upstream wrote its workflow anew: no matter. Where that is as it was before, upstream did not take that part."""
    base: Files = {CODE: function(""), WORKFLOW: CI}
    after: Files = {CODE: function(AUDITED), WORKFLOW: WITH_CHECK}
    found = by(mode, tmp_path, base, after, {CODE: function(AUDITED), WORKFLOW: there})
    assert (found.action is Action.DROP) == drops, found.reason


@pytest.mark.parametrize("mode", ["trees", "history"])
def test_a_patch_of_a_workflow_alone_is_judged_by_it(mode: str, tmp_path: Path) -> None:
    base: Files = {WORKFLOW: CI, CODE: function("")}
    later: Files = {WORKFLOW: CI, CODE: function(AUDITED)}
    assert by(mode, tmp_path, base, {**base, WORKFLOW: WITH_CHECK}, later).action is Action.KEEP


@pytest.mark.parametrize("mode", ["trees", "history"])
def test_a_page_about_news_is_the_product(mode: str, tmp_path: Path) -> None:
    """Upstream took the code and left the page as it was: dropped, the page would be without the patch's change."""
    page = "app/views/news/show.html.erb"
    base: Files = {CODE: function(""), page: "<h1>News</h1>\n<div><%= news.text %></div>\n<p>end of it</p>\n"}
    after: Files = {CODE: function(AUDITED), page: base[page].replace("news.text", "escaped(news.text)")}
    assert by(mode, tmp_path, base, after, {**base, CODE: function(AUDITED)}).action is not Action.DROP
