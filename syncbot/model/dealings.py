"""What people told the bot about single patches, to be remembered by content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncbot.model.ids import PackageName, PatchName


class Wish(StrEnum):
    """What a person wants of one patch."""

    KEEP = "keep"
    """It stays, pinned with the reason."""
    DROP = "drop"
    """It goes, whatever the judge says of it."""


@dataclass(frozen=True, slots=True)
class PatchWord:
    """A person's word on one patch of one package and line. It holds for the content that it was said of: `patch_id` is
    that of `syncbot.diff.identity`. `by`: the login; `reason`: text from outside, perhaps empty for a drop."""

    package: PackageName
    line: str
    name: PatchName
    patch_id: str
    wish: Wish
    reason: str
    by: str
    at: datetime
