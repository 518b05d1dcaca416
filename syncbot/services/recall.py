"""The judge with a memory: nothing is judged twice that would be answered alike.

A series is judged once more only where a question that the judge asked of base, target or history has another answer
than it had. A release that left the files alone, a base that moved below an unchanged stack, a branch head that brings
nothing for these paths: each costs the look-ups, and no content is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from functools import cached_property

from syncbot import judge
from syncbot.errors import SyncbotError
from syncbot.model.advisories import Advice, Advisory, advice
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.memory import Fact, Memory
from syncbot.model.packages import SeriesPatch
from syncbot.model.releases import Release, Upstream
from syncbot.model.trees import Tree
from syncbot.services import tracing
from syncbot.services.keys import digest, series_parts

Trees = Callable[[Release], Tree]
Open = Callable[[], judge.Lineage | None]


def memory_key(series: Sequence[SeriesPatch]) -> str:
    """What memories of a series are found by: the judge's version, and every entry of the series."""
    return digest("memory", judge.JUDGE_VERSION, series_parts(series))


def no_history() -> None:
    """A lineage for a release that is judged by the trees alone."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What verifying a judgement came to: `broken` says why it does not hold."""

    broken: SyncbotError | None = None


def promise(series: Sequence[SeriesPatch], base: Tree, target: Tree, judgement: SeriesJudgement) -> Promise:
    """Apply the new series to the target once more, from scratch."""
    try:
        judge.verify_promise(series, base, target, judgement)
    except SyncbotError as error:
        return Promise(error)
    return Promise()


@dataclass(slots=True)
class Recall:
    """`known`: what was remembered before, newest first, all of one key. `new`: what is to be remembered now."""

    package: PackageName
    known: Sequence[Memory] = ()
    advisories: Sequence[Advisory] = ()
    """Those about vulnerabilities that the series names."""
    upstreams: Sequence[Upstream] = ()
    """What they are to be about."""
    new: list[Memory] = field(default_factory=list)

    def judged(
        self,
        series: Sequence[SeriesPatch],
        base: Release,
        target: Release,
        tree: Trees,
        history: Open = no_history,
    ) -> SeriesJudgement:
        """The series against a release, as the judge says or said. `tree` and `history` are opened on first need."""
        return self.verified(series, base, target, tree, history, verify=False)[0]

    def verified(
        self,
        series: Sequence[SeriesPatch],
        base: Release,
        target: Release,
        tree: Trees,
        history: Open = no_history,
        *,
        verify: bool = True,
    ) -> tuple[SeriesJudgement, Promise | None]:
        """The same, and (if asked for) what verifying it comes to. A judgement that cannot be verified is not
        remembered."""
        key = memory_key(series)
        told = advice(self.advisories, self.upstreams, base.version, target.version)
        case = _Case(base, target, tree, history, told)
        notes = tracing.Notes()
        held = self._held(key, case, verify=verify)
        if held is None:
            found = case.judged(series, notes)
        else:
            found = SeriesJudgement(base.version, target.version, held.patches)
            if held.promised or not verify:
                return found, Promise() if held.promised else None
            case.note_again(held, notes)
        kept = case.promise(series, found, notes) if verify else None
        facts = notes.facts()
        if facts is not None and (kept is None or kept.broken is None):
            self.new.append(Memory(key, self.package, facts, found.patches, kept is not None))
        return found, kept

    def _held(self, key: str, case: _Case, *, verify: bool) -> Memory | None:
        """A memory that holds here; where it is to be verified, one that was, if there is one."""
        found = None
        for memory in (*reversed(self.new), *self.known):
            if memory.key == key and (found is None or memory.promised) and case.answers_as(memory):
                found = memory
                if memory.promised or not verify:
                    break
        return found


@dataclass
class _Case:
    """One base, one target, and what can be asked about them."""

    base: Release
    target: Release
    tree: Trees
    open: Open
    advice: tuple[Advice, ...] = ()

    @cached_property
    def lineage(self) -> judge.Lineage | None:
        return self.open()

    @property
    def day(self) -> date | None:
        return None if self.target.date is None else self.target.date.date()

    def judged(self, series: Sequence[SeriesPatch], notes: tracing.Notes) -> SeriesJudgement:
        """Judge, and note what was asked."""

        def day() -> date | None:
            notes.add(tracing.day_word(self.day), tracing.DAY)
            return self.day

        lineage = self.lineage
        found = judge.judge_series(
            series,
            *self._trees(notes),
            base_name=self.base.version,
            target_name=self.target.version,
            released=day,
            history=None if lineage is None else tracing.noted_lineage(lineage, notes),
            advice=self.advice,
        )
        if self.advice:
            notes.add(tracing.word(self.advice), tracing.ADVICE)
        notes.add(str(lineage is not None), tracing.LINEAGE)
        if _pins(self.base.identity):
            notes.add(self.base.identity, tracing.BASE_IS)
        if _tells(found.patches, self.base.version) or _tells(found.patches, self.target.version):
            notes.add(self.names, tracing.NAMES)
        return found

    def promise(self, series: Sequence[SeriesPatch], found: SeriesJudgement, notes: tracing.Notes) -> Promise:
        """Verify, and note what that reads."""
        return promise(series, *self._trees(notes), found)

    def note_again(self, memory: Memory, notes: tracing.Notes) -> None:
        """What was asked for a memory that holds here, as if it were asked here: each answer is the same."""
        for fact in memory.facts:
            if fact[0] != tracing.BASE_IS:
                notes.add(fact[-1], *fact[:-1])
        if _pins(self.base.identity):
            notes.add(self.base.identity, tracing.BASE_IS)

    def _trees(self, notes: tracing.Notes) -> tuple[Tree, Tree]:
        base = tracing.Noted(self.tree(self.base), tracing.BASE, notes)
        return base, tracing.Noted(self.tree(self.target), tracing.TARGET, notes)

    @property
    def names(self) -> str:
        return digest(self.base.version, self.target.version)

    def answers_as(self, memory: Memory) -> bool:
        """Whether every question that was asked then has the same answer here."""
        advised = next((fact[-1] for fact in memory.facts if fact[0] == tracing.ADVICE), tracing.NONE)
        if advised != (tracing.word(self.advice) if self.advice else tracing.NONE):
            return False
        same_base = (tracing.BASE_IS, self.base.identity) in memory.facts[:1]
        for fact in memory.facts:
            if fact[0] in (tracing.BASE_IS, tracing.ADVICE):
                continue
            if same_base and fact[0] in (tracing.BASE, tracing.BASE_PATHS):
                continue
            if self._answer(fact) != fact[-1]:
                return False
        return True

    def _answer(self, fact: Fact) -> str | None:
        """What is answered here; None where the question cannot be asked."""
        match fact[:-1]:
            case (tracing.TARGET, path):
                return tracing.entry_word(self.tree(self.target).entry(path))
            case (tracing.BASE, path):
                return tracing.entry_word(self.tree(self.base).entry(path))
            case (tracing.TARGET_PATHS,):
                return tracing.paths_word(self.tree(self.target).paths())
            case (tracing.BASE_PATHS,):
                return tracing.paths_word(self.tree(self.base).paths())
            case (tracing.DAY,):
                return tracing.day_word(self.day)
            case (tracing.NAMES,):
                return self.names
            case (tracing.LINEAGE,):
                return str(self.lineage is not None)
            case (tracing.HISTORY, method, argument) if self.lineage is not None:
                return tracing.history_word(self.lineage.parts[0], method, argument)
            case (tracing.RELEASE, which, commit) if self.lineage is not None:
                _, first, expected = self.lineage.parts
                ask = {"first": first, "expected": expected}[which]
                return None if ask is None else tracing.release_word(ask(CommitId(commit)))
        return None


def _pins(identity: str) -> bool:
    """Whether an identity pins the content: a commit's id or a digest does, a file's name does not."""
    return not identity.startswith("file:")


def _tells(patches: Sequence[Judgement], name: str) -> bool:
    """Whether a judgement says the name of a release anywhere: then it is another one for another release."""
    return any(name in text for text in _texts(patches))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value.decode("utf-8", "surrogateescape")
    elif isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))


def fits_key(series: Sequence[SeriesPatch], line: Sequence[Release]) -> str:
    """What the base of a package that declares none is remembered by: the series, and the releases that it may fit."""
    return digest("fits", judge.JUDGE_VERSION, series_parts(series), [[r.version, r.identity] for r in line])


def size_key(patch: SeriesPatch) -> str:
    """What a patch's size is remembered by."""
    return f"{hashlib.sha256(patch.content).hexdigest()}/{'' if patch.strip is None else patch.strip}"


Fits = Mapping[str, str]
"""{fits_key: the version of the base}."""
