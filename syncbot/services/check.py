"""Check: which release would each package move to, and what is each patch to it?

`examine` only asks (upstreams, trees, the store); `record` writes what was new. So a dry run is `examine` alone. What
is asked of upstreams and judged is done by the crew, package by package (`work.py`); the store is asked and written
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from syncbot import judge
from syncbot.errors import DiskFull
from syncbot.model.packages import Package
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.ports import Source
from syncbot.report.problems import PackageProblem
from syncbot.report.results import CheckResult
from syncbot.services import carried, packages, words, work
from syncbot.services.calls import Calls
from syncbot.services.crewing import each
from syncbot.services.examined import Examination, Examined, view
from syncbot.services.inputs import inputs_of
from syncbot.services.later import Later
from syncbot.services.recall import memory_key
from syncbot.services.returned import Standing, look_back
from syncbot.services.seen import Seen, Sizes
from syncbot.services.soundness import SOUND
from syncbot.services.standing import new_standings, to_be_weighed
from syncbot.services.whereabouts import require_downstream
from syncbot.services.work import guarded
from syncbot.services.workspace import Workspace

__all__ = ["Examination", "Examined", "check", "examine", "guarded", "record", "result", "trees", "verified", "view"]

LANES = 4
"""Upstreams that one process asks at a time: most of that is waiting."""
KEPT_AT_ONCE = 64
"""Packages that are judged between two moments at which what was judged is written."""


Admit = Callable[[Sequence[Package]], Sequence[Package]]
"""Chooses, of the packages that were asked for, those that are worked on now."""


def check(workspace: Workspace, names: Sequence[str] = ()) -> CheckResult:
    """Examine the packages (all, or those named) and remember what is new. Raises InputError for an unknown name."""
    require_downstream(workspace)
    examination = examine(workspace, names)
    record(workspace, examination)
    carried.note(workspace)
    looked = {one.package.name for one in examination.examined}
    standing = [r for r in workspace.store.proposals() if r.package in looked and r.status is ProposalStatus.OPEN]
    return replace(result(examination), standing=tuple(standing), by_hand=workspace.by_hand)


def examine(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    verifying: bool = False,
    admit: Admit | None = None,
    keep: bool = False,
) -> Examination:
    """Everything that can be said about the packages, or about those of them that `admit` takes. One bad package never
    stops the rest. Nothing is written but, with `keep`, judgements as they come, so that none is made twice should
    this be broken off. `verifying`: what is judged anew is verified, too, while its trees are at hand. Raises DiskFull
    where there is no room to go on."""
    at = workspace.clock.now()
    found = words.pinned(packages.read(workspace, names), workspace.store.patch_words())
    problems = packages.problems(found)
    chosen = found.packages if admit is None else admit(found.packages)
    looked = _looked(workspace, chosen, problems, at, named=bool(names))
    _require_room(problems)
    remembered = _remembered(workspace, looked)
    sizes = Sizes(workspace.store.sizes())
    judged = _judged_by_and_by(workspace, remembered, at, problems, verifying=verifying, keep=keep)
    _require_room(problems)
    examined = tuple(replace(one, lines=sizes.lines(one.package)) for one in _with_returned(workspace, judged))
    return Examination(at, examined, tuple(problems), sizes.new)


def record(workspace: Workspace, examination: Examination) -> bool:
    """Write what is new: releases, judgements, what they rest on, which judgement is current. True where anything
    was that people would call a change: that a package stands where it stood, judged once more, is only remembered."""
    store = workspace.store
    current = dict(store.current_keys())
    changed = bool(examination.sizes)
    if examination.sizes:
        store.save_sizes(examination.sizes)
    for one in examination.examined:
        name, judged = one.package.name, one.judged
        stale = judged is not None and current.get(name) != (judged.key, one.asked)
        if one.recorded:
            changed = changed or one.moving is not None or bool(one.fresh)
        if not (one.fresh or one.new or stale or one.learnt or one.fits) or (one.recorded and not one.learnt):
            continue
        changed = changed or one.moving is not None or bool(one.fresh)
        with store.transaction():
            if one.fresh and not one.recorded:
                store.record_releases(name, one.fresh, examination.at)
            if one.learnt:
                store.remember(one.learnt, examination.at)
            if one.fits and not one.recorded:
                store.save_fits(name, one.fits)
            if judged is not None and not one.recorded:
                store.save_judgement(judged)
                store.set_current(name, judged.key, one.asked, examination.at)
                store.save_inputs(inputs_of(one.package, one.asked, one.head, one.advised))
    _remember_soundness(workspace, examination)
    standings = new_standings(store.standings(), examination.examined, examination.at)
    if standings:
        store.save_standings(standings)
    return changed


def _remember_soundness(workspace: Workspace, examination: Examination) -> None:
    sounds = workspace.store.facts(SOUND)
    for one in examination.examined:
        if one.sound and sounds.get(one.package.name) != one.sound:
            workspace.store.set_fact(SOUND, one.package.name, one.sound)


def result(examination: Examination) -> CheckResult:
    checked = tuple(view(one) for one in examination.examined)
    return CheckResult(examination.at, checked, tuple(sorted(examination.problems, key=lambda p: p.package)))


def trees(source: Source, workspace: Workspace) -> Callable[[Release], Tree]:
    """The source's trees, each opened once while they are in use."""
    return work.opened(source, workspace.progress)


def verified(workspace: Workspace, examined: Sequence[Examined]) -> list[Examined | PackageProblem]:
    """The same, each with its `promise`; those that have none yet are verified now."""
    open_ = [one for one in examined if one.promise is None and one.moving is not None]

    def task(one: Examined) -> work.Verify:
        assert one.judged is not None
        return work.Verify(one.package, one.judged)

    kept = dict(zip(map(id, open_), each(workspace, work.verify, open_, task, "verified"), strict=True))
    found: list[Examined | PackageProblem] = []
    for one in examined:
        promise = kept.get(id(one), one.promise)
        found.append(promise if isinstance(promise, PackageProblem) else replace(one, promise=promise))
    return found


def _require_room(problems: Sequence[PackageProblem]) -> None:
    """A full disk is no package's problem: the others would fail, too."""
    for problem in problems:
        if isinstance(problem.error, DiskFull):
            raise problem.error


def _looked(
    workspace: Workspace, found: Sequence[Package], problems: list[PackageProblem], at: datetime, *, named: bool
) -> list[tuple[Package, work.Looked]]:
    store = workspace.store
    seen = Seen(workspace, [package.name for package in found])
    calls = Calls(workspace, found, at, named=named)
    sounds = store.facts(SOUND)

    def task(package: Package) -> work.Look:
        declared = package.base is not None and package.policy.bump
        fits = {} if declared else dict(store.fits(package.name))
        asks, advisories = calls.asks(package), workspace.advisories.of(package)
        sound = sounds.get(package.name, "")
        return work.Look(package, seen.of(package.name), fits, asks, advisories, sound, first=calls.is_first(package))

    results = calls.shared(each(workspace, work.look, found, task, "asked", lanes=LANES))
    problems += [result for result in results if isinstance(result, PackageProblem)]
    return [(p, r) for p, r in zip(found, results, strict=True) if not isinstance(r, PackageProblem)]


def _remembered(workspace: Workspace, looked: Sequence[tuple[Package, work.Looked]]) -> list[Examined]:
    """With the judgement that the store has of exactly this, if it has one."""
    current = workspace.store.current_keys()
    found = []
    keys = {}
    for package, seen in looked:
        stored, asked = current.get(package.name, ("", ""))
        keys[package.name] = stored if asked == seen.key else seen.key
    known = workspace.store.judgements_by([key for key in keys.values() if key])
    for package, seen in looked:
        judged = known.get(keys[package.name])
        source = Later(partial(workspace.source, package))
        found.append(
            Examined(
                *(package, source, seen.choice, seen.fresh, judged, seen.key),
                fits=seen.fits,
                state=seen.state,
                head=seen.head,
                advised=seen.advised,
                sound=seen.sound,
            )
        )
    return found


def _with_returned(workspace: Workspace, examined: Sequence[Examined]) -> list[Examined]:
    """With the dropped patches that upstream took back, told as alerts."""
    found = look_back(workspace, [_standing(one) for one in examined])
    made = []
    for one in examined:
        name = one.package.name
        alerts = (*one.choice.alerts, *found.alerts.get(name, ()))
        learnt = (*one.learnt, found.learnt[name]) if name in found.learnt else one.learnt
        returned = found.returned.get(name, ())
        made.append(replace(one, choice=replace(one.choice, alerts=alerts), learnt=learnt, returned=returned))
    return made


def _standing(one: Examined) -> Standing:
    """Where the package is going to stand."""
    carried = one.package.series if one.moving is None else judge.new_series(one.package.series, one.moving.judgement)
    return Standing(one.package, one.choice.target or one.choice.base, carried, one.state)


def _judged_by_and_by(
    workspace: Workspace,
    remembered: Sequence[Examined],
    at: datetime,
    problems: list[PackageProblem],
    *,
    verifying: bool,
    keep: bool,
) -> list[Examined]:
    """As `_judged`; where there is much to judge and it is to be kept, some of it at a time."""
    waiting = sum(1 for one in remembered if one.asked and one.judged is None)
    if not keep or waiting <= KEPT_AT_ONCE:
        return _judged(workspace, remembered, at, problems, verifying=verifying)
    found: list[Examined] = []
    for some in _portions(remembered):
        done = _judged(workspace, some, at, problems, verifying=verifying)
        _require_room(problems)
        record(workspace, Examination(at, tuple(done), ()))
        found += [replace(one, recorded=True, learnt=()) for one in done]
    return found


def _portions(remembered: Sequence[Examined]) -> Iterator[Sequence[Examined]]:
    """Parts with so many packages to judge as are kept at once."""
    part: list[Examined] = []
    waiting = 0
    for one in remembered:
        part.append(one)
        waiting += bool(one.asked and one.judged is None)
        if waiting == KEPT_AT_ONCE:
            yield part
            part, waiting = [], 0
    if part:
        yield part


def _judged(
    workspace: Workspace,
    remembered: Sequence[Examined],
    at: datetime,
    problems: list[PackageProblem],
    *,
    verifying: bool,
) -> list[Examined]:
    """All of them, judged where that is wanted and not remembered; in their order."""
    store = workspace.store
    waiting = [one for one in remembered if one.asked and one.judged is None]

    def task(one: Examined) -> work.Judge:
        known = tuple(store.memories(memory_key(one.package.series)))
        weigh = to_be_weighed(standings.get(one.package.name), one.choice.base)
        advisories = workspace.advisories.of(one.package)
        return work.Judge(one.package, one.choice, one.asked, at, known, verifying, advisories, weigh)

    standings = store.standings() if waiting else {}
    results = dict(zip(map(id, waiting), each(workspace, work.judged, waiting, task, "judged"), strict=True))
    current = store.current_keys()
    found = []
    for one in remembered:
        result = results.get(id(one))
        if isinstance(result, PackageProblem):
            problems.append(result)
        elif result is None:
            found.append(one)
        else:
            before = store.judgement(current[one.package.name][0]) if one.package.name in current else None
            found.append(_answered(one, result, before))
    return found


def _answered(one: Examined, result: work.Judged, before: StoredJudgement | None) -> Examined:
    """With its judgement: the one that stands already, where the answer is the same as `before`."""
    made = result.stored
    same = before is not None and (before.base, before.target, before.judgement) == (
        made.base,
        made.target,
        made.judgement,
    )
    judged = before if same else made
    return replace(
        one, judged=judged, new=not same, learnt=result.learnt, promise=result.promise, weighed=result.weighed
    )
