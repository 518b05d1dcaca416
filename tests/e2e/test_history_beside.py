"""A package of a registry whose upstream has a repository, too: archives and history are both used."""

from __future__ import annotations

import json

import pytest
from pytest_httpserver import HTTPServer

from tests.e2e.world import FIX_B, FIX_TEN, A, B, World, git, numbered
from tests.sources.conftest import Registry
from tests.sources.making import integrity, make_tar

TEN = numbered("a", l10="ten")


def publish(registry: Registry, **versions: str) -> None:
    """Archives of `lib`: {version with `_`: the text of a.c}."""
    made = {}
    for name, text in versions.items():
        version = name[1:].replace("_", ".")
        content = make_tar({"package/a.c": text.encode(), "package/b.c": B.encode()})
        path = f"/lib/-/lib-{version}.tgz"
        registry.put(path, content)
        dist = {"tarball": registry.url + path, "integrity": integrity(content)}
        made[version] = {"name": "lib", "version": version, "dist": dist}
    registry.put("/lib", json.dumps({"name": "lib", "versions": made, "time": {}}), "application/json")


@pytest.fixture
def registry(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry(httpserver)
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", made.url)
    monkeypatch.setenv("NPM_CONFIG_GLOBALCONFIG", "/dev/null")
    return made


@pytest.fixture
def beside(world: World, registry: Registry) -> World:
    """lib 1.0.0 in the registry, v1.0.0 in the repository."""
    git(world.upstream.path, "tag", "v1.0.0", "v1.0")
    git(world.upstream.path, "tag", "-d", "v1.0")
    publish(registry, v1_0_0=A)
    history = f'history = "git:{world.upstream.path}"\n'
    world.workspace.package("lib", "npm:lib", "1.0.0", history, ten=FIX_TEN, b=FIX_B)
    return world


def test_the_archive_shows_that_it_is_there_and_the_repository_who_brought_it(
    beside: World, registry: Registry
) -> None:
    beside.upstream.commit("Write ten out", a_c=TEN)
    commit = git(beside.upstream.path, "rev-parse", "HEAD")
    beside.upstream.release("v1.1.0", a_c=TEN)
    publish(registry, v1_0_0=A, v1_1_0=TEN)
    ran = beside.syncbot("check", "--json")
    assert (ran.code, ran.err) == (0, "")
    [package] = ran.document["packages"]
    ten, b = package["patches"]
    assert (ten["verdict"], ten["proof"], ten["absorbed_by"], ten["first_release"]) == (
        "obsolete", "proved", commit, "1.1.0",
    )  # fmt: skip
    assert b["verdict"] == "untouched"
    assert package["upstream"] == "npm:lib"


def test_the_archive_decides_where_the_two_differ(beside: World, registry: Registry) -> None:
    beside.upstream.release("v1.1.0", a_c=TEN)
    publish(registry, v1_0_0=A, v1_1_0=A)
    [package] = beside.syncbot("check", "--json").document["packages"]
    assert package["patches"][0]["action"] != "drop"


def test_the_branch_is_looked_at(beside: World) -> None:
    beside.upstream.commit("Write ten out", a_c=TEN)
    ran = beside.syncbot("check")
    assert "ten.patch  held" in ran.out
    before = beside.workspace.snapshot()
    beside.syncbot("check")
    assert beside.workspace.snapshot() == before


def test_a_release_that_the_repository_does_not_have_is_judged_by_its_files(beside: World, registry: Registry) -> None:
    publish(registry, v1_0_0=A, v1_2_0=TEN)
    [package] = beside.syncbot("check", "--json").document["packages"]
    assert [(p["verdict"], p["absorbed_by"]) for p in package["patches"]] == [("obsolete", None), ("untouched", None)]


@pytest.mark.parametrize(("history", "message"), [("npm:lib", "is no git repository"), ("-x", "looks like an option")])
def test_a_history_that_is_none_is_refused(world: World, history: str, message: str) -> None:
    world.workspace.package("lib", "npm:lib", "1.0.0", f'history = "{history}"\n', ten=FIX_TEN)
    ran = world.syncbot("check")
    assert "patches/lib/package.toml:3" in ran.err
    assert message in ran.err
