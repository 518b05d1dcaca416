"""`package.toml`: its keys, how it is read, and how a new one is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from syncbot.errors import Fault, InputError
from syncbot.model import addresses
from syncbot.model.packages import Policy
from syncbot.model.policy_keys import POLICY_KEYS, read_policy
from syncbot.model.tables import FLAG, NAME, NAME_TABLE, NAMES, TEXT, Key, Values, check, parse, refined
from syncbot.model.tomledit import quoted
from syncbot.model.versions import Range, normalise, version

if TYPE_CHECKING:
    from syncbot.model.releases import Upstream

T = TypeVar("T")


def _pattern(text: str) -> str | None:
    try:
        groups = re.compile(text).groups
    except (re.error, RecursionError, OverflowError):
        groups = 0
    return None if groups == 1 or not text else "a regular expression with one group, the version"


UPSTREAM = Key("upstream", NAME, "", "required", "Where the releases come from: `pypi:NAME`, `npm:NAME` or `git:URL`.")
HISTORY = Key(
    "history",
    NAME,
    "",
    "the upstream itself, if it is git",
    "The git repository (`git:URL`) of an upstream whose releases come from a registry: commits are looked up there.",
)
BASE = Key("base", NAME, "", "found out", "The release that the series applies to.")
RANGE = Key("range", TEXT, "", "all", "Which releases to stay on, such as `8.*` or `>=2,<3`.")
OWNERS: Key[tuple[str, ...]] = Key("owners", NAMES, (), "none", "Who owns the package.")
PRIVATE = Key("private", FLAG, False, "false", "Judge it, but show it in no proposal, page, feed or document.")
TAG_PATTERN = Key(
    "tag-pattern",
    refined(TEXT, _pattern, "regular expression"),
    "",
    "found out",
    "Which tags are releases; its one group is the version.",
)
SIGNING_KEY = Key(
    "signing-key",
    TEXT,
    "",
    "none",
    "The file of OpenPGP keys by which upstream signs its archives, from the package's folder; else from the root.",
)
KEEP: Key[tuple[tuple[str, str], ...]] = Key(
    "keep", NAME_TABLE, (), "empty", "Patches that the bot never drops, each with the reason."
)

KEYS: tuple[Key[Any], ...] = (
    UPSTREAM,
    HISTORY,
    BASE,
    RANGE,
    *POLICY_KEYS,
    OWNERS,
    PRIVATE,
    TAG_PATTERN,
    SIGNING_KEY,
    KEEP,
)
"""Every key of a package.toml. Those of the policy fall back to the workspace's settings."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package.toml says, policy included. `values` knows the lines."""

    values: Values
    upstream: Upstream
    policy: Policy
    keep: Mapping[str, str]
    history: Upstream | None = None


def read_manifest(content: bytes, path: str, policy: Policy) -> Manifest:
    """Raises InputError with path and line. `policy` has the word where the file says nothing."""
    values = check(parse(content, path), KEYS)
    if not values.given(UPSTREAM):
        raise InputError("no upstream", 'write upstream = "pypi:NAME", "npm:NAME" or "git:URL"', path=path, line=1)
    upstream = _placed(values, UPSTREAM, addresses.parse, values.get(UPSTREAM))
    _placed(values, RANGE, Range.parse, values.get(RANGE))
    if values.given(BASE) and normalise(values.get(BASE), pattern=values.get(TAG_PATTERN)) is None:
        _placed(values, BASE, version, values.get(BASE))
    keep = values.get(KEEP)
    history = _placed(values, HISTORY, repository, values.get(HISTORY)) if values.given(HISTORY) else None
    return Manifest(values, upstream, read_policy(values, policy), dict(keep), history)


def repository(text: str) -> Upstream:
    found = addresses.parse(text)
    if found.scheme != "git":
        raise InputError(f"the history {addresses.shown(found)} is no git repository", "write git:URL or git:PATH")
    return found


def _placed(values: Values, key: Key[Any], read: Callable[[str], T], text: str) -> T:
    """What `read` makes of the text; its complaint gets the key's path and line."""
    try:
        return read(text)
    except InputError as error:
        place = values.error(key, "")
        raise type(error)(error.what, error.remedy, path=place.path, line=place.line) from error


def new_manifest(upstream: Upstream, base: str | None, release_range: str = "", track: str = "stable") -> bytes:
    """A package.toml with comments that say what may be set. Raises InputError where it would not read back."""
    lines = [
        "# A tracked package: the patches in `series` are judged against each new upstream release.",
        f"upstream = {quoted(str(upstream))}",
        "# The release that the series applies to. Accepted proposals move it.",
        f"base = {quoted(base)}" if base is not None else '# base = "1.2.3"',
        "# Stay on a line of releases.",
        f"range = {quoted(release_range)}" if release_range else '# range = ">=2,<3"',
    ]
    if track != "stable":
        lines += ['# "stable", "prerelease" or "branch:NAME".', f"track = {quoted(track)}"]
    lines += [
        "# Who is asked when a patch needs a person.",
        '# owners = ["you@example.org"]',
        "",
        "# Patches that are never dropped, each with the reason.",
        "# [keep]",
        '# "fix.patch" = "why it stays"',
    ]
    content = ("\n".join(lines) + "\n").encode()
    read = read_manifest(content, "package.toml", Policy())
    said = (read.upstream, read.values.get(BASE) or None, read.values.get(RANGE), read.policy.track)
    if said != (upstream, base, release_range, track):
        raise Fault(f"a new package.toml says {said}, not {(upstream, base, release_range, track)}")
    return content
