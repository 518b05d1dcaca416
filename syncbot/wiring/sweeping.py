"""Throwing away what nobody needs: mirrors, downloads, logs, bundles, and rows of the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncbot.errors import InputError
from syncbot.git.history import history_file
from syncbot.git.mirror import alone
from syncbot.model.packages import Package
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.releases import Upstream
from syncbot.report.results import Swept, SweptItem
from syncbot.services import packages
from syncbot.services.verifying import result_key
from syncbot.services.workspace import Workspace
from syncbot.settings import open_workspace
from syncbot.sources.git import mirror_path
from syncbot.wiring.upstreams import absolute
from syncbot.wiring.workspace import state_of

_LEFTOVER = timedelta(days=1)
"""How long what a killed process left half-made is kept: it may be another one's work."""


def sweep(workspace: Workspace, start: Path, environ: Mapping[str, str], *, dry_run: bool) -> Swept:
    """Throw away what the settings `gc.*` allow, or only say what that would be. Raises InputError where the packages
    cannot all be read: what those need that cannot would be thrown away."""
    found = open_workspace(start, environ)
    kept = workspace.settings.retention
    now = workspace.clock.now()
    read = packages.read(workspace)
    if read.problems:
        problem = read.problems[0]
        what = f"{problem.package} cannot be read ({problem.error.what}), so nobody knows what it needs"
        raise InputError(what, "mend it, then run it again")
    cache, state = found.cache, state_of(found)
    used = {mirror_path(cache, each.location) for each in _upstreams(read.packages, found.root)}
    needed = _needed(workspace)
    items = list(_leftovers(_half_made(cache, state), now, dry_run=dry_run))
    if kept.mirrors is not None:
        items += _mirrors(cache / "git", used, now - kept.mirrors, dry_run=dry_run)
        items += _folders(cache / "forks", "*.git", "fork", now - kept.mirrors, dry_run=dry_run)
    if kept.downloads is not None:
        loose = not any(package.upstream.scheme in ("anitya", "tarball") for package in read.packages)
        items += _downloads(cache, needed, now - kept.downloads, loose=loose, dry_run=dry_run)
        items += _pages(cache, now - kept.downloads, dry_run=dry_run)
    if kept.logs is not None:
        told = _told_of(workspace, read.packages)
        items += _results(state / "verify", told, now - kept.logs, dry_run=dry_run)
        items += _locks(state / "locks", now - kept.logs, dry_run=dry_run)
        items += _folders(state / "locks", "cache", "package cache", now - kept.logs, dry_run=dry_run)
    if kept.bundles is not None:
        items += _folders(state / "bundles", "*", "bundle", now - kept.bundles, dry_run=dry_run)
    tracked = {str(package.name) for package in read.packages}
    items += _rows(workspace, tracked, now, dry_run=dry_run)
    return Swept(dry_run, tuple(items))


def _upstreams(found: Sequence[Package], root: Path) -> Iterator[Upstream]:
    for package in found:
        for upstream in (package.upstream, package.history):
            if upstream is not None and upstream.scheme == "git":
                yield absolute(upstream, root)


def _needed(workspace: Workspace) -> frozenset[str]:
    """The digests of the releases that packages stand at, and are judged against: their archives are read again."""
    found = {release.identity for each in workspace.store.current().values() for release in (each.base, each.target)}
    return frozenset(identity.rpartition(":")[2] for identity in found)


def _told_of(workspace: Workspace, found: Sequence[Package]) -> frozenset[str]:
    """The keys of the results that open proposals tell of."""
    known = {package.name: package for package in found}
    waiting = [p for p in workspace.store.proposals() if p.status is ProposalStatus.OPEN and p.package in known]
    return frozenset(result_key(each.fingerprint, known[each.package]) for each in waiting)


def _half_made(cache: Path, state: Path) -> Iterator[Path]:
    """What is renamed or thrown away by who makes it, unless that one is killed."""
    yield from (*(cache / "git").glob("*.building"), *(cache / "git").glob("*.old"))
    yield from (cache / "forks").glob("*.old")
    yield from (*(cache / "archives").rglob(".half-*"), *(cache / "pages").glob(".half-*"))
    for results in (state / "verify", state / "locks"):
        yield from (*results.glob("work-*"), *results.glob(".*.json"))
    yield from (*(state / "bundles").glob(".syncbot-*"), *state.glob(".syncbot-load-*"))


def _leftovers(found: Iterable[Path], now: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    for path in sorted(found):
        if _last_used(path) < now - _LEFTOVER:
            yield _thrown(path, "leftover", "a process that was killed left it", dry_run=dry_run)


def _mirrors(folder: Path, used: set[Path], before: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    for path in sorted(folder.glob("*.git")):
        if path in used or not path.is_dir() or _last_used(path) >= before:
            continue
        with alone(path):
            yield _thrown(path, "mirror", "no package uses it any more", dry_run=dry_run)
            if not dry_run:
                history_file(path, folder).unlink(missing_ok=True)


def _downloads(
    cache: Path, needed: frozenset[str], before: datetime, *, loose: bool, dry_run: bool
) -> Iterator[SweptItem]:
    """What was downloaded and not read since. `loose`: those without a published digest, too: whose they are cannot be
    told."""
    for path in sorted((cache / "archives").rglob("*")):
        unknown = path.parent.name == "loose"
        if not path.is_file() or path.name in needed or (unknown and not loose) or path.name.startswith("."):
            continue
        if _last_read(path) < before:
            yield _thrown(path, "download", "nobody read it since", dry_run=dry_run)


def _pages(cache: Path, before: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    """Answers of registries, and copies of lists of advisories; one that is wanted again is asked for as a whole."""
    for path in sorted([*(cache / "pages").glob("[!.]*"), *(cache / "advisories").glob("[!.]*")]):
        if _last_read(path) < before:
            yield _thrown(path, "page", "nobody asked for it since", dry_run=dry_run)


def _results(folder: Path, told: frozenset[str], before: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    for path in sorted([*folder.glob("[!.]*.json"), *folder.glob("[!.]*.log")]):
        if path.stem not in told and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            yield _thrown(path, "verification", "no open proposal tells of it", dry_run=dry_run)


def _locks(folder: Path, before: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    """Lock files that were made; one that an open proposal has is asked for every day."""
    for path in sorted(folder.glob("[!.]*.json")):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            yield _thrown(path, "lock file", "no proposal asked for it since", dry_run=dry_run)


def _folders(folder: Path, names: str, kind: str, before: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    for path in sorted(folder.glob(names)):
        if path.is_dir() and not path.name.startswith(".") and _last_used(path) < before:
            yield _thrown(path, kind, "nobody wrote there since", dry_run=dry_run)


def _rows(workspace: Workspace, tracked: set[str], now: datetime, *, dry_run: bool) -> Iterator[SweptItem]:
    kept, store = workspace.settings.retention, workspace.store
    waiting = {p.package for p in store.proposals() if p.status is ProposalStatus.OPEN}
    for kind, age, words in (
        ("verdicts", kept.verdicts, "nothing refers to them any more"),
        ("runs", kept.runs, "older than gc.runs"),
        ("news", kept.runs, "older than gc.runs, and posted to every receiver"),
    ):
        count = 0 if age is None else store.prune(kind, now - age, frozenset(waiting), dry_run=dry_run)
        if count:
            yield SweptItem("rows", kind, words, count=count)
    gone = store.prune("memory", now, frozenset(tracked | waiting), dry_run=dry_run) if tracked else 0
    if gone:
        yield SweptItem("rows", "memory of untracked packages", "nobody asks for it", count=gone)


def _last_read(path: Path) -> datetime:
    stat = path.stat()
    return datetime.fromtimestamp(max(stat.st_atime, stat.st_mtime), UTC)


def _last_used(path: Path) -> datetime:
    """When something in that folder was last written: a fetch writes there."""
    times = [path.stat().st_mtime, *(each.lstat().st_mtime for each in path.glob("*"))]
    return datetime.fromtimestamp(max(times), UTC)


def _thrown(path: Path, kind: str, why: str, *, dry_run: bool) -> SweptItem:
    name = path.name
    size = sum(each.lstat().st_size for each in path.rglob("*")) if path.is_dir() else path.stat().st_size
    if not dry_run and path.is_dir():
        aside = path.with_name(f"{path.name}.old")  # in one step: nobody finds half a mirror
        if path.suffix not in {".old", ".building"}:
            shutil.rmtree(aside, ignore_errors=True)
            path = path.rename(aside)
        shutil.rmtree(path)
    elif not dry_run:
        path.unlink(missing_ok=True)
    return SweptItem(kind, name, why, size)
