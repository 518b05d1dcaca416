"""Whether a patch was sent upstream, and since when it is carried, as far as its own header says.

Formats: DEP-3 (dep-team.pages.debian.net), OpenEmbedded's Upstream-Status, mail headers and git's trailers.
"""

from __future__ import annotations

import re
from datetime import UTC, date
from email.utils import parsedate_to_datetime

_HEADER = 4096
_SENT = re.compile(
    r"^(?:forwarded:[ \t]*(?!no[ \t]*$|pending)\S"
    r"|upstream-status:[ \t]*(?:submitted|accepted|backport|inappropriate|denied|inactive)"
    r"|applied-upstream:[ \t]*\S|origin:[ \t]*(?:upstream|backport)"
    r"|\(cherry[- ]picked from|\[ upstream commit|bug-upstream:[ \t]*\S)",
    re.IGNORECASE | re.MULTILINE,
)
_UPDATED = re.compile(r"^last-update:[ \t]*<?(\d{4}-\d{2}-\d{2})", re.IGNORECASE | re.MULTILINE)
_DATED = re.compile(r"^date:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_DIFF = re.compile(rb"^(?:diff --git |--- |Index: )", re.MULTILINE)


def unsent_since(content: bytes) -> date | None:
    """The day that the patch's header bears; None where it was sent, need not be, or has no date."""
    diff = _DIFF.search(content)
    header = content[: min(_HEADER, len(content) if diff is None else diff.start())].decode("utf-8", "replace")
    if _SENT.search(header):
        return None
    updated, dated = _UPDATED.search(header), _DATED.search(header)
    try:
        if dated is not None:
            found = parsedate_to_datetime(dated[1].strip())
            return (found if found.tzinfo is None else found.astimezone(UTC)).date()
        return None if updated is None else date.fromisoformat(updated[1])
    except (ValueError, OverflowError):
        return None
