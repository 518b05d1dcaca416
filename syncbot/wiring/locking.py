"""Lock files made anew by npm, pnpm or yarn, as they are on PATH: sealed off, in a folder that is thrown away.

What a manager gets is chosen by `syncbot.layouts.npm.renewal`: no code of the repository's. It runs without lifecycle
scripts, and a guard that node loads first keeps it from starting any program: a dependency from git would be built.
Its home is empty but for the addresses of the user's registries; a registry that wants a credential gives none.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncbot.errors import SyncbotError
from syncbot.layouts.npm.lockcheck import refusal, warnings
from syncbot.layouts.npm.lockread import LockText, read_lock
from syncbot.layouts.npm.renewal import Renewal, concerns, renewal
from syncbot.model.addresses import shown
from syncbot.ports.locker import Renewed, Wish
from syncbot.wiring.files import inside
from syncbot.wiring.sealed import environment, run_sealed

if TYPE_CHECKING:
    from syncbot.sources.npm_settings import NpmSettings

_AGAIN = 24 * 3600
"""Seconds after which what failed is tried again: a network comes back, a registry gets what it lacked."""
_MOST = 64 * 1024 * 1024
_TAIL = 64 * 1024
_GUARD = """\
// No program is started while a lock file is made: not git, no script, no other version of the manager.
const programs = require("node:child_process");
const refuse = () => {
  throw new Error("syncbot: no program may be started while a lock file is made");
};
const ways = ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"];
for (const name of ways) programs[name] = refuse;
programs.ChildProcess.prototype.spawn = refuse;
require("node:module").syncBuiltinESMExports();
"""
_COMMANDS = {
    "npm": ("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"),
    "pnpm": ("install", "--lockfile-only", "--ignore-scripts", "--no-frozen-lockfile"),
    "yarn": ("install", "--mode=update-lockfile"),
}
_COMPLAINT = re.compile(
    r"^(?:npm (?:error|ERR!) (?!code |errno |syscall |path |A complete log)|.*?\bERR_[A-Z_]+\b"
    r"|➤ YN(?!00(?:00|02|13|60|61|62|68|76|85|86))\d{4}: .*?(?:[Ee]rror|[Cc]annot|[Cc]ould|[Cc]an't|[Dd]oesn't|not )"
    r"|(?:Usage |Internal )?Error: |\s*ERROR\s).*$",
    re.MULTILINE,
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class _Manager:
    """A package manager that node runs: its main file, and what it says its version is."""

    name: str
    file: Path
    version: str

    @property
    def major(self) -> int:
        digits = re.match(r"\d+", self.version)
        return int(digits[0]) if digits else 0


class _Failed(Exception):  # no error: a reason for people
    """Why there is no new lock file, a sentence without its subject."""


class Managers:
    """Implements `Locker`: results lie below `folder`. `seconds`: how long making one lock file may take."""

    def __init__(self, folder: Path, seconds: float, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._seconds = seconds
        self._environ = environ
        self._path = environ.get("PATH", "")
        self._found: dict[str, _Manager] = {}

    def asked(self, wish: Wish) -> str:
        try:
            return _renewal(wish).digest
        except SyncbotError as error:
            return error.what

    def known(self, wish: Wish) -> Renewed | None:
        try:
            wanted = _renewal(wish)
            if not concerns(wanted, wish.edited):
                return Renewed(None, "")
            place = self._place(wanted)
            data = json.loads(place.read_bytes())
            content = None if data["content"] is None else str(data["content"]).encode("utf-8", "surrogateescape")
            found = Renewed(content, str(data["said"]), tuple(map(str, data["warnings"])))
            age = time.time() - place.stat().st_mtime
        except (SyncbotError, OSError, ValueError, TypeError, KeyError):
            return None
        if found.content is None:
            return found if age < _AGAIN else None
        if age > _AGAIN:
            with suppress(OSError):
                place.touch()  # `gc` throws away what nobody asked for in a while
        return found

    def renew(self, wish: Wish) -> Renewed:
        try:
            wanted = _renewal(wish)
        except SyncbotError as error:
            return Renewed(None, error.what)
        if not concerns(wanted, wish.edited):
            return Renewed(None, "")
        try:
            done = self._made(wanted)
        except _Failed as why:
            done = Renewed(None, str(why))
        except OSError as error:
            done = Renewed(None, f"a folder for it cannot be made: {error.strerror}")
        with suppress(OSError):
            self._remember(wanted, done)
        return done

    def _place(self, wanted: Renewal) -> Path:
        return self._folder / f"{wanted.digest}.json"

    def _remember(self, wanted: Renewal, done: Renewed) -> None:
        content = None if done.content is None else done.content.decode("utf-8", "surrogateescape")
        self._folder.mkdir(parents=True, exist_ok=True)
        half = self._folder / f".{wanted.digest}.json"
        half.write_text(json.dumps({"content": content, "said": done.said, "warnings": done.warnings}))
        half.replace(self._place(wanted))

    def _made(self, wanted: Renewal) -> Renewed:
        if wanted.refused:
            raise _Failed(wanted.refused)
        assert wanted.before is not None
        manager = self._manager(wanted)
        self._folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="work-", dir=self._folder)).resolve()
        try:
            run = _Run(work, manager, self._environment(work, wanted), self._node, wanted, self._seconds)
            content = _content(run, wanted)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        after = read_lock(wanted.name, content)
        why = refusal(wanted.before, after, wanted.wanted)
        if why or after is None:
            raise _Failed(f"{manager.name} {manager.version}: {why}")
        said = f"{manager.name} {manager.version}, {' '.join(run.command)}"
        return Renewed(content, said, warnings(wanted.before, after, wanted.wanted))

    @cached_property
    def _node(self) -> str:
        found = shutil.which("node", path=self._path)
        if found is None:
            raise _Failed("node is not on PATH")
        return found

    def _manager(self, wanted: Renewal) -> _Manager:
        """The program on PATH. Raises _Failed where it is missing, or not the one that the project asks for."""
        name = wanted.manager
        if name not in self._found:
            self._found[name] = self._looked_up(name)
        found = self._found[name]
        if wanted.major is not None and found.major != wanted.major:
            raise _Failed(f"the project asks for {name} {wanted.major}, and {found.version} is on PATH")
        return found

    def _looked_up(self, name: str) -> _Manager:
        place = shutil.which(name, path=self._path)
        if place is None:
            raise _Failed(f"{name} is not on PATH")
        file = Path(place).resolve()
        if "corepack" in file.parts:
            raise _Failed(f"{name} on PATH is corepack's, which downloads what the repository names")
        with file.open("rb") as opened:
            head = opened.readline(200)
        if file.suffix not in (".js", ".cjs", ".mjs") and not (head.startswith(b"#!") and b"node" in head):
            raise _Failed(f"{name} on PATH is no program that node runs")
        return _Manager(name, file, self._version(name, file))

    def _version(self, name: str, file: Path) -> str:
        with tempfile.TemporaryDirectory(prefix="syncbot-") as folder, tempfile.TemporaryFile() as log:
            home = Path(folder)
            environ = {**environment("", home), **_QUIET}
            ended = run_sealed([self._node, str(file), "--version"], home, environ, log, 60)
            log.seek(0)
            said = log.read(_TAIL).decode(errors="replace").strip().splitlines()
        if ended.status != 0 or not said or not re.fullmatch(r"\d+\.\d+[\w.+-]*", said[-1]):
            raise _Failed(f"{name} on PATH does not say its version")
        return said[-1]

    def _caches(self) -> dict[str, str]:
        """Where the managers keep what they fetched: all projects of a workspace are of one repository."""
        cache = self._folder.resolve() / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        cache.touch()  # `gc` throws it away when nobody used it in a while
        return {
            "NPM_CONFIG_CACHE": str(cache / "npm"),
            "NPM_CONFIG_STORE_DIR": str(cache / "pnpm"),
            "XDG_CACHE_HOME": str(cache / "xdg"),
            "YARN_GLOBAL_FOLDER": str(cache / "yarn"),
        }

    def _environment(self, work: Path, wanted: Renewal) -> dict[str, str]:
        """What the manager sees: neither a PATH nor a setting of the user's, but where the registries are."""
        home = work / "home"
        home.mkdir()
        from syncbot.sources.npm_settings import npm_settings  # brings HTTP, which those who only read do without

        settings = npm_settings(self._environ)
        (home / ".npmrc").write_text("".join(f"{line}\n" for line in _registries(settings)))
        guard = work / "guard.cjs"
        guard.write_text(_GUARD)
        found = {**environment("", home), **_QUIET, "NODE_OPTIONS": f'--require "{guard}"', **self._caches()}
        found |= {key: self._environ[key] for key in _PROXIES if "@" not in self._environ.get(key, "@")}
        if isinstance(settings.verify, str):
            found["NODE_EXTRA_CA_CERTS"] = settings.verify
        found |= {"NPM_CONFIG_USERCONFIG": str(home / ".npmrc"), "NPM_CONFIG_GLOBALCONFIG": str(home / "none")}
        if wanted.manager == "yarn":
            found |= _yarn_registry(settings, wanted)
        return found


_QUIET = {
    "NO_COLOR": "1",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    "NPM_CONFIG_FETCH_RETRIES": "1",
    "NPM_CONFIG_FETCH_RETRY_MINTIMEOUT": "1000",
    "NPM_CONFIG_FETCH_RETRY_MAXTIMEOUT": "5000",
    "NPM_CONFIG_MANAGE_PACKAGE_MANAGER_VERSIONS": "false",
    "PNPM_CONFIG_MANAGE_PACKAGE_MANAGER_VERSIONS": "false",
    "YARN_IGNORE_PATH": "1",
    "YARN_ENABLE_TELEMETRY": "0",
    "YARN_ENABLE_SCRIPTS": "0",
    "YARN_ENABLE_IMMUTABLE_INSTALLS": "0",
    "YARN_ENABLE_HARDENED_MODE": "0",
    "YARN_ENABLE_COLORS": "0",
    "YARN_HTTP_RETRY": "1",
    "YARN_ENABLE_CONSTRAINTS_CHECKS": "0",
}


@dataclass(frozen=True, slots=True)
class _Run:
    """Running one manager, once or more, in the same folder."""

    work: Path
    manager: _Manager
    environ: Mapping[str, str]
    node: str
    wanted: Renewal
    seconds: float

    @property
    def command(self) -> Sequence[str]:
        return (self.manager.name, *_COMMANDS[self.manager.name], *self._more)

    @property
    def _more(self) -> tuple[str, ...]:
        """npm writes the newest form that it knows, and addresses, unless it is told what the lock has."""
        before = self.wanted.before
        if self.manager.name != "npm" or before is None:
            return ()
        bare = ("--omit-lockfile-registry-resolved",) if before.packages and not before.hosts else ()
        return (f"--lockfile-version={before.format}", *bare)

    def once(self) -> bytes:
        """The lock file that it writes. Raises _Failed."""
        with tempfile.TemporaryFile(dir=self.work) as log:
            arguments = [self.node, str(self.manager.file), *_COMMANDS[self.manager.name], *self._more]
            ended = run_sealed(arguments, self.work / "source", self.environ, log, self.seconds)
            log.seek(max(log.seek(0, 2) - _TAIL, 0))
            printed = log.read().decode(errors="replace")
        name = f"{self.manager.name} {self.manager.version}"
        if ended.status is None:
            raise _Failed(f"{name} {ended.said}")
        if ended.status != 0:
            raise _Failed(f"{name} {ended.said}{self._complaint(printed)}")
        place = self.work / "source" / self.wanted.name
        if place.is_symlink() or not place.is_file() or place.stat().st_size > _MOST:
            raise _Failed(f"{name} wrote no {self.wanted.name}, or one that is too large")
        return place.read_bytes()

    def _complaint(self, printed: str) -> str:
        """What the manager says is wrong: one line, without a path of this machine."""
        plain = _COLOURS.sub("", printed).replace(f"{self.work}/source/", "").replace(str(self.work), "")
        found = next((match[0].strip() for match in _COMPLAINT.finditer(plain)), "")
        short = " ".join(found.split())[:240]
        return f": {short.rstrip('.')}" if short else ""


def _renewal(wish: Wish) -> Renewal:
    return renewal(wish.files, wish.path, wish.lock, wish.dependency, wish.version, wish.base)


def _has_wanted(wanted: Renewal, content: bytes) -> bool:
    after: LockText | None = read_lock(wanted.name, content)
    version = wanted.wanted.version
    return version is None or (after is not None and version in after.packages.get(wanted.wanted.package, {}))


def _content(run: _Run, wanted: Renewal) -> bytes:
    """The lock file with the wanted version. Where a range lets newer ones in, too, the manager is first asked for the
    very version, which then stays as it is brought back to the range."""
    source = run.work / "source"
    _write(source, wanted.files)
    try:
        content = run.once()
    except _Failed:
        if not wanted.pinned:
            raise
    else:
        if _has_wanted(wanted, content) or not wanted.pinned:
            return content
    _write(source, {**wanted.files, **wanted.pinned})
    run.once()
    _write(source, {path: wanted.files[path] for path in wanted.pinned})
    return run.once()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        try:
            place = folder / inside(name)
        except SyncbotError as error:
            raise _Failed(error.what) from error
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _registries(settings: NpmSettings) -> list[str]:
    """The lines of an .npmrc that say where the user's registries are, and nothing else."""
    keys = [key for key in settings.values if key == "registry" or re.fullmatch(r"@[\w.~-]+:registry", key)]
    found = [f"{key}={shown(settings.values[key])}" for key in keys]
    return found if settings.verify is not False else [*found, "strict-ssl=false"]


def _yarn_registry(settings: NpmSettings, wanted: Renewal) -> dict[str, str]:
    """The user's registry, where the project names none of its own."""
    if b"npmRegistryServer" in wanted.files.get(".yarnrc.yml", b"") or "registry" not in settings.values:
        return {}
    address = shown(settings.values["registry"]).rstrip("/")
    found = {"YARN_NPM_REGISTRY_SERVER": address}
    if address.startswith("http:"):
        found["YARN_UNSAFE_HTTP_WHITELIST"] = urlsplit(address).hostname or ""
    return found
