"""Any day as it stood then: a world over several days, and answers about the past that never change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from pathlib import Path

import httpx
import pytest

from syncbot.web.app import create_app
from syncbot.wiring.place import SystemClock
from tests.e2e.world import FIX_B, FIX_TEN, B, Upstream, World, git, numbered
from tests.web.serving import running
from tests.web.world import HOSTS, seated

DAYS = ("2024-03-01", "2024-03-02", "2024-03-04", "2024-03-08")
"""What happens on each is told in `lived`."""


class Hands:
    """The hands of the clock, which tests move."""

    at = datetime(2024, 3, 1, 12, tzinfo=UTC)

    def now(self, _clock: object = None) -> datetime:
        return self.at

    def go(self, day: str) -> None:
        self.at = datetime.fromisoformat(f"{day}T12:00:00+00:00")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(SystemClock, "now", hands.now)
    return hands


@pytest.fixture
def lived(world: World, clock: Hands, tmp_path: Path) -> World:
    """1 March: two packages are tracked. 2 March: upstream takes a patch, and the move is proposed. 4 March: a newer
    release makes that proposal anew. 8 March: it is accepted, and the next day's sync finds that out."""
    other = Upstream(tmp_path / "other")
    other.release("v3.0", b_c=B)
    world.workspace.package("other", f"git:{other.path}", "3.0", 'owners = ["bob"]\n', b=FIX_B)
    world.syncbot("sync")
    clock.go("2024-03-02")
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    clock.go("2024-03-04")
    world.upstream.release("v1.2", c_c="new\n")
    world.syncbot("sync")
    clock.go("2024-03-08")
    world.syncbot("proposals", "accept", "lib")
    world.syncbot("sync")
    clock.go("2024-03-20")
    return world


ASKED = (
    ("report", "--json"),
    ("report", "--csv", "--private"),
    ("delta", "--json"),
    ("delta", "lib", "--markdown"),
    ("owners", "--json"),
    ("forecast", "--json"),
    ("upstreamable", "--json"),
    ("history", "--json"),
    ("history", "lib", "--json"),
    ("explain", "lib", "ten.patch"),
    ("explain", "lib", "b.patch", "--json"),
    ("explain", "other", "b.patch", "--markdown"),
)


def answers(world: World) -> dict[tuple[str, ...], tuple[int, str]]:
    """What is said of every day, with exit codes, on a terminal."""
    asked = [(*command, "--on", day) for day in DAYS for command in ASKED]
    return {command: ((ran := world.syncbot(*command)).code, ran.out) for command in asked}


PAGES = (
    *(
        "/",
        "/todo",
        "/packages",
        "/patches",
        "/packages/lib",
        "/packages/lib/patches/b.patch",
        "/owners",
        "/owners/bob",
    ),
    *("/proposals?status=all", "/forecast", "/upstreamable", "/history", "/search?q=b", "/runs"),
    *("/api/v1/overview", "/api/v1/packages", "/api/v1/packages/lib", "/api/v1/packages/lib/history"),
    *("/api/v1/packages/lib/patches/b.patch", "/api/v1/patches", "/api/v1/proposals", "/api/v1/history"),
    *("/api/v1/owners", "/api/v1/forecast", "/api/v1/upstreamable", "/api/v1/search?q=b", "/api/v1/runs"),
)


def pages(world: World) -> dict[str, str]:
    """What is shown of every day, over HTTP."""
    with _client(world.workspace.path) as client:
        found = {}
        for day in DAYS:
            for page in PAGES:
                path = f"{page}{'&' if '?' in page else '?'}on={day}"
                answer = client.get(path)
                found[path] = f"{answer.status_code} {answer.text.replace(str(client.base_url).rstrip('/'), 'HERE')}"
        return found


@contextmanager
def _client(path: Path) -> Iterator[httpx.Client]:
    with (
        seated(path) as seat,
        running(create_app(seat, HOSTS)) as served,
        httpx.Client(base_url=served.address, trust_env=False) as client,
    ):
        yield client


def what_comes_after(world: World, clock: Hands) -> None:
    """A release, an edit, a rejection, a package that is gone, and gc that keeps nothing longer than it must."""
    world.upstream.release("v1.3", b_c=numbered("b", l20="otherwise", l21="solved"))
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.2", 'owners = ["eve"]\n', renamed=FIX_B)
    world.syncbot("sync")
    world.syncbot("proposals", "reject", "lib", "--reason", "no")
    git(world.workspace.path, "rm", "-rq", "patches/other")
    world.workspace.commit("other is gone")
    clock.at += timedelta(days=3)
    world.syncbot("sync")
    file = world.workspace.path / "syncbot.toml"
    file.write_text('[gc]\nverdicts = "1d"\nruns = "never"\nmirrors = "1d"\ndownloads = "1d"\n')
    clock.at += timedelta(days=300)
    assert world.syncbot("gc").code == 0
    world.syncbot("sync")


def test_the_past_s_answers_are_the_same_bytes_whatever_comes_after(lived: World, clock: Hands) -> None:
    before = answers(lived)
    assert {code for command, (code, _) in before.items() if command[0] != "explain"} == {0}
    judged = [
        code for command, (code, _) in before.items() if command[:2] == ("explain", "lib") and command[-1] > DAYS[0]
    ]
    assert set(judged) == {0}, "on the first day nothing was judged yet"
    what_comes_after(lived, clock)
    for command, answer in answers(lived).items():
        told = unified_diff(before[command][1].splitlines(), answer[1].splitlines(), lineterm="")
        assert answer == before[command], (command, list(told))


def test_the_past_s_pages_are_the_same_bytes_whatever_comes_after(lived: World, clock: Hands) -> None:
    before = pages(lived)
    assert {path for path, text in before.items() if not text.startswith("200")} == {
        "/api/v1/packages/lib/patches/b.patch?on=2024-03-01"
    }, "it was not judged yet"
    what_comes_after(lived, clock)
    for path, text in pages(lived).items():
        assert text == before[path], path


def test_each_day_shows_what_stood_then(lived: World) -> None:
    def delta(day: str) -> list[tuple[str, str | None]]:
        found = lived.syncbot("delta", "lib", "--json", "--on", day).document["patches"]
        return [(patch["name"], patch["verdict"]) for patch in found]

    assert delta("2024-03-01") == [("ten.patch", None), ("b.patch", None)]
    assert delta("2024-03-02") == [("ten.patch", "obsolete"), ("b.patch", "untouched")]
    assert delta("2024-03-03") == delta("2024-03-02"), "nothing happened that day"
    assert [name for name, _ in delta("2024-03-08")] == ["b.patch"]
    told = lived.syncbot("explain", "lib", "ten.patch", "--on", "2024-03-03").out
    assert "1.0 to 1.1" in told or "1.1" in told
    assert "+ten" in told, "with its text, though it is gone"


def test_proposals_stood_in_another_state_each_day(lived: World) -> None:
    with _client(lived.workspace.path) as client:
        stood = {}
        for day in ("2024-03-01", *DAYS[1:]):
            items = client.get(f"/api/v1/proposals?on={day}").json()["items"]
            stood[day] = [(one["target"], one["status"]) for one in items]
        assert stood == {
            "2024-03-01": [],
            "2024-03-02": [("1.1", "open")],
            "2024-03-04": [("1.2", "open")],
            "2024-03-08": [("1.2", "accepted")],
        }
        old = client.get("/proposals/1?on=2024-03-02").text
        assert "1.1" in old
        assert "syncbot proposals accept" not in old, "what is over cannot be answered"
        history = client.get("/api/v1/packages/lib/history?on=2024-03-08").json()["items"]
        said = [(one["event"], one["target"]) for one in history if one["event"] != "judged"]
        assert said == [("dropped", "1.2"), ("accepted", "1.2"), ("updated", "1.2"), ("proposed", "1.1")]


def test_links_of_a_past_day_stay_on_it(lived: World) -> None:
    with _client(lived.workspace.path) as client:
        text = client.get("/packages?on=2024-03-02").text
        assert "how it stood when" in text
        assert 'href="/packages/lib?on=2024-03-02"' in text
        assert 'name="on" value="2024-03-02"' in text
        assert 'href="/packages"' in text, "the way back to today"
        assert "how it stood when" not in client.get("/packages").text


def test_a_package_that_became_private_is_in_no_past_page(lived: World) -> None:
    file = lived.workspace.path / "patches/other/package.toml"
    file.write_text(f"private = true\n{file.read_text()}")
    lived.workspace.commit("embargo")
    assert "other" not in lived.syncbot("report", "--json", "--on", "2024-03-02").out
    git(lived.workspace.path, "rm", "-rq", "patches/other")
    lived.workspace.commit("gone")
    lived.syncbot("sync")
    assert "bob" not in lived.syncbot("report", "--on", "2024-03-02").out
    with _client(lived.workspace.path) as client:
        assert client.get("/packages/other?on=2024-03-02").status_code == 404


@pytest.mark.parametrize(
    ("day", "said"),
    [("2024-02-01", "nothing is recorded of 2024-02-01"), ("2025-01-01", "yet to come"), ("soon", "is no day")],
)
def test_a_day_that_cannot_be_shown(lived: World, day: str, said: str) -> None:
    for command in (("report",), ("history",), ("explain", "lib", "b.patch")):
        ran = lived.syncbot(*command, "--on", day)
        assert ran.code == 2
        assert said in ran.err
    with _client(lived.workspace.path) as client:
        assert client.get(f"/packages?on={day}").status_code in (404, 422)
        assert client.get(f"/api/v1/packages?on={day}").status_code in (404, 422)


def test_today_is_not_over(lived: World) -> None:
    now, then = (lived.syncbot("report", "--json", *more).document for more in ((), ("--on", "2024-03-20")))
    assert now == then


def test_an_unchanged_world_adds_nothing_to_the_past(lived: World) -> None:
    lived.syncbot("sync")
    before = lived.workspace.snapshot()["rows"]
    lived.syncbot("sync")
    lived.syncbot("report")
    assert lived.workspace.snapshot()["rows"] == before


def test_a_refresh_counts_from_the_day_on_which_its_release_was_accepted(world: World, clock: Hands) -> None:
    near = numbered("a", l9="nine")
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=near)
    world.syncbot("sync")
    clock.go("2024-03-05")
    world.syncbot("proposals", "accept", "lib")
    world.syncbot("sync")
    clock.go("2024-03-09")

    def toll(*on: str) -> int | None:
        found: int | None = world.syncbot("delta", "--json", *on).document["patches"][0]["refreshed"]
        return found

    assert [toll("--on", "2024-03-01"), toll("--on", "2024-03-05"), toll()] == [0, 1, 1]
