"""A GitHub on loopback that bears thousands of pull requests: what syncbot asks of it, with GitHub's own strictness
about doubled proposals, and git over HTTP. (The emulator that the tests use knows more, checks each exchange against
GitHub's description, and lists at most a hundred.)"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from soaking.world import git

API = "/api/v3/repos/acme/soak"
BOT = {"login": "bot", "type": "User", "id": 1}
_PAGE = 100
Answer = tuple[int, Any]


@dataclass
class Forge:
    """`folder`: where its repository is; `port`: 0: any. `refused`: how often a second proposal for a branch was
    asked for."""

    folder: Path
    port: int = 0
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    opened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", self.port), type("Handler", (_Handler,), {"forge": self}))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bare(self) -> Path:
        return self.folder / "acme" / "soak.git"

    def publish(self, workspace: Path) -> None:
        self.bare.parent.mkdir(parents=True)
        git(self.folder, "clone", "--quiet", "--bare", str(workspace), str(self.bare))
        git(self.bare, "config", "http.receivepack", "true")

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        with self._lock:
            self.requests[method] += 1
            for pattern, verb, act in _ROUTES:
                found = re.fullmatch(pattern, path.removeprefix(API))
                if found and verb == method:
                    return act(self, found.groups(), query, body)
        return 404, {"message": "Not Found"}

    def tip(self, branch: str) -> str | None:
        try:
            return (self.bare / "refs" / "heads" / branch).read_text().strip()
        except OSError:
            return None

    def shown(self, pull: dict[str, Any]) -> dict[str, Any]:
        branch = pull["head"]["ref"]
        tip = self.tip(branch) if pull["state"] == "open" else None
        head = {**pull["head"], "sha": tip or pull["head"]["sha"]}
        return {**pull, "head": head}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _issue(pull: dict[str, Any]) -> dict[str, Any]:
    return {**pull, "pull_request": {"merged_at": None}, "closed_by": BOT if pull["state"] == "closed" else None}


def _issues(forge: Forge, _found: Any, _query: Any, _body: Any) -> Answer:
    return 200, [_issue(pull) for _, pull in sorted(forge.pulls.items(), reverse=True)]


def _pulls(forge: Forge, _found: Any, query: dict[str, str], _body: Any) -> Answer:
    rows = [p for _, p in sorted(forge.pulls.items(), reverse=True) if p["state"] == query.get("state", "open")]
    if "head" in query:
        rows = [row for row in rows if f"acme:{row['head']['ref']}" == query["head"]]
    return 200, [forge.shown(row) for row in rows]


def _open(forge: Forge, _found: Any, _query: Any, body: Any) -> Answer:
    branch = body["head"]
    tip = forge.tip(branch)
    double = any(p["state"] == "open" and p["head"]["ref"] == branch for p in forge.pulls.values())
    forge.refused += double
    if tip is None or double:
        message = f"A pull request already exists for acme:{branch}." if double else "head does not exist"
        return 422, {"message": "Validation Failed", "errors": [{"message": message, "code": "custom"}]}
    number = len(forge.pulls) + 1
    forge.opened[branch] += 1
    repository = {"full_name": "acme/soak"}
    forge.pulls[number] = {
        "number": number, "node_id": f"PR_{number}", "title": body["title"], "body": body["body"], "state": "open",
        "draft": body["draft"], "user": BOT, "labels": [], "assignees": [], "requested_reviewers": [],
        "requested_teams": [], "merged_at": None, "closed_at": None, "auto_merge": None, "created_at": _now(),
        "updated_at": _now(), "html_url": f"{forge.address}/acme/soak/pull/{number}",
        "head": {"ref": branch, "sha": tip, "repo": repository}, "base": {"ref": body["base"], "repo": repository},
    }  # fmt: skip
    return 201, forge.pulls[number]


def _change(forge: Forge, found: Any, _query: Any, body: Any) -> Answer:
    pull = forge.pulls[int(found[0])]
    if body.get("state") == "closed":
        pull["head"]["sha"] = forge.tip(pull["head"]["ref"]) or pull["head"]["sha"]
        pull["closed_at"] = _now()
    pull.update({**body, "updated_at": _now()})
    return 200, forge.shown(pull)


def _label(forge: Forge, found: Any, _query: Any, body: Any) -> Answer:
    labels = forge.pulls[int(found[0])]["labels"]
    labels += [{"name": name} for name in body["labels"] if {"name": name} not in labels]
    return 200, labels


def _set_status(forge: Forge, found: Any, _query: Any, body: Any) -> Answer:
    forge.statuses.setdefault(found[0], []).insert(0, body)
    return 201, body


_ROUTES: tuple[tuple[str, str, Callable[[Forge, Any, dict[str, str], Any], Answer]], ...] = (
    ("/api/v3/user", "GET", lambda *_: (200, BOT)),
    ("/issues", "GET", _issues),
    (r"/issues/(\d+)", "GET", lambda forge, found, *_: (200, _issue(forge.pulls[int(found[0])]))),
    (r"/issues/(\d+)/labels", "POST", _label),
    (r"/issues/(\d+)/comments", "GET", lambda *_: (200, [])),
    ("/pulls", "GET", _pulls),
    ("/pulls", "POST", _open),
    (r"/pulls/(\d+)", "GET", lambda forge, found, *_: (200, forge.shown(forge.pulls[int(found[0])]))),
    (r"/pulls/(\d+)", "PATCH", _change),
    (r"/pulls/(\d+)/reviews", "GET", lambda *_: (200, [])),
    (r"/statuses/([0-9a-f]+)", "POST", _set_status),
    (r"/commits/([0-9a-f]+)/status", "GET", lambda f, found, *_: (200, {"statuses": f.statuses.get(found[0], [])})),
    (r"/commits/([0-9a-f]+)/check-runs", "GET", lambda *_: (200, {"check_runs": []})),
)


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked was killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    forge: Forge

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = urlsplit(self.path)
        if ".git/" in asked.path:
            self._git(asked.path, asked.query, body)
            return
        query = {key: values[0] for key, values in parse_qs(asked.query).items()}
        status, found = self.forge.answer(self.command, asked.path, query, json.loads(body) if body else None)
        headers = {"Content-Type": "application/json"}
        if isinstance(found, list):
            page = int(query.get("page", "1"))
            if len(found) > page * _PAGE:
                rest = re.sub(r"&page=\d+", "", asked.query)
                headers["Link"] = f'<{self.forge.address}{asked.path}?{rest}&page={page + 1}>; rel="next"'
            found = found[(page - 1) * _PAGE : page * _PAGE]
        self._send(status, headers, json.dumps(found).encode())

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _do

    def _git(self, path: str, query: str, body: bytes) -> None:
        if not self.headers.get("Authorization"):
            self._send(401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"")
            return
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        env = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.forge.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "bot",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        ran = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=True)
        head, _, content = ran.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._send(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
