"""The HTTP interface: what `--json` prints, paged and filtered; errors as problems; ETags; its own description."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from syncbot.cli import run
from syncbot.errors import StoreError
from syncbot.web.app import create_app
from syncbot.web.seat import Seat
from tests.web.world import HOSTS

TODAY = datetime.now(UTC).date()


def printed(path: Path, capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    capsys.readouterr()
    run(["--workspace", str(path), "--quiet", *command, "--json"])
    return json.loads(capsys.readouterr().out)


def without_times(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Times are told with `Z` here and with an offset there."""
    return [{key: value for key, value in item.items() if not str(value).startswith("20")} for item in items]


@pytest.mark.parametrize(
    ("path", "command", "key"),
    [
        ("packages", ["report"], "packages"),
        ("patches", ["delta"], "patches"),
        ("owners", ["owners"], "owners"),
        ("forecast", ["forecast"], "obsolete"),
        ("upstreamable", ["upstreamable"], "patches"),
        ("history", ["history", "--days", "999"], "events"),
        ("proposals", ["proposals", "--all"], "proposals"),
        ("patches?verdict=held&verdict=conflict", ["delta", "--verdict", "held", "--verdict", "conflict"], "patches"),
        ("patches?cve=cve-2024-12345", ["delta", "--cve", "cve-2024-12345"], "patches"),
        ("patches?older_than=99999", ["delta", "--older-than", "99999"], "patches"),
        ("packages?owner=security", ["report", "--owner", "security"], "packages"),
        ("packages?layout=debian", ["report", "--layout", "debian"], "packages"),
        ("packages?sort=lines&reverse=true", ["report", "--sort", "lines", "--reverse"], "packages"),
    ],
)
def test_items_are_those_of_the_commands(
    client: httpx.Client,
    site_path: Path,
    capsys: pytest.CaptureFixture[str],
    path: str,
    command: list[str],
    key: str,
) -> None:
    items = client.get(f"/api/v1/{path}").json()["items"]
    assert without_times(items) == without_times(printed(site_path, capsys, *command)[key])


def test_explain_is_that_of_the_command(
    client: httpx.Client, site_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package, name in (("curl", "0002-refuse-long-names.patch"), ("curl", "0001-write-ten-out.patch")):
        here = client.get(f"/api/v1/packages/{package}/patches/{name}").json()
        there = printed(site_path, capsys, "explain", package, name)
        assert without_times([here]) == without_times([there])


def test_lists_are_paged(client: httpx.Client) -> None:
    names, path = [], "/api/v1/patches?limit=3&sort=series"
    while path:
        answer = client.get(path)
        page = answer.json()
        assert (page["total"], page["limit"]) == (8, 3)
        names += [item["name"] for item in page["items"]]
        path = answer.links.get("next", {}).get("url", "")
    assert len(names) == 8
    assert names == [item["name"] for item in client.get("/api/v1/patches").json()["items"]]
    assert 'rel="prev"' in client.get("/api/v1/patches?limit=3&offset=6").headers["link"]


@pytest.mark.parametrize(
    ("word", "names"), [("CRC", ["zlib"]), ("curl", ["curl"]), ("2024-12345", ["curl"]), ("x y", [])]
)
def test_lists_are_searched(client: httpx.Client, word: str, names: list[str]) -> None:
    found = client.get("/api/v1/packages", params={"search": word}).json()
    assert [item["package"] for item in found["items"]] == names


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/packages/nonesuch", 404, "no package is named 'nonesuch'"),
        ("/api/v1/packages/curl/patches/nonesuch", 404, "has no patch"),
        ("/api/v1/packages/tar/patches/x", 404, "has no patch"),
        ("/api/v1/proposals/99", 404, "no proposal '99'"),
        ("/api/v1/patches?verdict=wrong", 422, "query.verdict"),
        ("/api/v1/patches?limit=0", 422, "query.limit"),
        ("/api/v1/search", 422, "query.q"),
        ("/api/v1/nonesuch", 404, "there is no such page"),
        ("/badge/nonesuch/patches.svg", 404, "no package"),
    ],
)
def test_errors_are_problems(client: httpx.Client, path: str, status: int, words: str) -> None:
    answer = client.get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["instance"]) == (status, status, path.partition("?")[0])
    assert words in problem["detail"]


@pytest.mark.parametrize("path", ["/", "/packages/curl", "/api/v1/packages", "/metrics"])
def test_what_is_wrong_here_is_told_to_the_log(
    own: httpx.Client, own_seat: Seat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """Not to readers: such an error may name places of this machine."""

    def broken() -> str:
        raise StoreError("the state database /srv/place/syncbot.db is locked")

    monkeypatch.setattr(own_seat.workspace.store, "glance", broken)
    monkeypatch.setattr(own_seat.workspace.store, "runs", lambda *_: broken())
    own_seat.forget()
    answer = own.get(path)
    assert answer.status_code == 503
    assert "cannot be read now" in answer.text
    assert "/srv/place" not in answer.text
    assert "/srv/place/syncbot.db is locked" in caplog.text
    assert own.get("/readyz").status_code == 503
    assert own.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/", "/packages/curl", "/api/v1/packages", "/badge/curl/lines.svg", "/feed.atom"])
def test_what_the_asker_has_is_not_sent_again(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get(path, headers={"If-None-Match": '"another"'})
    assert other.content == first.content
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


def test_another_state_has_another_etag(own: httpx.Client, own_seat: Seat, own_path: Path) -> None:
    before = own.get("/api/v1/patches")
    series = own_path / "patches" / "zlib" / "series"
    series.write_text(series.read_text().replace("debian-paths.patch\n", ""))
    (series.parent / "debian-paths.patch").unlink()
    own_seat.forget()
    after = own.get("/api/v1/patches", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["total"]) == (200, before.json()["total"] - 1)


def test_the_overview_in_figures(client: httpx.Client) -> None:
    found = client.get("/api/v1/overview").json()
    known = {key: found[key] for key in ("behind", "open_proposals", "coming", "hidden")}
    assert known == {"behind": 3, "open_proposals": 2, "coming": 1, "hidden": 1}
    assert (found["total"]["packages"], found["total"]["patches"], found["days"][-1]["lines"]) == (5, 8, 22)


def test_the_description_has_every_operation_and_only_problems_as_errors(client: httpx.Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in methods.values():
            assert operation["summary"]
            for code, response in operation["responses"].items():
                if code >= "400":
                    assert list(response["content"]) == ["application/problem+json"]
    acting = [path for path, methods in document["paths"].items() if set(methods) != {"get"}]
    assert sorted(acting) == [
        "/api/v1/packages/{package}/pause",
        "/api/v1/proposals/{id}/reject",
        "/api/v1/proposals/{id}/retry",
    ]
    page = client.get("/api").text
    assert all(path in page for path in document["paths"])


@pytest.fixture(scope="module")
def app(seat: Seat) -> FastAPI:
    return create_app(seat, HOSTS)


OPERATIONS = (
    *("GET /overview", "GET /packages", "GET /packages/{package}", "GET /packages/{package}/history"),
    *("GET /packages/{package}/patches/{patch}", "GET /patches", "GET /upstreamable", "GET /forecast"),
    *("GET /owners", "GET /proposals", "GET /proposals/{id}", "GET /runs", "GET /history", "GET /search"),
    *("POST /proposals/{id}/retry", "POST /proposals/{id}/reject"),
    *("PUT /packages/{package}/pause", "DELETE /packages/{package}/pause"),
)


def test_every_operation_is_tried(client: httpx.Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    known = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in paths.items() for method in methods
    }
    assert known == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_it_is_as_its_description_says(app: FastAPI, operation: str, mode: GenerationMode) -> None:
    """Whatever is asked, the answer has a status, a type and a shape that the description has (schemathesis)."""
    method, _, path = operation.partition(" ")
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    described = schema[f"/api/v1{path}"][method]

    @given(case=described.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def ask(case: Any) -> None:
        case.call_and_validate()

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "what takes no argument takes no wrong one"


READING = [operation for operation in OPERATIONS if operation.startswith("GET ")]
_NAMED = {"package": "curl", "patch": "0002-refuse-long-names.patch", "id": "4"}
"""What the workspace has, so that more is answered than that there is no such thing."""


@pytest.mark.parametrize("operation", READING)
@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        ({"branch": "edge"}, {200}),
        ({"on": str(TODAY)}, {200}),
        ({"branch": "edge", "on": str(TODAY - timedelta(days=20))}, {200, 404}),
        ({"branch": "nonesuch"}, {404}),
        ({"on": "2001-01-01"}, {404}),
        ({"on": str(TODAY + timedelta(days=9))}, {404}),
        ({"on": "yesterday"}, {422}),
    ],
    ids=str,
)
def test_a_branch_and_a_past_day_are_as_described(
    seat: Seat, operation: str, asked: dict[str, str], statuses: set[int]
) -> None:
    """What stands on some days only (a later proposal) is answered by 404 on others."""
    method, _, path = operation.partition(" ")
    app = create_app({"stable": seat, "edge": seat}, HOSTS)
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)[f"/api/v1{path}"][method]
    named = {name: value for name, value in _NAMED.items() if f"{{{name}}}" in path}
    query = asked | ({"q": "crc"} if path == "/search" else {})
    answer = described.Case(path_parameters=named, query=query).call_and_validate()
    assert answer.status_code in statuses


def test_the_version_of_a_shape_is_that_of_the_command(client: httpx.Client) -> None:
    document = client.get("/api/v1/packages/zlib/patches/fix-crc.patch").json()
    assert document["schema"] == "syncbot.explain/1"
    assert re.fullmatch(r"[0-9a-f]{40}", document["patch"]["evidence"][-1]["commit"] or "") or document["patch"]
