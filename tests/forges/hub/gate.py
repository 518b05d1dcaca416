"""What stands before the emulator: GitHub Enterprise's addresses, git over HTTP, ETags, and GitHub's own strictness.

Each exchange is checked against GitHub's description. Where the emulator is more lenient than GitHub, or lacks
something, the gate answers itself; those answers are checked like all others:

- a pull request from a branch that is not there, or a second one, is refused (422)
- a head's commit is that of the git repository, also after a forced push; a merge checks it (409)
- pull requests are in the list of issues; assignees, reactions, statuses, diffs; who closed
- GraphQL: draft, ready, auto-merge, minimise, each checked against GitHub's schema
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pygit2
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from . import description
from .emulate import ACCOUNTS, Emulate

API, GRAPHQL = "/api/v3", "/api/graphql"
VERSION = ("X-GitHub-Api-Version", "2022-11-28")
_TIME = "2024-03-01T12:00:00Z"


@dataclass(frozen=True)
class Seen:
    """One exchange. `what`: `METHOD path`, without the query, or `PUSH refs/heads/x`."""

    what: str
    body: Any
    status: int


@dataclass
class Repository:
    """What the emulator does not know of one repository."""

    bare: Path
    assignees: dict[int, list[str]] = field(default_factory=dict)
    reactions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    heads: dict[int, str] = field(default_factory=dict)
    closers: dict[int, Any] = field(default_factory=dict)
    drafts: dict[int, bool] = field(default_factory=dict)
    auto_merge: dict[int, str] = field(default_factory=dict)
    minimised: list[str] = field(default_factory=list)
    edited: dict[int, str] = field(default_factory=dict)
    """When comments were written, where a test has to say it: all else happens within one second."""
    gone: set[str] = field(default_factory=set)
    """Logins whose accounts were deleted."""
    protected: set[str] = field(default_factory=set)
    drafts_allowed: bool = True

    def tip(self, branch: str) -> str | None:
        found = pygit2.Repository(str(self.bare)).references.get(f"refs/heads/{branch}")
        return None if found is None else str(found.resolve().target)

    def knows(self, commit: str) -> bool:
        return commit in pygit2.Repository(str(self.bare))


class Gate:
    """`seen` are all exchanges, in order. A fault is a function put into `faults`: it is given the request and a way to
    have it done, and gives the answer, or None to let it pass."""

    def __init__(self, server: HTTPServer, emulate: Emulate, projects: Path) -> None:
        self.server, self.emulate, self.projects = server, emulate, projects
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, str] = {}
        self.seen: list[Seen] = []
        self.faults: list[Callable[[Request, Callable[[], Response]], Response | None]] = []
        self.wrong: list[str] = []
        self.tokens = dict(ACCOUNTS)
        self._person: dict[str, Any] = {}
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")

    @property
    def writes(self) -> list[Seen]:
        return [one for one in self.seen if not one.what.startswith("GET ") and "access_tokens" not in one.what]

    # -- answering

    def _answer(self, request: Request) -> Response:
        body = request.get_data()
        try:
            for fault in self.faults:
                answer = fault(request, lambda: self._done(request, body))
                if answer is not None:
                    return answer
            return self._done(request, body)
        except description.NotAsDescribed as error:
            self.wrong.append(str(error))
            return Response(json.dumps({"message": "not as described"}), 400)

    def _done(self, request: Request, body: bytes) -> Response:
        if ".git/" in request.path:
            return self._git(request, body)
        if request.path == GRAPHQL:
            return self._graphql(request, body)
        path = request.full_path.rstrip("?").removeprefix(API)
        moved = next((old for old in self.renamed if urlsplit(path).path.startswith(f"/repos/{old}/")), None)
        if moved is not None:
            to = f"{self.url}{API}" + path.replace(f"/repos/{moved}/", f"/repos/{self.renamed[moved]}/")
            return Response(json.dumps({"message": "Moved Permanently", "url": to}), 301, {"Location": to})
        if "syncbot" in request.headers.get("User-Agent", "") and request.headers.get(VERSION[0]) != VERSION[1]:
            self.wrong.append(f"{request.method} {path} without {': '.join(VERSION)}")
        status, headers, content = self._rest(request, path, body)
        if request.headers.get("Accept") != "application/vnd.github.diff":
            sent = {key.lower(): value for key, value in request.headers.items()}
            description.check_exchange(request.method, path, (sent, body), (status, {}, content))
        self.seen.append(Seen(f"{request.method} {urlsplit(path).path}", json.loads(body) if body else None, status))
        headers = {"Content-Type": "application/json", **headers}
        if request.method == "GET" and status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(content).hexdigest()[:20]}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return Response(b"", 304, headers)
        return Response(content, status, headers)

    def _rest(self, request: Request, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", parts.path)
        own = self._own(request, found[1], found[2] or "", parts.query, body) if found else None
        if own is not None:
            return own[0], {}, own[1] if isinstance(own[1], bytes) else json.dumps(own[1]).encode()
        got = self.emulate.forward(request.method, path, dict(request.headers), body)
        content = got.content
        if found and got.ok and content:
            content = json.dumps(self._mended(json.loads(content), self.repositories[found[1]])).encode()
        if got.ok and (re.match("/apps?(/|$)", parts.path) or parts.path.endswith("/installation")):
            content = json.dumps(self._app_mended(got.json())).encode()
        asks = request.method == "POST" and parts.path.endswith("/requested_reviewers")
        status = 201 if asks and got.status_code == 200 else got.status_code
        link = got.headers.get("link", "").replace(self.emulate.url, self.url + API)
        return status, {"Link": link} if link else {}, content

    def _own(self, request: Request, name: str, rest: str, query: str, body: bytes) -> tuple[int, Any] | None:
        """What the gate answers itself, None where the emulator is asked."""
        here = self.repositories.get(name)
        if here is None:
            return 404, {"message": "Not Found"}
        login = self._login(request)
        if login is None:
            return 401, {"message": "Bad credentials"}
        told = json.loads(body) if body else None
        for pattern, method, act in _OWN:
            match = re.fullmatch(pattern, rest)
            if match and method == request.method:
                return act(self, Asked(name, here, login, request, query, told, tuple(map(unquote, match.groups()))))
        return None

    def _login(self, request: Request) -> str | None:
        said = request.headers.get("Authorization", "")
        token = said.partition(" ")[2]
        if said.startswith("Basic "):
            token = base64.b64decode(token).decode().partition(":")[2]
        if token in self.tokens:
            return self.tokens[token]
        if token.startswith("ghs_") or said.startswith("Bearer"):
            return "syncer[bot]"
        return None

    # -- pull requests as GitHub has them

    def pulls(self, name: str, state: str = "all") -> list[Any]:
        rows = self.emulate.ask("GET", f"/repos/{name}/pulls?state={state}&per_page=100").json()
        return [self._mended(row, self.repositories[name]) for row in rows]

    def _mended(self, row: Any, here: Repository) -> Any:
        """The emulator's document with what git knows, and with fields that GitHub promises and it leaves out."""
        if isinstance(row, list):
            return [self._mended(one, here) for one in row]
        if not isinstance(row, dict):
            return row
        if isinstance(row.get("head"), dict) and "merged_at" in row:
            self._mend_pull(row, here)
        if isinstance(row.get("user"), dict) and "permission" in row:
            row["user"]["role_name"] = row["role_name"]
            row["permission"] = {"push": "write", "pull": "read"}.get(row["permission"], row["permission"])
        if isinstance(row.get("output"), dict):
            row["output"].setdefault("annotations_url", f"{row['url']}/annotations")
        for key in ("user", "closed_by"):
            if isinstance(row.get(key), dict) and row[key].get("login") in here.gone:
                row[key] = None
        return row

    def _mend_pull(self, row: Any, here: Repository) -> None:
        number, branch = row["number"], row["head"]["ref"]
        if row["state"] == "open":
            here.heads[number] = here.tip(branch) or here.heads.get(number) or "0" * 40
        row["head"]["sha"] = here.heads.get(number, "0" * 40)
        row["draft"] = here.drafts.get(number, row["draft"])
        row["assignees"] = [self.person(login) for login in here.assignees.get(number, [])]
        row["auto_merge"] = None
        if number in here.auto_merge:
            words = {"merge_method": "merge", "commit_title": "", "commit_message": ""}
            row["auto_merge"] = {"enabled_by": self.person("bot"), **words}
        for team in row["requested_teams"]:
            team.update({"parent": None, "type": "organization", "organization_id": 1} | team)
        for label in row["labels"]:
            label["description"] = label["description"] or ""
        for side in ("head", "base"):
            if row[side].get("repo"):
                row[side]["repo"]["owner"] = self.person("acme")
            row[side]["user"] = self.person("acme")

    def person(self, login: str) -> Any:
        if not self._person:
            self._person = self.emulate.ask("GET", "/users/ann").json()
        found = self._person
        known = ("login", "id", "node_id", "type", "site_admin", "gravatar_id")
        row = {key: value for key, value in found.items() if key in known or key.endswith("url")}
        kind = "Bot" if login.endswith("[bot]") else "User"
        return {**row, "login": login, "type": kind}

    def issue_of(self, name: str, pull: Any) -> Any:
        """A pull request as the list of issues has it."""
        here, url = self.repositories[name], f"{self.url}{API}/repos/{name}/issues/{pull['number']}"
        kept = ("number", "title", "body", "user", "labels", "state", "locked", "assignees", "created_at", "updated_at",
                "closed_at", "draft", "html_url", "node_id", "author_association", "id")  # fmt: skip
        links = {key: pull[key] for key in ("url", "html_url", "diff_url", "patch_url")}
        closer = here.closers.get(pull["number"]) if pull["state"] == "closed" else None
        return {
            **{key: pull[key] for key in kept if key in pull},
            "url": url, "repository_url": url.rsplit("/issues", 1)[0], "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments", "events_url": f"{url}/events", "assignee": None, "milestone": None,
            "comments": 0, "pull_request": {**links, "merged_at": pull["merged_at"]},
            "closed_by": None if closer is None or closer in here.gone else self.person(closer),
        }  # fmt: skip

    def _app_mended(self, row: Any) -> Any:
        """An App's documents with the owners that GitHub promises; a token's list of repositories is optional."""
        row.pop("repositories", None)
        for key in ("owner", "account"):
            if key in row:
                row[key] = self.person("acme")
        return {"target_id": 1, **row} if "account" in row else row

    # -- GraphQL

    def _graphql(self, request: Request, body: bytes) -> Response:
        asked = json.loads(body)
        query, variables = asked["query"], asked["variables"]
        description.check_graphql(query, variables)
        name = next(n for n in _MUTATIONS if n in query)
        self.seen.append(Seen(f"GRAPHQL {name}", variables, 200))
        for repository, here in self.repositories.items():
            for pull in self.pulls(repository):
                if pull["node_id"] == variables["id"]:
                    error = _MUTATIONS[name](here, pull, variables)
                    answer = {"errors": [{"message": error, "type": "UNPROCESSABLE"}], "data": None} if error else None
                    return Response(json.dumps(answer or {"data": {name: {"clientMutationId": None}}}), 200)
            if name == "minimizeComment":
                here.minimised.append(variables["id"])
        return Response(json.dumps({"data": {name: {"clientMutationId": None}}}), 200)

    # -- git over HTTP

    def _git(self, request: Request, body: bytes) -> Response:
        if self._login(request) is None:
            return Response("", 401, {"WWW-Authenticate": 'Basic realm="GitHub"'})
        name, _, rest = request.path.lstrip("/").partition(".git/")
        name = self.renamed.get(name, name)
        here = self.repositories.get(name)
        if here is None:
            return Response("", 404)
        env = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.projects), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{name}.git/{rest}", "QUERY_STRING": request.query_string.decode(),
            "REQUEST_METHOD": request.method, "CONTENT_TYPE": request.content_type or "", "REMOTE_USER": "bot",
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""), "CONTENT_LENGTH": str(len(body)),
        }  # fmt: skip
        ran = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=True)
        head, _, content = ran.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        if rest == "git-receive-pack" and status == 200:
            refs = re.findall(rb"[0-9a-f]{40} [0-9a-f]{40} (refs/heads/[^\0 \n]+)", body)
            self.seen += [Seen(f"PUSH {ref.decode()}", None, status) for ref in refs]
        return Response(content, status, headers)


@dataclass(frozen=True)
class Asked:
    name: str
    here: Repository
    login: str
    request: Request
    query: str
    body: Any
    found: tuple[str, ...]

    def parameters(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.query).items()}


def _invalid(message: str, field_: str = "head") -> tuple[int, Any]:
    error = {"resource": "PullRequest", "field": field_, "code": "custom", "message": message}
    return 422, {"message": "Validation Failed", "errors": [error], "documentation_url": "https://example.org"}


def _open_pull(gate: Gate, asked: Asked) -> tuple[int, Any] | None:
    branch, base = asked.body["head"], asked.body["base"]
    if asked.here.tip(branch) is None:
        return _invalid("head does not exist")
    for pull in gate.pulls(asked.name, "open"):
        if (pull["head"]["ref"], pull["base"]["ref"]) == (branch, base):
            return _invalid(f"A pull request already exists for acme:{branch}.")
    if asked.body.get("draft") and not asked.here.drafts_allowed:
        return _invalid("Draft pull requests are not supported in this repository.", "draft")
    return None


def _change_pull(gate: Gate, asked: Asked) -> tuple[int, Any] | None:
    number = int(asked.found[0])
    if asked.body.get("state") == "closed":
        asked.here.closers[number] = asked.login
    if asked.body.get("state") == "open":
        pull = next(p for p in gate.pulls(asked.name) if p["number"] == number)
        if asked.here.tip(pull["head"]["ref"]) != asked.here.heads.get(number):
            return _invalid("state cannot be changed. The branch was force-pushed or recreated.", "state")
    return None


def _list_pulls(gate: Gate, asked: Asked) -> tuple[int, Any]:
    told = asked.parameters()
    rows = gate.pulls(asked.name, told.get("state", "open"))
    if "head" in told:
        rows = [row for row in rows if f"acme:{row['head']['ref']}" == told["head"]]
    return 200, rows


def _list_issues(gate: Gate, asked: Asked) -> tuple[int, Any]:
    told = asked.parameters()
    query = f"/repos/{asked.name}/issues?state=all&per_page=100"
    issues = [gate._mended(row, asked.here) for row in gate.emulate.ask("GET", query).json()]
    rows = issues + [gate.issue_of(asked.name, pull) for pull in gate.pulls(asked.name)]
    mine = [row for row in rows if row["user"] and row["user"]["login"] == told["creator"]]
    return 200, sorted(mine, key=lambda row: -row["number"])


def _get_issue(gate: Gate, asked: Asked) -> tuple[int, Any] | None:
    pull = next((p for p in gate.pulls(asked.name) if p["number"] == int(asked.found[0])), None)
    return None if pull is None else (200, gate.issue_of(asked.name, pull))


def _assign(gate: Gate, asked: Asked) -> tuple[int, Any]:
    number, known = int(asked.found[0]), set(ACCOUNTS.values())
    taken = asked.here.assignees.setdefault(number, [])
    taken += [login for login in asked.body["assignees"] if login in known and login not in taken]
    pull = next(p for p in gate.pulls(asked.name) if p["number"] == number)
    return 201, gate.issue_of(asked.name, pull)


def _review(gate: Gate, asked: Asked) -> tuple[int, Any] | None:
    pull = next(p for p in gate.pulls(asked.name) if p["number"] == int(asked.found[0]))
    for login in asked.body.get("reviewers", ()):
        if login not in ACCOUNTS.values() or login == pull["user"]["login"]:
            return 422, {"message": "Reviews may only be requested from collaborators.", "documentation_url": ""}
    if asked.body.get("team_reviewers", []) not in ([], ["members"]):
        return 422, {"message": "Could not resolve to a node with the global id", "documentation_url": ""}
    return None


def _merge(gate: Gate, asked: Asked) -> tuple[int, Any] | None:
    pull = next(p for p in gate.pulls(asked.name) if p["number"] == int(asked.found[0]))
    base, here = pull["base"]["ref"], asked.here
    if base in here.protected:
        return 405, {"message": "At least 1 approving review is required by reviewers with write access."}
    if pull["draft"] or pull["state"] != "open":
        return 405, {"message": "Pull Request is not mergeable"}
    if asked.body["sha"] != pull["head"]["sha"]:
        return 409, {"message": "Head branch was modified. Review and try the merge again."}
    rest = f"/repos/{asked.name}/pulls/{pull['number']}/merge"
    merged = gate.emulate.ask("PUT", rest, {"merge_method": "merge"})
    assert merged.ok, merged.text
    made = _landed(here, base, pull["head"]["sha"], asked.body.get("merge_method", "merge"))
    subprocess.run(["git", "update-ref", f"refs/heads/{base}", made], cwd=here.bare, check=True)
    return 200, merged.json()


def _landed(here: Repository, base: str, head: str, way: str) -> str:
    """The commit that a button makes of a head which stands on the base: for `squash` one of all, for `rebase` one for
    each, none of them the branch's own."""

    def git(*arguments: str) -> str:
        who = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "GitHub",
               "GIT_COMMITTER_EMAIL": "noreply@example.org"}  # fmt: skip
        command = ["git", *arguments]
        ran = subprocess.run(
            command, cwd=here.bare, check=True, capture_output=True, text=True, env={**os.environ, **who}
        )
        return ran.stdout.strip()

    if way == "merge":
        return head
    commits = [head] if way == "squash" else git("rev-list", "--reverse", f"{base}..{head}").split()
    tip = git("rev-parse", f"refs/heads/{base}")
    for commit in commits:
        tip = git("commit-tree", f"{commit}^{{tree}}", "-p", tip, "-m", f"{way} of {commit}")
    return tip


def _diff(gate: Gate, asked: Asked) -> tuple[int, Any] | None:
    if asked.request.headers.get("Accept") != "application/vnd.github.diff":
        return None
    pull = next(p for p in gate.pulls(asked.name) if p["number"] == int(asked.found[0]))
    command = ["git", "diff", f"{pull['base']['ref']}...{pull['head']['sha']}"]
    return 200, subprocess.run(command, cwd=asked.here.bare, capture_output=True, check=True).stdout


def _comments(gate: Gate, asked: Asked) -> tuple[int, Any]:
    rows = gate.emulate.ask("GET", f"/repos/{asked.name}/issues/{asked.found[0]}/comments?per_page=100").json()
    for row in rows:
        count = len(asked.here.reactions.get(str(row["id"]), []))
        names = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
        if row["id"] in asked.here.edited:
            row["created_at"] = row["updated_at"] = asked.here.edited[row["id"]]
        row["reactions"] = {"url": f"{row['url']}/reactions", "total_count": count, **dict.fromkeys(names, 0)}
    return 200, [gate._mended(row, asked.here) for row in rows]


def _react(gate: Gate, asked: Asked) -> tuple[int, Any]:
    known = asked.here.reactions.setdefault(asked.found[0], [])
    content = asked.body["content"]
    row = next((r for r in known if (r["user"]["login"], r["content"]) == (asked.login, content)), None)
    if row is not None:
        return 200, row
    made = {"id": len(known) + 1, "node_id": "R_1", "user": gate.person(asked.login), "content": content,
            "created_at": _TIME}  # fmt: skip
    known.append(made)
    return 201, made


def _set_status(gate: Gate, asked: Asked) -> tuple[int, Any]:
    sha = asked.found[0]
    row = {"url": f"{gate.url}{API}/repos/{asked.name}/statuses/{sha}", "avatar_url": None, "id": 1, "node_id": "S",
           "state": asked.body["state"], "description": asked.body.get("description"), "target_url": None,
           "context": asked.body["context"], "created_at": _TIME, "updated_at": _TIME}  # fmt: skip
    asked.here.statuses.setdefault(sha, []).insert(0, row)
    return 201, {**row, "creator": gate.person(asked.login)}


def _statuses(gate: Gate, asked: Asked) -> tuple[int, Any]:
    sha = asked.found[0]
    if not asked.here.knows(sha):
        return 404, {"message": "Not Found"}
    rows = {row["context"]: row for row in reversed(asked.here.statuses.get(sha, []))}
    repository = {**gate.emulate.ask("GET", f"/repos/{asked.name}").json(), "owner": gate.person("acme")}
    url = f"{gate.url}{API}/repos/{asked.name}"
    links = {"commit_url": f"{url}/commits/{sha}", "url": f"{url}/statuses/{sha}", "repository": repository}
    return 200, {"state": "pending", "statuses": list(rows.values()), "sha": sha, "total_count": len(rows), **links}


def _runs(gate: Gate, asked: Asked) -> tuple[int, Any]:
    rows = list(asked.here.runs.get(asked.found[0], {}).values())
    return 200, {"total_count": len(rows), "check_runs": rows}


def _run(gate: Gate, asked: Asked) -> tuple[int, Any]:
    rest = "/check-runs" + (f"/{asked.found[0]}" if asked.found else "")
    got = gate.emulate.forward(
        asked.request.method, f"/repos/{asked.name}{rest}", dict(asked.request.headers), asked.request.get_data()
    )
    row = gate._mended(got.json(), asked.here)
    if got.ok:
        asked.here.runs.setdefault(row["head_sha"], {})[row["id"]] = row
    return got.status_code, row


_OWN: list[tuple[str, str, Callable[[Gate, Asked], tuple[int, Any] | None]]] = [
    (r"/pulls", "POST", _open_pull),
    (r"/pulls", "GET", _list_pulls),
    (r"/pulls/(\d+)", "GET", _diff),
    (r"/pulls/(\d+)", "PATCH", _change_pull),
    (r"/pulls/(\d+)/requested_reviewers", "POST", _review),
    (r"/pulls/(\d+)/merge", "PUT", _merge),
    (r"/issues", "GET", _list_issues),
    (r"/issues/(\d+)", "GET", _get_issue),
    (r"/issues/(\d+)/assignees", "POST", _assign),
    (r"/issues/(\d+)/comments", "GET", _comments),
    (r"/issues/comments/(\d+)/reactions", "POST", _react),
    (r"/issues/comments/(\d+)/reactions", "GET", lambda g, a: (200, a.here.reactions.get(a.found[0], []))),
    (r"/statuses/([0-9a-f]+)", "POST", _set_status),
    (r"/commits/([0-9a-f]+)/status", "GET", _statuses),
    (r"/commits/([0-9a-f]+)/check-runs", "GET", _runs),
    (r"/check-runs", "POST", _run),
    (r"/check-runs/(\d+)", "PATCH", _run),
]


def _set_draft(draft: bool) -> Callable[[Repository, Any, Any], str]:
    def act(here: Repository, pull: Any, variables: Any) -> str:
        if draft and not here.drafts_allowed:
            return "Draft pull requests are not supported in this repository."
        here.drafts[pull["number"]] = draft
        return ""

    return act


def _auto(here: Repository, pull: Any, variables: Any) -> str:
    if variables["head"] != pull["head"]["sha"]:
        return "Head sha didn't match expected"
    if pull["base"]["ref"] not in here.protected:
        return "Pull request Auto merge is not allowed for this repository"
    here.auto_merge[pull["number"]] = variables["head"]
    return ""


_MUTATIONS: dict[str, Callable[[Repository, Any, Any], str]] = {
    "markPullRequestReadyForReview": _set_draft(False),
    "convertPullRequestToDraft": _set_draft(True),
    "enablePullRequestAutoMerge": _auto,
    "disablePullRequestAutoMerge": lambda here, pull, _v: here.auto_merge.pop(pull["number"], "") and "",
    "minimizeComment": lambda here, pull, _v: "",
}
