"""What `syncbot doctor` looks at."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import InputError, StoreError, SyncbotError, UpstreamUnreachable
from syncbot.git.downstream import GitDownstream
from syncbot.git.run import git
from syncbot.layouts import NATIVE
from syncbot.model.forge import PersonKind
from syncbot.model.settings import ForgeKind
from syncbot.report.words import plural, waits
from syncbot.services.aside import told
from syncbot.services.choose import declared_base, misfit
from syncbot.services.doctor import Probe
from syncbot.settings import find_root, read_workspace
from syncbot.store.opening import open_store
from syncbot.wiring.forges import Needs, open_forge
from syncbot.wiring.given_up import GIVEN_UP, is_shared
from syncbot.wiring.given_up import given_up as _given_up
from syncbot.wiring.layouts import Standing, stand
from syncbot.wiring.place import SystemClock, require_patches
from syncbot.wiring.upstreams import sources
from syncbot.wiring.workspace import state_of

if TYPE_CHECKING:
    from syncbot.model.packages import Package
    from syncbot.ports import PackagesRead, Progress
    from syncbot.settings import Workspace as Found


def probes(start: Path, environ: Mapping[str, str], progress: Progress, *, offline: bool) -> list[Probe]:
    """What doctor looks at, in the order in which things need one another."""
    asked = [
        Probe("python", _python),
        Probe("git", _git, "install git 2.30 or newer"),
        Probe("workspace", lambda: str(_root(start)), "run `syncbot init`"),
    ]
    try:
        root = _root(start)
    except InputError:
        return asked
    remedy = "correct that line; the README lists all settings"
    asked.append(Probe("settings", lambda: _settings(root, environ), remedy))
    try:
        found = read_workspace(root, environ)
    except InputError:
        return asked
    asked += [
        Probe("repository", lambda: _repository(found)),
        Probe("state", lambda: _writable(found), "make the folder writable, or set SYNCBOT_STATE"),
        Probe("database", lambda: _database(found), "restore it from a backup, or delete it: verdicts are made anew"),
        Probe("packages", lambda: _packages(found), "see the message"),
    ]
    asked.append(Probe("failures", lambda: _failures(found), "mend the cause, then run `syncbot retry`"))
    if is_shared(found):
        asked.append(Probe("jobs given up", lambda: _given_up(found), GIVEN_UP))
    if offline:
        return asked
    if found.settings.forge.kind is not ForgeKind.LOCAL:
        asked.append(Probe("forge", lambda: _forge(found, environ), "see the message"))
    return asked + _upstreams(found, environ, progress)


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{version} at {sys.executable}"


def _root(start: Path) -> Path:
    root = find_root(start)
    if root is None:
        raise InputError(f"no workspace at {start} or above it", "run `syncbot init` in your repository")
    return root


def _settings(root: Path, environ: Mapping[str, str]) -> str:
    return str(read_workspace(root, environ).settings_file or "none: the defaults hold")


def _git() -> str:

    said = git(["version"]).decode("utf-8", "replace").strip()
    numbers = tuple(int(n) for n in said.removeprefix("git version ").split(".")[:2] if n.isdigit())
    if numbers < (2, 30):
        raise InputError(f"{said} is too old", "install git 2.30 or newer")
    return said.removeprefix("git version ")


def _repository(found: Found) -> str:

    repository = GitDownstream(found.root)
    branch = repository.branch()
    if branch == "HEAD":
        what = f"{repository.root} is on no branch (HEAD is detached): no proposal can be accepted"
        raise InputError(what, "check a branch out: git switch BRANCH")
    return f"{repository.root} on {branch}"


def _forge(found: Found, environ: Mapping[str, str]) -> str:
    """Whom the forge takes us for, and whether that one may work there. Changes nothing."""
    downstream = GitDownstream(found.root)
    needs = Needs(found, environ, state_of(found), downstream.root, downstream.branch(), lambda _account: _unhurried)
    opened = open_forge(needs)
    opened.reach()
    me = opened.forge.me()
    if found.settings.forge.kind is ForgeKind.GITHUB and me.kind is PersonKind.PERSON:
        may = opened.forge.permission(me.login)
        if not may.may_write:
            raise InputError(f"{me.login} may not write to {opened.remote} ({may})", "give it write permission")
    stopped = opened.forge.stopped()
    return f"{opened.remote} as {me.login}" + ("" if stopped is None else f", stopped: {stopped}")


def _unhurried(*, content: bool) -> None:
    """No budget: doctor changes nothing."""


def _writable(found: Found) -> str:
    folder = state_of(found)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".syncbot-"):
            return str(folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written ({error.strerror})") from error


def _database(found: Found) -> str:

    store = open_store(found.database_url)
    try:
        runs = store.runs(1)
    finally:
        store.close()
    return f"last run {runs[0].started.isoformat(timespec='minutes')}" if runs else "no run yet"


def _failures(found: Found) -> str:
    """Packages that keep failing. Raises InputError where some are put aside."""
    try:
        store = open_store(found.database_url)
    except SyncbotError:
        return "not known: the database cannot be read"
    try:
        failures = [*store.failures().values()]
    finally:
        store.close()
    now = SystemClock().now()
    said = [f"{each.package}: {told(each, now)}" for each in failures if not each.private]
    said += [f"{plural(len(failures) - len(said), 'private package')} more"] if len(said) < len(failures) else []
    if any(each.pauses(now) for each in failures):
        raise InputError("; ".join(said))
    return "; ".join(said) or "none"


def _packages(found: Found) -> str:
    standing = stand(found, _quiet)
    if standing.name == NATIVE:
        require_patches(found)
    read = _read(standing)
    for problem in read.problems:
        raise problem.error
    said = f"{len(read.packages)} in {standing.settings.patches or '.'}/"
    return said if standing.name == NATIVE else f"{said} ({standing.name})"


def _read(standing: Standing) -> PackagesRead:
    settings = standing.settings
    return standing.layout.read(standing.downstream.files(), settings.patches, settings.policy)


def _quiet(what: str, done: int, total: int) -> None:
    """No progress."""


def _upstreams(found: Found, environ: Mapping[str, str], progress: Progress) -> list[Probe]:
    """One probe per package; none where the packages cannot be read, which another probe tells."""
    try:
        packages = _read(stand(found, progress)).packages
    except SyncbotError:
        return []
    open_ = sources(found, environ)

    def reach(package: Package) -> str:
        source = open_(package)
        source.refresh(progress)
        return f"{len(source.releases())} releases"

    def fits(package: Package) -> str:
        source = open_(package)
        try:
            base = declared_base(package, source, {})
            said = "" if base is None else misfit(package, base, source, progress)
        except UpstreamUnreachable:
            return "not looked at: its upstream was not reached"  # which the probe of the upstream tells
        if said:
            raise InputError(said, "rewrite that patch for this release, or correct the base")
        fitting = "applies to its base" if base is not None else "declares no base"
        waiting = sum(patch.waiting for patch in package.series)
        return f"{fitting}; {waits(waiting)}" if waiting else fitting

    asked = [Probe(f"upstream of {p.name}", partial(reach, p), "check the address and the network") for p in packages]
    return asked + [Probe(f"series of {p.name}", partial(fits, p), "see the message") for p in packages if p.series]
