"""Check: which release would each package move to, and what is each patch to it?

`examine` only asks (upstreams, trees, the store); `record` writes what was new. So a dry run is `examine` alone. What
is asked of upstreams and judged is done by the crew, package by package (`work.py`); the store is asked and written
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from syncbot import judge
from syncbot.errors import DiskFull
from syncbot.model import addresses
from syncbot.model.ids import PackageName
from syncbot.model.memory import Memory
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.plan import identity
from syncbot.ports import Source
from syncbot.ports.crew import Bench, Lost
from syncbot.report.results import CheckResult, PackageCheck, PackageProblem
from syncbot.services import packages, words, work
from syncbot.services.calls import Calls
from syncbot.services.choose import Choice
from syncbot.services.inputs import inputs_of
from syncbot.services.later import Later
from syncbot.services.recall import Promise, memory_key, size_key
from syncbot.services.returned import Returned, Standing, look_back
from syncbot.services.standing import new_standings, to_be_weighed
from syncbot.services.work import guarded
from syncbot.services.workspace import Workspace, require_downstream

__all__ = ["Examination", "Examined", "check", "examine", "guarded", "record", "result", "trees", "verified", "view"]

T = TypeVar("T")
R = TypeVar("R")
Item = TypeVar("Item")

_AT_A_TIME = 200
LANES = 4
"""Upstreams that one process asks at a time: most of that is waiting."""
KEPT_AT_ONCE = 64
"""Packages that are judged between two moments at which what was judged is written."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One package with what was found about it. `lines`: its delta. `fresh`: releases never seen before. `judged` is
    about the target; where the package is up to date, about its base and what is on upstream's branch, and None where
    there is none. `asked` is the key of the question that it answers; `new`: not stored yet. `learnt`: what the judge
    was asked, to be remembered, and `fits` the base that was found out, by key. `promise`: what verifying the judgement
    came to, None: not verified yet. `state`: the key of all that is known of it; `returned`: dropped patches that
    upstream took back. `weighed`: (files, their bytes) of the base, where they were counted now.
    `head`: where upstream's branch stands."""

    package: Package
    source: Source
    choice: Choice
    fresh: tuple[Release, ...] = ()
    judged: StoredJudgement | None = None
    asked: str = ""
    new: bool = False
    lines: int = 0
    learnt: tuple[Memory, ...] = ()
    fits: Mapping[str, str] = field(default_factory=dict)
    promise: Promise | None = None
    state: str = ""
    returned: tuple[Returned, ...] = ()
    weighed: tuple[int, int] | None = None
    head: str = ""
    recorded: bool = False
    """Whether its judgement was written already, so that a run that is broken off has not judged in vain."""

    @property
    def moving(self) -> StoredJudgement | None:
        """The judgement about the target, None where the package is up to date."""
        return None if self.choice.target is None else self.judged


@dataclass(frozen=True, slots=True)
class Examination:
    """`sizes`: {size_key: lines} of patches that were counted for the first time."""

    at: datetime
    examined: tuple[Examined, ...]
    problems: tuple[PackageProblem, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)


Admit = Callable[[Sequence[Package]], Sequence[Package]]
"""Chooses, of the packages that were asked for, those that are worked on now."""


def check(workspace: Workspace, names: Sequence[str] = ()) -> CheckResult:
    """Examine the packages (all, or those named) and remember what is new. Raises InputError for an unknown name."""
    require_downstream(workspace)
    examination = examine(workspace, names)
    record(workspace, examination)
    return result(examination)


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
    sizes = _Sizes(workspace.store.sizes())
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
                store.save_inputs(inputs_of(one.package, one.asked, one.head))
    standings = new_standings(store.standings(), examination.examined, examination.at)
    if standings:
        store.save_standings(standings)
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
        judgement=None if one.moving is None else one.moving.judgement,
        ahead=None if one.judged is None or one.moving is not None else one.judged.judgement,
        returned=tuple(found.judged for found in one.returned),
        patches=len(package.series),
        lines=one.lines,
        alerts=one.choice.alerts,
        new=one.new,
        private=package.private,
        owners=package.owners,
        waiting=tuple(patch.name for patch in package.series if patch.waiting),
        bump=package.policy.bump,
    )


def trees(source: Source, workspace: Workspace) -> Callable[[Release], Tree]:
    """The source's trees, each opened once while they are in use."""
    return work.opened(source, workspace.progress)


def verified(workspace: Workspace, examined: Sequence[Examined]) -> list[Examined | PackageProblem]:
    """The same, each with its `promise`; those that have none yet are verified now."""
    open_ = [one for one in examined if one.promise is None and one.moving is not None]

    def task(one: Examined) -> work.Verify:
        assert one.judged is not None
        return work.Verify(one.package, one.judged)

    kept = dict(zip(map(id, open_), _each(workspace, work.verify, open_, task, "verified"), strict=True))
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
    seen = _Seen(workspace, [package.name for package in found])
    calls = Calls(workspace, found, at, named=named)

    def task(package: Package) -> work.Look:
        declared = package.base is not None and package.policy.bump
        fits = {} if declared else dict(store.fits(package.name))
        return work.Look(package, seen.of(package.name), fits, ask=calls.asks(package), first=calls.is_first(package))

    results = calls.shared(_each(workspace, work.look, found, task, "asked", lanes=LANES))
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
        return work.Judge(one.package, one.choice, one.asked, at, known, verifying, weigh)

    standings = store.standings() if waiting else {}
    results = dict(zip(map(id, waiting), _each(workspace, work.judged, waiting, task, "judged"), strict=True))
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


def _each(
    workspace: Workspace,
    done: Callable[[Bench, T], R | PackageProblem],
    items: Sequence[Item],
    task: Callable[[Item], T],
    word: str,
    lanes: int = 1,
) -> list[R | PackageProblem]:
    """What the crew makes of every item, in their order. Packages of one upstream go one after the other: they share a
    mirror."""
    groups: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        groups.setdefault(str(_package(item).upstream), []).append(at)
    tasks = [[partial(task, items[at]) for at in places] for places in groups.values()]
    results = workspace.crew.each(done, tasks, lanes=lanes, word=word)
    places = [at for group in groups.values() for at in group]
    found = dict(zip(places, results, strict=True))
    return [_or_problem(_package(item), found[at]) for at, item in enumerate(items)]


def _or_problem(package: Package, result: R | PackageProblem | Lost) -> R | PackageProblem:
    return work.lost(package.name, package.private, result.why) if isinstance(result, Lost) else result


def _package(item: object) -> Package:
    package = item.package if isinstance(item, Examined) else item
    assert isinstance(package, Package)
    return package


class _Seen:
    """What was seen of each package before, read for some of them at a time: in the order in which they are asked
    for, that is few questions, and little in memory."""

    def __init__(self, workspace: Workspace, names: Sequence[PackageName]) -> None:
        self._store, self._names = workspace.store, names
        self._places = {name: at for at, name in enumerate(names)}
        self._read: dict[PackageName, dict[str, Release]] = {}

    def of(self, name: PackageName) -> dict[str, Release]:
        if name not in self._read:
            at = self._places[name]
            found = self._store.releases_of(self._names[at : at + _AT_A_TIME])
            self._read |= {package: dict(releases) for package, releases in found.items()}
        return self._read.pop(name)


class _Sizes:
    """The delta of packages in lines; a patch is counted once in its life."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self.new: dict[str, int] = {}

    def lines(self, package: Package) -> int:
        return sum(map(self._of, package.series))

    def _of(self, patch: SeriesPatch) -> int:
        key = size_key(patch)
        found = self._known.get(key, self.new.get(key))
        if found is None:
            found = self.new[key] = packages.lines(patch)
        return found
