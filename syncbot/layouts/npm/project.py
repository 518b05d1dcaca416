"""A package.json with the patches of its dependencies, whichever tool applies them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from syncbot.errors import InputError
from syncbot.layouts import jsontext
from syncbot.layouts.draft import content_at, holds, inside, line_of, text_at
from syncbot.layouts.jsontext import Object, Text
from syncbot.layouts.npm.locks import Lock, lock_of
from syncbot.layouts.npm.names import (
    Descriptor,
    FileName,
    based_on,
    dependency_key,
    descriptor,
    file_name,
    yarn_version,
)
from syncbot.layouts.yamltext import Document, Pairs, Scalar, parse
from syncbot.model.trees import Tree

MANIFEST = "package.json"
WORKSPACE = "pnpm-workspace.yaml"
PATCHES = "patches"
DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies")
_FOLDER = re.compile(r"--patch-dir[= ]+([\w./-]+)")


@dataclass(frozen=True, slots=True)
class Patched:
    """One patch of a dependency. `label` is its name in every release, `key` the package (with the ones around it, of
    a nested one), `strip` how deep the package's own files lie. `file`, `entry`, `said`: where it is named."""

    key: str
    package: str
    version: str | None
    label: str
    path: str
    strip: int
    file: FileName | None = None
    entry: tuple[Text | Scalar, Text | Scalar] | None = None
    said: Descriptor | None = None
    line: int = 0


@dataclass(frozen=True)
class Project:
    """One package.json, and the pnpm-workspace.yaml beside it. `files`: what lies in the folder of patches."""

    tree: Tree
    folder: str
    text: str
    manifest: Object
    workspace: Document | None
    files: tuple[str, ...]

    @classmethod
    def read(cls, tree: Tree, path: str, paths: Iterable[str] | None = None) -> Project:
        """`paths`: every path of the tree, where they are known. Raises InputError with the line."""
        text = text_at(tree, path)
        folder = posixpath.dirname(path)
        beside = posixpath.join(folder, WORKSPACE)
        workspace = parse(beside, text_at(tree, beside)) if _speaks(tree, beside) else None
        manifest = jsontext.parse(path, text)
        project = cls(tree, folder, text, manifest, workspace, ())
        if not project.by_files:
            return project
        prefix = posixpath.join(folder, project.patches_folder, "")
        found = tree.paths() if paths is None else paths
        files = tuple(sorted(p for p in found if p.startswith(prefix) and p.endswith(".patch")))
        return cls(tree, folder, text, manifest, workspace, files)

    @property
    def path(self) -> str:
        return posixpath.join(self.folder, MANIFEST)

    @property
    def by_files(self) -> bool:
        """Whether patch-package applies what lies in the folder of patches."""
        return "patch-package" in self.text

    @property
    def patches_folder(self) -> str:
        scripts = self.manifest.object("scripts")
        for _, value in scripts.texts() if scripts else ():
            found = _FOLDER.search(value.value)
            if found is not None:
                return posixpath.normpath(found[1])
        return PATCHES

    @cached_property
    def lock(self) -> Lock | None:
        return lock_of(self.tree, self.folder)

    @cached_property
    def patched(self) -> tuple[Patched, ...]:
        """Every patch, in the order in which it is named. Raises InputError, HostileInput."""
        return (*self._by_file_name(), *self._by_key(), *self._by_workspace(), *self._by_descriptor())

    @property
    def table(self) -> Object | tuple[Document, Pairs] | None:
        """Where pnpm or bun name their patches, if they name one: in package.json or in pnpm-workspace.yaml."""
        for holder in (self.manifest.object("pnpm"), self.manifest):
            table = holder.object("patchedDependencies") if holder else None
            if table is not None and table.members:
                return table
        root = self.workspace.root if self.workspace else None
        named = root.get("patchedDependencies") if isinstance(root, Pairs) else None
        plain = isinstance(named, Pairs) and named.pairs and not named.flow
        return (self.workspace, named) if self.workspace and isinstance(named, Pairs) and plain else None

    def _by_file_name(self) -> Iterator[Patched]:
        prefix = posixpath.join(self.folder, self.patches_folder, "")
        for path in self.files:
            name = file_name(path.removeprefix(prefix))
            if name is not None:
                yield Patched(name.key, name.package, name.version, name.label, path, name.depth, name)

    def _by_key(self) -> Iterator[Patched]:
        """pnpm's and bun's table in package.json."""
        for holder in (self.manifest.object("pnpm"), self.manifest):
            table = holder.object("patchedDependencies") if holder else None
            for key, value in table.texts() if table else ():
                yield self._keyed((key, value), key.value, value.value, self.path, line_of(self.text, key.start))

    def _by_workspace(self) -> Iterator[Patched]:
        document = self.workspace
        root = document.pairs(document.root, WORKSPACE) if document else None
        table = document.pairs(root.get("patchedDependencies"), "patchedDependencies") if document and root else None
        for key, value in table.pairs if table else ():
            assert document is not None
            path = document.scalar(value, "a patch")
            if path is not None and path.text:
                yield self._keyed((key, path), key.text, path.text, document.path, key.line)

    def _keyed(
        self, entry: tuple[Text | Scalar, Text | Scalar], key: str, name: str, named_in: str, line: int
    ) -> Patched:
        package, asked = dependency_key(key)
        version = based_on(asked) if asked is not None else None
        path = inside(self.folder, name, named_in=named_in, line=line)
        label = f"{package.replace('/', '__')}.patch"
        return Patched(package, package, version, label, path, 1, entry=entry, line=line)

    def _by_descriptor(self) -> Iterator[Patched]:
        for section in (*DEPENDENCIES, "resolutions"):
            table = self.manifest.object(section)
            for key, value in table.texts() if table else ():
                if value.value.startswith("patch:"):
                    yield from self._described(key, value)

    def _described(self, key: Text, value: Text) -> Iterator[Patched]:
        line = line_of(self.text, value.start)
        said = descriptor(value.value)
        if said is None or said.source.startswith("patch:"):
            what = f"{value.value} cannot be read" if said is None else f"{value.value} patches a patched package"
            raise InputError(what, "make one patch of them: yarn patch-commit", path=self.path, line=line)
        own = [one for one in said.paths if "builtin<" not in one]
        for number, one in enumerate(own):
            bare = one.removeprefix("optional!")
            folder = self._yarn_root if bare.startswith("~/") else self.folder
            name = bare.removeprefix("~/").removeprefix("./")
            path = inside(folder, name, named_in=self.path, line=line)
            label = f"{said.package.replace('/', '-')}{f'-{number + 1}' if number else ''}.patch"
            version = yarn_version(posixpath.basename(name)) or based_on(said.source)
            yield Patched(said.package, said.package, version, label, path, 1, entry=(key, value), said=said, line=line)

    @property
    def _yarn_root(self) -> str:
        """What `~/` means to yarn: the folder of its lock file."""
        return posixpath.dirname(self.lock.path) if self.lock and self.lock.name == "yarn.lock" else self.folder

    def wanted(self, package: str) -> str | None:
        """The range of a dependency, None where it is none of the project's own. A patched one says it inside."""
        for section in DEPENDENCIES:
            table = self.manifest.object(section)
            text = table.text(package) if table else ""
            said = descriptor(text) if text.startswith("patch:") else None
            if text:
                return said.source if said else text
        return None

    def manifests(self) -> list[str]:
        """The project's package.json and those of its workspaces."""
        beside = posixpath.join(self.folder, WORKSPACE)
        if self.manifest.get("workspaces") is None and not holds(self.tree, beside):
            return [self.path]
        prefix = posixpath.join(self.folder, "")
        return sorted(
            path
            for path in self.tree.paths()
            if path.startswith(prefix)
            and posixpath.basename(path) == MANIFEST
            and "node_modules" not in path.split("/")
        )

    def ranges(self, package: str) -> Iterator[tuple[str, Text]]:
        """(file, range) of whatever in the project asks for the package."""
        for path in self.manifests():
            text = self.text if path == self.path else text_at(self.tree, path)
            if f'"{package}"' not in text:
                continue
            manifest = self.manifest if path == self.path else jsontext.parse(path, text)
            for section in DEPENDENCIES:
                table = manifest.object(section)
                yield from ((path, value) for key, value in (table.texts() if table else ()) if key.value == package)

    def catalog(self, package: str, wanted: str) -> tuple[Document, Scalar] | None:
        """Where a `catalog:` range is written down."""
        name = wanted.removeprefix("catalog:")
        document = self.workspace
        root = document.root if document else None
        if document is None or not isinstance(root, Pairs) or name == wanted:
            return None
        table = root.get("catalog") if name in ("", "default") else None
        if table is None:
            tables = root.get("catalogs")
            table = tables.get(name or "default") if isinstance(tables, Pairs) else None
        found = table.get(package) if isinstance(table, Pairs) else None
        return (document, found) if isinstance(found, Scalar) and not found.anchored else None

    def content(self, patched: Patched) -> bytes:
        named_in = self.path if not patched.entry or patched.said or self.workspace is None else self.workspace.path
        return content_at(self.tree, patched.path, named_in=named_in, line=patched.line or None)


def _speaks(tree: Tree, path: str) -> bool:
    return (
        holds(tree, path)
        and re.search(rb"^(?:patchedDependencies|catalogs?):", tree.read(path) or b"", re.M) is not None
    )
