"""Who owns a path, by a CODEOWNERS file and GitHub's own rules for it.

Its patterns are those of `.gitignore` with exceptions: the last line that matches decides, also where it names nobody;
`!`, `[ ]` and `\\#` do not work, and a line with them counts for nothing.
Source: GitHub's documentation, "About code owners".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LARGEST = 3 * 1024 * 1024
"""Bytes of a file that GitHub still reads."""
_OWNER = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9_-]*)(?:/[A-Za-z0-9._-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """`owners` as written: `@login`, `@org/team` or an address."""

    pattern: str
    owners: tuple[str, ...]


def parse(text: str) -> tuple[Rule, ...]:
    """The rules, in order. A line that GitHub would call invalid is left out; a file that is too large has none."""
    if len(text.encode("utf-8", "surrogateescape")) > LARGEST:
        return ()
    found = (_rule(line) for line in text.splitlines())
    return tuple(rule for rule in found if rule is not None)


def _rule(line: str) -> Rule | None:
    words = re.findall(r"(?:\\.|\S)+", line)
    if not words or words[0].startswith("#"):
        return None
    pattern, owners = words[0].replace("\\ ", " "), words[1:]
    if "#" in "".join(owners):
        at = next(n for n, word in enumerate(owners) if word.startswith("#")) if _comment(owners) else None
        if at is None:
            return None
        owners = owners[:at]
    if pattern.startswith(("!", "\\#")) or "[" in pattern or "]" in pattern:
        return None
    if not all(_OWNER.fullmatch(owner) for owner in owners):
        return None
    return Rule(pattern, tuple(owners))


def _comment(owners: Sequence[str]) -> bool:
    return any(word.startswith("#") for word in owners)


def owners(rules: Sequence[Rule], path: str) -> tuple[str, ...]:
    """Who owns `path` (from the repository's root, with `/`): those of the last rule that matches."""
    return next((rule.owners for rule in reversed(rules) if _expression(rule.pattern).fullmatch(path)), ())


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over whole paths."""
    body = pattern.strip("/") if pattern != "/" else ""
    is_folder = pattern.endswith("/")
    is_anchored = pattern.startswith("/") or "/" in body
    parts = body.split("/")
    made = ["" if is_anchored else "(?:.*/)?"]
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            made.append(".*" if last else "(?:.*/)?")
        else:
            made.append(_part(part) + ("" if last else "/"))
    # a name may be a folder, and then everything below it is meant; `docs/*` means the files right in it
    below = "/.*" if is_folder else "" if _is_shallow(parts) else "(?:/.*)?"
    return re.compile("".join(made) + below, re.DOTALL)


def _is_shallow(parts: Sequence[str]) -> bool:
    return len(parts) > 1 and parts[-1] == "*"


def _part(part: str) -> str:
    return "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in part)
