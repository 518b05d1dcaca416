from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from syncbot.web.app import create_app
from syncbot.web.seat import Seat
from tests.web.serving import Served, running
from tests.web.world import HOSTS, SECRET, build, seated

SEALED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Person",
    "GIT_AUTHOR_EMAIL": "person@example.org",
    "GIT_AUTHOR_DATE": "2024-01-02T03:04:05+00:00",
    "GIT_COMMITTER_NAME": "A Person",
    "GIT_COMMITTER_EMAIL": "person@example.org",
    "GIT_COMMITTER_DATE": "2024-01-02T03:04:05+00:00",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
}
"""As `sealed` has it for each test; what is made once for all must not know this machine either."""


@pytest.fixture(scope="session")
def site_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The workspace of world.py, made once: only to be read."""
    root = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("nobody")))
        for name, value in SEALED.items():
            patch.setenv(name, value)
        yield build(root)


@pytest.fixture(scope="session")
def seat(site_path: Path) -> Iterator[Seat]:
    with seated(site_path) as seat:
        yield seat


@pytest.fixture(scope="session")
def site(seat: Seat) -> Iterator[Served]:
    """The pages on loopback, for everybody to read."""
    with running(create_app(seat, HOSTS, hook_secret=SECRET)) as served:
        yield served


@pytest.fixture
def client(site: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, trust_env=False) as client:
        yield client


@pytest.fixture
def own_path(site_path: Path, tmp_path: Path) -> Path:
    """A copy of the workspace that a test may write to."""
    shutil.copytree(site_path, tmp_path / "own", symlinks=True)
    return tmp_path / "own"


@pytest.fixture
def own_seat(own_path: Path) -> Iterator[Seat]:
    with seated(own_path) as seat:
        yield seat


@pytest.fixture
def own(own_seat: Seat) -> Iterator[httpx.Client]:
    app = create_app(own_seat, HOSTS, hook_secret=SECRET)
    with running(app) as served, httpx.Client(base_url=served.address, trust_env=False) as client:
        yield client
