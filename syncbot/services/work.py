"""The work on one package that other processes may do: look at its upstream, judge it, verify a judgement.

Functions of a bench and a task; tasks and results are values. Nothing here knows the store or the forge. What goes
wrong with one package becomes its problem.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import TypeVar

from syncbot.errors import DiskFull, Fault, SyncbotError, UpstreamUnreachable
from syncbot.model.advisories import Advice, Advisory, advice
from syncbot.model.ids import PackageName
from syncbot.model.memory import Memory
from syncbot.model.packages import Package
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.trees import SizedTree, Tree
from syncbot.ports.crew import Bench
from syncbot.ports.source import Progress, Source
from syncbot.report.links import with_links
from syncbot.report.problems import PackageProblem
from syncbot.services.choose import Choice, choose, newest_that_fits
from syncbot.services.counterparts import with_counterparts
from syncbot.services.first_release import with_first_releases
from syncbot.services.keys import judgement_key
from syncbot.services.recall import Fits, Promise, Recall, fits_key, promise
from syncbot.services.soundness import soundness

_log = logging.getLogger(__name__)
R = TypeVar("R")
NO_ROOM = "make room, then run it again: it goes on where it stopped"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Look:
    """`seen`: {version: release} as first seen; `fits`: the bases that were found out before."""

    package: Package
    seen: dict[str, Release]
    fits: Fits
    ask: bool = True
    """Whether upstream is asked; else what it said last is read."""
    advisories: tuple[Advisory, ...] = ()
    """Those about vulnerabilities that the patches name."""
    sound: str = ""
    """What is known of its series and its base (`soundness.py`)."""
    first: bool = True
    """Whether this is the one package, of all that share the upstream, that asks it where it never said anything."""


@dataclass(frozen=True, slots=True)
class Looked:
    """`choice` without `known`. `fresh`: releases never seen before. `key`: of the judgement that is wanted, empty
    where nothing is to be judged. `fits`: a base that was found out now. `state`: the key of all that is known of the
    package and its upstream, whether there is something to judge or not."""

    choice: Choice
    fresh: tuple[Release, ...]
    key: str
    fits: Fits = field(default_factory=dict)
    state: str = ""
    head: str = ""
    """Where upstream's branch stands, empty where there is no history."""
    advised: tuple[Advice, ...] = ()
    """What advisories say of base and target."""
    sound: str = ""
    """As in Look, as it is now."""


def look(bench: Bench, task: Look) -> Looked | PackageProblem:
    """Refresh a package's upstream and choose base and target."""
    return guarded(task.package, lambda: _look(bench, task))


def _look(bench: Bench, task: Look) -> Looked:
    package = task.package
    source = bench.source(package)
    _refresh(source, task, bench.progress)
    found: dict[str, str] = {}

    def fitting(line: Sequence[Release]) -> Release:
        """The base of a package that declares none: as it was found out, else found out now."""
        key = fits_key(package.series, line)
        known = next((r for r in line if r.version == task.fits.get(key)), None)
        if known is None:
            known = newest_that_fits(package, source, line, bench.progress)
            found[key] = known.version
        return known

    choice = choose(package, source, task.seen, bench.progress, fitting)
    fresh = tuple(r for r in choice.known if r.version not in task.seen)
    head = source.head()
    target = choice.target or choice.base
    advised = advice(task.advisories, package.upstreams, choice.base.version, target.version)
    state = judgement_key(package.series, choice.base, target, head, choice.known, advised)
    # a package at its newest release is judged against that, too: its patches may be held, where the branch is ahead
    ahead = bool(package.series) and head not in ("", choice.base.identity)
    key = state if choice.target is not None or ahead else ""
    here = choice.target is None and task.ask
    sound = soundness(package, choice.base, source, task.sound, bench.progress) if here else task.sound
    return Looked(replace(choice, known=()), fresh, key, found, state, head, advised, sound)


def _refresh(source: Source, task: Look, progress: Progress) -> None:
    if not task.ask:
        try:
            source.releases()
        except UpstreamUnreachable:  # it was never asked: now it is
            if not task.first:
                raise
        else:
            return
    source.refresh(progress)


@dataclass(frozen=True, slots=True)
class Judge:
    """`known`: what is remembered of this series; `verify`: whether the judgement is to be verified, too."""

    package: Package
    choice: Choice
    key: str
    at: datetime
    known: tuple[Memory, ...]
    verify: bool
    advisories: tuple[Advisory, ...] = ()
    weigh: bool = False
    """Whether the files of the base are to be counted: that was not done before."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`learnt`: what is to be remembered, the most telling last."""

    stored: StoredJudgement
    learnt: tuple[Memory, ...]
    promise: Promise | None = None
    weighed: tuple[int, int] | None = None
    """(files, their bytes) of the base, None where they were not counted."""


def judged(bench: Bench, task: Judge) -> Judged | PackageProblem:
    """Judge a package against its target, or remember it."""
    return guarded(task.package, lambda: _judged(bench, task))


def _judged(bench: Bench, task: Judge) -> Judged:
    package, choice, target = task.package, task.choice, task.choice.target or task.choice.base
    series, source = package.series, bench.source(package)
    bench.progress(f"judging {package.name}", 0, 0)
    tree = opened(source, bench.progress)
    recall = Recall(package.name, task.known, task.advisories, package.upstreams)
    history = cache(lambda: source.lineage(choice.base, target, bench.progress))
    verify = task.verify and choice.target is not None
    found, kept = recall.verified(series, choice.base, target, tree, history, verify=verify)
    found = with_first_releases(found, series, choice.base, choice.between, tree, recall.judged)
    found = with_links(found, str(package.repository))
    found = with_counterparts(found, series, choice.base, target, tree)
    stored = StoredJudgement(task.key, package.name, choice.base, target, found, task.at)
    return Judged(stored, tuple(reversed(recall.new)), kept, _weighed(tree(choice.base)) if task.weigh else None)


def _weighed(tree: Tree) -> tuple[int, int] | None:
    return tree.size() if isinstance(tree, SizedTree) else None


@dataclass(frozen=True, slots=True)
class Verify:
    package: Package
    judged: StoredJudgement


def verify(bench: Bench, task: Verify) -> Promise | PackageProblem:
    """Apply the new series to the target once more, from scratch."""
    tree = opened(bench.source(task.package), bench.progress)
    stored = task.judged
    return guarded(
        task.package,
        lambda: promise(task.package.series, tree(stored.base), tree(stored.target), stored.judgement),
    )


def opened(source: Source, progress: Progress) -> Callable[[Release], Tree]:
    """The source's trees, each opened once while they are in use."""

    @lru_cache(maxsize=4)
    def tree(release: Release) -> Tree:
        return source.tree(release, progress)

    return tree


def guarded(package: Package, work: Callable[[], R]) -> R | PackageProblem:
    """One package's trouble, even our own defect, stays with that package."""
    try:
        return work()
    except SyncbotError as error:
        return PackageProblem(package.name, error, package.private)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _defect(package, error)
        what = f"there is no room left on the disk ({error.strerror})"
        return PackageProblem(package.name, DiskFull(what, NO_ROOM), package.private)
    except MemoryError:
        told = Fault("there is not enough memory for it", "use fewer --jobs, or lower the limits of the settings")
        return PackageProblem(package.name, told, package.private)
    except Exception as error:  # noqa: BLE001  # a defect met in one package must not stop the others
        return _defect(package, error)


def _defect(package: Package, error: Exception) -> PackageProblem:
    """The text of an unexpected exception may hold anything: only its type is told."""
    _log.debug("%s failed", package.name, exc_info=True)
    what = f"a defect of syncbot: {type(error).__name__}"
    told = Fault(what, "run again with --debug and report the traceback")
    return PackageProblem(package.name, told, package.private)


def lost(name: PackageName, private: bool, why: str) -> PackageProblem:
    """The problem of a package whose worker is gone."""
    told = Fault(f"the work on it was lost: {why}", "run it again; if that does not help, run it with --debug")
    return PackageProblem(name, told, private)
