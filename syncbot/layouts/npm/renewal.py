"""What a package manager needs to make a lock file anew, and nothing else: manifests, the lock, patches, and of the
settings that the repository brings those that are known to say no more than what is to be installed.

Nothing of the repository's may run: a project whose lock can only be made with code of its own is refused, with the
reason."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from syncbot.errors import InputError, SyncbotError
from syncbot.layouts.draft import content_at, holds, spliced
from syncbot.layouts.jsontext import Text, quoted
from syncbot.layouts.npm.lockcheck import Wanted
from syncbot.layouts.npm.lockread import NPM_LOCKS, PNPM_LOCK, YARN_LOCK, LockText, read_lock
from syncbot.layouts.npm.project import MANIFEST, WORKSPACE, Project
from syncbot.model.packages import LockFile
from syncbot.model.trees import Tree

_MOST_FILES = 3000
_MOST_BYTES = 64 * 1024 * 1024
_RC = re.compile(
    r"(?:@[\w.~-]+:)?registry|legacy-peer-deps|strict-peer-dep(?:s|endencies)|install-(?:links|strategy)|prefer-dedupe"
    r"|omit-lockfile-registry-resolved|auto-install-peers|node-linker|(?:shamefully-)?hoist(?:-pattern(?:\[\])?)?"
    r"|public-hoist-pattern(?:\[\])?|dedupe-[a-z-]+|resolution-mode|resolve-peers-from-workspace-root"
    r"|(?:link|prefer|inject)-workspace-packages|shared-workspace-lockfile|save-workspace-protocol"
    r"|lockfile-include-tarball-url|exclude-links-from-lockfile|peers-suffix-max-length|minimum-release-age|min-release-age"
)
_PNPM = re.compile(
    r"packages|catalogs?|overrides|packageExtensions|patchedDependencies|allowUnusedPatches|allowNonAppliedPatches"
    r"|peerDependencyRules|autoInstallPeers|excludeLinksFromLockfile|ignoredOptionalDependencies|supportedArchitectures"
    r"|(?:link|prefer|inject)WorkspacePackages|sharedWorkspaceLockfile|saveWorkspaceProtocol|dedupe[A-Za-z]+"
    r"|resolutionMode|resolvePeersFromWorkspaceRoot|strictPeerDependencies|(?:publicH|h)oist(?:Pattern)?|shamefullyHoist"
    r"|nodeLinker|lockfileIncludeTarballUrl|peersSuffixMaxLength|minimumReleaseAge[A-Za-z]*|blockExoticSubdeps"
    r"|trustPolicy[A-Za-z]*|catalogMode|cleanupUnusedCatalogs|registry|registries"
)
_YARN = re.compile(
    r"nodeLinker|npmRegistryServer|npmScopes|compressionLevel|supportedArchitectures|packageExtensions|catalogs?"
    r"|enableTransparentWorkspaces|defaultProtocol|npmMinimalAgeGate|npmPreapprovedPackages|patchFolder"
)
_SECRET = re.compile(r"auth|token|password|ident|cert|key", re.IGNORECASE)
_PNPM_CODE = ("configDependencies", "pnpmfile", "globalPnpmfile")
_YARN_RELEASE = re.compile(r"yarn-(\d+)\.")
_ARCHIVE = re.compile(r"\"(?:file:)(?:\./)?([\w@./+-]+\.(?:tgz|tar\.gz))\"")


@dataclass(frozen=True)
class Renewal:
    """`manager` is the program; `files`: {path from the lock's folder: content}; `major`: the manager's major version
    that the project asks for, None: any; `refused`: why the manager may not run, empty where it may; `pinned`: the
    manifests that ask for just the wanted version, where ranges let others in."""

    manager: str
    lock: LockFile
    wanted: Wanted
    before: LockText | None
    files: Mapping[str, bytes]
    major: int | None = None
    refused: str = ""
    pinned: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The lock's file name."""
        return posixpath.basename(self.lock.path)

    @property
    def digest(self) -> str:
        """Of all that the new lock depends on, but for the registry."""
        parts = [[path, hashlib.sha256(content).hexdigest()] for path, content in sorted(self.files.items())]
        asked = self.wanted
        what = [asked.package, asked.version, sorted(asked.patched), asked.base, self.major, self.refused]
        return hashlib.sha256(json.dumps(["lock/1", self.lock.path, what, parts]).encode()).hexdigest()[:32]


def renewal(tree: Tree, path: str, lock: LockFile, package: str, version: str | None, base: str = "") -> Renewal:
    """What makes the lock of the project `path` (its package.json) anew, after the edits that `tree` has. `package`:
    the dependency that moves, as the registry knows it; `version`: where to, None where only patches change; `base`:
    where from."""
    name = posixpath.basename(lock.path)
    project = Project.read(tree, path)
    before = read_lock(name, tree.read(lock.path) or b"")
    wanted = Wanted(package, version, _patched(project, name), base)
    manager = "npm" if name in NPM_LOCKS else {PNPM_LOCK: "pnpm", YARN_LOCK: "yarn"}.get(name, "")
    if not manager:
        return Renewal("", lock, wanted, before, {}, refused=f"{name} is not made anew by syncbot")
    if before is None:
        return Renewal(manager, lock, wanted, None, {}, refused=f"{name} is of a form that is not known here")
    try:
        gathered = _Gathered(tree, posixpath.dirname(lock.path), manager, before)
        files, major = gathered.files(lock.path), gathered.major()
    except _Refused as why:
        return Renewal(manager, lock, wanted, before, {}, refused=str(why))
    except (SyncbotError, yaml.YAMLError) as error:
        what = error.what if isinstance(error, SyncbotError) else "a settings file of the package manager is no YAML"
        return Renewal(manager, lock, wanted, before, {}, refused=what)
    pinned = {} if version is None else _pinned(project, posixpath.dirname(lock.path), package, version, files)
    return Renewal(manager, lock, wanted, before, files, major, pinned=pinned)


def concerns(wanted: Renewal, edited: Iterable[str]) -> bool:
    """Whether edits of these files may change the lock: patches do where the manager itself applies them."""
    patches = (".patch", ".diff") if wanted.wanted.patched else ()
    return any(posixpath.basename(path) in (MANIFEST, WORKSPACE) or path.endswith(patches) for path in edited)


class _Refused(Exception):  # no error: a reason
    """Why the manager may not run."""


def _patched(project: Project, lock: str) -> frozenset[str]:
    """The patches that the manager itself applies, as its lock calls them."""
    if lock == YARN_LOCK:
        return frozenset(one.package for one in project.patched if one.said is not None)
    if lock != PNPM_LOCK:
        return frozenset()
    keys = [one.entry[0] for one in project.patched if one.entry is not None and one.said is None]
    return frozenset(key.value if isinstance(key, Text) else key.text for key in keys)


def _pinned(project: Project, folder: str, package: str, version: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The manifests with the version itself in the place of a range that admits others, too."""
    edits: dict[str, list[tuple[int, int, str]]] = {}
    for path, value in project.ranges(package):
        if value.value != version and re.match(r"[\^~>=\d]", value.value):
            edits.setdefault(posixpath.relpath(path, folder or "."), []).append(
                (value.start, value.end, quoted(version))
            )
    # package.json's positions are of the file as it is; what `files` has was written anew
    return {
        path: _plain_manifest(spliced(_read(project.tree, posixpath.join(folder, path)).decode(), found).encode())
        for path, found in edits.items()
        if path in files
    }


def _read(tree: Tree, path: str) -> bytes:
    return content_at(tree, path)


def _plain_manifest(content: bytes) -> bytes:
    """A package.json without what names a package manager: it would be fetched and run."""
    manifest = json.loads(content)
    if isinstance(manifest, dict):
        manifest.pop("packageManager", None)
        manifest.pop("devEngines", None)
    return json.dumps(manifest, ensure_ascii=False, indent=2).encode()


@dataclass
class _Gathered:
    """The files of one run."""

    tree: Tree
    folder: str
    manager: str
    before: LockText

    def files(self, lock: str) -> dict[str, bytes]:
        self._refuse_code()
        found: dict[str, bytes] = {posixpath.basename(lock): _read(self.tree, lock)}
        texts: list[str] = []
        patches: list[str] = []
        for path in self._below():
            name = posixpath.basename(path)
            if name == MANIFEST:
                content = _read(self.tree, path)
                texts.append(content.decode(errors="replace"))
                try:
                    found[self._from_folder(path)] = _plain_manifest(content)
                except (ValueError, RecursionError):
                    continue  # a broken one of a test, say; where it matters, the manager says so
            elif name.endswith((".patch", ".diff")):
                patches.append(path)
        found |= dict(self._settings())
        whole = "\n".join([*texts, *(found[name].decode(errors="replace") for name in (WORKSPACE,) if name in found)])
        for path in patches:
            if self.manager != "npm" and posixpath.basename(path) in whole:
                found[self._from_folder(path)] = _read(self.tree, path)
        for name in set(_ARCHIVE.findall(whole)):
            path = posixpath.normpath(posixpath.join(self.folder, name))
            if not path.startswith("..") and holds(self.tree, path):
                found[self._from_folder(path)] = _read(self.tree, path)
        if len(found) > _MOST_FILES or sum(map(len, found.values())) > _MOST_BYTES:
            raise _Refused(f"the project has more than {_MOST_FILES} manifests, or they are too large")
        return found

    def major(self) -> int | None:
        """The manager's major version that the project names. Raises _Refused where it names another manager."""
        manifest = self._manifest()
        named = str(manifest.get("packageManager") or "")
        name, _, version = named.partition("@")
        if named and name != self.manager:
            raise _Refused(f"the project names {named.partition('+')[0]} as its package manager")
        if not named and self.manager == "yarn":
            release = _YARN_RELEASE.search(str(self._yarnrc().get("yarnPath") or ""))
            version = release[1] if release else ""
        if self.manager == "yarn" and not version:
            version = "1" if self.before.format == "1" else ""
        digits = re.match(r"\d+", version)
        return int(digits[0]) if digits else None

    def _refuse_code(self) -> None:
        """Raises _Refused where the manager would run what the repository brings, or name another lock without it."""
        if self.manager == "yarn":
            if self.before.format == "1":
                raise _Refused("yarn 1 can only make a lock by installing everything")
            rc = self._yarnrc()
            if rc.get("plugins"):
                raise _Refused("its .yarnrc.yml names plugins, which are the repository's own code")
            if rc.get("yarnPath") and not _YARN_RELEASE.search(str(rc["yarnPath"])):
                raise _Refused("its yarnPath is a program of the repository's own")
        elif self.manager == "pnpm":
            self._refuse_hooks()

    def _refuse_hooks(self) -> None:
        for name in (".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js"):
            if self.tree.entry(posixpath.join(self.folder, name)) is not None:
                raise _Refused(f"its {name} is the repository's own code")
        own = self._manifest().get("pnpm")
        for table in (own if isinstance(own, dict) else {}, self._yaml(WORKSPACE)):
            named = next((key for key in _PNPM_CODE if table.get(key)), None)
            if named is not None:
                raise _Refused(f"its {named} is code that the repository names")
        if any(key in ("pnpmfile", "global-pnpmfile") for key, _ in self._npmrc()):
            raise _Refused("its .npmrc names a pnpmfile, which is the repository's own code")

    def _settings(self) -> Iterator[tuple[str, bytes]]:
        if self.manager in ("npm", "pnpm"):
            kept = [f"{key}={value}\n" for key, value in self._npmrc() if _RC.fullmatch(key) and "$" not in value]
            if kept:
                yield ".npmrc", "".join(kept).encode()
        if self.manager == "pnpm" and self._yaml(WORKSPACE):
            yield WORKSPACE, _dumped({k: v for k, v in self._yaml(WORKSPACE).items() if _PNPM.fullmatch(str(k))})
        if self.manager == "yarn":
            yield ".yarnrc.yml", _dumped({k: v for k, v in self._yarnrc().items() if _YARN.fullmatch(str(k))})

    def _npmrc(self) -> list[tuple[str, str]]:
        path = posixpath.join(self.folder, ".npmrc")
        text = _read(self.tree, path).decode(errors="replace") if holds(self.tree, path) else ""
        lines = (line.strip() for line in text.splitlines())
        pairs = (line.partition("=") for line in lines if line and not line.startswith(("#", ";")))
        return [(key.strip(), value.strip()) for key, equals, value in pairs if equals]

    def _yarnrc(self) -> dict[str, Any]:
        return self._yaml(".yarnrc.yml")

    def _yaml(self, name: str) -> dict[str, Any]:
        path = posixpath.join(self.folder, name)
        content = _read(self.tree, path) if holds(self.tree, path) else b""
        if len(content) > 1 << 20 or re.search(rb"(?m)[:-] +&\w", content):
            raise _Refused(f"its {name} has anchors, or is too large")
        found = yaml.safe_load(content)
        return found if isinstance(found, dict) else {}

    def _manifest(self) -> dict[str, Any]:
        path = posixpath.join(self.folder, MANIFEST)
        if not holds(self.tree, path):
            raise _Refused(f"there is no package.json beside {posixpath.join(self.folder, 'the lock')}")
        try:
            found = json.loads(_read(self.tree, path))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is no JSON", "correct it") from error
        return found if isinstance(found, dict) else {}

    def _below(self) -> Iterator[str]:
        prefix = f"{self.folder}/" if self.folder else ""
        for path in self.tree.paths():
            if path.startswith(prefix) and "node_modules" not in path.split("/") and holds(self.tree, path):
                yield path

    def _from_folder(self, path: str) -> str:
        return posixpath.relpath(path, self.folder or ".")


def _dumped(table: Mapping[str, object]) -> bytes:
    """A settings file of what is left; of scopes, no credential."""
    return yaml.safe_dump(_without_secrets(table), sort_keys=False).encode() if table else b""


def _without_secrets(value: object) -> object:
    if not isinstance(value, dict):
        return value
    table = dict(value)
    if isinstance(table.get("npmScopes"), dict):
        table["npmScopes"] = {
            scope: {k: v for k, v in said.items() if not _SECRET.search(str(k))} if isinstance(said, dict) else said
            for scope, said in table["npmScopes"].items()
        }
    return table
