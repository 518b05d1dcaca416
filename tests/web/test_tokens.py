"""Who may act over HTTP: tokens are made on the command line, kept as digests, and hold for scopes and owners."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncbot.cli import run
from syncbot.cli.token import SCOPES
from syncbot.model.tokens import Scope
from syncbot.services import pausing
from syncbot.web.seat import Seat

Capture = pytest.CaptureFixture[str]


def syncbot(path: Path, capsys: Capture, *arguments: str) -> Any:
    capsys.readouterr()
    code = run(["--workspace", str(path), *arguments, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0, document
    return document


@pytest.fixture
def make(own_path: Path, capsys: Capture) -> Any:
    def make(*options: str) -> dict[str, str]:
        made = syncbot(own_path, capsys, "token", "create", "someone", *options)
        return {"Authorization": f"Bearer {made['token']}"}

    return make


def test_the_scopes_of_the_command_are_those_of_the_model() -> None:
    assert tuple(scope.value for scope in Scope) == SCOPES
    assert all(scope.sentence for scope in Scope)


def test_a_token_is_shown_once_and_kept_as_a_digest(own_path: Path, capsys: Capture) -> None:
    made = syncbot(own_path, capsys, "token", "create", "ann", "--scope", "pause", "--owner", "base-team")
    secret = made["token"]
    assert secret.startswith(f"syncbot_{made['id']}_")
    [listed] = syncbot(own_path, capsys, "token", "list")["tokens"]
    assert (listed["name"], listed["state"], listed["scopes"], listed["owners"]) == (
        "ann",
        "active",
        ["pause"],
        ["base-team"],
    )
    assert listed["token"] is None
    with sqlite3.connect(own_path / "state" / "syncbot.db") as database:
        rows = repr(database.execute("SELECT * FROM api_token").fetchall())
    assert secret not in rows
    assert secret.removeprefix(f"syncbot_{made['id']}_") not in rows


def test_a_token_must_say_on_what_it_acts(own_path: Path, capsys: Capture) -> None:
    base = ["--workspace", str(own_path), "token", "create", "x", "--scope", "pause"]
    assert run(base) == 2
    assert run([*base, "--everything", "--owner", "a"]) == 2
    assert "--owner O, or --everything" in capsys.readouterr().err


ACTS = [
    ("POST", "/api/v1/proposals/2/retry", None),
    ("POST", "/api/v1/proposals/2/reject", {"reason": "not now"}),
    ("PUT", "/api/v1/packages/openssl/pause", {"reason": "release week"}),
    ("DELETE", "/api/v1/packages/openssl/pause", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_nobody_acts_without_a_token(own: httpx.Client, make: Any, method: str, path: str, body: Any) -> None:
    """Nor with one of another scope, of another owner, with a wrong secret, or one that was revoked."""
    right = make("--scope", "retry", "--scope", "reject", "--scope", "pause", "--owner", "security")
    other = make("--scope", "retry", "--scope", "reject", "--scope", "pause", "--owner", "base-team")
    wrong = {"Authorization": right["Authorization"][:-1] + "!"}
    near = {"Authorization": right["Authorization"][:-2] + "AA"}
    for headers in ({}, wrong, near, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}):
        answer = own.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="syncbot"')
    assert own.request(method, path, json=body, headers=other).status_code == 403
    answer = own.request(method, path, json=body, headers=right)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_allows_what_it_says_and_no_more(own: httpx.Client, make: Any, scope: str) -> None:
    token = make("--scope", scope, "--everything")
    allowed = {method_path[1].rpartition("/")[2] for method_path in ACTS if _status(own, method_path, token) == 200}
    assert allowed == {scope}


def _status(client: httpx.Client, act: tuple[str, str, Any], token: dict[str, str]) -> int:
    method, path, body = act
    return client.request(method, path, json=body, headers=token).status_code


def test_a_revoked_token_allows_nothing(own: httpx.Client, make: Any, own_path: Path, capsys: Capture) -> None:
    token = make("--scope", "pause", "--everything")
    assert _status(own, ACTS[2], token) == 200
    gone = syncbot(own_path, capsys, "token", "revoke", "someone")
    assert gone["state"] == "revoked"
    assert _status(own, ACTS[2], token) == 401


def test_a_rejection_is_a_persons_no(own: httpx.Client, make: Any) -> None:
    token = make("--scope", "reject", "--owner", "security")
    path = "/api/v1/proposals/2/reject"
    assert own.post(path, json={"reason": "  "}, headers=token).status_code == 422
    said = own.post(path, json={"reason": "wait for the audit"}, headers=token).json()
    assert said == {"said": "Proposal 2 is rejected."}
    record = own.get("/api/v1/proposals/2").json()
    assert (record["status"], record["note"]) == ("rejected", "wait for the audit (someone)")
    assert own.post(path, json={"reason": "again"}, headers=token).status_code == 409


def test_a_paused_package_is_not_proposed(own: httpx.Client, make: Any, own_path: Path, capsys: Capture) -> None:
    token = make("--scope", "pause", "--scope", "retry", "--owner", "base-team")
    path = "/api/v1/packages/evil/pause"
    assert own.put(path, json={"reason": "x", "until": "2001-01-01T00:00:00Z"}, headers=token).status_code == 422
    paused = own.put(path, json={"reason": "audit", "until": "2999-01-01T00:00:00Z"}, headers=token).json()
    assert (paused["by"], paused["reason"]) == ("someone", "audit")
    assert own.get("/api/v1/packages/evil").json()["pause"] == paused
    assert "Paused" in own.get("/packages/evil").text
    assert own.post("/api/v1/proposals/3/retry", headers=token).status_code == 200
    [item] = syncbot(own_path, capsys, "sync", "evil")["packages"]
    assert (item["outcome"], item["note"]) == ("deferred", "paused by someone until 2999-01-01T00:00+00:00: audit")
    assert own.delete(path, headers=token).status_code == 200
    [item] = syncbot(own_path, capsys, "sync", "evil")["packages"]
    assert item["outcome"] == "proposed", "the retry stands"


def test_a_pause_ends_by_itself(own_seat: Seat) -> None:
    pause = pausing.Pause(datetime.now(UTC) + timedelta(days=1), "x", "y")
    assert pause.holds(datetime.now(UTC))
    assert not pause.holds(datetime.now(UTC) + timedelta(days=2))
    assert pausing.pauses(own_seat.workspace) == {}
