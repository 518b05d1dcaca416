"""What a person says of packages whose recipes cannot say it: `[packages.NAME]` in the workspace's settings.

The keys are those of a `package.toml`, none of them required. The settings file is read from the downstream tree where
it lies there, so that a proposal can change it; else it is given as bytes, and what must be written down goes into a
`syncbot.toml` at the downstream repository's root, whose words come first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from syncbot.errors import InputError
from syncbot.layouts.manifest import HISTORY, KEEP, KEYS, UPSTREAM, repository
from syncbot.layouts.reading import link_on
from syncbot.layouts.recipe import Download
from syncbot.model import addresses, tomledit
from syncbot.model.packages import Policy
from syncbot.model.policy_keys import VERIFY, read_policy
from syncbot.model.releases import Upstream
from syncbot.model.settings import Limits
from syncbot.model.tables import Document, Key, Values, check, parse
from syncbot.model.tomledit import KeyPath
from syncbot.model.trees import Tree

T = TypeVar("T")
PACKAGES, BRANCHES = "packages", "branches"


def _nowhere(download: Download) -> str:
    raise InputError(f"{addresses.shown(download.url)} cannot be fetched here", "run it in a workspace")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a layout is built with. `settings_path`: the settings file from the downstream repository's root; `under`:
    the table of it that is ours. `outer`: the workspace's settings file, where that lies elsewhere, and `outer_path`
    its name in messages. `digest`: fetches a download and gives its digest, lower-case hex; raises
    UpstreamUnreachable."""

    limits: Limits = field(default_factory=Limits)
    settings_path: str = "syncbot.toml"
    under: KeyPath = ()
    outer: bytes | None = None
    outer_path: str = ""
    outer_under: KeyPath = ()
    digest: Callable[[Download], str] = _nowhere
    branch: str = ""
    """Which of several downstream branches it is: `[branches.NAME.packages.NAME]` comes first then."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one package; the first of `tables` that has a key decides."""

    name: str
    tables: tuple[Values, ...]

    def given(self, key: Key[Any]) -> bool:
        return any(values.given(key) for values in self.tables)

    def get(self, key: Key[T]) -> T:
        return self._of(key).get(key)

    def policy(self, otherwise: Policy) -> Policy:
        for values in reversed(self.tables):
            otherwise = read_policy(values, otherwise)
        return otherwise

    @property
    def keep(self) -> Mapping[str, str]:
        return {name: reason for values in reversed(self.tables) for name, reason in values.get(KEEP)}

    @property
    def upstream(self) -> Upstream | None:
        return self._address(UPSTREAM, addresses.parse)

    @property
    def history(self) -> Upstream | None:
        return self._address(HISTORY, repository)

    def error(self, key: Key[Any], what: str, remedy: str = "", *inner: str) -> InputError:
        return self._of(key).error(key, what, remedy, *inner)

    def _of(self, key: Key[Any]) -> Values:
        return next((values for values in self.tables if values.given(key)), self.tables[0])

    def _address(self, key: Key[str], read: Callable[[str], Upstream]) -> Upstream | None:
        if not self.given(key):
            return None
        try:
            return read(self.get(key))
        except InputError as error:
            place = self.error(key, "")
            raise type(error)(error.what, error.remedy, path=place.path, line=place.line) from error


class Sayings:
    """All that is said of packages, for one state of the downstream tree. Raises InputError for a settings file that
    cannot be read."""

    def __init__(self, ground: Ground, tree: Tree) -> None:
        self._ground = ground
        self._documents: list[tuple[Document, KeyPath]] = []
        inner = _content(ground, tree)
        if inner is not None:
            self._add(parse(inner, ground.settings_path), ground.under)
        self._inside = len(self._documents)
        if ground.outer is not None:
            self._add(parse(ground.outer, ground.outer_path), ground.outer_under)
        if not self._documents:
            self._documents.append((parse(b"", ground.settings_path), (*ground.under, PACKAGES)))

    def _add(self, document: Document, under: KeyPath) -> None:
        if self._ground.branch:
            self._documents.append((document, (*under, BRANCHES, self._ground.branch, PACKAGES)))
        self._documents.append((document, (*under, PACKAGES)))

    @property
    def names(self) -> frozenset[str]:
        """The packages that anything is said of."""
        return frozenset(name for document, under in self._documents for name in _table(document, under))

    def of(self, name: str) -> Said:
        """What is said of one package. Raises InputError, HostileInput with path and line."""
        tables = tuple(check(document, KEYS, (*under, name)) for document, under in self._documents)
        theirs = [values for values in tables[: self._inside] if values.given(VERIFY)]
        if self._ground.outer is not None and theirs:
            what = "commands that a repository elsewhere names are not run"
            raise theirs[0].error(VERIFY, what, f"write them into {self._ground.outer_path}")
        return Said(name, tables)


def table_of(under: tuple[str, ...], name: str) -> str:
    """The table of the settings that is about a package, as TOML has it: `packages."libpng1.6"`."""
    return ".".join(tomledit.plain_key(part) for part in (*under, PACKAGES, name))


def write(ground: Ground, tree: Tree, name: str, key: str, value: str, *inner: str) -> dict[str, bytes | None]:
    """The settings file with one more word on a package: `key = value` in `[packages.NAME]` (or in its table `inner`).
    Raises InputError where that cannot be done without loss."""
    text = (_content(ground, tree) or b"").decode()
    table = (*ground.under, PACKAGES, name, *inner)
    try:
        return {ground.settings_path: tomledit.put(text, table, key, value).encode()}
    except UnicodeEncodeError as error:
        raise InputError(f"{key!r} is not UTF-8 and cannot stand in {ground.settings_path}", "rename it") from error


def _content(ground: Ground, tree: Tree) -> bytes | None:
    link = link_on(tree, ground.settings_path)
    if link is not None:
        raise InputError("is a symlink, which is not followed", "put the file itself there", path=link)
    return tree.read(ground.settings_path)


def _table(document: Document, under: KeyPath) -> Mapping[str, Any]:
    table: Any = document.data
    for part in under:
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    return table if isinstance(table, Mapping) else {}
