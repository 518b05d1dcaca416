"""CODEOWNERS as GitHub reads it: the examples of its documentation, and its exceptions from .gitignore."""

from __future__ import annotations

import pytest

from syncbot.plan.codeowners import LARGEST, owners, parse

DOCUMENTED = """\
# This is a comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README", "@global-owner1 @global-owner2"),
        ("src/main.js", "@js-owner"),
        ("deep/down/x.go", "docs@example.com"),
        ("a.txt", "@octo-org/octocats"),
        ("build/logs/x/y", "@octocat"),
        ("docs/getting-started.md", "@doctocat"),
        ("docs/build-app/troubleshooting.md", "@doctocat"),
        ("sub/apps/x", "@octocat"),
        ("scripts/x.sh", "@doctocat @octocat"),
        ("deeply/nested/logs/x", "@octocat"),
        ("apps/x", "@octocat"),
        ("apps/github/x", ""),
        ("apps/github", ""),
    ],
)
def test_the_documented_example(path: str, expected: str) -> None:
    assert " ".join(owners(parse(DOCUMENTED), path)) == expected


@pytest.mark.parametrize(
    ("pattern", "matches", "not_"),
    [
        ("docs/*", ["docs/a.md"], ["docs/b/a.md", "x/docs/a.md"]),
        ("/docs/**", ["docs/a", "docs/b/c"], ["x/docs/a", "docs"]),
        ("patches/*/series", ["patches/lib/series"], ["patches/a/b/series", "series"]),
        ("patches/**/fix.patch", ["patches/fix.patch", "patches/a/b/fix.patch"], ["fix.patch"]),
        ("lib", ["lib", "lib/x", "a/lib/x"], ["liba", "a/libs/x"]),
        ("/lib", ["lib", "lib/x"], ["a/lib"]),
        ("lib/", ["lib/x", "a/lib/x"], ["lib"]),
        ("*.patch", ["a.patch", "x/y/a.patch"], ["a.patches"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("/a.c", ["a.c"], ["abc"]),
        ("my\\ file", ["my file"], ["my"]),
        ("Lib", ["Lib"], ["lib"]),
    ],
)
def test_patterns(pattern: str, matches: list[str], not_: list[str]) -> None:
    rules = parse(f"{pattern} @me")
    assert [path for path in matches if not owners(rules, path)] == []
    assert [path for path in not_ if owners(rules, path)] == []


@pytest.mark.parametrize("line", ["!docs/ @me", "[ab].c @me", "\\#x @me", "docs/ me", "docs/ @me @", "docs/ a@b"])
def test_a_line_that_github_calls_invalid_counts_for_nothing(line: str) -> None:
    assert parse(line) == ()
    assert owners(parse(f"* @all\n{line}"), "docs/x") == ("@all",)


def test_a_file_too_large_has_no_rules() -> None:
    assert parse("* @me\n" + "#" * LARGEST) == ()
