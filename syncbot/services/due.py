"""Packages that are due before their time: what a forge's webhook says acts like the polling of controls, only sooner.

`mark` is all that a web process does; whoever runs syncs takes what is due (`waiting`, then `taken` once it was done).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from syncbot.ports.dealings import Dealings
from syncbot.services.workspace import Workspace

_DUE = "due"
WEBHOOK = "webhook"
"""The cause of a run that was made for what is marked."""
EVERYTHING = "*"
"""Stands for all packages: the downstream branch moved, or a word was said that is not about one package."""


def mark(workspace: Workspace, packages: Iterable[str]) -> None:
    """Names of packages, or EVERYTHING. One that is due already is due since then."""
    known = workspace.store.facts(_DUE)
    for package in packages:
        if package not in known:
            workspace.store.set_fact(_DUE, package, workspace.clock.now().isoformat())


def is_marked(store: Dealings) -> bool:
    """Whether anything is due."""
    return bool(store.facts(_DUE))


def waiting(workspace: Workspace) -> Mapping[str, datetime]:
    """{package or EVERYTHING: since when it is due}."""
    return {name: datetime.fromisoformat(at) for name, at in workspace.store.facts(_DUE).items()}


def taken(workspace: Workspace, done: Mapping[str, datetime]) -> None:
    """These were seen to. One that was marked again meanwhile stays due."""
    known = workspace.store.facts(_DUE)
    for name, at in done.items():
        if name in known and datetime.fromisoformat(known[name]) <= at:
            workspace.store.set_fact(_DUE, name, None)
