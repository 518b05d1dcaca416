"""The keys of a policy: the same in the workspace's settings and, overriding them, in a `package.toml`."""

from __future__ import annotations

import re
from typing import Any

from syncbot.model.packages import Commits, Mode, Policy, Step
from syncbot.model.tables import FLAG, NAMES, TEXT, Key, Values, choice, refined

_DEFAULT = Policy()
_REF_PART = re.compile(r"(?!\.)(?:(?!\.\.|@\{)[^\x00-\x20\x7f~^:?*\[\\/])+(?<!\.)(?<!\.lock)")


def is_branch(name: str) -> bool:
    """Whether git takes it as the name of a branch, and no command takes it for an option (git check-ref-format)."""
    parts = name.split("/")
    return name != "@" and not name.startswith("-") and all(_REF_PART.fullmatch(part) for part in parts)


def _track(text: str) -> str | None:
    kind, _, name = text.partition(":")
    if text in ("stable", "prerelease") or (kind == "branch" and is_branch(name)):
        return None
    return '"stable", "prerelease" or "branch:NAME"'


MODE: Key[Mode] = Key(
    "mode",
    choice(Mode),
    _DEFAULT.mode,
    '"propose"',
    "How far the bot may go: judge and report only, open proposals, or also accept those that are proved.",
)
STEP: Key[Step] = Key(
    "step",
    choice(Step),
    _DEFAULT.step,
    '"latest"',
    "Whether a package moves one release at a time or straight to the newest.",
)
TRACK: Key[str] = Key(
    "track",
    refined(TEXT, _track, '`"stable"` or `"prerelease"` or `"branch:NAME"`'),
    _DEFAULT.track,
    '"stable"',
    "Which releases count: final ones, pre-releases as well, or the head of a branch.",
)
COMMITS: Key[Commits] = Key(
    "commits",
    choice(Commits),
    _DEFAULT.commits,
    '"decision"',
    "Whether a proposal has one commit per decision or one for the whole step.",
)

BUMP: Key[bool] = Key(
    "bump",
    FLAG,
    _DEFAULT.bump,
    "true",
    "Whether packages are moved to new releases; else patches follow a move that was made already.",
)
VERIFY: Key[tuple[str, ...]] = Key(
    "verify",
    NAMES,
    _DEFAULT.verify,
    "none",
    "Commands that are run on the patched release before it is proposed, each a program with its arguments.",
)
LOCKS: Key[bool] = Key(
    "locks",
    FLAG,
    _DEFAULT.locks,
    "true",
    "Whether a lock file that a move must be followed by is made anew with its package manager, where that is on PATH.",
)

POLICY_KEYS: tuple[Key[Any], ...] = (MODE, STEP, TRACK, COMMITS, BUMP, VERIFY, LOCKS)


def read_policy(values: Values, fallback: Policy) -> Policy:
    """The policy that the table gives; `fallback` has the word where the table says nothing."""
    return Policy(
        mode=values.get_or(MODE, fallback.mode),
        step=values.get_or(STEP, fallback.step),
        track=values.get_or(TRACK, fallback.track),
        commits=values.get_or(COMMITS, fallback.commits),
        bump=values.get_or(BUMP, fallback.bump),
        verify=values.get_or(VERIFY, fallback.verify),
        branch=fallback.branch,
        locks=values.get_or(LOCKS, fallback.locks),
    )
