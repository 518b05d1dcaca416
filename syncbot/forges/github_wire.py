"""What GitHub's answers mean: pure functions over status, headers and documents. No request is made here.

Sources: GitHub's REST documentation on rate limits, pagination, redirects and errors, API version 2022-11-28.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from urllib.parse import urljoin, urlsplit

from syncbot.errors import ForgeBusy, ForgeError, ForgeRefused, HostileInput

VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
_LINK = re.compile(r'<([^<>\s]{1,2048})>\s*;[^,]*?\brel="?next"?')
_LIMIT_WORDS = re.compile(r"rate limit|abuse detection|too many requests|submitted too quickly", re.IGNORECASE)
FIRST_WAIT = 60.0
"""Seconds to wait where GitHub says too much and not how long; doubled each time."""


class Meaning(Enum):
    """What to do about an answer."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """304: what was read before still holds."""
    MOVED = "moved"
    LIMITED = "limited"
    TOKEN = "token"  # noqa: S105  # no secret
    """The token is not, or no longer, taken."""
    TROUBLE = "trouble"
    """The server's own: it may have done what it was asked, or not."""
    REFUSED = "refused"


def meaning(status: int, headers: Mapping[str, str], message: str) -> Meaning:
    """What an answer of this status is. A 403 is a limit where it says so, else a refusal."""
    if status == 304:
        return Meaning.UNCHANGED
    if 200 <= status < 300:
        return Meaning.DONE
    if status in (301, 302, 307, 308):
        return Meaning.MOVED
    if status == 429 or (status == 403 and _is_limit(headers, message)):
        return Meaning.LIMITED
    if status == 401:
        return Meaning.TOKEN
    return Meaning.TROUBLE if status >= 500 or status == 408 else Meaning.REFUSED


def _is_limit(headers: Mapping[str, str], message: str) -> bool:
    said = headers.get("retry-after") is not None or headers.get("x-ratelimit-remaining") == "0"
    return said or _LIMIT_WORDS.search(message) is not None


def wait_of(headers: Mapping[str, str], now: datetime, tried: int) -> float:
    """Seconds until GitHub may be asked again: `retry-after` (seconds or a date), else `x-ratelimit-reset` where
    nothing remains, else a minute, doubled for each time that was tried. Never negative."""
    after = headers.get("retry-after", "").strip()
    if after.isascii() and after.isdigit():
        return float(after)
    if after:
        try:
            return max(0.0, (parsedate_to_datetime(after) - now).total_seconds())
        except (ValueError, TypeError):
            pass
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return max(0.0, int(reset) - now.timestamp()) + 1.0
    return FIRST_WAIT * 2.0**tried


def next_page(headers: Mapping[str, str], asked: str) -> str | None:
    """The address of the next page, None on the last. Raises HostileInput where it is on another host: the token
    would go there."""
    found = _LINK.search(headers.get("link", ""))
    return None if found is None else same_host(found[1], asked, "a next page")


def same_host(address: str, asked: str, what: str) -> str:
    """The address, made absolute, where it has the scheme, host and port of the one that was asked."""
    whole = urljoin(asked, address)
    try:
        there, here = urlsplit(whole), urlsplit(asked)
        same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        same = False
    if not same:
        raise HostileInput(
            f"the forge names {what} on another host ({urlsplit(whole).hostname!r})", "it is not followed"
        )
    return whole


def message_of(document: object) -> str:
    """What an error's document says, as one text: its message and those of its errors."""
    if not isinstance(document, Mapping):
        return ""
    errors = document.get("errors")
    told = [document.get("message"), *(errors if isinstance(errors, list) else [])]
    words = [word.get("message") or word.get("code") if isinstance(word, Mapping) else word for word in told]
    return "; ".join(word for word in words if isinstance(word, str))[:500]


def refusal(method: str, path: str, status: int, message: str) -> ForgeError:
    """The error for an answer that no repeating mends."""
    said = f": {message}" if message else ""
    what = f"the forge refuses {method} {path} (status {status}{said})"
    if status == 401:
        return ForgeError(what, "the token is wrong, expired or revoked: set a new one")
    if status == 403:
        return ForgeRefused(what, "give the token, or the App, the permission that this needs")
    if status in (404, 410):
        return NotThere(what, "check the repository's name, and that the token may see it")
    if status in (409, 422):
        return Unprocessable(what, "see what the forge says", message)
    return ForgeRefused(what, "see what the forge says")


class NotThere(ForgeRefused):
    """The forge has no such thing, or the token may not see it."""


class Unprocessable(ForgeRefused):
    """The forge has what was asked already, or it does not go together with what stands there. `message`: its words."""

    def __init__(self, what: str, remedy: str, message: str) -> None:
        super().__init__(what, remedy)
        self.message = message


def busy(path: str, wait: float) -> ForgeBusy:
    return ForgeBusy(
        f"the forge asks for a pause of {wait:.0f} seconds (at {path})", "the next run goes on from here", wait=wait
    )
