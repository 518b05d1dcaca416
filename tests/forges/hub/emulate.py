"""The emulator as a process: one for all tests of a worker, a repository of its own for each test."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from .tools import Missing, module, node

ACCOUNTS = {"tok-bot": "bot", "tok-ann": "ann", "tok-ben": "ben", "tok-other": "other-bot"}
"""{token: login}. The bot, two people, and another account."""
_ALIASES = 20
APP = {"id": 4711, "slug": "syncer", "installation": 99}


class Emulate:
    def __init__(self, folder: Path, private_key: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        seed = folder / "seed.json"
        seed.write_text(json.dumps(_seed(private_key)))
        command = [node(), str(module("emulate/dist/index.js")), "start", "-s", "github", "-p", str(self.port)]
        self._log = (folder / "emulate.log").open("wb")
        self._process = subprocess.Popen([*command, "--seed", str(seed)], stdout=self._log, stderr=self._log)
        self.url = f"http://127.0.0.1:{self.port}"
        self._session = requests.Session()
        self._turns = itertools.count()
        for _ in range(300):
            try:
                self._session.get(f"{self.url}/meta", timeout=5)
                return
            except requests.ConnectionError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        self.stop()
        raise Missing(f"emulate does not start: {(folder / 'emulate.log').read_text()[-500:]}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def ask(self, method: str, path: str, body: Any = None, token: str = "tok-bot") -> requests.Response:
        """A request that nobody checks: for setting a scene, and for what a person does."""
        headers = {"Authorization": f"token {self._alias(token)}"}
        return self._session.request(method, self.url + path, json=body, headers=headers, timeout=10)

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> requests.Response:
        kept = {name: value for name, value in headers.items() if name.lower() in ("authorization", "content-type")}
        kind, _, token = kept.get("Authorization", "").partition(" ")
        kept["Authorization"] = f"{kind} {self._alias(token)}"
        return self._session.request(method, self.url + path, data=body, headers=kept, timeout=10)

    def _alias(self, token: str) -> str:
        """The emulator gives each token 5,000 requests: an account has many, used in turn."""
        return f"{token}-{next(self._turns) % _ALIASES}" if token in ACCOUNTS else token


def _seed(private_key: str) -> dict[str, Any]:
    people = [{"login": login, "name": login.title(), "email": f"{login}@example.org"} for login in ACCOUNTS.values()]
    permissions = {"contents": "write", "pull_requests": "write", "issues": "write", "checks": "write"}
    return {
        "tokens": {
            f"{token}-{number}": {"login": login, "scopes": ["repo", "user"]}
            for token, login in ACCOUNTS.items()
            for number in range(_ALIASES)
        },
        "github": {
            "users": people,
            "orgs": [{"login": "acme", "members": [{"login": login, "role": "admin"} for login in ("bot", "ann")]}],
            "apps": [
                {
                    "app_id": APP["id"], "slug": APP["slug"], "name": "Syncer", "private_key": private_key,
                    "permissions": permissions, "events": [],
                    "installations": [{
                        "installation_id": APP["installation"], "account": "acme", "repository_selection": "all",
                        "permissions": permissions,
                    }],
                }
            ],
        },
    }  # fmt: skip
