"""The delta report: what each package carries, now and over time. Asks no upstream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncbot.model import versions
from syncbot.model.ids import PackageName
from syncbot.model.packages import Package
from syncbot.model.proposals import ProposalStatus, StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action
from syncbot.report.results import DeltaPoint, DeltaReport, PackageDelta
from syncbot.services import packages
from syncbot.services.notice import RESTORE
from syncbot.services.workspace import Workspace


def delta(workspace: Workspace, names: Sequence[str] = (), owner: str | None = None) -> DeltaReport:
    """All packages, or those named, or those of one owner. Raises InputError for an unknown name."""
    found = packages.read(workspace, names)
    current = workspace.store.current()
    wanted = [p for p in found.packages if owner is None or owner in p.owners]
    back = _returning(workspace)
    rows = tuple(
        _package(workspace, package, current.get(package.name), back.get(package.name, ())) for package in wanted
    )
    return DeltaReport(workspace.clock.now(), rows, tuple(packages.problems(found)))


def _returning(workspace: Workspace) -> Mapping[PackageName, Sequence[str]]:
    """By package, what is told of the dropped patches that open proposals would bring back."""
    found: dict[PackageName, list[str]] = {}
    for record in workspace.store.proposals():
        if record.status is ProposalStatus.OPEN and record.line.startswith(RESTORE):
            name = record.line.removeprefix(RESTORE)
            found.setdefault(record.package, []).append(
                f"{name} was dropped and is needed again: proposal {record.id} would bring it back"
            )
    return found


def _package(
    workspace: Workspace, package: Package, stored: StoredJudgement | None, alerts: Sequence[str]
) -> PackageDelta:
    names = [p.name for p in package.series]
    fresh = stored is not None and [p.name for p in stored.judgement.patches] == names and _ahead(package, stored)
    there = stored is not None and not _ahead(package, stored)
    newest = not fresh and (
        there
        if package.policy.track.startswith("branch:")
        else _at_newest(package, workspace.store.releases(package.name))
    )
    gone = [d for d in workspace.store.dropped(package.name) if not d.restored]
    return PackageDelta(
        package=package.name,
        owners=package.owners,
        base=package.base,
        patches=len(package.series),
        lines=packages.size(package),
        judgement=stored.judgement if stored is not None and fresh else None,
        history=tuple(_point(j) for j in workspace.store.judgements(package.name) if j.base != j.target),
        dropped=len(gone),
        private=package.private,
        up_to_date=newest,
        alerts=tuple(alerts),
    )


def _ahead(package: Package, stored: StoredJudgement) -> bool:
    """Whether the judgement still speaks of where the package could go: not once it stands there."""
    return package.base not in (stored.target.version, stored.target.name)


def _at_newest(package: Package, seen: Mapping[str, Release]) -> bool:
    """Whether the checks, which remember every release, saw the package's base and nothing newer on its line."""
    base = next((r for r in seen.values() if package.base in (r.version, r.name)), None)
    line = versions.select(list(seen.values()), track=package.policy.track, range=package.range)
    return base is not None and all(versions.version(r.version) <= versions.version(base.version) for r in line)


def _point(stored: StoredJudgement) -> DeltaPoint:
    judgement = stored.judgement
    before = len(judgement.patches)
    return DeltaPoint(
        stored.at,
        stored.base.version,
        stored.target.version,
        before,
        before - judgement.count(Action.DROP),
        judgement.lines_before,
        judgement.lines_after,
    )
