"""What there is to do, package by package, for those who share the work: the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from syncbot.errors import (
    Fault,
    ForgeBusy,
    ForgeError,
    ForgeRefused,
    StoreError,
    SyncbotError,
    UpstreamBusy,
    UpstreamUnreachable,
)
from syncbot.model.ids import PackageName
from syncbot.model.measures import Told
from syncbot.model.packages import Package
from syncbot.model.verdicts import Action, Verdict
from syncbot.plan.priority import advisories
from syncbot.report.results import SyncResult
from syncbot.services import packages, remembered
from syncbot.services.keys import digest
from syncbot.services.turns import about
from syncbot.services.workspace import Workspace

HELD = 15.0
"""Seconds after which a package that another run works on is tried again."""


class Urgency(IntEnum):
    """The greater, the sooner; known before anybody has looked at the upstream."""

    REST = 0
    DROP = 10
    """A patch was found to be in the release: the last judgement says so."""
    CARRIES = 20
    """It carries a patch that mends what an advisory names: its next release is likely to have it."""
    SECURITY = 30
    """Such a patch was found to be in the release."""
    REVERTED = 40
    """Upstream took back what a patch does."""
    WANTED = 50
    """A person asked for it."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One package to sync. `mirror`: what pins its upstream, without telling its address."""

    package: PackageName
    mirror: str
    urgency: Urgency
    private: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """An errand that is to be done again: why, after how many seconds at least, and whether it counts as a failure."""

    why: str
    wait: float = 0.0
    counts: bool = True


def errands(
    workspace: Workspace, names: Sequence[str] = (), due: Callable[[Package], bool] | None = None
) -> tuple[Errand, ...]:
    """What is to be done: for all packages, those named or those that are due; not for those that are put aside, unless
    they are named or a person wants them. Packages that cannot be read are left to whoever reports on all of them."""
    known = {package.name: package for package in packages.read(workspace).packages}
    wanted = [known[PackageName(n)] for n in names if n in known] if names else list(known.values())
    told: dict[str, list[Told]] = {}
    for one in workspace.store.told():
        told.setdefault(one.package, []).append(one)
    urgent = remembered.wanted(workspace).urgent
    now, failures = workspace.clock.now(), workspace.store.failures()
    found = []
    for package in wanted:
        failure = failures.get(package.name)
        aside = failure is not None and failure.pauses(now) and failure.about == about(package)
        if (due is not None and not due(package)) or (aside and not names and package.name not in urgent):
            continue
        asked = package.name in urgent or (bool(names) and len(names) < len(known))
        found.append(Errand(package.name, mirror(package), _urgency(package, told, asked=asked), package.private))
    return tuple(sorted(found, key=lambda errand: (-errand.urgency, errand.package)))


def mirror(package: Package) -> str:
    return digest("mirror", str(package.upstream), str(package.history))


def _urgency(package: Package, told: Mapping[str, Sequence[Told]], *, asked: bool) -> Urgency:
    if asked:
        return Urgency.WANTED
    mine = told.get(package.name, ())
    if any(one.verdict is Verdict.REVERTED for one in mine):
        return Urgency.REVERTED
    secure = {patch.name for patch in package.series if advisories(patch)}
    dropped = {one.name for one in mine if one.action is Action.DROP and one.base != one.target}
    if secure & dropped:
        return Urgency.SECURITY
    return Urgency.CARRIES if secure else Urgency.DROP if dropped else Urgency.REST


def again(result: SyncResult, package: str) -> Again | None:
    """Whether this errand is to be done again after this result; None: it is done with, as well as it can be now. What
    is wrong with the package itself is counted by the run, and reported."""
    for skipped in result.skipped:
        if skipped.package == package:
            return Again(skipped.why, HELD, counts=False)
    for problem in result.problems:
        if problem.package == package and is_passing(problem.error):
            return Again(problem.error.what, _wait(problem.error))
    return None


def after(error: SyncbotError) -> Again | None:
    """As `again`, for a run that was broken off."""
    return Again(error.what, _wait(error)) if is_passing(error) else None


def is_passing(error: SyncbotError) -> bool:
    """Whether another try may do better, though nobody mends anything."""
    if isinstance(error, ForgeRefused):
        return False
    return isinstance(error, UpstreamUnreachable | ForgeError | StoreError | Fault)


def _wait(error: SyncbotError) -> float:
    return error.wait if isinstance(error, ForgeBusy | UpstreamBusy) else 0.0
