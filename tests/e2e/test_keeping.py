"""Backups, and throwing away what nobody needs, while the rest goes on."""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncbot.model.ids import PackageName
from syncbot.store import SqlStore, open_store
from tests.e2e.world import FIX_TEN, A, Upstream, World, numbered
from tests.postgres import Server

MERGED = numbered("a", l10="ten")
LONG_AGO = time.time() - 200 * 86400


@pytest.fixture
def store(world: World) -> Iterator[SqlStore]:
    with closing(open_store(f"sqlite:///{world.workspace.path / 'state' / 'syncbot.db'}")) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    """The state of the world, in a file or on a server."""
    if request.param == "sqlite":
        yield request.getfixturevalue("store")
        return
    server: Server = request.getfixturevalue("postgresql")
    address = server.new(request.getfixturevalue("migrated"))
    monkeypatch.setenv("SYNCBOT_DATABASE_URL", address)
    with closing(open_store(address)) as opened:
        yield opened
    server.drop(address)


def age(path: Path) -> None:
    """As if nobody had touched it for half a year."""
    for each in [path, *path.rglob("*")]:
        os.utime(each, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def test_a_state_comes_back_with_its_proposals_and_what_people_said(
    world: World, anywhere: SqlStore, tmp_path: Path
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    saved = tmp_path / "saved.tar"
    before, told = world.workspace.snapshot(), (anywhere.proposals(), anywhere.told(), anywhere.runs())
    assert world.syncbot("backup", "create", str(saved)).code == 0
    world.syncbot("proposals", "reject", "1", "--reason", "not now")
    assert world.syncbot("proposals", "list", "--json").document["proposals"] == []
    ran = world.syncbot("backup", "load", str(saved), "--json")
    assert ran.code == 0
    assert ran.document["loaded"] is True
    assert world.workspace.snapshot() == before
    assert (anywhere.proposals(), anywhere.told(), anywhere.runs()) == told
    assert world.syncbot("proposals", "accept", "1").code == 0


def test_a_backup_is_of_one_moment_while_others_write(world: World, anywhere: SqlStore, tmp_path: Path) -> None:
    store = anywhere
    world.syncbot("sync")
    with store.transaction():
        store.set_fact("half", "one", "1")
        assert world.syncbot("backup", "create", str(tmp_path / "saved.tar")).code == 0
        store.set_fact("half", "two", "2")
    assert world.syncbot("backup", "load", str(tmp_path / "saved.tar")).code == 0
    assert store.facts("half") == {}


def test_a_run_that_goes_on_while_a_backup_is_loaded_ends_well(
    world: World, anywhere: SqlStore, tmp_path: Path
) -> None:
    store = anywhere
    world.syncbot("sync")
    assert world.syncbot("backup", "create", str(tmp_path / "saved.tar")).code == 0
    run = store.begin_run("sync", datetime.now(UTC))
    assert world.syncbot("backup", "load", str(tmp_path / "saved.tar")).code == 0
    store.finish_run(run, datetime.now(UTC), "{}")
    assert [each.id for each in store.runs()] == [2, 1]


@pytest.mark.parametrize("name", ["../out", "/out", "proposals/../../out"])
def test_a_backup_that_leads_out_is_refused(world: World, tmp_path: Path, name: str) -> None:
    world.syncbot("sync")
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    ran = world.syncbot("backup", "load", str(tmp_path / "bad.tar"))
    assert ran.code == 2
    assert "which no backup has" in ran.err
    assert not (tmp_path / "out").exists()


def test_what_is_no_backup_is_refused_and_changes_nothing(world: World, tmp_path: Path) -> None:
    world.syncbot("sync")
    before = world.workspace.snapshot()
    (tmp_path / "text").write_text("hello")
    ran = world.syncbot("backup", "load", str(tmp_path / "text"))
    assert ran.code == 2
    assert "is no backup of syncbot" in ran.err
    assert world.workspace.snapshot() == before


def test_a_mirror_that_no_package_uses_goes_when_it_is_old(world: World, tmp_path: Path) -> None:
    other = Upstream(tmp_path / "other")
    other.release("v1.0", a_c=A)
    world.workspace.package("other", f"git:{other.path}", "1.0", ten=FIX_TEN)
    world.syncbot("sync")
    mirrors = world.workspace.path / "state" / "cache" / "git"
    [unused] = mirrors.glob("other-*.git")
    [used] = mirrors.glob("lib-*.git")
    world.workspace.path.joinpath("patches", "other", "package.toml").unlink()
    for file in world.workspace.path.joinpath("patches", "other").iterdir():
        file.unlink()
    world.workspace.path.joinpath("patches", "other").rmdir()
    world.workspace.commit("no longer tracked")
    assert world.syncbot("gc", "--json").document["items"] == []  # it is young
    age(mirrors)
    told = world.syncbot("gc", "--dry-run", "--json").document
    assert [(item["kind"], item["name"]) for item in told["items"] if item["kind"] == "mirror"] == [
        ("mirror", unused.name)
    ]
    assert unused.is_dir()
    ran = world.syncbot("gc")
    assert f"mirror: {unused.name}: " in ran.out
    assert not unused.exists()
    assert used.is_dir()
    assert world.syncbot("sync").code == 0


def test_old_verdicts_go_but_not_what_is_current_proposed_or_past(world: World, store: SqlStore) -> None:
    """Three releases, three verdicts, on which the past rests; two more that nobody came back to. The proposal's
    package keeps all of its own until it is answered."""
    for number, content in enumerate((MERGED, numbered("a", l50="fifty"), numbered("a", l51="x")), 1):
        world.upstream.release(f"v1.{number}", a_c=content)
        world.syncbot("sync")
    stored = store.current()[PackageName("lib")]
    for key in ("one", "two"):
        store.save_judgement(replace(stored, key=key))
    (world.workspace.path / "syncbot.toml").write_text('[gc]\nverdicts = "1s"\n')
    time.sleep(1.1)  # what was judged must be older than that
    kinds = [item["name"] for item in world.syncbot("gc", "--dry-run", "--json").document["items"]]
    assert "verdicts" not in kinds
    world.syncbot("proposals", "reject", "1", "--reason", "no")
    before = store.current()
    told = {item["name"]: item["count"] for item in world.syncbot("gc", "--json").document["items"]}
    assert told["verdicts"] == 2
    assert store.current() == before
    assert world.syncbot("report").code == 0
    assert "Nothing changed" in world.syncbot("sync").out  # it is remembered, not judged anew
    assert world.syncbot("explain", "lib", "ten.patch").code == 0


def test_records_of_runs_go_but_the_newest_of_each_cause(world: World, store: SqlStore) -> None:
    old = datetime.now(UTC) - timedelta(days=500)
    for _ in range(3):
        store.finish_run(store.begin_run("sync", old), old, "{}")
    told = {item["name"]: item["count"] for item in world.syncbot("gc", "--json").document["items"]}
    assert told == {"runs": 2}
    assert len(store.runs()) == 1


def thrown(world: World, *arguments: str) -> list[tuple[str, str]]:
    items = world.syncbot("gc", *arguments, "--json").document["items"]
    return sorted((item["kind"], item["name"]) for item in items if item["kind"] not in ("rows", "mirror"))


def put(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("old")
        for each in (file, *file.parents[: len(Path(name).parts) - 1]):
            os.utime(each, (LONG_AGO, LONG_AGO))


def test_what_lies_about_in_files_goes_by_age_and_a_dry_run_says_so(world: World) -> None:
    world.syncbot("sync")
    state = world.workspace.path / "state"
    put(
        state / "cache", "pages/1a", "pages/.half-1", "advisories/2b.json", "archives/sha256/3c/3c", "forks/4d.git/HEAD"
    )
    put(
        state,
        "verify/5e.json",
        "verify/5e.log",
        "verify/work-1/source",
        "bundles/lib-ten/patch",
        "locks/6f.json",
        "locks/cache/npm/x",
    )
    put(state / "cache", "archives/sha256/3c/.half-2")
    (state / "cache" / "pages" / "young").write_text("young")
    (state / "verify" / "young.log").write_text("young")
    gone = [
        ("bundle", "lib-ten"),
        ("download", "3c"),
        ("fork", "4d.git"),
        ("leftover", ".half-1"),
        ("leftover", ".half-2"),
        ("leftover", "work-1"),
        ("lock file", "6f.json"),
        ("package cache", "cache"),
        ("page", "1a"),
        ("page", "2b.json"),
        ("verification", "5e.json"),
        ("verification", "5e.log"),
    ]
    (world.workspace.path / "syncbot.toml").write_text('[gc]\nbundles = "30d"\n')
    assert thrown(world, "--dry-run") == gone
    assert thrown(world) == gone
    assert thrown(world) == []
    assert sorted(path.name for path in (state / "verify").iterdir()) == ["young.log"]
    assert [path.name for path in (state / "cache" / "pages").iterdir()] == ["young"]


def test_what_is_kept_for_ever_stays(world: World) -> None:
    world.syncbot("sync")
    state = world.workspace.path / "state"
    put(state, "cache/pages/1a", "verify/5e.log", "bundles/lib-ten/patch", "cache/forks/4d.git/HEAD")
    never = "".join(f'{key} = "never"\n' for key in ("mirrors", "downloads", "logs", "bundles"))
    (world.workspace.path / "syncbot.toml").write_text(f"[gc]\n{never}")
    assert thrown(world) == []


def test_the_log_of_an_open_proposal_stays_until_it_is_answered(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'verify = ["true"]\n', ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    age(world.workspace.path / "state" / "verify")
    assert thrown(world) == []
    world.syncbot("proposals", "reject", "1", "--reason", "no")
    assert [kind for kind, _name in thrown(world)] == ["verification", "verification"]


def test_who_cannot_be_read_is_robbed_of_nothing(world: World) -> None:
    world.syncbot("sync")
    age(world.workspace.path / "state" / "cache")
    (world.workspace.path / "patches" / "lib" / "package.toml").write_text("upstream = ")
    ran = world.syncbot("gc")
    assert ran.code == 2
    assert "nobody knows what it needs" in ran.err
    assert list((world.workspace.path / "state" / "cache" / "git").glob("lib-*.git"))
