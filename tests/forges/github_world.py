"""A workspace whose forge is a GitHub on loopback, and what people do there."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from syncbot.forges.branches import Branches
from syncbot.forges.etags import Etags
from syncbot.forges.github import GitHubForge
from syncbot.forges.github_api import Api
from syncbot.forges.github_auth import Credentials, Token
from syncbot.forges.github_session import Session, Surroundings
from syncbot.git.push import Remote
from syncbot.model.settings import Identity

from .hub.gate import API, GRAPHQL, Gate, Repository
from .world import World, git

BRANCH = "syncbot/lib/stable"
BOT = Identity("Bot", "bot@example.org")


def no_pace(*, content: bool) -> None:
    """No budget: what the tests of the budget are about is elsewhere."""


@dataclass
class GitHubWorld(World):
    """`forge` is a new object each time, as after a restart: only `state` and what GitHub knows stay."""

    gate: Gate = field(kw_only=True)
    name: str = field(kw_only=True)
    credentials: Callable[[], Credentials] = field(default=lambda: Token("tok-bot"), kw_only=True)
    slept: list[float] = field(default_factory=list, kw_only=True)
    timeout: float | None = field(default=None, kw_only=True)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), kw_only=True)

    @property
    def repository(self) -> str:
        return f"acme/{self.name}"

    @property
    def here(self) -> Repository:
        return self.gate.repositories[self.repository]

    @property
    def bare(self) -> Path:
        return self.here.bare

    @property
    def forge(self) -> GitHubForge:  # type: ignore[override]  # another forge than the local one
        return self.forge_of(self.credentials())

    def forge_of(self, credentials: Credentials) -> GitHubForge:
        return self._forge(credentials, self.repository, self.gate.url + API)

    def forge_at(self, repository: str, api: str = "") -> GitHubForge:
        return self._forge(self.credentials(), repository, api or self.gate.url + API)

    def _forge(self, credentials: Credentials, repository: str, api: str) -> GitHubForge:
        url = self.gate.url
        around = Surroundings(self.now, self.slept.append, no_pace)
        etags = Etags(self.state / "etags", "bot")
        session = Session(api, url + GRAPHQL, credentials, etags, around, "syncbot-test")
        if self.timeout is not None:
            session._http.default_read_timeout = self.timeout
        branches = Branches(
            scratch=self.state / "scratch.git",
            root=self.root,
            base="main",
            identity=BOT,
            allowed=("ci@example.org",),
            remote=lambda: Remote(f"{url}/{repository}.git", session.token()),
            rehearse=session.rehearse,
        )
        return GitHubForge(Api(session, repository, self.now), branches, self.state)

    # -- what people do

    def publish(self) -> None:
        git(self.root, "push", "-q", str(self.bare), "HEAD:refs/heads/main")

    def commit(self, path: str, text: str) -> Any:
        made = super().commit(path, text)
        self.publish()
        return made

    def as_person(self, method: str, path: str, body: Any = None, token: str = "tok-ann") -> Any:
        answer = requests.request(
            method, f"{self.gate.url}{API}/repos/{self.repository}{path}", json=body, timeout=10,
            headers={"Authorization": f"token {token}"},
        )  # fmt: skip
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def page(self, number: int = 1) -> Any:
        """The pull request as GitHub has it."""
        return next(pull for pull in self.gate.pulls(self.repository) if pull["number"] == number)

    def writes(self, act: Callable[[], Any]) -> list[str]:
        """What changed GitHub while `act` ran: pushes and mutating requests."""
        before = len(self.gate.writes)
        act()
        return [one.what.replace(f"/repos/{self.repository}", "") for one in self.gate.writes[before:]]


def make_bare_repository(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    git(folder, "config", "http.receivepack", "true")
