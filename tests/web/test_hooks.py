"""GitHub's deliveries: signed, small, known; they make packages due, and nothing else."""

from __future__ import annotations

import hmac
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncbot.cli import daily
from syncbot.cli.shared import Options
from syncbot.model.schedules import Schedule
from syncbot.services import due
from syncbot.settings import Workspace as Found
from syncbot.web.app import create_app
from syncbot.web.seat import Seat
from syncbot.wiring import daemon
from tests.web.serving import running
from tests.web.world import HOSTS, SECRET, seated

REPOSITORY = {"full_name": "Example/Packages", "default_branch": "main"}


def deliver(client: httpx.Client, event: str, said: Any, secret: str = SECRET, **headers: str) -> httpx.Response:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
    sent = {"X-Hub-Signature-256": signature, "X-GitHub-Event": event, "Content-Type": "application/json"} | headers
    return client.post("/hooks/github", content=body, headers=sent)


@pytest.fixture
def github(own_path: Path) -> Path:
    """The workspace's settings name a repository on GitHub; its proposals stay as they are."""
    (own_path / "syncbot.toml").write_text('[forge]\nrepository = "example/packages"\n')
    return own_path


@pytest.mark.parametrize(
    ("event", "said", "names"),
    [
        ("issue_comment", {"action": "created", "issue": {"number": 4}}, ["curl"]),
        ("pull_request", {"action": "closed", "pull_request": {"number": 2}}, ["openssl"]),
        ("pull_request_review", {"pull_request": {"number": 2}}, ["openssl"]),
        ("pull_request", {"pull_request": {"number": 99}}, []),
        ("pull_request", {"pull_request": {"number": True}}, []),
        ("pull_request", {"pull_request": "hostile"}, []),
        ("push", {"ref": "refs/heads/main"}, ["*"]),
        ("push", {"ref": "refs/heads/syncbot/curl/stable"}, ["curl"]),
        ("push", {"ref": "refs/heads/another"}, []),
        ("push", {"ref": 7}, []),
        ("issues", {"action": "closed", "issue": {"number": 77}}, ["*"]),
        ("status", {"sha": "0" * 40}, []),
        ("ping", {"zen": "x"}, []),
    ],
)
def test_a_delivery_makes_packages_due(github: Path, event: str, said: dict[str, Any], names: list[str]) -> None:
    with seated(github) as seat, running(create_app(seat, HOSTS, hook_secret=SECRET)) as served:
        with httpx.Client(base_url=served.address, trust_env=False) as client:
            answer = deliver(client, event, {**said, "repository": REPOSITORY})
        assert answer.status_code == 202
        assert sorted(due.waiting(seat.workspace)) == names
        assert answer.text.strip() == ("pong" if event == "ping" else "due" if names else "nothing")


def test_what_is_due_is_taken_once(own_seat: Seat) -> None:
    due.mark(own_seat.workspace, ["curl", "zlib"])
    first = due.waiting(own_seat.workspace)
    due.mark(own_seat.workspace, ["curl"])
    assert due.waiting(own_seat.workspace) == first, "due since the first time"
    due.taken(own_seat.workspace, {"curl": first["curl"]})
    assert list(due.waiting(own_seat.workspace)) == ["zlib"]


def test_the_daemon_has_a_run_for_what_is_due(own_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sooner than its schedule, which is never; the run is about these packages alone, and then nothing is due."""
    (own_path / "syncbot.toml").write_text('schedule = "never"\n')
    with seated(own_path) as seat:
        due.mark(seat.workspace, ["openssl", "gone-since"])
    monkeypatch.setattr(daemon, "_KEEPER", 0.05)
    before = _runs(own_path)

    def sync(found: Found, schedule: Schedule) -> None:
        daily._sync(Options(own_path, quiet=True), found, schedule, as_json=False)
        os.kill(os.getpid(), signal.SIGTERM)

    daemon.Daemon(own_path, os.environ, sync).run()
    with seated(own_path) as seat:
        assert due.waiting(seat.workspace) == {}
        [run] = seat.workspace.store.runs(20)[:-before]
        assert run.cause == due.WEBHOOK
        assert [note.package for note in seat.workspace.store.notes(run.id)] == ["openssl"]


def _runs(path: Path) -> int:
    with seated(path) as seat:
        return len(seat.workspace.store.runs(20))


def test_a_delivery_of_another_repository_is_about_nothing(own: httpx.Client, own_seat: Seat) -> None:
    said = {"issue": {"number": 4}, "repository": {"full_name": "example/other"}}
    assert deliver(own, "issue_comment", said).text == "nothing\n"
    assert due.waiting(own_seat.workspace) == {}


@pytest.mark.parametrize(
    ("event", "said", "headers", "status"),
    [
        ("push", {}, {"X-Hub-Signature-256": ""}, 401),
        ("push", {}, {"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401),
        ("push", {}, {"X-Hub-Signature-256": "sha1=" + "0" * 40}, 401),
        ("push", b"[]", {}, 422),
        ("push", b"{", {}, 422),
        ("push", b"\xff", {}, 422),
        ("deployment", {}, {}, 422),
        ("", {}, {}, 422),
    ],
)
def test_what_is_not_right_is_refused(
    own: httpx.Client, own_seat: Seat, event: str, said: Any, headers: dict[str, str], status: int
) -> None:
    answer = deliver(own, event, said, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert due.waiting(own_seat.workspace) == {}


def test_a_secret_of_somebody_else_signs_nothing(own: httpx.Client) -> None:
    assert deliver(own, "ping", {}, secret="guessed").status_code == 401
    assert deliver(own, "ping", {}, secret="").status_code == 401


def test_without_a_secret_no_delivery_is_taken_in(own_seat: Seat) -> None:
    app = create_app(own_seat, HOSTS)
    with running(app) as served, httpx.Client(base_url=served.address, trust_env=False) as client:
        answer = deliver(client, "ping", {}, secret="")
    assert answer.status_code == 404
    assert "SYNCBOT_WEBHOOK_SECRET" in answer.json()["detail"]
