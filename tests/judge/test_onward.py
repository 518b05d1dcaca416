"""Versions that upstream raised beyond a merged patch, and commits that wrote a patch's text in another place."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_given_up import merged
from test_hostile import CODE, Files, by_history, patch_of, stays
from test_traced import goes, run

from syncbot.judge.commits_kin import raised

# Versions.

TOOLS = "".join(f"ARG TOOL_{n}=v{n}.0\n" for n in range(8))


def tools(version: str, line: str = "ARG GO_VERSION={}\n") -> Files:
    return {"Dockerfile": TOOLS + line.format(version) + "RUN make\nRUN make install\n", CODE: run("")[CODE]}


@pytest.mark.parametrize(
    ("old", "new", "now", "drops"),
    [
        ("1.12.10", "1.12.12", "1.13.1", True),
        ("1.12", "1.12.12", "1.20.0", True),
        ("1.12.10", "1.12.12", "1.12.11", False),
        ("1.12.10", "1.12.12", "1.11.13", False),
        ("1.13.1", "1.12.12", "1.11.13", False),
        ("1.13.1", "1.12.12", "1.14.0", False),
        ("10", "12", "14", False),
        ("1.12.0-rc95", "1.12.0", "1.12.1", False),
        ("master", "1.12.12", "1.13.1", False),
    ],
)
def test_a_version_that_went_on_beyond_the_patch_has_it(
    old: str, new: str, now: str, drops: bool, tmp_path: Path
) -> None:
    """One word of a tiny patch is all of it, but a version that was raised further was raised."""
    found = merged(tmp_path, tools(old), tools(new), tools(now))
    goes(found) if drops else stays(found)


@pytest.mark.parametrize(
    ("old", "new", "now", "answer"),
    [
        ("go 1.2 tool 3.1", "go 1.3 tool 3.2", "go 1.4 tool 3.2", True),
        ("go 1.2 tool 3.1", "go 1.3 tool 3.2", "go 1.4 tool 3.1", False),
        ("go 1.2 tool 3.1", "go 1.3 tool 3.1", "go 1.4 tool 3.0", False),
        ("go 1.2", "go 1.3", "went 1.4", False),
        ("go 1.2", "go 1.3", "go 1.4 or 1.5", False),
        ("go 1.2", "go 1.2", "go 1.4", False),
        ("wait 1.2 of 5", "wait 1.3 of 5", "wait 1.4 of 6", False),
        ("if go < 1.2", "if go < 1.3", "if go < 1.4", False),
        ("server 10.0.0.1", "server 10.0.0.2", "server 10.0.0.3", False),
    ],
)
def test_all_versions_of_a_line_must_have_gone_on(old: str, new: str, now: str, answer: bool) -> None:
    assert raised(now.encode(), new.encode(), [old.encode()]) is answer


# The same text in two places.

STAGE = "        stage: tests\n        run: make\n        skip: slow\n        report: yes\n        keep: logs\n"
END = "        mail: all\n        wait: no\n"
FASTER = STAGE.replace("skip: slow", "skip: none")


def stages(first: str, second: str) -> Files:
    part = "    {}:\n" + "".join(f"        step_{n}: do\n" for n in range(12))
    text = part.format("one") + first + END + part.format("two") + second + END
    return {"build.yaml": text, CODE: run("")[CODE]}


def test_of_two_commits_that_wrote_the_same_in_two_places_the_right_one_is_named(tmp_path: Path) -> None:
    base, mine, both = stages(STAGE, STAGE), stages(STAGE, FASTER), stages(FASTER, FASTER)
    patch = patch_of(base, mine)
    end = {CODE: run("")[CODE]}
    right = by_history(tmp_path / "a", patch, base, ("Second", mine), ("First", both), ("Give up", end))
    late = by_history(tmp_path / "b", patch, base, ("First", stages(FASTER, STAGE)), ("Second", both), ("Give up", end))
    for found in (right, late):
        goes(found)
        commits = [fact.subject for fact in found.evidence if fact.kind == "absorbed"]
        assert commits == ["Second"], commits


def test_a_commit_that_wrote_the_same_in_the_other_place_is_not_the_patch(tmp_path: Path) -> None:
    base, mine, other = stages(STAGE, STAGE), stages(STAGE, FASTER), stages(FASTER, STAGE)
    steps = (("First", other), ("Give up", {CODE: run("")[CODE]}))
    found = by_history(tmp_path, patch_of(base, mine), base, *steps)
    assert found.absorbed_by is None, found.reason
    stays(found)
