"""What lines and files are for: a comment in other words is no other change, and what only looks like one is code; a
forge's configuration is no part of the product."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile import AUDITED, CODE, Files, by, function

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
    ],
)
def test_a_forges_configuration(path: str) -> None:
    assert kind_of(path) is Kind.CI


@pytest.mark.parametrize(
    "path", ["src/github/api.py", "lib/travis.c", "zuul/model.py", "data/ci.yml", "lib/.github/a.c"]
)
def test_a_product_about_forges(path: str) -> None:
    assert kind_of(path) is not Kind.CI


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
