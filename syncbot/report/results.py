"""What the services came to, as frozen values. Faces print them; `syncbot.report` turns them into text and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.proposal_words import Became
from syncbot.model.proposals import ProposalRecord, Run

if TYPE_CHECKING:
    from syncbot.model.forge import Write
    from syncbot.model.judgement import Judgement, SeriesJudgement
    from syncbot.model.releases import Release
    from syncbot.model.running import Note
    from syncbot.report.problems import PackageProblem


@dataclass(frozen=True, slots=True)
class PackageCheck:
    """One package against the release that it would move to.

    `target` and `judgement` are None where the package is up to date. `patches` and `lines` (added plus removed) are
    the delta as it is. `alerts`: supply-chain events, for people, and dropped patches that are needed again; those
    stand in `returned`, as they were judged now. `new`: judged in this run, not remembered. `ahead`: of a package that
    is up to date, what its patches are to its own base with upstream's branch in view; None where no history is.
    """

    package: PackageName
    upstream: str
    line: str
    base: Release
    target: Release | None
    judgement: SeriesJudgement | None
    patches: int
    lines: int
    alerts: tuple[str, ...] = ()
    new: bool = False
    private: bool = False
    owners: tuple[str, ...] = ()
    ahead: SeriesJudgement | None = None
    returned: tuple[Judgement, ...] = ()
    waiting: tuple[PatchName, ...] = ()
    """Patches that the series marks as waiting for a person: nothing applies them, whatever else is judged."""
    bump: bool = True
    """Whether its settings let the base move."""
    misfit: str = ""
    """Of one that is up to date: what of its series does not apply to its own base; it stands among the alerts, too."""
    settled: tuple[PatchName, ...] = ()
    """Patches that waited for a person, and wait no more by what people put on the proposal's branch."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Every package that could be checked, in order of name, and a problem for each that could not."""

    at: datetime
    packages: tuple[PackageCheck, ...]
    problems: tuple[PackageProblem, ...]
    standing: tuple[ProposalRecord, ...] = ()
    """The proposals for these packages that were open when last looked at."""
    by_hand: str = ""
    """As in SyncResult."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A package that was due and was not worked on, and why."""

    package: str
    why: str
    private: bool = False


Answers = tuple[tuple[PatchName, Became], ...]


class Outcome(StrEnum):
    """What a sync did about one package. One sentence each."""

    UP_TO_DATE = "up-to-date"
    PROPOSED = "proposed"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ASIDE = "aside"
    MERGED = "merged"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    OBSERVED = "observed"
    PRIVATE = "private"
    PLANNED = "planned"
    STOOD_DOWN = "stood-down"
    WAITING = "waiting"

    @property
    def sentence(self) -> str:
        return _OUTCOME[self]


_OUTCOME = {
    Outcome.UP_TO_DATE: "It stands at the newest release of its line.",
    Outcome.PROPOSED: "A proposal was opened.",
    Outcome.UPDATED: "Its open proposal was updated.",
    Outcome.UNCHANGED: "Its open proposal is unchanged.",
    Outcome.ASIDE: "People's commits on its branch do not go with the new version, which stands on a branch beside it.",
    Outcome.MERGED: "Every edit is proved: the proposal was accepted by itself, as its mode says.",
    Outcome.REJECTED: "The same proposal was rejected before; it is not made again.",
    Outcome.DEFERRED: "A limit on proposals is reached; a later run proposes it.",
    Outcome.OBSERVED: "Its mode is observe: nothing is proposed.",
    Outcome.PRIVATE: "It is private: judged, never proposed.",
    Outcome.PLANNED: "A proposal would be made.",
    Outcome.STOOD_DOWN: "A person proposes the same.",
    Outcome.WAITING: "It waits for a person, and there is nothing to commit.",
}


@dataclass(frozen=True, slots=True)
class SyncItem:
    """One package of a sync. `note` is a person's reason or a title, where there is one; `answers`: what people made of
    the patches that waited, on the proposal's branch; `again`: whether the proposal was closed, and is open again;
    `owed`: whether it got what a run owed it that was killed."""

    check: PackageCheck
    outcome: Outcome
    proposal: ProposalRecord | None = None
    note: str = ""
    answers: Answers = ()
    again: bool = False
    owed: bool = False


@dataclass(frozen=True, slots=True)
class ByPeople:
    """A proposal that people answered since the last run, outside syncbot. `answers`: what became of the patches that
    waited, where the workspace has it."""

    proposal: ProposalRecord
    answers: Answers = ()


@dataclass(frozen=True, slots=True)
class SyncResult:
    """`closed`: proposals withdrawn because their reason is gone. `archived`: (package, patch) of accepted drops that
    this run noticed. `changed`: whether anything was written but the run's own row and what saves work. `unproposed`:
    packages that could be judged but not proposed; what kept each from it is among the problems."""

    at: datetime
    dry_run: bool
    items: tuple[SyncItem, ...]
    problems: tuple[PackageProblem, ...]
    closed: tuple[ProposalRecord, ...] = ()
    archived: tuple[tuple[PackageName, PatchName], ...] = ()
    changed: bool = False
    unproposed: tuple[PackageCheck, ...] = ()
    restored: tuple[ProposalRecord, ...] = ()
    """Proposals that were opened or updated to bring back what upstream took back."""
    writes: tuple[Write, ...] = ()
    """Of a dry run: each request and push that a real run would make now, in order."""
    by_hand: str = ""
    """Where people fetch the branch of a proposal that they merge themselves; empty where the forge merges."""
    skipped: tuple[Skipped, ...] = ()
    """Packages that were due and that another run works on, or that were put aside for a while."""
    by_people: tuple[ByPeople, ...] = ()
    returning: tuple[ProposalRecord, ...] = ()
    """Open proposals that bring a patch back, new or not."""

    @property
    def checks(self) -> tuple[PackageCheck, ...]:
        """Every package that was judged, in order of name."""
        return tuple(sorted((*(item.check for item in self.items), *self.unproposed), key=lambda c: c.package))


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of one patch. `content`: its text when judged; `dropped_at`: when it left, None while carried."""

    package: PackageName
    upstream: str
    base: Release
    target: Release
    judgement: Judgement
    content: bytes
    judged_at: datetime
    dropped_at: datetime | None = None
    returning: str = ""
    """The open proposal that would bring a dropped patch back, empty where there is none."""
    bump: bool = True
    """Whether its settings let the base move."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore proposal and the folder of the bundle that reproduces the judgement."""

    package: PackageName
    name: PatchName
    reason: str
    proposal: ProposalRecord
    bundle: str
    by_hand: str = ""
    """As in SyncResult."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A package that is tracked now. `written`: the files, relative to the workspace."""

    package: PackageName
    upstream: str
    base: Release
    newest: Release
    patches: int
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A proposal that was accepted or rejected, and the drops that became final with it."""

    proposal: ProposalRecord
    archived: tuple[tuple[PackageName, PatchName], ...] = ()


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run with its counts, and where it was asked for, what it did about each package. `hidden`: notes of private
    packages that were left out."""

    run: Run
    counts: Mapping[str, int]
    notes: tuple[Note, ...] | None = None
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class SweptItem:
    """Something that nobody needs. `size` in bytes of files, `count` in rows."""

    kind: str
    name: str
    why: str
    size: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """What was thrown away, or with `dry_run` would be."""

    dry_run: bool
    items: tuple[SweptItem, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that doctor looked at. `remedy` is empty where it is well."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


def asks_person(checks: Sequence[PackageCheck]) -> bool:
    """As `needs_person`, but for what people settled; and whether any patch stands in a series as waiting, or a series
    does not apply to its own base."""
    asks = (p.action.waits and p.name not in c.settled for c in checks if c.judgement for p in c.judgement.patches)
    return any(asks) or any(check.waiting or check.misfit for check in checks)


def needs_person(judgements: Sequence[SeriesJudgement]) -> bool:
    """Whether any patch waits for a person (what --exit-code asks)."""
    return any(p.action.waits for j in judgements for p in j.patches)
