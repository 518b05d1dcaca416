"""What syncbot needs of GitHub's documents, as values. Only fields that GitHub's own description promises are relied
on; an account may be null where it was deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncbot.errors import ForgeError
from syncbot.model.forge import NOBODY, Check, CheckState, Comment, Permission, Person, PersonKind, Reaction
from syncbot.model.ids import CommitId

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue or a pull request, as the list of issues has it. `merged`: None where it was not, or is no pull
    request. `closed_by` is None where GitHub does not say."""

    number: str
    pull: bool
    title: str
    body: str
    author: Person
    open: bool
    draft: bool
    opened: datetime
    updated: datetime
    closed: datetime | None
    merged: datetime | None
    labels: frozenset[str]
    assignees: tuple[str, ...]
    url: str
    closed_by: Person | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request. `head_repository`: `owner/name` in small letters, empty where the fork is gone."""

    number: str
    node: str
    title: str
    body: str
    author: Person
    open: bool
    merged: bool
    draft: bool
    head: CommitId
    head_branch: str
    head_repository: str
    base_branch: str
    opened: datetime
    labels: frozenset[str]
    assignees: tuple[str, ...]
    reviewers: tuple[str, ...]
    auto_merge: bool
    url: str


def entry(row: Document, me: str) -> Entry:
    pull = row.get("pull_request")
    return Entry(
        number=str(_has(row, "number")),
        pull=isinstance(pull, Mapping),
        title=str(_has(row, "title")),
        body=row.get("body") or "",
        author=person(row.get("user"), me),
        open=_has(row, "state") == "open",
        draft=bool(row.get("draft")),
        opened=time(_has(row, "created_at")),
        updated=time(_has(row, "updated_at")),
        closed=_maybe(row.get("closed_at")),
        merged=_maybe(pull.get("merged_at")) if isinstance(pull, Mapping) else None,
        labels=labels(row.get("labels")),
        assignees=_logins(row.get("assignees")),
        url=str(row.get("html_url") or ""),
        closed_by=person(row["closed_by"], me) if row.get("closed_by") else None,
    )


def pull(row: Document, me: str, organisation: str) -> Pull:
    head, base = _has(row, "head"), _has(row, "base")
    repository = head.get("repo")
    teams = tuple(f"{organisation}/{team['slug']}" for team in row.get("requested_teams") or ())
    return Pull(
        number=str(_has(row, "number")),
        node=str(_has(row, "node_id")),
        title=str(_has(row, "title")),
        body=row.get("body") or "",
        author=person(row.get("user"), me),
        open=_has(row, "state") == "open",
        merged=row.get("merged_at") is not None,
        draft=bool(row.get("draft")),
        head=CommitId(str(_has(head, "sha"))),
        head_branch=str(_has(head, "ref")),
        head_repository=str(repository["full_name"]).lower() if isinstance(repository, Mapping) else "",
        base_branch=str(_has(base, "ref")),
        opened=time(_has(row, "created_at")),
        labels=labels(row.get("labels")),
        assignees=_logins(row.get("assignees")),
        reviewers=_logins(row.get("requested_reviewers")) + teams,
        auto_merge=row.get("auto_merge") is not None,
        url=str(row.get("html_url") or ""),
    )


def person(row: object, me: str) -> Person:
    """An account; a null one was deleted."""
    login = row.get("login") if isinstance(row, Mapping) else None
    if not isinstance(row, Mapping) or not isinstance(login, str) or not login:
        return NOBODY
    mine = login.lower() == me.lower()
    bot = row.get("type") == "Bot" or login.lower().endswith("[bot]")
    return Person(login, PersonKind.BOT if bot else PersonKind.PERSON, mine)


def comment(row: Document, me: str, answered: frozenset[Reaction] = frozenset()) -> Comment:
    return Comment(
        id=str(_has(row, "id")),
        author=person(row.get("user"), me),
        body=row.get("body") or "",
        at=time(_has(row, "created_at")),
        edited=time(_has(row, "updated_at")),
        answered=answered,
    )


def has_reactions(row: Document) -> bool:
    told = row.get("reactions")
    return isinstance(told, Mapping) and bool(told.get("total_count"))


def own_reactions(rows: Sequence[Document], me: str) -> frozenset[Reaction]:
    known = {reaction.value for reaction in Reaction}
    mine = (row["content"] for row in rows if person(row.get("user"), me).me)
    return frozenset(Reaction(content) for content in mine if content in known)


def permission(row: Document) -> Permission:
    """GitHub's `role_name` where it is one of the usual ones, else the older `permission`, which knows fewer."""
    for word in (row.get("role_name"), row.get("permission")):
        if word in {p.value for p in Permission}:
            return Permission(word)
    return Permission.NONE


_CONCLUSIONS = {"success": CheckState.PASSED, "failure": CheckState.FAILED, "timed_out": CheckState.FAILED,
                "action_required": CheckState.FAILED, "startup_failure": CheckState.FAILED}  # fmt: skip
_STATES = {"success": CheckState.PASSED, "failure": CheckState.FAILED, "error": CheckState.FAILED}


def check_run(row: Document) -> Check:
    output = row.get("output") or {}
    ended = row.get("status") == "completed"
    state = _CONCLUSIONS.get(row.get("conclusion") or "", CheckState.NEUTRAL) if ended else CheckState.PENDING
    return Check(str(_has(row, "name")), state, output.get("title") or "", output.get("summary") or "")


def status(row: Document) -> Check:
    return Check(str(_has(row, "context")), _STATES.get(row["state"], CheckState.PENDING), row.get("description") or "")


def labels(rows: object) -> frozenset[str]:
    """GitHub gives labels as names or as objects."""
    found = (row.get("name") if isinstance(row, Mapping) else row for row in rows) if isinstance(rows, list) else ()
    return frozenset(name for name in found if isinstance(name, str))


def time(text: object) -> datetime:
    if not isinstance(text, str):
        raise ForgeError(f"the forge gives {text!r} for a time", "is the address that of an API?")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _maybe(text: object) -> datetime | None:
    return None if text is None else time(text)


def _logins(rows: object) -> tuple[str, ...]:
    found = [person(row, "") for row in rows] if isinstance(rows, list) else []
    return tuple(one.login for one in found if one.login)


def _has(row: Document, key: str) -> Any:
    found = row.get(key) if isinstance(row, Mapping) else None
    if found is None:
        raise ForgeError(f"the forge's answer lacks {key!r}", "is the address that of GitHub's API?")
    return found
