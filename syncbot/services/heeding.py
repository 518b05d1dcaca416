"""What a webhook of GitHub is about, and which packages are due because of it. Its words are hostile until they were
authenticated, and still only a hint after that: the next sync asks the forge itself."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from syncbot.model.proposals import ProposalRecord
from syncbot.services import due
from syncbot.services.workspace import Workspace


class Heard(StrEnum):
    """What became of a delivery."""

    PONG = "pong"
    DUE = "due"
    NOTHING = "nothing"


EVENTS = ("ping", "issue_comment", "issues", "pull_request", "pull_request_review", "push", "check_run", "status")
"""Those that are taken in. Others are refused, so that whoever set the hook up sees it."""


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Whether `signature` (the header X-Hub-Signature-256) was made of the body with this secret. Constant time."""
    made = "sha256=" + hmac.new(secret.encode("utf-8", "surrogateescape"), body, "sha256").hexdigest()
    return bool(secret) and hmac.compare_digest(made.encode(), signature.encode("utf-8", "surrogateescape"))


def heed(workspace: Workspace, event: str, said: Mapping[str, Any]) -> Heard:
    """Mark what is due. A delivery of another repository than the forge's is about nothing here."""
    if event == "ping":
        return Heard.PONG
    wanted = workspace.settings.forge.repository
    of = _text(said, "repository", "full_name")
    if not wanted or of.casefold() != wanted.casefold():
        return Heard.NOTHING
    names = _names(workspace, event, said)
    due.mark(workspace, names)
    return Heard.DUE if names else Heard.NOTHING


def _names(workspace: Workspace, event: str, said: Mapping[str, Any]) -> Sequence[str]:
    records = workspace.store.proposed()
    if event == "push":
        branch = _text(said, "ref").removeprefix("refs/heads/")
        moved = branch and branch in (workspace.settings.downstream.branch, _text(said, "repository", "default_branch"))
        return [due.EVERYTHING] if moved else _with_branch(records, branch)
    if event in ("check_run", "status"):
        tip = _text(said, "check_run", "head_sha") or _text(said, "sha")
        return sorted({record.package for record in records if tip and record.tip == tip})
    number = _number(said, "pull_request") or _number(said, "issue")
    found = sorted({record.package for record in records if record.id == number})
    if event == "issues" and not found:
        return [due.EVERYTHING]  # the dashboard is an issue
    return found


def _with_branch(records: Sequence[ProposalRecord], branch: str) -> Sequence[str]:
    return sorted({record.package for record in records if branch and record.branch == branch})


def _text(said: Mapping[str, Any], *keys: str) -> str:
    value: Any = said
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _number(said: Mapping[str, Any], of: str) -> str:
    inner = said.get(of)
    value = inner.get("number") if isinstance(inner, Mapping) else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
