"""Reading the packages once for many jobs: each asks for one of them, and finding it takes reading them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syncbot.model.ids import CommitId
from syncbot.model.packages import Package, Policy
from syncbot.model.trees import Tree
from syncbot.ports import Layout, PackagesRead


class ReadOnce:
    """Implements `syncbot.ports.Layout` by another one; what it read of the work tree is known until the branch moves
    (`head`). A tree that lists but some folders (`below`) is read as it is, and not remembered for all. To be used for
    a minute: people edit files without committing them."""

    def __init__(self, layout: Layout, head: Callable[[], CommitId]) -> None:
        self._layout, self._head = layout, head
        self._at: CommitId | None = None
        self._known: dict[tuple[str, Policy], PackagesRead] = {}

    def read(self, downstream: Tree, folder: str, policy: Policy) -> PackagesRead:
        if getattr(downstream, "below", ()):
            return self._layout.read(downstream, folder, policy)
        now = self._head()
        if now != self._at:
            self._at, self._known = now, {}
        if (folder, policy) not in self._known:
            self._known[folder, policy] = self._layout.read(downstream, folder, policy)
        return self._known[folder, policy]

    def one(self, downstream: Tree, folder: str, policy: Policy, name: str, path: str = "") -> Package:
        return self._layout.one(downstream, folder, policy, name, path)

    def edit(self, *arguments: Any) -> Mapping[str, bytes | None]:
        return self._layout.edit(*arguments)

    def restore(self, *arguments: Any) -> Mapping[str, bytes | None]:
        return self._layout.restore(*arguments)

    def pin(self, *arguments: Any) -> Mapping[str, bytes | None]:
        return self._layout.pin(*arguments)

    def new_package(self, *arguments: Any, **rest: Any) -> Mapping[str, bytes | None]:
        return self._layout.new_package(*arguments, **rest)
