"""A registry on loopback, and sources that are set to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from syncbot.model.settings import Limits
from syncbot.sources import Place
from syncbot.sources.npm import NpmSource
from syncbot.sources.pypi import PypiSource

from .making import sha256


class Registry:
    """Answers by path, with ETags, and remembers what it was asked: [(path, status)]."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.first: dict[str, list[Callable[[], Response]]] = {}
        self.asked: list[tuple[str, int]] = []
        self.authorizations: list[str | None] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def put(self, path: str, content: bytes | str, kind: str = "application/octet-stream") -> None:
        self.pages[path] = (kind, content.encode() if isinstance(content, str) else content)

    def fail_first(self, path: str, *answers: Callable[[], Response]) -> None:
        """Give these answers before the right one."""
        self.first[path] = list(answers)

    def _answer(self, request: Request) -> Response:
        answer = self._made(request)
        self.asked.append((request.path, answer.status_code))
        self.authorizations.append(request.headers.get("Authorization"))
        return answer

    def _made(self, request: Request) -> Response:
        if self.first.get(request.path):
            return self.first[request.path].pop(0)()
        if request.path not in self.pages:
            return Response("not here", 404)
        kind, content = self.pages[request.path]
        etag = f'"{sha256(content)[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304)
        return Response(content, content_type=kind, headers={"ETag": etag})


@pytest.fixture
def registry(httpserver: HTTPServer) -> Registry:
    return Registry(httpserver)


@pytest.fixture
def slept() -> list[float]:
    """The waits between attempts, none of which is really waited."""
    return []


@pytest.fixture
def place(tmp_path: Path, registry: Registry, slept: list[float], sealed: Path) -> Callable[..., Place]:
    """A place whose clients are set to the registry by their environment."""

    def make(limits: Limits | None = None, rules: tuple[tuple[str, str], ...] = (), **environ: str) -> Place:
        settings = {
            "HOME": str(sealed),
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": f"{registry.url}/simple",
            "NPM_CONFIG_REGISTRY": registry.url,
            "NPM_CONFIG_GLOBALCONFIG": "/dev/null",
        }
        return Place(tmp_path / "cache", limits or Limits(), rules, environ=settings | environ, sleep=slept.append)

    return make


@pytest.fixture
def pypi(place: Callable[..., Place]) -> Callable[..., PypiSource]:
    return lambda **settings: PypiSource("Small_Thing", place(**settings))


@pytest.fixture
def npm(place: Callable[..., Place]) -> Callable[..., NpmSource]:
    return lambda name="small", **settings: NpmSource(name, place(**settings))
