"""Patches that were dropped, judged again at every release: upstream may take a change back. Then they are needed
again, which is told at once, and proposed where proposals are made (`regaining.py`).

A dropped patch is judged in the series that it stood in, from the base that it was made for, against the release with
what the package carries on top: so what comes out fits there, and what is carried again under another name is no news.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from syncbot import judge
from syncbot.errors import SyncbotError
from syncbot.model.ids import Fingerprint, PackageName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.memory import Memory
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.proposals import DroppedPatch
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action, Fit, Verdict
from syncbot.ports.crew import Bench, Lost
from syncbot.report.links import with_links
from syncbot.services.keys import digest, series_parts
from syncbot.services.notice import series_of_drop
from syncbot.services.work import opened
from syncbot.services.workspace import Workspace

_NEEDED = frozenset({Verdict.UNTOUCHED, Verdict.APPLIES, Verdict.REFRESH, Verdict.HELD})
"""What a patch is to a release that has it no more, where no commit shows that it was taken back."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A dropped patch that upstream has no more. `judged`: against the release that the package stands on or moves to,
    `release`; it waits for a person where it does not fit there."""

    dropped: DroppedPatch
    judged: Judgement
    release: Release

    @property
    def content(self) -> bytes:
        """The patch as it fits."""
        return self.dropped.content if self.judged.refreshed is None else self.judged.refreshed

    @property
    def alert(self) -> str:
        gone = f"dropped with {self.dropped.target.version}"
        return f"{self.dropped.name}, {gone}, is needed again: {self.release.version} has it no more ({_why(self)})"

    @property
    def fingerprint(self) -> Fingerprint:
        """Of the drop that is undone: a person's no to that holds for every later release."""
        return returned_fingerprint(self.dropped)


def _why(found: Returned) -> str:
    back = next((e for e in found.judged.evidence if e.kind == "taken-back" and e.commit), None)
    return f"commit {back.commit[:12]} took it back" if back and back.commit else "its lines are as they were before it"


def returned_fingerprint(dropped: DroppedPatch) -> Fingerprint:
    content = hashlib.sha256(dropped.content).hexdigest()
    return Fingerprint(digest("returned", dropped.package, dropped.name, content, dropped.target.identity))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a package is going to stand: its release, what it carries there, and the key of all that it was judged
    by."""

    package: Package
    release: Release
    carried: tuple[SeriesPatch, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Rejudge:
    """`series`: for each dropped patch the series that it was dropped from."""

    standing: Standing
    dropped: tuple[DroppedPatch, ...]
    series: tuple[tuple[SeriesPatch, ...], ...]


Dropped = Mapping[PackageName, Sequence[DroppedPatch]]


def dropped_patches(workspace: Workspace) -> Dropped:
    """What may come back, newest first: of each name the newest drop, if it was not restored."""
    found: dict[PackageName, dict[str, DroppedPatch]] = {}
    for one in workspace.store.dropped():
        found.setdefault(one.package, {}).setdefault(one.name, one)
    return {name: [d for d in by_name.values() if not d.restored] for name, by_name in found.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """`returned`: what came back, by package; `alerts`: what people are told of a package; `learnt`: answers to be
    remembered, by package."""

    returned: Mapping[PackageName, tuple[Returned, ...]]
    alerts: Mapping[PackageName, tuple[str, ...]]
    learnt: Mapping[PackageName, Memory]


def look_back(workspace: Workspace, standing: Sequence[Standing]) -> Found:
    """Judge the dropped patches of these packages again. One whose return a person turned down is left out. Writes
    nothing."""
    every = dropped_patches(workspace)
    known: dict[PackageName, tuple[Judgement, ...]] = {}
    tasks: list[Rejudge] = []
    for one in standing:
        dropped = every.get(one.package.name, ())
        if not dropped:
            continue
        memory = next(iter(workspace.store.memories(_key(one, dropped))), None)
        if memory is None:
            tasks.append(Rejudge(one, tuple(dropped), tuple(series_of_drop(workspace, d) for d in dropped)))
        else:
            known[one.package.name] = memory.patches
    alerts, learnt = _ask(workspace, tasks)
    known |= {name: memory.patches for name, memory in learnt.items()}
    found = {}
    for one in standing:
        name = one.package.name
        answers = zip(every.get(name, ()), known.get(name, ()), strict=False)
        back = (Returned(dropped, judged, one.release) for dropped, judged in answers if _is_needed(dropped, judged))
        wanted = tuple(r for r in back if workspace.store.rejected(r.fingerprint) is None)
        if wanted:
            found[name] = wanted
            alerts[name] = (*alerts.get(name, ()), *(r.alert for r in wanted))
    return Found(found, alerts, learnt)


def _is_needed(dropped: DroppedPatch, judged: Judgement) -> bool:
    """Not where it went on downstream's own word: it was as needed when it was dropped."""
    if dropped.judgement.proof is None and dropped.judgement.verdict in _NEEDED:
        return False
    return judged.verdict is Verdict.REVERTED or judged.verdict in _NEEDED


def _key(one: Standing, dropped: Sequence[DroppedPatch]) -> str:
    drops = [[d.name, hashlib.sha256(d.content).hexdigest(), d.base.identity, d.target.identity] for d in dropped]
    return digest("dropped", judge.JUDGE_VERSION, one.state, one.release.identity, series_parts(one.carried), drops)


def _ask(
    workspace: Workspace, tasks: Sequence[Rejudge]
) -> tuple[dict[PackageName, tuple[str, ...]], dict[PackageName, Memory]]:
    """The answers to what is not remembered, and in words what could not be asked."""
    groups: dict[str, list[Rejudge]] = {}
    for task in tasks:
        groups.setdefault(str(task.standing.package.upstream), []).append(task)
    made = [[partial(_itself, task) for task in group] for group in groups.values()]
    results = workspace.crew.each(rejudged, made, word="judged again") if tasks else []
    alerts: dict[PackageName, tuple[str, ...]] = {}
    learnt: dict[PackageName, Memory] = {}
    for task, result in zip((task for group in groups.values() for task in group), results, strict=True):
        name = task.standing.package.name
        if isinstance(result, Lost | str):
            why = result.why if isinstance(result, Lost) else result
            alerts[name] = (f"its dropped patches could not be judged again: {why}",)
        else:
            own = PackageName(f"{name}/dropped")  # no package is called so: what is remembered of it has its own room
            learnt[name] = Memory(_key(task.standing, task.dropped), own, (), result)
    return alerts, learnt


def _itself(task: Rejudge) -> Rejudge:
    return task


def rejudged(bench: Bench, task: Rejudge) -> tuple[Judgement, ...] | str:
    """A judgement per dropped patch; in words, why there is none."""
    try:
        return tuple(_rejudged(bench, task))
    except SyncbotError as error:
        return str(error)


def _rejudged(bench: Bench, task: Rejudge) -> Iterator[Judgement]:
    standing = task.standing
    source = bench.source(standing.package)
    tree = opened(source, bench.progress)
    there = tree(standing.release)
    carried = judge.stacked(standing.carried, there) or there
    found: dict[tuple[str, tuple[SeriesPatch, ...]], SeriesJudgement] = {}
    for dropped, series in zip(task.dropped, task.series, strict=True):
        asked = (dropped.base.identity, series)
        if asked not in found:
            judged = judge.judge_series(
                series,
                tree(dropped.base),
                carried,
                base_name=dropped.base.version,
                target_name=standing.release.version,
                released=None if standing.release.date is None else standing.release.date.date(),
                history=source.lineage(dropped.base, standing.release, bench.progress),
            )
            found[asked] = with_links(judged, str(standing.package.repository))
        one = next(j for j in found[asked].patches if j.name == dropped.name)
        yield _fitting(one, dropped, carried)


def _fitting(judged: Judgement, dropped: DroppedPatch, carried: Tree) -> Judgement:
    """It waits for a person where it does not apply on top of what is carried: another dropped patch may be missing."""
    if not _is_needed(dropped, judged) or judged.action.waits:
        return judged
    content = dropped.content if judged.refreshed is None else judged.refreshed
    if judge.applies((SeriesPatch(dropped.name, content, dropped.strip),), carried):
        return judged
    return replace(judged, action=Action.ASK, fit=Fit.CONFLICT, refreshed=None)
