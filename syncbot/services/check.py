"""Check: which release would each package move to, and what is each patch to it?

`examine` only asks (upstreams, trees, the store); `record` writes what was new. So a dry run is `examine` alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from syncbot.errors import Fault, SyncbotError
from syncbot.model import addresses
from syncbot.model.packages import Package
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.plan import identity
from syncbot.ports import Source
from syncbot.report.results import CheckResult, PackageCheck, PackageProblem
from syncbot.services import packages
from syncbot.services.choose import Choice, choose
from syncbot.services.first_release import with_first_releases
from syncbot.services.judging import judge_release
from syncbot.services.keys import judgement_key
from syncbot.services.workspace import Workspace

_log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Examined:
    """One package with what was found about it. `fresh`: releases never seen before. `judged` is None where it is up to
    date; `new`: not from memory."""

    package: Package
    source: Source
    choice: Choice
    fresh: tuple[Release, ...] = ()
    judged: StoredJudgement | None = None
    new: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    at: datetime
    examined: tuple[Examined, ...]
    problems: tuple[PackageProblem, ...]


def check(workspace: Workspace, names: Sequence[str] = ()) -> CheckResult:
    """Examine the packages (all, or those named) and remember what is new. Raises InputError for an unknown name."""
    examination = examine(workspace, names)
    record(workspace, examination)
    return result(examination)


def examine(workspace: Workspace, names: Sequence[str] = ()) -> Examination:
    """Everything that can be said without writing. One bad package never stops the rest."""
    at = workspace.clock.now()
    found = packages.read(workspace, names)
    problems = packages.problems(found)
    seen = {p.name: workspace.store.releases(p.name) for p in found.packages}

    def look(package: Package) -> Examined:
        source = workspace.source(package)
        source.refresh(workspace.progress)
        choice = choose(package, source, seen[package.name], workspace.progress)
        fresh = tuple(r for r in choice.known if r.version not in seen[package.name])
        return Examined(package, source, choice, fresh)

    looked = _each(workspace, found.packages, look, problems)
    remembered = [_remembered(workspace, one) for one in looked]
    judged = _each(workspace, remembered, lambda one: _judged(workspace, one, at), problems)
    return Examination(at, tuple(judged), tuple(problems))


def record(workspace: Workspace, examination: Examination) -> bool:
    """Write what is new: releases, judgements, which judgement is current. True where anything was."""
    store = workspace.store
    current = store.current()
    changed = False
    for one in examination.examined:
        name, judged = one.package.name, one.judged
        stale = judged is not None and (name not in current or current[name].key != judged.key)
        if not (one.fresh or one.new or stale):
            continue
        changed = True
        with store.transaction():
            if one.fresh:
                store.record_releases(name, one.fresh, examination.at)
            if judged is not None:
                store.save_judgement(judged)
                store.set_current(name, judged.key)
    return changed


def result(examination: Examination) -> CheckResult:
    checked = tuple(view(one) for one in examination.examined)
    return CheckResult(examination.at, checked, tuple(sorted(examination.problems, key=lambda p: p.package)))


def view(one: Examined) -> PackageCheck:
    """What faces are told of an examined package."""
    package = one.package
    return PackageCheck(
        package=package.name,
        upstream=addresses.shown(package.upstream),
        line=identity.line(package),
        base=one.choice.base,
        target=one.choice.target,
        judgement=None if one.judged is None else one.judged.judgement,
        patches=len(package.series),
        lines=packages.size(package),
        alerts=one.choice.alerts,
        new=one.new,
        private=package.private,
        owners=package.owners,
    )


def _remembered(workspace: Workspace, one: Examined) -> Examined:
    """With the judgement that the store has of exactly this, if it has one. Asked in the main thread: the store is
    not for many."""
    if one.choice.target is None:
        return one
    key = judgement_key(one.package.series, one.choice.base, one.choice.target, one.source.head())
    return replace(one, judged=workspace.store.judgement(key))


def _judged(workspace: Workspace, one: Examined, at: datetime) -> Examined:
    choice, target = one.choice, one.choice.target
    if target is None or one.judged is not None:
        return one
    series, tree = one.package.series, trees(one.source, workspace)
    workspace.progress(f"judging {one.package.name}", 0, 0)
    history = one.source.lineage(choice.base, target, workspace.progress)
    found = judge_release(series, choice.base, target, tree, history)
    found = with_first_releases(found, series, choice.base, choice.between, tree)
    key = judgement_key(series, choice.base, target, one.source.head())
    return replace(one, judged=StoredJudgement(key, one.package.name, choice.base, target, found, at), new=True)


def trees(source: Source, workspace: Workspace) -> Callable[[Release], Tree]:
    """The source's trees, each opened once while they are in use."""

    @lru_cache(maxsize=4)
    def tree(release: Release) -> Tree:
        return source.tree(release, workspace.progress)

    return tree


def _each(workspace: Workspace, items: Sequence[T], work: Callable[[T], R], problems: list[PackageProblem]) -> list[R]:
    """`work` on every item, several upstreams at a time, those of one upstream one after the other (they share a
    mirror). Results in the order of the items; what fails becomes a problem."""
    groups = list(_by_upstream(items).values())

    def one(at: int) -> tuple[int, R | PackageProblem]:
        return at, guarded(_package(items[at]), lambda: work(items[at]))

    def group(places: Sequence[int]) -> list[tuple[int, R | PackageProblem]]:
        return [one(at) for at in places]

    found: dict[int, R | PackageProblem] = {}
    if workspace.workers <= 1 or len(groups) <= 1:
        found.update(pair for places in groups for pair in group(places))
    else:
        with ThreadPoolExecutor(workspace.workers) as pool:
            found.update(pair for pairs in pool.map(group, groups) for pair in pairs)
    results = [found[at] for at in range(len(items))]
    problems += [r for r in results if isinstance(r, PackageProblem)]
    return [r for r in results if not isinstance(r, PackageProblem)]


def _by_upstream(items: Iterable[object]) -> Mapping[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        groups.setdefault(str(_package(item).upstream), []).append(at)
    return groups


def _package(item: object) -> Package:
    package = item.package if isinstance(item, Examined) else item
    assert isinstance(package, Package)
    return package


def guarded(package: Package, work: Callable[[], R]) -> R | PackageProblem:
    """One package's trouble, even our own defect, stays with that package."""
    try:
        return work()
    except SyncbotError as error:
        return PackageProblem(package.name, error, package.private)
    except Exception as error:  # noqa: BLE001  # a defect met in one package must not stop the others
        _log.debug("%s failed", package.name, exc_info=True)
        # The text of an unexpected exception may hold anything: only its type is told.
        what = f"a defect of syncbot: {type(error).__name__}"
        told = Fault(what, "run again with --debug and report the traceback")
        return PackageProblem(package.name, told, package.private)
