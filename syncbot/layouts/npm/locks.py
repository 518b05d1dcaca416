"""What a lock file says of one package. Lock files are read, never written: that is the package manager's work."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from syncbot.layouts.draft import holds
from syncbot.model.trees import Tree

LOCKS = (
    ("pnpm-lock.yaml", "pnpm install", "pnpm update"),
    ("yarn.lock", "yarn install", "yarn up"),
    ("bun.lock", "bun install", "bun update"),
    ("bun.lockb", "bun install", "bun update"),
    ("package-lock.json", "npm install", "npm update"),
    ("npm-shrinkwrap.json", "npm install", "npm update"),
)


@dataclass(frozen=True, slots=True)
class Lock:
    """`path` from the repository's root; `install` renews it, `update` moves one package in it."""

    path: str
    install: str
    update: str

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


def lock_of(tree: Tree, folder: str) -> Lock | None:
    """The lock file of a project: in its folder, or in the one of the workspace that it belongs to."""
    for above in folders_up(folder):
        for name, install, update in LOCKS:
            path = posixpath.join(above, name)
            if holds(tree, path):
                return Lock(path, install, update)
    return None


def folders_up(folder: str) -> Iterator[str]:
    """The folder and those around it, the repository's root last."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def locked_version(tree: Tree, lock: Lock, package: str) -> str | None:
    """The version of a package in a lock file, None where it has none, or several."""
    content = (tree.read(lock.path) or b"").decode(errors="replace")
    name = re.escape(package)
    forms = {
        "pnpm-lock.yaml": rf"^  ['\"]?/?{name}[@/](\d[^:('\"\s]*)",
        "yarn.lock": rf"^\"?{name}@[^\n]*:\n  version:? \"?(\d[^\"\s]*)",
        "bun.lock": rf"^    \"{name}\": \[\"{name}@(\d[^\"]*)\"",
        "package-lock.json": rf"\"node_modules/{name}\": \{{\s*\"version\": \"(\d[^\"]*)\"",
        "npm-shrinkwrap.json": rf"\"node_modules/{name}\": \{{\s*\"version\": \"(\d[^\"]*)\"",
    }
    form = forms.get(lock.name)
    found = {match[1] for match in re.finditer(form, content, re.MULTILINE)} if form else set()
    return found.pop() if len(found) == 1 else None
