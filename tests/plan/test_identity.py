"""What a proposal is found again by."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.model.ids import PackageName
from syncbot.model.packages import Package, Policy
from syncbot.model.releases import Upstream
from syncbot.plan.identity import branch_name, line, slug


def package(name: str = "demo", range: str = "", track: str = "stable") -> Package:
    return Package(PackageName(name), f"patches/{name}", Upstream("pypi", "x"), None, (), range, Policy(track=track))


@pytest.mark.parametrize(
    ("range", "track", "expected"),
    [
        ("", "stable", "stable"),
        ("8.*", "stable", "8.*"),
        ("", "prerelease", "prerelease"),
        ("8.*", "prerelease", "8.* prerelease"),
        ("", "branch:main", "branch:main"),
        ("8.*", "branch:main", "branch:main"),
    ],
)
def test_the_line_says_which_releases_count(range: str, track: str, expected: str) -> None:
    assert line(package(range=range, track=track)) == expected


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        (package(), r"syncbot/demo/stable"),
        (package("my_pkg-2.0"), r"syncbot/my_pkg-2\.0/stable"),
        (package("x.lock"), r"syncbot/x-lock-[0-9a-f]{10}/stable"),
        (package(range="8.*"), r"syncbot/demo/8-[0-9a-f]{10}"),
        (package(track="branch:a/b"), r"syncbot/demo/branch-a-b-[0-9a-f]{10}"),
        (package(track="branch:é"), r"syncbot/demo/branch-[0-9a-f]{10}"),
    ],
)
def test_branch_names_are_readable_and_git_takes_them(made: Package, shape: str) -> None:
    name = branch_name(made)
    assert re.fullmatch(shape, name)
    subprocess.run(["git", "check-ref-format", "--branch", name], check=True, capture_output=True)


def test_what_looks_like_a_slug_gets_another() -> None:
    first = slug("8.*")
    assert slug(first) != first
    assert slug("8.*") == first


@given(st.text(max_size=80), st.text(max_size=80))
def test_distinct_texts_have_distinct_slugs_of_safe_characters(one: str, two: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}", slug(one))
    assert ".." not in slug(one)
    assert not slug(one).endswith((".", ".lock"))
    assert (slug(one) == slug(two)) == (one == two)
