"""How often the judge is right, where it is known what became of the patches; what each step and each number gains."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import partial, reduce
from operator import add

import click

from benchmarks import variants
from benchmarks.cases import Case, Cases, Label
from benchmarks.processes import each
from benchmarks.tables import Cell, Report, Table, rate
from benchmarks.variants import SHIPPED, Memory, Variant
from syncbot.errors import SyncbotError
from syncbot.judge import judge_series, verify_promise
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.verdicts import Action, Verdict

FLAGS = {Verdict.OBSOLETE, Verdict.SUPERSEDED, Verdict.MOOT}
AGAIN = {Verdict.UNTOUCHED, Verdict.APPLIES, Verdict.REFRESH}
CHOSEN = ("chosen on the others", "its recall", "its false drops")
WARM = "nothing for the first row; variants share what pure functions said of the same texts"


@dataclass(frozen=True, slots=True)
class Asked:
    ablation: bool = False
    sensitivity: bool = False
    folds: int | None = None
    jobs: int = 2


@dataclass(slots=True)
class Tally:
    """Counts of patches. `merged`, `kept`: the labels. Of the merged: `automatic` (dropped), `flagged` (dropped, or put
    to a person as obsolete, superseded or moot), `again` (kept whole as still needed). Of the kept: `false` drops,
    `doubted` (flagged), `settled` (they need no person), `cuts` (lost lines that their next version has). `broken`:
    promises that do not hold. `seconds` of judging."""

    merged: int = 0
    kept: int = 0
    automatic: int = 0
    flagged: int = 0
    again: int = 0
    doubted: int = 0
    settled: int = 0
    patches: int = 0
    false: list[str] = field(default_factory=list)
    cuts: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def recall(self) -> float | None:
        return rate(self.automatic, self.merged)

    def count(self, package: str, judged: Judgement, label: Label, before: bytes) -> None:
        self.patches += 1
        dropped = judged.action is Action.DROP
        flagged = dropped or judged.verdict in FLAGS
        if label.merged:
            self.merged += 1
            self.automatic += dropped
            self.flagged += flagged
            self.again += judged.verdict in AGAIN and not dropped
            return
        self.kept += 1
        self.doubted += flagged
        name = f"{package}/{judged.name}: {judged.verdict}: {judged.reason}"
        if dropped:
            self.false.append(name)
        lost = wrongly_cut(judged, label, before)
        if lost:
            self.cuts.append(f"{name} {len(lost)} lines, such as {sorted(lost)[0][:60]!r}")
        self.settled += judged.action in (Action.KEEP, Action.REWRITE) and not lost


def wrongly_cut(judged: Judgement, label: Label, before: bytes) -> set[str]:
    """Lines that a rewrite took out although the next version of the patch still adds them."""
    if judged.action is not Action.REWRITE or judged.refreshed is None or label.successor is None:
        return set()
    return (_added(before.decode(errors="replace")) - _added(judged.refreshed.decode(errors="replace"))) & _added(
        label.successor
    )


def _added(text: str) -> set[str]:
    """The added lines of a patch that say something, without surrounding space."""
    lines = (line[1:].strip() for line in text.splitlines() if line.startswith("+") and not line.startswith("+++"))
    return {line for line in lines if len(line) > 3}


Tallies = dict[str, dict[str, Tally]]
"""{package: {title of the variant: tally}}"""


def measured(cases: Cases, package: str, wanted: Sequence[Variant]) -> dict[str, Tally]:
    """One package judged as it is (with its promise checked, and timed), then by every variant."""
    case = cases.load(package)
    begun = time.perf_counter()
    judged = judge_series(case.series, case.base, case.target, released=case.released)
    tally = _tally(case, judged)
    tally.seconds = time.perf_counter() - begun
    try:
        verify_promise(case.series, case.base, case.target, judged)
    except SyncbotError as error:
        tally.broken.append(f"{package}: {error}")
    found = {SHIPPED.title: tally}
    memory = Memory()
    for variant in wanted:
        with variants.judging(variant), memory.analysing_anew(variant), memory.used():
            found[variant.title] = _tally(
                case, judge_series(case.series, case.base, case.target, released=case.released)
            )
    return found


def _tally(case: Case, judged: SeriesJudgement) -> Tally:
    tally = Tally()
    for entry, judgement in zip(case.series, judged.patches, strict=True):
        label = case.labels.get(entry.name)
        if label is not None:
            tally.count(case.package, judgement, label, entry.content)
    return tally


def report(cases: Cases, asked: Asked) -> Report:
    if not cases.labelled:
        raise click.UsageError("accuracy needs --labels: what became of the patches")
    wanted = [
        *(variants.ablations() if asked.ablation else []),
        *(variants.sensitivities() if asked.sensitivity else []),
    ]
    tallies, failed = each(partial(measured, cases, wanted=wanted), cases.names(), asked.jobs)
    total = {title: _sum(by[title] for by in tallies.values()) for title in [SHIPPED.title, *(v.title for v in wanted)]}
    whole = total[SHIPPED.title]
    made = Report("accuracy", f"{cases.of}, {whole.merged} merged patches and {whole.kept} kept", WARM)
    made.tables.append(_main(whole, tallies))
    if asked.ablation:
        made.tables.extend(_ablation(total))
    if asked.sensitivity:
        made.tables.append(_sensitivity(total))
    if asked.folds:
        made.tables.append(_folds(tallies, asked.folds, [v.title for v in wanted if v.number]))
    made.notes.extend(failed)
    for title, found in (("false drop", whole.false), ("wrong cut", whole.cuts), ("promise broken", whole.broken)):
        made.notes.extend(f"{title}: {text}" for text in found)
    return made


def _sum(tallies: Iterable[Tally]) -> Tally:
    return reduce(add, tallies, Tally())


def _main(tally: Tally, tallies: Tallies) -> Table:
    recalls = [t.recall for by in tallies.values() if (t := by[SHIPPED.title]).merged >= 3 and t.recall is not None]
    rows: list[tuple[Cell, ...]] = [
        ("automatic recall", rate(tally.automatic, tally.merged), tally.automatic),
        ("automatic recall, mean of packages", sum(recalls) / len(recalls) if recalls else None, len(recalls)),
        ("automatic precision", rate(tally.automatic, tally.automatic + len(tally.false)), None),
        ("false drops", None, len(tally.false)),
        ("flagged recall", rate(tally.flagged, tally.merged), tally.flagged),
        ("flagged precision", rate(tally.flagged, tally.flagged + tally.doubted), None),
        ("settled, of the kept", rate(tally.settled, tally.kept), tally.settled),
        ("wrongly cut", None, len(tally.cuts)),
        ("merged, carried whole again", rate(tally.again, tally.merged), tally.again),
        ("promises broken", None, len(tally.broken)),
        ("milliseconds of judging a patch, in the mean", tally.seconds * 1000 / max(tally.patches, 1), tally.patches),
    ]
    return Table("Accuracy", ("what", "rate", "count"), rows)


def _row(title: str, tally: Tally) -> tuple[Cell, ...]:
    settled, again = rate(tally.settled, tally.kept), rate(tally.again, tally.merged)
    flagged = rate(tally.flagged, tally.merged), rate(tally.flagged, tally.flagged + tally.doubted)
    return title, tally.recall, len(tally.false), settled, again, len(tally.cuts), *flagged


def _ablation(total: dict[str, Tally]) -> list[Table]:
    columns = ("cascade", "recall", "false drops", "settled", "again", "wrong cuts", "flagged recall", "its precision")
    shipped = _row(SHIPPED.title, total[SHIPPED.title])
    return [
        Table(
            title, columns, [shipped, *(_row(name, tally) for name, tally in total.items() if name.startswith(start))]
        )
        for title, start in (("All steps but one", "without "), ("The cascade up to a step", "up to "))
    ]


def _sensitivity(total: dict[str, Tally]) -> Table:
    """One row for each number: moved down, as it is, moved up."""
    by_number: dict[tuple[str, str], list[Variant]] = defaultdict(list)
    for variant in variants.sensitivities():
        assert variant.number is not None
        by_number[variant.number[0], variant.number[1]].append(variant)
    columns = ("number", "value", "-20 %", "recall", "false", "settled", "+20 %", "recall up", "false up", "settled up")
    rows: list[tuple[Cell, ...]] = []
    for (module, name), moved in by_number.items():
        row: list[Cell] = [f"{module.rpartition('.')[2]}.{name}", moved[0].was]
        for variant in moved:
            tally = total[variant.title]
            row += [variant.number[2] if variant.number else None, tally.recall, len(tally.false)]
            row.append(rate(tally.settled, tally.kept))
        rows.append(tuple(row))
    shipped = total[SHIPPED.title]
    as_is = (shipped.recall, len(shipped.false), rate(shipped.settled, shipped.kept))
    return Table("Numbers moved by 20 %", columns, [(SHIPPED.title, None, None, *as_is, None, *as_is), *rows])


def _folds(tallies: Tallies, count: int, moved: list[str]) -> Table:
    """Packages dealt out to folds. Where numbers were moved too: what the best setting on the other folds, by false
    drops and then recall, does on the fold that was left out of the choice."""
    packages = sorted(tallies)
    rows: list[tuple[Cell, ...]] = []
    for number in range(count):
        held = packages[number::count]
        if not held:
            continue
        others = [package for package in packages if package not in held]
        here = _sum(tallies[p][SHIPPED.title] for p in held)
        row: list[Cell] = [f"fold {number + 1}", len(held), here.recall, len(here.false)]
        if moved:
            seen = {title: _sum(tallies[p][title] for p in others) for title in [SHIPPED.title, *moved]}
            best = min(seen, key=lambda title: (len(seen[title].false), -(seen[title].recall or 0.0)))
            there = _sum(tallies[p][best] for p in held)
            row += [best, there.recall, len(there.false)]
        rows.append(tuple(row))
    columns = ("fold", "packages", "recall", "false drops", *(CHOSEN if moved else ()))
    recalls = [value for row in rows if isinstance(value := row[2], float)]
    false = [value for row in rows if isinstance(value := row[3], int)]
    rest: tuple[Cell, ...] = (None,) * (len(columns) - 4)
    if recalls:
        rows.append(("min", None, min(recalls), min(false), *rest))
        rows.append(("mean", None, sum(recalls) / len(recalls), sum(false) / len(false), *rest))
        rows.append(("max", None, max(recalls), max(false), *rest))
    return Table(f"Cross-validation by package, {count} folds", columns, rows)
