"""What a night may bring, each met with dignity: nothing is lost, nothing is doubled, the rest goes on.

Faults of registries over HTTP are met in tests/sources, those of mirrors in tests/git, those of the forge in
tests/forges, those of the database in tests/store; here are those that a whole run meets.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from syncbot.model.running import Holder
from syncbot.services import check, work
from syncbot.store import SqlStore, open_store
from syncbot.wiring.place import SystemClock
from tests.e2e.test_people import dashboard, say, tick, tick_on_proposal
from tests.e2e.world import FIX_B, FIX_FORTY, FIX_TEN, A, B, Upstream, World, git, numbered

MERGED = numbered("a", l10="ten")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Hands:
    """The hands of the clock, which tests move."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self, _clock: object = None) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(SystemClock, "now", hands.now)
    return hands


@pytest.fixture
def store(world: World) -> Iterator[SqlStore]:
    with closing(open_store(f"sqlite:///{world.workspace.path / 'state' / 'syncbot.db'}")) as opened:
        yield opened


@pytest.fixture
def two(world: World, tmp_path: Path) -> World:
    """Beside `lib`, a package whose upstream is away."""
    gone = Upstream(tmp_path / "gone")
    gone.release("v1.0", a_c=A, b_c=B)
    world.workspace.package("gone", f"git:{gone.path}", "1.0", ten=FIX_TEN)
    shutil.move(tmp_path / "gone", tmp_path / "away")
    return world


def skipped(world: World) -> dict[str, str]:
    return {each["package"]: each["why"] for each in world.syncbot("sync", "--json").document["skipped"]}


def worked(world: World) -> list[str]:
    return [each["package"] for each in world.syncbot("sync", "--json").document["packages"]]


def test_what_keeps_failing_is_put_aside_for_growing_pauses_and_never_holds_up_the_rest(
    two: World, clock: Hands, store: SqlStore
) -> None:
    pauses = []
    for _ in range(6):
        ran = two.syncbot("sync", "--json").document
        assert [p["package"] for p in ran["packages"]] == ["lib"]
        [failure] = store.failures().values()
        if failure.until is not None:
            pauses.append(failure.until - clock.at)
            assert list(skipped(two)) == ["gone"]
            clock.at = failure.until
    assert pauses == [timedelta(hours=hours) for hours in (1, 2, 4, 8)]


def test_what_is_put_aside_is_shown_everywhere_and_comes_back_when_it_is_asked_for(
    two: World, clock: Hands, tmp_path: Path
) -> None:
    for _ in range(3):
        two.syncbot("sync")
    assert "gone: left out: put aside until 2026-06-01T13:00" in two.syncbot("sync").out
    assert "gone: put aside until" in two.syncbot("report").err
    doctor = {f["name"]: f for f in two.syncbot("doctor", "--offline", "--json").document["findings"]}
    assert not doctor["failures"]["well"]
    [board] = (two.workspace.path / "state" / "proposals").rglob("*issue*1*.md")
    assert "Put aside (1)" in board.read_text()
    shutil.move(tmp_path / "away", tmp_path / "gone")
    assert worked(two) == ["lib"]
    assert two.syncbot("retry", "gone", "--json").document["packages"][0]["count"] == 3
    assert worked(two) == ["gone", "lib"]
    assert two.syncbot("retry").out == "Nothing was failing.\n"


def test_a_package_that_is_named_or_was_mended_is_tried_at_once(two: World, clock: Hands, tmp_path: Path) -> None:
    for _ in range(3):
        two.syncbot("sync")
    assert list(skipped(two)) == ["gone"]
    named = two.syncbot("sync", "gone", "--json").document
    assert named["skipped"] == []
    assert [p["package"] for p in named["problems"]] == ["gone"]
    two.workspace.package("gone", f"git:{two.upstream.path}", "1.0", ten=FIX_TEN)
    assert worked(two) == ["gone", "lib"]


def test_an_order_to_hurry_ends_a_pause(two: World, clock: Hands, store: SqlStore) -> None:
    for _ in range(3):
        two.syncbot("sync")
    store.set_fact("urgent", "gone", "1")
    assert skipped(two) == {}


@pytest.mark.parametrize("way", ["comment", "box", "dashboard"])
def test_what_people_ask_for_on_the_forge_ends_a_pause(
    world: World, clock: Hands, store: SqlStore, tmp_path: Path, way: str
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.upstream.path.rename(tmp_path / "away")
    for _ in range(3):
        world.syncbot("sync")
    assert list(skipped(world)) == ["lib"]
    (tmp_path / "away").rename(world.upstream.path)
    if way == "comment":
        say(world, "1", "It is back.\n\n/syncbot retry")
    elif way == "box":
        tick_on_proposal(world, "1", "retry")
    else:
        tick(dashboard(world), "hurry:lib")
    assert worked(world) == ["lib"]
    assert store.failures() == {}


@pytest.mark.parametrize("way", ["comment", "dashboard"])
def test_a_pause_that_was_ended_starts_anew_where_it_fails_again(
    world: World, clock: Hands, store: SqlStore, tmp_path: Path, way: str
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.upstream.path.rename(tmp_path / "away")
    for _ in range(4):
        world.syncbot("sync")
    if way == "comment":
        say(world, "1", "/syncbot retry")
    else:
        tick(dashboard(world), "hurry:lib")
    world.syncbot("sync")
    assert [failure.count for failure in store.failures().values()] == [1]


def test_a_network_that_is_down_is_no_package_s_fault(world: World, clock: Hands, store: SqlStore) -> None:
    world.workspace.package("lib", "git:http://127.0.0.1:1/x", "1.0")
    world.workspace.package("other", "git:http://localhost:2/x", "1.0")
    for _ in range(4):
        world.syncbot("sync")
    assert store.failures() == {}


@pytest.mark.parametrize("how", ["moved", "deleted"])
def test_a_tag_that_moved_or_went_is_an_alert_and_never_taken(world: World, store: SqlStore, how: str) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    before = world.syncbot("proposals", "list", "--json").document
    world.upstream.commit("malice", a_c=numbered("a", l10="evil"))
    git(world.upstream.path, "tag", "-f", "v1.1") if how == "moved" else git(world.upstream.path, "tag", "-d", "v1.1")
    ran = world.syncbot("sync")
    assert "release 1.1" in ran.err
    assert "evil" not in git(world.workspace.path / "state/proposals/forge.git", "log", "-p", "--all")
    if how == "moved":
        assert world.syncbot("proposals", "list", "--json").document == before
    assert [news.kind.value for news in store.news()][-1] == "alert"
    world.syncbot("sync")
    assert [news.kind.value for news in store.news()].count("alert") == 1


def test_a_mirror_that_is_damaged_is_built_anew(world: World) -> None:
    world.syncbot("sync")
    [mirror] = (world.workspace.path / "state" / "cache" / "git").glob("lib-*.git")
    shutil.rmtree(mirror / "objects")
    world.upstream.release("v1.1", a_c=MERGED)
    assert "proposal 1 was opened" in world.syncbot("sync").out


def test_a_database_that_is_locked_is_waited_for(world: World) -> None:
    """Another process writes for a second; longer is told in tests/store."""
    world.syncbot("sync")
    database = world.workspace.path / "state" / "syncbot.db"
    program = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(1); c.execute('ROLLBACK')"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, database], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    world.upstream.release("v1.1", a_c=MERGED)
    assert "proposal 1 was opened" in world.syncbot("sync").out
    assert holder.wait() == 0


def test_a_clock_that_goes_back_stops_nothing(world: World, clock: Hands, store: SqlStore) -> None:
    """A run of next year left its lease; then the clock was set right."""
    world.upstream.release("v1.1", a_c=MERGED)
    elsewhere = Holder("t", "elsewhere", 7, "another boot", "1")
    store.claim(["lib"], elsewhere, NOON + timedelta(days=365), lambda _holder: False)
    assert worked(world) == ["lib"]
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l11="eleven"))
    clock.at = NOON - timedelta(days=30)
    ran = world.syncbot("sync")
    assert "proposal 1 was updated" in ran.out
    runs = world.syncbot("runs", "--json").document["runs"]
    assert [run["result"] for run in runs] == ["done", "done"]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="a tiny disk wants root and unshare")
def test_a_full_disk_stops_the_run_and_the_next_goes_on(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    state = world.workspace.path / "state"
    state.mkdir()
    program = f"""
set -e
mount -t tmpfs -o size=700k tmpfs {state} || exit 77
head -c 300k /dev/zero > {state}/ballast
set +e
"{sys.executable}" -m syncbot -C {world.workspace.path} sync; echo "code $?"
rm {state}/ballast
mount -o remount,size=20m {state}
"{sys.executable}" -m syncbot -C {world.workspace.path} sync; echo "code $?"
"""
    ran = subprocess.run(["unshare", "-m", "sh", "-c", program], capture_output=True, text=True, check=False)
    if ran.returncode == 77:
        pytest.skip("no small disk can be had here")
    assert "no room left" in ran.stderr or "No space left" in ran.stderr, ran.stderr
    first, second = [line for line in ran.stdout.splitlines() if line.startswith("code")]
    assert first == "code 3"
    assert second == "code 0"
    assert "proposal 1 was opened" in ran.stdout
    assert "defect" not in ran.stderr


def test_out_of_memory_in_one_package_fails_that_package_alone(world: World, tmp_path: Path) -> None:
    """Of two processes one is not given what it asks for."""
    for name in ("ash", "elm"):
        upstream = Upstream(tmp_path / name)
        upstream.release("v1.0", a_c=A, b_c=B)
        upstream.release("v1.1", a_c=MERGED)
        world.workspace.package(name, f"git:{upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
    hungry = tmp_path / "hungry"
    hungry.mkdir()
    (hungry / "sitecustomize.py").write_text(
        "import resource, sys\n"
        "if 'syncbot.wiring.worker' in ' '.join(sys.orig_argv):\n"
        "    import syncbot.services.work as work\n"
        "    real = work._judged\n"
        "    def judged(bench, task):\n"
        "        if task.package.name == 'elm':\n"
        "            resource.setrlimit(resource.RLIMIT_AS, (1 << 29, resource.RLIM_INFINITY))\n"
        "            eaten = [bytearray(1 << 26) for _ in range(64)]\n"
        "        return real(bench, task)\n"
        "    work._judged = judged\n"
    )
    environ = os.environ | {"PYTHONPATH": f"{hungry}:{Path.cwd()}"}
    command = [sys.executable, "-m", "syncbot", "-C", str(world.workspace.path), "sync", "--jobs", "2", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    found = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert [p["package"] for p in found["packages"]] == ["ash", "lib"]
    [problem] = found["problems"]
    assert problem["package"] == "elm"
    assert "memory" in problem["what"]


def test_a_host_that_asks_to_be_left_alone_is(
    world: World, clock: Hands, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, store: SqlStore
) -> None:
    """A registry that is busy for an hour is asked once, for all of its packages, and not again before."""
    asked = []

    def busy(request: Request) -> Response:
        asked.append(request.headers["User-Agent"])
        return Response(status=429, headers={"Retry-After": "3600"})

    httpserver.expect_request("/simple/one/").respond_with_handler(busy)
    monkeypatch.setenv("PIP_INDEX_URL", httpserver.url_for("/simple/"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    (world.workspace.path / "syncbot.toml").write_text('[upstreams]\ncontact = "https://example.org/us"\n')
    world.workspace.package("one", "pypi:one", "1.0")
    ran = world.syncbot("sync", "--json").document
    assert "it asks to be left alone for 3600 seconds" in ran["problems"][0]["what"]
    [agent] = asked
    assert agent.startswith("syncbot/")
    assert agent.endswith("(+https://example.org/us)")
    assert "pypi asked not to be asked before 2026-06-01T13:00" in skipped(world)["one"]
    assert len(asked) == 1
    clock.at += timedelta(hours=1, seconds=1)
    assert skipped(world) == {}
    assert len(asked) == 2


def test_an_upstream_of_many_packages_is_asked_once(
    world: World, clock: Hands, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a run, and once in an interval, unless somebody names the package."""
    asked = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response("Not Found", status=404)

    httpserver.expect_request("/repo.git/info/refs").respond_with_handler(answer)
    for name in ("one", "two", "three"):
        world.workspace.package(name, f"git:{httpserver.url_for('/repo.git')}", "1.0")
    found = world.syncbot("sync", "--json").document
    assert [p["package"] for p in found["problems"]] == ["one", "three", "two"]
    assert len(asked) == 1


def test_within_the_interval_no_upstream_is_asked_again(world: World, clock: Hands) -> None:
    (world.workspace.path / "syncbot.toml").write_text('[upstreams]\ninterval = "1h"\n')
    world.syncbot("sync")
    world.upstream.release("v1.1", a_c=MERGED)
    assert "up to date" in world.syncbot("sync").out
    assert "proposal 1 was opened" in world.syncbot("sync", "lib").out
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l11="eleven"))
    clock.at += timedelta(minutes=59)
    world.syncbot("sync")
    [proposal] = world.syncbot("proposals", "list", "--json").document["proposals"]
    assert proposal["target"] == "1.1"
    clock.at += timedelta(hours=2)
    assert "proposal 1 was updated: lib: 1.0 -> 1.2" in world.syncbot("sync").out


def test_judgements_are_kept_as_they_come(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that is broken off has not judged in vain: the next one judges what is left."""
    for name, fix in (("ash", FIX_TEN), ("elm", FIX_B), ("fir", FIX_FORTY)):
        world.workspace.package(name, f"git:{world.upstream.path}", "1.0", fix=fix)
    world.upstream.release("v1.1", a_c=MERGED)
    monkeypatch.setattr(check, "KEPT_AT_ONCE", 1)
    real, judged = work._judged, []

    def tired(bench: object, task: object) -> object:
        judged.append(task.package.name)  # type: ignore[attr-defined]  # a Judge
        if len(judged) == 3:
            raise KeyboardInterrupt
        return real(bench, task)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(work, "_judged", tired)
    assert world.syncbot("sync").code == 130
    ran = world.syncbot("sync", "--json").document
    assert [p["outcome"] for p in ran["packages"]] == ["proposed"] * 4
    assert judged == ["ash", "elm", "fir", "fir", "lib"]
    with closing(sqlite3.connect(world.workspace.path / "state" / "syncbot.db")) as database:
        assert database.execute("SELECT count(*) FROM memory").fetchone() == (4,)
