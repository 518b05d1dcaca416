"""Advisories that the settings name: what `check`, `explain` and proposals say, and what remembered verdicts do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.e2e.world import B, World, diff, git, numbered

CVE = "CVE-2024-12345"
HOLE = diff("b.c", B, numbered("b", l20="twenty"), f"Subject: fix {CVE} in b\n\n")
OTHERWISE = numbered("b", l20="20, solved otherwise", l21="and so on")


def record(url: Path | str, *, fixed: str = "", commit: str = "", names: tuple[str, ...] = (CVE,)) -> dict[str, Any]:
    zero = {"introduced": "0"}
    ranges = [{"type": "GIT", "repo": str(url), "events": [zero, {"fixed": commit or "f" * 40}]}]
    if fixed:
        ranges.append({"type": "SEMVER", "events": [zero, {"fixed": fixed}]})
    return {
        "id": "OSV-2024-1",
        "modified": "2024-01-01T00:00:00Z",
        "aliases": list(names),
        "affected": [{"ranges": ranges}],
    }


@pytest.fixture
def conflicting(world: World) -> World:
    """Release 1.1 solves the hole in another way than the patch."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", hole=HOLE)
    world.upstream.release("v1.1", b_c=OTHERWISE)
    (world.workspace.path / "syncbot.toml").write_text('advisories = ["osv"]\n')
    (world.workspace.path / "osv").mkdir()
    advise(world, {"id": "OSV-2024-9"})
    return world


def advise(world: World, told: Any, name: str = "one.json") -> None:
    (world.workspace.path / "osv" / name).write_text(told if isinstance(told, str) else json.dumps(told))


def verdict(world: World) -> tuple[str, str, str | None]:
    [package] = world.syncbot("check", "--json").document["packages"]
    [patch] = package["patches"]
    return patch["verdict"], patch["action"], patch["proof"]


def test_a_new_record_changes_what_is_remembered_and_an_old_one_does_not(conflicting: World) -> None:
    assert verdict(conflicting) == ("conflict", "ask", None)
    advise(conflicting, record(conflicting.upstream.path, fixed="1.1"))
    assert verdict(conflicting) == ("superseded", "ask", "declared")
    before = conflicting.workspace.snapshot()["rows"]
    assert verdict(conflicting) == ("superseded", "ask", "declared")
    assert conflicting.workspace.snapshot()["rows"] == before, "the same record: nothing is judged or written"
    advise(conflicting, {"id": "OSV-2024-1", "withdrawn": "2024-02-01T00:00:00Z"})
    assert verdict(conflicting) == ("conflict", "ask", None)


def test_explain_and_the_proposal_show_the_record(conflicting: World) -> None:
    advise(conflicting, record(conflicting.upstream.path, fixed="1.1"))
    conflicting.syncbot("sync")
    said = f"advisory OSV-2024-1 says that {CVE} is fixed in 1.1"
    assert said in conflicting.syncbot("explain", "lib", "hole.patch").out
    [proposal] = conflicting.syncbot("proposals", "--json").document["proposals"]
    body = conflicting.syncbot("proposals", "show", proposal["id"]).out
    assert said in body
    assert "superseded" in body
    assert "hole.patch" in (conflicting.workspace.path / "patches/lib/series").read_text(), "nothing is dropped"


def test_a_fixing_commit_of_the_release_is_evidence_with_its_subject(conflicting: World) -> None:
    commit = git(conflicting.upstream.path, "rev-parse", "v1.1")
    advise(conflicting, record(conflicting.upstream.path, commit=commit))
    assert verdict(conflicting) == ("superseded", "ask", "declared")
    [package] = conflicting.syncbot("check", "--json").document["packages"]
    [told] = [fact for fact in package["patches"][0]["evidence"] if fact["kind"] == "advised"]
    assert told["commit"] == commit
    assert told["detail"].endswith(f"fixed in commit {commit[:12]}, which is in the release: 'v1.1'")


def test_a_fixing_commit_of_the_base_or_of_nowhere_says_nothing_of_the_release(conflicting: World) -> None:
    for commit in (git(conflicting.upstream.path, "rev-parse", "v1.0"), "a" * 40):
        advise(conflicting, record(conflicting.upstream.path, commit=commit))
        assert verdict(conflicting) == ("conflict", "ask", None)


@pytest.mark.parametrize("content", [B + "more\n", B], ids=["the file moved on", "untouched"])
def test_no_record_drops_what_is_needed(world: World, content: str) -> None:
    """Lies: the commit is in the release, the version is, the package is another's, and all of it a thousand times."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", hole=HOLE)
    world.upstream.release("v1.1", b_c=content, c_c="new\n")
    (world.workspace.path / "syncbot.toml").write_text('advisories = ["osv"]\n')
    (world.workspace.path / "osv").mkdir()
    advise(world, {"id": "OSV-2024-9"})
    honest = verdict(world)
    assert honest[1] == "keep"
    commit = git(world.upstream.path, "rev-parse", "v1.1")
    lies = [record(world.upstream.path, fixed="1.1", commit=commit), record("elsewhere.example/lib", fixed="1.1")]
    for lie in (*lies, lies * 500, [record(world.upstream.path, fixed=f"1.{n}") for n in range(1000)]):
        advise(world, lie)
        assert verdict(world) == honest


def test_records_that_are_none_stop_nothing(conflicting: World) -> None:
    advise(conflicting, record(conflicting.upstream.path, fixed="1.1"))
    advise(conflicting, "no JSON", "broken.json")
    advise(conflicting, "[" * 100_000, "deep.json")
    assert verdict(conflicting) == ("superseded", "ask", "declared")


def test_a_place_that_is_not_there_is_a_mistake_in_the_settings(conflicting: World) -> None:
    (conflicting.workspace.path / "syncbot.toml").write_text('advisories = ["nowhere.json"]\n')
    found = conflicting.syncbot("check")
    assert found.code == 2
    assert "nowhere.json" in found.err


def test_a_url_that_is_out_of_reach_is_answered_from_its_last_copy(conflicting: World, httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/osv.json")
    (conflicting.workspace.path / "syncbot.toml").write_text(f'advisories = ["{url}"]\n')
    httpserver.expect_ordered_request("/osv.json").respond_with_data("nothing here", status=404)
    told = json.dumps(record(conflicting.upstream.path, fixed="1.1"))
    httpserver.expect_ordered_request("/osv.json").respond_with_data(told)
    httpserver.expect_ordered_request("/osv.json").respond_with_data("gone", status=404)
    assert verdict(conflicting) == ("conflict", "ask", None), "it was never read"
    assert verdict(conflicting) == ("superseded", "ask", "declared")
    assert verdict(conflicting) == ("superseded", "ask", "declared"), "from the copy"


def test_reproduce_and_attest_know_what_advisories_said(conflicting: World) -> None:
    advise(conflicting, record(conflicting.upstream.path, fixed="1.1"))
    conflicting.syncbot("sync")
    [statement] = [json.loads(line) for line in conflicting.syncbot("attest").out.splitlines()]
    assert len(statement["predicate"]["inputs"]["advisories"]["sha256"]) == 64
    [same] = conflicting.syncbot("reproduce", "--json").document["packages"]
    assert same["came_to"] == "same"
    advise(conflicting, {"id": "OSV-2024-9"})
    [changed] = conflicting.syncbot("reproduce", "--json").document["packages"]
    assert [found["what"] for found in changed["differences"]] == ["what advisories say"]


def test_vex_uses_the_settings_too(conflicting: World) -> None:
    conflicting.syncbot("sync")
    advise(conflicting, record(conflicting.upstream.path, fixed="1.0"))
    [statement] = conflicting.syncbot("vex").document["statements"]
    assert statement["status"] == "fixed"
    assert os.fspath(conflicting.upstream.path) not in statement["status_notes"]
