"""What a forge makes of plain words: mentions, references, closing keywords, links. And how each is taken apart.

GitHub looks for them in the rendered text outside code, in commit messages everywhere, and in the whole body where a
squash takes it for the message of a commit. The patterns here catch more than GitHub does, never less.
"""

from __future__ import annotations

import re
from collections.abc import Callable

ZERO_WIDTH = "\u200b"
"""Stands inside what would be a mention or a reference. Outside text never has one: it is shown as `[U+200B]`."""

_MENTION = re.compile(r"@(?=\w)")
_MENTION_BUT_MAIL = re.compile(r"(?<![A-Za-z0-9_])@(?=\w)|@(?=[0-9a-fA-F]{7})")
_NUMBER = re.compile(r"#(?=\d)")
_GH_NUMBER = re.compile(r"(GH-)(?=\d)", re.IGNORECASE)
_CLOSING = re.compile(
    r"\b((?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b[\s:]*(?:[\w.-]+/[\w.-]+)?(?:#|GH-|https?:/))(?=[\d/])",
    re.IGNORECASE,
)
_ISSUE = re.compile(
    r"https://redirect\.github\.com/[\w.-]+/[\w.-]+/\w+/"
    r"|(?P<page>/(?:issues|pull|pulls|discussions|commit|compare|merge_requests)/)(?=[0-9a-f])",
    re.IGNORECASE,
)
_GITHUB = re.compile(r"https?://(?:www\.)?github\.com/(?=[\w.-]+/[\w.-]+/)", re.IGNORECASE)
_SKIP = re.compile(r"\[((?:skip|no)[ -](?:ci|actions)|(?:ci|actions)[ -]skip)\]", re.IGNORECASE)
_NO_CI = re.compile(r"\*\*\*NO_CI\*\*\*", re.IGNORECASE)
_HEX = r"(?<![0-9A-Za-z])(?=[0-9]*[a-fA-F])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{7,64}(?![0-9A-Za-z])"
_ADDRESS = r"(?:(?:https?|ftp)://|www\.)[\w./:?=&%~+,;#@!()-]*[\w/=&%#-]"
_WHOLE = re.compile(rf"{_ADDRESS}|{_HEX}", re.IGNORECASE | re.ASCII)
_COMMIT = re.compile(_HEX)


def redirected(text: str) -> str:
    """Addresses on github.com by way of the host that makes no reference on the other side."""
    return _GITHUB.sub("https://redirect.github.com/", text)


def broken(text: str) -> str:
    """Mentions, references and commit ids taken apart by characters that nobody sees."""
    text = _NUMBER.sub(f"#{ZERO_WIDTH}", text)
    text = _GH_NUMBER.sub(rf"\g<1>{ZERO_WIDTH}", text)
    text = _COMMIT.sub(lambda found: re.sub("(....)(?=.)", rf"\1{ZERO_WIDTH}", found[0]), text)
    return _MENTION.sub(f"@{ZERO_WIDTH}", text)


def spaced(text: str) -> str:
    """As `broken`, for commit messages and titles: by blanks, which `git log` shows as they are. Addresses of issues
    are redirected or taken apart, and words that stop a forge's checks are put in other brackets."""
    text = redirected(text)
    text = _ISSUE.sub(lambda found: found[0] if found["page"] is None else f"{found[0]} ", text)
    text = _MENTION_BUT_MAIL.sub("@ ", _GH_NUMBER.sub(r"\g<1> ", _NUMBER.sub("# ", text)))
    return _NO_CI.sub("NO CI", _SKIP.sub(r"(\1)", text))


def unclosing(text: str) -> str:
    """Code, in which a forge looks for nothing until the body becomes a commit message: no issue is closed then."""
    return _CLOSING.sub(rf"\g<1>{ZERO_WIDTH}", text)


def apart(text: str, code: Callable[[str], str], prose: Callable[[str], str]) -> str:
    """The text with addresses and commit ids through `code`, the rest through `prose`."""
    done, out = 0, []
    for found in _WHOLE.finditer(text):
        out += [prose(text[done : found.start()]), code(found[0])]
        done = found.end()
    return "".join([*out, prose(text[done:])])
