"""What holds for every request: hosts, headers, sizes, methods."""

from __future__ import annotations

import httpx
import pytest

from syncbot.web.app import create_app
from syncbot.web.guard import HOOK_BODY, POLICY, Hosts
from syncbot.web.seat import Seat
from tests.web.serving import Served, running
from tests.web.world import HOSTS


@pytest.mark.parametrize("path", ["/", "/api/v1/packages", "/nonesuch", "/api/v1/nonesuch", "/static/style.css"])
def test_every_answer_has_its_guards(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert POLICY.startswith("default-src 'self';")
    assert "unsafe" not in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control-")], "no other site may read it"


@pytest.mark.parametrize("path", ["/boom", "/api/boom"])
def test_a_defect_of_ours_has_the_guards_too(own_seat: Seat, caplog: pytest.LogCaptureFixture, path: str) -> None:
    app = create_app(own_seat, HOSTS)

    def boom() -> None:
        raise ZeroDivisionError("/srv/place")

    app.get(path)(boom)
    with running(app) as served:
        answer = httpx.get(f"{served.address}{path}", trust_env=False)
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "nexpected ZeroDivisionError; the log has the traceback" in answer.text
    assert "/srv/place" not in answer.text
    assert "/srv/place" in caplog.text


def test_no_other_site_may_ask_with_more_than_a_form_can(client: httpx.Client) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/api/v1/packages", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8000", 200),
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("[::1]:8000", 200),
        ("testserver", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("evil.example:8000", 421),
        ("localhost.", 421),
    ],
)
def test_only_known_hosts_are_served(client: httpx.Client, host: str, status: int) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == status
    answer = client.get("/api/v1/packages", headers={"Host": host})
    assert answer.status_code == status
    assert ("curl" in answer.text) == (status == 200)


@pytest.mark.parametrize(
    ("bound", "header", "allowed"),
    [
        ("0.0.0.0", "0.0.0.0", False),
        ("::", "[::]", False),
        ("192.0.2.7", "192.0.2.7:80", True),
        ("patches.example.org", "patches.example.org", True),
        ("127.0.0.1", "other.example.org", False),
        ("127.0.0.1", "", False),
    ],
)
def test_the_address_that_is_listened_on_is_a_name_too(bound: str, header: str, allowed: bool) -> None:
    assert Hosts.of(bound, ()).allow(header) is allowed


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/packages/curl", "/api/v1/packages", "/healthz", "/feed.atom"])
def test_nothing_else_is_to_be_written(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_large_requests_are_refused(client: httpx.Client, site: Served) -> None:
    assert client.put("/api/v1/packages/curl/pause", content=b"x" * 70_000).status_code == 413
    assert client.get("/search", params={"q": "x" * 40_000}).status_code == 414
    pieces = (b"x" * 65_536 for _ in range(HOOK_BODY // 65_536 + 2))
    answer = httpx.post(f"{site.address}/hooks/github", content=pieces, trust_env=False)
    assert answer.status_code == 413, "a body in pieces has no length to look at first"


def test_health(client: httpx.Client) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ready\n"


def test_metrics_name_no_package(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'syncbot_proposals{state="open"} 2.0' in answer.text.splitlines()
    assert "curl" not in answer.text
