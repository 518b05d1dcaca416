"""News: told once, signed, tried again, in the feed; never of a private package, never in the way of a sync."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from syncbot.model.news_kinds import NewsKind
from syncbot.model.running import News
from syncbot.model.settings import Hooks
from syncbot.report.atom import feed
from syncbot.services.posting import GIVEN_UP, post_news
from syncbot.store import SqlStore, open_store
from tests.e2e.world import FIX_TEN, Upstream, World, numbered

MERGED = numbered("a", l10="ten")
ATOM = "{http://www.w3.org/2005/Atom}"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Receiver:
    """Takes what is posted, unless it is told to refuse."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.got: list[Request] = []
        self.status = 200
        server.expect_request("/hook", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        self.got.append(request)
        return Response(status=self.status)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(each.data) for each in self.got]


@pytest.fixture
def receiver(httpserver: HTTPServer, world: World, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    made = Receiver(httpserver)
    monkeypatch.setenv("SYNCBOT_HOOK_SECRET", "between us")
    (world.workspace.path / "syncbot.toml").write_text(f'[hooks]\nurls = ["{made.url}"]\nfeed = "state/news.atom"\n')
    return made


@pytest.fixture
def store(world: World) -> Iterator[SqlStore]:
    with closing(open_store(f"sqlite:///{world.workspace.path / 'state' / 'syncbot.db'}")) as opened:
        yield opened


def test_news_are_posted_once_and_signed(world: World, receiver: Receiver) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    assert world.syncbot("sync").code == 0
    [request] = receiver.got
    told = hmac.new(b"between us", request.data, hashlib.sha256).hexdigest()
    assert request.headers["X-Syncbot-Signature"] == f"sha256={told}"
    [document] = receiver.documents
    assert document["title"] == "lib: ten.patch is obsolete at 1.1"
    assert (request.headers["X-Syncbot-Event"], request.headers["X-Syncbot-Delivery"]) == ("obsolete", document["id"])
    world.syncbot("sync")
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    world.syncbot("sync")  # a newer release that says the same is no news
    assert len(receiver.got) == 1


def test_the_feed_says_the_same(world: World, receiver: Receiver) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    root = ElementTree.parse(world.workspace.path / "state" / "news.atom").getroot()
    assert [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")] == [
        "lib: ten.patch is obsolete at 1.1"
    ]


def test_nothing_of_a_private_package_is_told_to_anybody(
    world: World, receiver: Receiver, store: SqlStore, tmp_path: Path
) -> None:
    secret = Upstream(tmp_path / "secret")
    secret.release("v1.0", a_c=numbered("a"), b_c=numbered("b"))
    secret.release("v1.1", a_c=MERGED)
    world.workspace.package("secretive", f"git:{secret.path}", "1.0", "private = true\n", ten=FIX_TEN)
    for _ in range(4):
        ran = world.syncbot("sync")
        assert "secretive" not in ran.out + ran.err
    assert receiver.got == []
    assert store.news() == []
    assert "secretive" not in (world.workspace.path / "state" / "news.atom").read_text()
    assert "secretive" not in world.syncbot("runs", "1", "--json").out
    assert "secretive" in world.syncbot("runs", "1", "--json", "--private").out


def test_a_receiver_that_refuses_is_tried_again_and_holds_nothing_up(
    world: World, receiver: Receiver, store: SqlStore
) -> None:
    receiver.status = 500
    world.upstream.release("v1.1", a_c=MERGED)
    assert world.syncbot("sync").code == 0
    assert [p["id"] for p in world.syncbot("proposals", "list", "--json").document["proposals"]] == ["1"]
    assert len(receiver.got) == 1
    world.syncbot("sync")
    assert len(receiver.got) == 1  # not before a minute is over
    receiver.status = 200
    posted: list[str] = []

    def post(url: str, body: bytes, headers: object) -> str:
        posted.append(json.loads(body)["title"])
        return ""

    later = datetime.now(UTC) + timedelta(minutes=2)
    assert post_news(store, Hooks(urls=(receiver.url,)), "", post, lambda: later, lambda: True) == 1
    assert post_news(store, Hooks(urls=(receiver.url,)), "", post, lambda: later, lambda: True) == 0
    assert posted == ["lib: ten.patch is obsolete at 1.1"]


def news(number: int, kind: NewsKind = NewsKind.OBSOLETE) -> News:
    return News(f"key {number}", kind, NOON, "lib", f"news {number}")


def test_a_new_receiver_is_told_what_comes_from_then_on(store: SqlStore) -> None:
    hooks, posted = Hooks(urls=("https://example.org/a",)), []

    def post(url: str, body: bytes, headers: object) -> str:
        posted.append(json.loads(body)["title"])
        return ""

    store.add_news([news(1)])
    assert post_news(store, hooks, "", post, lambda: NOON, lambda: True) == 0
    store.add_news([news(1), news(2), news(3, NewsKind.FAILURE)])
    only = Hooks(urls=hooks.urls, events=(NewsKind.FAILURE,))
    assert post_news(store, only, "", post, lambda: NOON, lambda: True) == 1
    assert posted == ["news 3"]


def test_pauses_between_attempts_grow_and_in_the_end_the_next_news_are_tried(store: SqlStore) -> None:
    hooks, clock, attempts = Hooks(urls=("https://example.org/a",)), NOON, []

    def post(url: str, body: bytes, headers: object) -> str:
        title = json.loads(body)["title"]
        attempts.append((title, clock))
        return "it is away" if title == "news 1" else ""

    def now() -> datetime:
        return clock

    post_news(store, hooks, "", post, now, lambda: True)
    store.add_news([news(1), news(2)])
    for _ in range(60):
        post_news(store, hooks, "", post, now, lambda: True)
        clock += timedelta(hours=1)
    first = [at for title, at in attempts if title == "news 1"]
    assert len(first) == GIVEN_UP
    assert first[-1] - first[-2] == timedelta(hours=6)
    assert [title for title, _ in attempts].count("news 2") == 1


def test_a_feed_of_hostile_words_is_still_a_feed() -> None:
    evil = News("k", NewsKind.ALERT, NOON, "p", "</title><script>&\x1b[31m\udcff")
    root = ElementTree.fromstring(feed([evil]).encode())
    [title] = [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]
    assert title is not None
    assert title.startswith("</title><script>&")
    assert "\x1b" not in title
    assert feed([]) == feed([])


def test_metrics_are_written_to_a_file_too(world: World) -> None:
    (world.workspace.path / "syncbot.toml").write_text('[run]\ntextfile = "state/syncbot.prom"\n')
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    metrics = (world.workspace.path / "state" / "syncbot.prom").read_text()
    for line in (
        'syncbot_runs_total{cause="sync",result="done"} 1.0',
        "syncbot_run_duration_seconds_count 1.0",
        'syncbot_patches{verdict="obsolete"} 1.0',
        'syncbot_proposals{state="open"} 1.0',
        "syncbot_queue_age_seconds 0.0",
        "syncbot_paused_packages 0.0",
        'syncbot_news_total{kind="obsolete"} 1.0',
        "syncbot_delta_patches",
        "syncbot_delta_lines",
        "syncbot_api_budget_left",
        "syncbot_failing_packages",
    ):
        assert line in metrics
