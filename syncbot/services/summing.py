"""The dashboard of a day whose packages were synced one by one: from what the store remembers of each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from syncbot.errors import Fault, SyncbotError
from syncbot.model.packages import Package
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.report.problems import PackageProblem
from syncbot.report.results import SyncResult
from syncbot.services import carried, packages
from syncbot.services.attending import Heard
from syncbot.services.board import show_dashboard
from syncbot.services.check import Examination, Examined, view
from syncbot.services.choose import Choice
from syncbot.services.later import Later
from syncbot.services.workspace import Workspace


def show(workspace: Workspace) -> SyncResult:
    """Bring the dashboard up to date; gives what it was made of."""
    examination = remembered(workspace)
    carried.note(workspace)
    result = SyncResult(
        at=examination.at,
        dry_run=False,
        items=(),
        problems=examination.problems,
        unproposed=tuple(view(one) for one in examination.examined),
    )
    return show_dashboard(workspace, examination, result, Heard())


def remembered(workspace: Workspace) -> Examination:
    """Every package as it was examined last, without asking any upstream."""
    found = packages.read(workspace)
    current, standings = workspace.store.current(), workspace.store.standings()
    problems = [*packages.problems(found), *_troubles(workspace, {p.name: p.private for p in found.packages})]
    troubled = {problem.package for problem in problems}
    examined = []
    for package in found.packages:
        judged = current.get(package.name)
        standing = standings.get(package.name)
        if judged is None and standing is None:
            continue
        if package.name in troubled:
            continue
        base = judged.base if judged is not None else None
        if base is None and standing is not None:
            base = Release(standing.base, standing.base, standing.base_identity)
        assert base is not None, "one of the two is there"
        examined.append(_examined(workspace, package, base, judged))
    return Examination(workspace.clock.now(), tuple(examined), tuple(sorted(problems, key=lambda p: p.package)))


def _examined(workspace: Workspace, package: Package, base: Release, judged: StoredJudgement | None) -> Examined:
    moves = judged is not None and judged.target.version != judged.base.version
    target = judged.target if judged is not None and moves else None
    choice = Choice(base, target, (), (), ())
    lines = sum(map(packages.lines, package.series))
    return Examined(package, Later(partial(workspace.source, package)), choice, judged=judged, lines=lines)


def _troubles(workspace: Workspace, private: dict[str, bool]) -> Iterator[PackageProblem]:
    """What keeps failing, and what was given up."""
    told = set()
    for letter in workspace.store.dead_letters():
        told.add(letter.name)
        why: SyncbotError = Fault(f"given up after {letter.attempts} tries: {letter.why}", "see `syncbot doctor`")
        yield PackageProblem(letter.name, why, letter.private)
    for name, failure in workspace.store.failures().items():
        if name in private and name not in told:
            yield PackageProblem(name, Fault(failure.what), failure.private)
