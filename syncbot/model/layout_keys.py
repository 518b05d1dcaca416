"""The keys that say how packages are kept, and where their repository is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncbot.errors import InputError
from syncbot.model.addresses import check_git
from syncbot.model.policy_keys import POLICY_KEYS, is_branch
from syncbot.model.settings import DownstreamSettings
from syncbot.model.tables import TEXT, Key, Kind, Values, Wrong, refined


def inside(text: str) -> str | None:
    """A rule for a folder's name: what it must be, None where it is right."""
    parts = _parts(text)
    bad = text.startswith("/") or not parts or "\\" in text or not text.isprintable()
    if bad or any(part == ".." or part.lower() == ".git" for part in parts):
        return "a folder inside the workspace"
    return None


def _parts(text: str) -> list[str]:
    return [part for part in text.split("/") if part not in ("", ".")]


def _tables(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(inner, Mapping) for inner in value.values()):
        raise Wrong("a table of tables, one for each package", "write [packages.NAME]")
    return value


def _repository(text: str) -> str | None:
    try:
        check_git(text)
    except InputError as error:
        return f"a path or a git address ({error.what})"
    return None


def _branch(text: str) -> str | None:
    return None if not text or is_branch(text) else "the name of a branch"


def _folder(text: str) -> str | None:
    return None if not text else inside(text)


LAYOUT = Key(
    "layout",
    TEXT,
    "",
    "none",
    "How the packages are kept: `native`, or a packaging format; without it, it is recognised.",
)
DOWNSTREAM = Key(
    "downstream.repo",
    refined(TEXT, _repository, "path or git address"),
    "",
    "none",
    "The packaging repository, where the workspace does not lie in it: a path or a git address.",
)
DOWNSTREAM_BRANCH = Key(
    "downstream.branch",
    refined(TEXT, _branch, "branch"),
    "",
    "none",
    "The branch of that repository which proposals are for; without it, the one that is checked out.",
)
DOWNSTREAM_PATH = Key(
    "downstream.path",
    refined(TEXT, _folder, "folder"),
    "",
    "none",
    "The folder of the packaging repository to look for packages in; without it, all of it.",
)
DOWNSTREAM_LAYOUT = Key("downstream.layout", TEXT, "", "none", "The same as `layout`, which it overrides.")
PACKAGES: Key[Mapping[str, Any]] = Key(
    "packages",
    Kind("table of tables", _tables),
    {},
    "empty",
    "`[packages.NAME]`: the keys of a package.toml for a package whose recipe does not say them.",
)

BRANCHES: Key[Mapping[str, Any]] = Key(
    "branches",
    Kind("table of tables", _tables),
    {},
    "empty",
    "`[branches.NAME]`: a downstream branch tracked beside others, with policy and packages of its own.",
)
BRANCH_KEYS: tuple[Key[Any], ...] = (*POLICY_KEYS, PACKAGES)
"""What may stand in `[branches.NAME]`."""

LAYOUT_KEYS: tuple[Key[Any], ...] = (
    LAYOUT,
    DOWNSTREAM,
    DOWNSTREAM_BRANCH,
    DOWNSTREAM_PATH,
    DOWNSTREAM_LAYOUT,
    PACKAGES,
    BRANCHES,
)


def read_layout(values: Values) -> tuple[str, DownstreamSettings]:
    """(the layout's name, empty where none is set; the packaging repository)."""
    downstream = DownstreamSettings(
        repository=values.get(DOWNSTREAM),
        branch=values.get(DOWNSTREAM_BRANCH),
        path="/".join(_parts(values.get(DOWNSTREAM_PATH))),
    )
    return values.get(DOWNSTREAM_LAYOUT) or values.get(LAYOUT), downstream
