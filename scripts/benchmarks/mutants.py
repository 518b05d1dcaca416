"""Releases that nearly have a patch. Labels cannot show a judge that drops too easily; these do.

Made from the patches that the judge drops and that are merged: the release is changed a little where it has the patch,
and the patch is judged again, at its place in the stack.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch as patched

from benchmarks.cases import Case, Cases, Stories
from benchmarks.processes import each
from benchmarks.tables import Report, Table, rate
from syncbot.diff.lines import split_lines
from syncbot.judge import judge_series, series
from syncbot.judge.blocks import BlockFinding
from syncbot.judge.case import Decision
from syncbot.judge.files import FileFinding
from syncbot.judge.rules import SMALL, deciding, weigh
from syncbot.judge.stack import Side
from syncbot.judge.stacks import Stacks
from syncbot.judge.weights import is_trivial, squeeze
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action

KINDS = {
    "a": "one change of the patch undone",
    "b": f"one token of an added line altered, patches of weight < {SMALL:g}",
    "B": "the same on larger patches",
    "c": "a merged block moved to another function",
    "d": "one merged line deleted",
    "e": "one change undone by a commit that does much else (histories alone)",
}
COUNTED = ("kind", "what was done to the release", "made", "dropped whole", "rate", "of patches", "dropped of them")
LISTED = ("kind", "patch", "file", "mutant", "why")
TELLING = 0.5
"""The weight of a change from which a mutant of it is worth a question."""
FAR = 40
"""Lines that a moved block goes at least."""
COMMENT = (b"/*", b"*", b"//", b"#")


@dataclass(frozen=True, slots=True)
class Drop:
    """A patch that was dropped: all that its decision was made from."""

    entry: SeriesPatch
    stacks: Stacks
    rest: tuple[Any, ...]
    decision: Decision

    def again(self, target: Side) -> Decision:
        """The decision if the release had this file."""
        stacks = self.stacks.copy()
        stacks.target.put(target.path, target)
        patch, stand, *more = self.rest
        return series._decide(self.entry, patch, stand, stacks, *more)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`place`: the block's line in the file (from 1) and what was done there; `lines`: the release's file."""

    kind: str
    place: str
    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    kind: str
    package: str
    patch: str
    path: str
    place: str
    dropped: bool
    why: str


def drops(case: Case) -> list[Drop]:
    """Every patch of the series that is dropped; of a file of several commits, each commit."""
    found: list[Drop] = []
    original = series._decide

    def noted(entry: SeriesPatch, patch: Any, stand: Any, stacks: Stacks, *more: Any) -> Decision:
        decision = original(entry, patch, stand, stacks, *more)
        if decision.action is Action.DROP:
            found.append(Drop(entry, stacks.copy(), (patch, stand, *more), decision))
        return decision

    with patched.object(series, "_decide", noted):
        judge_series(case.series, case.base, case.target, released=case.released)
    return found


def answers(cases: Cases, package: str, per_file: int) -> list[Answer]:
    """All mutants of one package, judged."""
    case = cases.load(package)
    found = []
    for drop in drops(case):
        label = case.labels.get(drop.entry.name)
        if cases.labelled and (label is None or not label.merged):
            continue
        rng = random.Random(f"{package}/{drop.entry.name}")
        files = deciding(drop.decision.all_files)
        small = weigh(files).weight < SMALL
        for file in files:
            for mutant in made_of(file, rng, per_file):
                assert file.target is not None
                kind = mutant.kind.upper() if mutant.kind == "b" and not small else mutant.kind
                decision = drop.again(replace(file.target, content=b"".join(mutant.lines)))
                dropped = decision.action is Action.DROP
                why = f"{decision.proof}: {decision.detail}" if dropped else ""
                found.append(Answer(kind, package, drop.entry.name, file.change.path, mutant.place, dropped, why))
    return found


def made_of(file: FileFinding, rng: random.Random, per_file: int) -> Iterator[Mutant]:
    """Mutants of some of the file's changes; none of a file that the patch adds or that has no lines."""
    if file.target is None or file.change.before is None or file.change.after is None:
        return
    before, after, there = (split_lines(s.content) for s in (file.change.before, file.change.after, file.target))
    blocks = [block for block in file.blocks if block.weight >= TELLING]
    for block in rng.sample(blocks, min(per_file, len(blocks))):
        old, new = before[block.change.a0 : block.change.a1], after[block.change.b0 : block.change.b1]
        if new:
            yield from _of_added(old, new, there, rng)
        else:
            yield from _of_removed(old, there, block)


def _of_removed(old: list[bytes], there: list[bytes], block: BlockFinding) -> Iterator[Mutant]:
    """What the patch removes is put back, unless it stands there somewhere anyway."""
    if block.target is None or {line for line in map(squeeze, old) if not is_trivial(line)} & set(map(squeeze, there)):
        return
    at = min(block.target, len(there))
    yield Mutant("a", f"line {at + 1}: {len(old)} lines put back", there[:at] + old + there[at:])


def _of_added(old: list[bytes], new: list[bytes], there: list[bytes], rng: random.Random) -> Iterator[Mutant]:
    """What the patch adds stands once in the release, to the letter but for white space: it is worked on there."""
    start = _only_place(new, there)
    if start is None:
        return
    end = start + len(new)
    undone = there[:start] + old + there[end:]
    yield Mutant("a", f"line {start + 1}: {len(new)} lines become {len(old)}", undone)
    away = _elsewhere(undone, start)
    if away is not None:
        moved = undone[:away] + there[start:end] + undone[away:]
        yield Mutant("c", f"line {start + 1}: {len(new)} lines moved to line {away + 1}", moved)
    telling = [at for at in range(start, end) if _tells(there[at])]
    if not telling:
        return
    at = rng.choice(telling)
    yield Mutant("d", f"line {at + 1} deleted: {_short(there[at])}", there[:at] + there[at + 1 :])
    tokens = list(re.finditer(rb"\w+", there[at]))
    if tokens:
        token = rng.choice(tokens)
        altered = there[at][: token.start()] + b"zq" + there[at][token.start() :]
        yield Mutant("b", f"line {at + 1} altered: {_short(altered)}", [*there[:at], altered, *there[at + 1 :]])


def _only_place(lines: list[bytes], there: list[bytes]) -> int | None:
    wanted, given = [squeeze(line) for line in lines], [squeeze(line) for line in there]
    places = [at for at in range(len(given) - len(wanted) + 1) if given[at : at + len(wanted)] == wanted]
    return places[0] if len(places) == 1 else None


def _elsewhere(lines: list[bytes], start: int) -> int | None:
    """A line in another function: about half the file away, with a line that is not indented (a head) in between."""
    if not lines:
        return None
    away = (start + len(lines) // 2) % len(lines)
    between = lines[min(away, start) : max(away, start)]
    heads = any(line[:1].isalpha() for line in between)
    return away if heads and len(between) >= FAR else None


def _tells(line: bytes) -> bool:
    squeezed = squeeze(line)
    return not is_trivial(squeezed) and not squeezed.startswith(COMMENT)


def _short(line: bytes) -> str:
    return line.decode(errors="replace").strip()[:60]


def _counts(found: list[Answer]) -> tuple[int, int, float | None, int, int]:
    """Mutants, those dropped, their rate; the patches that they are of, those of which one is dropped."""
    dropped = [answer for answer in found if answer.dropped]
    patches, lost = ({(a.package, a.patch) for a in answers} for answers in (found, dropped))
    return len(found), len(dropped), rate(len(dropped), len(found)), len(patches), len(lost)


def report(cases: Cases, *, per_file: int, jobs: int, listed: bool) -> Report:
    if isinstance(cases, Stories):
        cases = replace(cases, dropped=True)
    answered, failed = each(partial(answers, cases, per_file=per_file), cases.names(), jobs)
    found = [answer for package in answered.values() for answer in package]
    return tabled(found, cases.of, failed, listed=listed)


def tabled(found: list[Answer], of: str, failed: list[str], *, listed: bool) -> Report:
    """How many mutants of each kind are still dropped, and which."""
    rows = [(kind, what, *_counts([answer for answer in found if answer.kind == kind])) for kind, what in KINDS.items()]
    patches = len({(a.package, a.patch) for a in found})
    result = Report(
        "mutants", f"{len(found)} mutants of {patches} dropped patches, {of}", "nothing is timed", notes=failed
    )
    result.tables.append(Table("Mutants, still dropped as a whole", COUNTED, rows))
    if listed:
        survivors = sorted(
            (a for a in found if a.dropped), key=lambda a: (list(KINDS).index(a.kind), a.package, a.patch)
        )
        lines = [(a.kind, f"{a.package}/{a.patch}", a.path, a.place, a.why) for a in survivors]
        result.tables.append(Table("Dropped", LISTED, lines))
    return result
