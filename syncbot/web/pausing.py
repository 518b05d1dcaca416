"""A package's pause as the HTTP interface has it."""

from __future__ import annotations

from typing import Any

from syncbot.services.pausing import pauses
from syncbot.services.workspace import Workspace


def pause_of(workspace: Workspace, package: str) -> dict[str, Any] | None:
    found = pauses(workspace).get(package)
    return None if found is None else {"until": found.until, "reason": found.reason, "by": found.by}
