"""Which packages a change of the work tree can have touched: the others need not be read again.

Only for the native layout, where a package is its folder. Recipes of other layouts may speak of one another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Protocol

from syncbot.model.ids import CommitId

if TYPE_CHECKING:
    from syncbot.model.measures import Reading
    from syncbot.services.workspace import Workspace


class _Pins(Protocol):
    @property
    def head(self) -> CommitId: ...
    @property
    def manner(self) -> str: ...
    @property
    def dirty(self) -> tuple[str, ...]: ...


def touched(workspace: Workspace, last: Reading, now: _Pins) -> frozenset[str] | None:
    """Names of packages to be read again, those that could not be read among them: what is wrong with one may lie
    outside of the repository. None: nothing tells, so all of them must be read."""
    settings = workspace.settings
    if settings.layout != "native" or last.manner != now.manner:
        return None
    changed = workspace.downstream.changed(CommitId(last.head), now.head) if last.head != now.head else ()
    if changed is None:
        return None
    names = _named({*changed, *last.dirty, *now.dirty}, settings.patches, frozenset(last.beyond))
    return None if names is None else _alone(names | set(last.unread), last)


def _named(paths: Iterable[str], folder: str, beyond: Collection[str]) -> frozenset[str] | None:
    """The folders of packages in which these paths lie; None where one of them may concern any package: it is a file
    that packages name, or the folder of them all (or one above), or a link beside them."""
    found = set()
    for path in paths:
        if path in beyond or folder == path or folder.startswith(f"{path}/"):
            return None
        if path.startswith(f"{folder}/"):
            name, _, rest = path.removeprefix(f"{folder}/").partition("/")
            if not rest:
                return None
            found.add(name)
    return frozenset(found)


def _alone(names: frozenset[str], last: Reading) -> frozenset[str] | None:
    """These names, if none of them differs from another package's only in case: that is wrong with both."""
    others = {one.package.casefold() for one in last.packages if one.package not in names}
    return None if others & {name.casefold() for name in names} else names
