from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_httpserver import HTTPServer

from .github_world import GitHubWorld, make_bare_repository
from .hub.description import prepare
from .hub.emulate import Emulate
from .hub.gate import Gate, Repository
from .world import SERIES, World, git

_NUMBERS = itertools.count(1)


def fill(world: World) -> None:
    world.write("patches/lib/one.patch", "1")
    world.write("patches/lib/two.patch", "2")
    world.commit(SERIES, "one.patch\ntwo.patch\n")


def workspace(folder: Path) -> Path:
    root = folder / "work"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "A Person")
    return root


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(workspace(tmp_path), tmp_path / "state")
    world.commit("patches/lib/one.patch", "1")
    world.commit("patches/lib/two.patch", "2")
    world.commit(SERIES, "one.patch\ntwo.patch\n")
    return world


@pytest.fixture(scope="session")
def private_key() -> str:
    """The App's."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()


logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line per request


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory, private_key: str) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("hub")
    emulate = Emulate(folder, private_key)
    prepare()
    server = HTTPServer(threaded=True)
    server.start()
    try:
        yield Gate(server, emulate, folder / "projects")
    finally:
        server.stop()
        emulate.stop()


@pytest.fixture
def hub(gate: Gate, tmp_path: Path) -> Iterator[GitHubWorld]:
    """A workspace with one package, published in a repository of its own on the GitHub of this worker."""
    name = f"packages-{next(_NUMBERS)}"
    assert gate.emulate.ask("POST", "/orgs/acme/repos", {"name": name, "auto_init": True}).ok
    bare = gate.projects / "acme" / f"{name}.git"
    make_bare_repository(bare)
    gate.repositories[f"acme/{name}"] = Repository(bare)
    world = GitHubWorld(workspace(tmp_path), tmp_path / "state", gate=gate, name=name)
    fill(world)
    yield world
    gate.faults.clear()
    gate.renamed.clear()
    wrong, gate.wrong[:] = list(gate.wrong), []
    if wrong:
        pytest.fail("exchanges that GitHub's description does not have:\n" + "\n".join(wrong))
