"""GitHub's endpoints that syncbot uses, one method each: paths and bodies here, meaning in `github.py`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from syncbot.forges import github_graphql as graphql
from syncbot.forges import github_models as models
from syncbot.forges.github_auth import Installation
from syncbot.forges.github_models import Entry, Pull
from syncbot.forges.github_session import Session
from syncbot.forges.github_wire import NotThere
from syncbot.model.forge import Check, CheckState, Comment, Permission, Reaction
from syncbot.model.ids import CommitId

NEW = "{number}"
"""Stands for the number that GitHub would give, in a rehearsal."""

_STATUS = {CheckState.PENDING: "pending", CheckState.PASSED: "success", CheckState.FAILED: "failure",
           CheckState.NEUTRAL: "success"}  # fmt: skip
_CONCLUSION = {CheckState.PASSED: "success", CheckState.FAILED: "failure", CheckState.NEUTRAL: "neutral"}
TITLE = 256
"""GitHub's limits, in characters."""
_SUMMARY = 65_000
_DESCRIPTION = 140


class Api:
    """`repository`: `owner/name`. `me` is the account's login, asked for once."""

    def __init__(self, session: Session, repository: str, now: Callable[[], Any]) -> None:
        self.session = session
        self.owner, _, self.name = repository.partition("/")
        self._at = f"/repos/{quote(self.owner)}/{quote(self.name)}"
        self._now = now
        self._me: str | None = None

    @property
    def me(self) -> str:
        if self._me is None:
            credentials = self.session.credentials
            if isinstance(credentials, Installation):
                self._me = f"{credentials.slug(self._now())}[bot]"
            else:
                self._me = str(self.session.get("/user")["login"])
        return self._me

    # -- issues and pull requests

    def entries(self) -> list[Entry]:
        """Every issue and pull request that this account made, newest first."""
        asked = {"creator": self.me, "state": "all", "sort": "created", "direction": "desc"}
        return [models.entry(row, self.me) for row in self.session.pages(f"{self._at}/issues", asked)]

    def entry(self, number: str) -> Entry:
        return models.entry(self.session.get(f"{self._at}/issues/{number}"), self.me)

    def closed_entry(self, listed: Entry) -> Entry:
        """With what the list leaves out (who closed it). Not asked again where it is as old as the list says."""
        path = f"{self._at}/issues/{listed.number}"
        known = self.session.known(path)
        if known is not None and known.get("updated_at") and models.time(known["updated_at"]) == listed.updated:
            return models.entry(known, self.me)
        return self.entry(listed.number)

    def open_pulls(self) -> list[Pull]:
        return [self._pull(row) for row in self.session.pages(f"{self._at}/pulls", {"state": "open"})]

    def pull(self, number: str) -> Pull:
        return self._pull(self.session.get(f"{self._at}/pulls/{number}"))

    def diff(self, number: str) -> str:
        return self.session.text(f"{self._at}/pulls/{number}", "application/vnd.github.diff")

    def pull_from(self, branch: str, base: str) -> Pull | None:
        """The open pull request from a branch of this repository, read anew. GitHub's own filter is not to be relied
        on (it misses forks of one organisation), so the answer is filtered again."""
        asked = {"state": "open", "head": f"{self.owner}:{branch}", "base": base}
        rows = [self._pull(row) for row in self.session.pages(f"{self._at}/pulls", asked)]
        mine = f"{self.owner}/{self.name}".lower()
        found = (p for p in rows if p.head_branch == branch and p.base_branch == base)
        return next((p for p in found if p.head_repository == mine), None)

    def open_pull(self, title: str, body: str, branch: str, base: str, *, draft: bool) -> Pull:
        made = {"title": title[:TITLE], "body": body, "head": branch, "base": base, "draft": draft}
        imagined = {
            "number": NEW, "node_id": "{node}", "title": title, "body": body, "state": "open", "draft": draft,
            "head": {"sha": "0" * 40, "ref": branch}, "base": {"ref": base}, "created_at": self._now().isoformat(),
        }  # fmt: skip
        path = f"{self._at}/pulls"
        found = self.session.send(
            "POST", path, made, content=True, look_up=lambda: self.pull_from(branch, base), imagined=imagined
        )
        return found if isinstance(found, Pull) else self._pull(found)

    def change_pull(self, number: str, **changes: str) -> None:
        self.session.send("PATCH", f"{self._at}/pulls/{number}", changes, imagined={})

    def merge(self, number: str, head: CommitId, title: str) -> None:
        asked = {"sha": head, "merge_method": "merge", "commit_title": title}
        self.session.send(
            "PUT", f"{self._at}/pulls/{number}/merge", asked, look_up=lambda: self.pull(number).merged or None
        )

    def reviewed(self, number: str) -> tuple[str, ...]:
        rows = self.session.pages(f"{self._at}/pulls/{number}/reviews")
        people = [models.person(row.get("user"), self.me) for row in rows]
        return tuple(dict.fromkeys(one.login for one in people if one.login and not one.me))

    def open_issue(self, title: str, body: str, labels: Sequence[str], look_up: Callable[[], Any]) -> Entry:
        made = {"title": title, "body": body, "labels": list(labels)}
        now = self._now().isoformat()
        imagined = {"number": NEW, "title": title, "body": body, "state": "open", "created_at": now, "updated_at": now}
        found = self.session.send("POST", f"{self._at}/issues", made, content=True, look_up=look_up, imagined=imagined)
        return found if isinstance(found, Entry) else models.entry(found, self.me)

    def change_issue(self, number: str, title: str, body: str) -> None:
        self.session.send("PATCH", f"{self._at}/issues/{number}", {"title": title, "body": body})

    # -- what hangs on them

    def add_labels(self, number: str, labels: Sequence[str]) -> None:
        self.session.send("POST", f"{self._at}/issues/{number}/labels", {"labels": list(labels)})

    def remove_label(self, number: str, label: str) -> None:
        try:
            self.session.send("DELETE", f"{self._at}/issues/{number}/labels/{quote(label, safe='')}")
        except NotThere:  # somebody was faster
            return

    def has_label(self, label: str) -> bool:
        """Whether the repository knows a label of that name."""
        try:
            self.session.get(f"{self._at}/labels/{quote(label, safe='')}")
        except NotThere:
            return False
        return True

    def assign(self, number: str, logins: Sequence[str]) -> tuple[str, ...]:
        """Gives those who are assigned now: GitHub leaves out silently whom it does not take."""
        body = {"assignees": list(logins)}
        found = self.session.send("POST", f"{self._at}/issues/{number}/assignees", body, imagined={})
        rows = found.get("assignees") if isinstance(found, dict) else None
        return tuple(row["login"] for row in rows or () if isinstance(row, dict))

    def ask_review(self, number: str, people: Sequence[str], teams: Sequence[str]) -> None:
        body = {"reviewers": list(people), "team_reviewers": list(teams)}
        asked = {key: names for key, names in body.items() if names}
        self.session.send("POST", f"{self._at}/pulls/{number}/requested_reviewers", asked)

    def comments(self, number: str) -> list[Comment]:
        found = []
        for row in self.session.pages(f"{self._at}/issues/{number}/comments"):
            answered = self._reactions(str(row["id"])) if models.has_reactions(row) else frozenset()
            found.append(models.comment(row, self.me, answered))
        return found

    def comment(self, number: str, body: str, look_up: Callable[[], Comment | None]) -> Comment:
        now = self._now().isoformat()
        imagined = {"id": NEW, "body": body, "created_at": now, "updated_at": now, "user": {"login": self.me}}
        path = f"{self._at}/issues/{number}/comments"
        found = self.session.send("POST", path, {"body": body}, content=True, look_up=look_up, imagined=imagined)
        return found if isinstance(found, Comment) else models.comment(found, self.me)

    def comment_node(self, comment: str) -> str:
        return str(self.session.get(f"{self._at}/issues/comments/{comment}")["node_id"])

    def react(self, comment: str, reaction: Reaction) -> None:
        path = f"{self._at}/issues/comments/{comment}/reactions"
        self.session.send("POST", path, {"content": reaction.value})

    def _reactions(self, comment: str) -> frozenset[Reaction]:
        rows = list(self.session.pages(f"{self._at}/issues/comments/{comment}/reactions"))
        return models.own_reactions(rows, self.me)

    # -- the repository

    def permission(self, login: str) -> Permission:
        try:
            return models.permission(self.session.get(f"{self._at}/collaborators/{quote(login, safe='')}/permission"))
        except NotThere:
            return Permission.NONE

    def file(self, path: str, ref: str) -> str | None:
        """A small text file, None where it is not there."""
        try:
            found = self.session.get(f"{self._at}/contents/{quote(path)}", {"ref": ref})
            content = base64.b64decode(found["content"]) if found.get("encoding") == "base64" else b""
        except (NotThere, KeyError, AttributeError, TypeError, binascii.Error):
            return None
        return content.decode("utf-8", "replace")

    # -- checks

    def check_runs(self, commit: CommitId) -> list[tuple[str, Check]]:
        """(id, result), the newest of each name."""
        rows = self.session.pages(f"{self._at}/commits/{commit}/check-runs", {"filter": "latest"}, "check_runs")
        return [(str(row["id"]), models.check_run(row)) for row in rows]

    def statuses(self, commit: CommitId) -> list[Check]:
        rows = self.session.pages(f"{self._at}/commits/{commit}/status", None, "statuses")
        return [models.status(row) for row in rows]

    def set_check_run(self, commit: CommitId, check: Check, known: str | None) -> None:
        """An App's alone."""
        body: dict[str, Any] = {"name": check.name, "status": "in_progress"}
        if check.state is not CheckState.PENDING:
            body |= {"status": "completed", "conclusion": _CONCLUSION[check.state]}
        body["output"] = {"title": check.title, "summary": check.summary[:_SUMMARY]}
        if known is not None:
            self.session.send("PATCH", f"{self._at}/check-runs/{known}", body)
            return

        def look_up() -> Any:
            return next((id for id, one in self.check_runs(commit) if one.name == check.name), None)

        self.session.send("POST", f"{self._at}/check-runs", {**body, "head_sha": commit}, look_up=look_up)

    def set_status(self, commit: CommitId, check: Check) -> None:
        body = {"state": _STATUS[check.state], "context": check.name, "description": check.title[:_DESCRIPTION]}
        self.session.send("POST", f"{self._at}/statuses/{commit}", body)

    # -- what GraphQL alone can do

    def set_draft(self, node: str, *, draft: bool) -> None:
        query, name = (
            (graphql.DRAFT, "convertPullRequestToDraft") if draft else (graphql.READY, "markPullRequestReadyForReview")
        )
        self.session.graphql(query, {"id": node}, name)

    def auto_merge(self, node: str, head: CommitId | None) -> None:
        if head is None:
            self.session.graphql(graphql.NO_AUTO_MERGE, {"id": node}, "disablePullRequestAutoMerge")
        else:
            asked = {"id": node, "head": head, "method": "MERGE"}
            self.session.graphql(graphql.AUTO_MERGE, asked, "enablePullRequestAutoMerge")

    def minimise(self, node: str) -> None:
        self.session.graphql(graphql.MINIMISE, {"id": node}, "minimizeComment")

    def _pull(self, row: Any) -> Pull:
        return models.pull(row, self.me, self.owner)
