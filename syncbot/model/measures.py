"""The measures of the delta, defined once. Every face shows these, and no other.

`Facts` follow from a patch's own text, `Toll` and `Standing` from what was recorded. What was never recorded is None,
and is shown as unknown: nothing is guessed. What reports make by the ten thousand is a NamedTuple: a frozen dataclass
takes four times as long to make.

| measure | what it is |
|---|---|
| files | Files that a patch changes; of a package or an owner the distinct ones, each package's by themselves. |
| added, removed | Lines with + and -, context left out. |
| share | Bytes of those lines, as a share of all bytes in the files of the upstream release that was last weighed. |
| age | Whole days since the day in the patch's header; without one, since syncbot first judged it. |
| releases behind | Releases of the package's line that are newer than its base. |
| days behind | Whole days since the first of those came out, or (where upstream does not say) was first seen. |
| refreshed | Releases that the package moved to, by an accepted proposal, for which the patch was rewritten. |
| conflicts | Releases to which the patch was judged a conflict. |
| forwarded | Whether somebody sent it upstream, as its header says. |
| CVEs | Advisories that its header or its name claims to fix. |
| dropped this month | Drops that became final in the calendar month, UTC, less those that were restored. |
| days to the drop | Whole days from the first release that had a dropped patch to its drop. |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.verdicts import Action, Proof, Verdict


class Forwarded(StrEnum):
    """Whether a patch was sent upstream, as far as its header says. One sentence each."""

    UPSTREAM = "upstream"
    SENT = "sent"
    NO_NEED = "no-need"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> str:
        return _FORWARDED[self]

    @property
    def is_open(self) -> bool:
        """Whether somebody could still send it."""
        return self in _OPEN


_OPEN = frozenset({Forwarded.NOT_SENT, Forwarded.UNKNOWN})
_FORWARDED = {
    Forwarded.UPSTREAM: "Its header says that it came from upstream, or went in.",
    Forwarded.SENT: "Its header says that it was sent.",
    Forwarded.NO_NEED: "Its header says that upstream need not have it.",
    Forwarded.REFUSED: "Its header says that upstream turned it down.",
    Forwarded.NOT_SENT: "Its header says that it was not sent yet.",
    Forwarded.UNKNOWN: "Its header says nothing about it.",
}


class Facts(NamedTuple):
    """What follows from one patch's text and name. `paths`: the files that it changes, in order, each once; `weight`:
    bytes of its added and removed lines; `written`: the day in its header; `readable`: False where it is no patch."""

    paths: tuple[str, ...]
    added: int
    removed: int
    weight: int
    subject: str = ""
    written: date | None = None
    cves: tuple[str, ...] = ()
    forwarded: Forwarded = Forwarded.UNKNOWN
    readable: bool = True

    @property
    def lines(self) -> int:
        return self.added + self.removed


class Carried(NamedTuple):
    """One entry of a series as it lies in the work tree, without its text. `digest`: sha256 of the file, hex."""

    name: PatchName
    digest: str
    strip: int | None
    facts: Facts
    keep: str | None = None
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """One entry of a series as the judge was given it. `digest`: sha256 of the text, hex."""

    name: PatchName
    digest: str
    strip: int | None
    keep: str | None
    waiting: bool


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a question to the judge was made of. `key`: of the question; `judge`: the judge's version; `head`: where
    upstream's branch stood, empty where there is no history. Base and target stand in the judgement."""

    key: str
    package: PackageName
    judge: str
    head: str
    series: tuple[Entered, ...]
    advice: str = ""
    """A digest of what advisories said, empty: nothing."""


class Kept(NamedTuple):
    """A package as it lies in the work tree, without the patches' texts. `upstream`: its address, never shown as it is;
    `track` and `range` as in Package."""

    package: PackageName
    path: str
    upstream: str
    base: str | None
    owners: tuple[str, ...]
    private: bool
    track: str
    range: str
    series: tuple[Carried, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The packages as a work tree had them, in order of name, with what pins that. `key`: of the whole; `head`: the
    commit that was checked out; `manner`: a digest of how it was read; `dirty`: paths that differed from the commit;
    `beyond`: files outside of their own folders that packages name; `unread`: packages that could not be read."""

    key: str = ""
    packages: tuple[Kept, ...] = ()
    head: str = ""
    manner: str = ""
    dirty: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Toll(NamedTuple):
    """What carrying one patch has cost so far. `since`: when it was first judged."""

    since: datetime
    refreshed: int = 0
    conflicts: int = 0


class Told(NamedTuple):
    """What the last check of its package said of one patch. `key`: of the judgement; `base` and `target`: versions, the
    same for a package that is at its newest release and was judged with upstream's branch in view."""

    package: PackageName
    name: PatchName
    key: str
    base: str
    target: str
    verdict: Verdict
    action: Action
    proof: Proof | None
    lines_after: int
    at: datetime


class Held(NamedTuple):
    """What the judge saw of a patch on upstream's branch: as `Evidence`, of the kind `held`."""

    detail: str
    commit: CommitId | None = None
    subject: str = ""
    date: str = ""
    release: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a package stood among upstream's releases when it was last checked. `newest`: the newest one on its line;
    `behind`: how many are newer than the base; `first_missed`: the oldest of them, and `missed_since` when it came out.
    `weighed`: the release whose files were counted last, with their number and bytes; None: not counted yet."""

    package: PackageName
    base: str
    base_identity: str
    newest: str
    behind: int
    at: datetime
    first_missed: str = ""
    missed_since: datetime | None = None
    weighed: str = ""
    files: int | None = None
    weight: int | None = None


class Drop(NamedTuple):
    """A patch that left for good. `released`: when the first release came out that had it, None where nothing says."""

    package: PackageName
    name: PatchName
    target: str
    verdict: Verdict
    proof: Proof | None
    commit: CommitId | None
    first_release: str
    released: datetime | None
    at: datetime
    restored: bool = False

    @property
    def days(self) -> int | None:
        """Days to the drop; None where the release's day is not known."""
        return None if self.released is None else max(0, (self.at - self.released).days)


class PatchMeasure(NamedTuple):
    """One patch that is carried. `index` counts from 1; `told`: None where the last check did not speak of the patch as
    it is now; `keep`: the reason why it is pinned."""

    package: PackageName
    index: int  # type: ignore[assignment]  # nobody asks where in it a value stands
    name: PatchName
    facts: Facts
    age: int | None
    toll: Toll | None = None
    told: Told | None = None
    keep: str | None = None
    waiting: bool = False
    """Whether the series marks it as waiting for a person."""

    @property
    def refreshed(self) -> int | None:
        return None if self.toll is None else self.toll.refreshed

    @property
    def conflicts(self) -> int | None:
        return None if self.toll is None else self.toll.conflicts

    @property
    def cost(self) -> int:
        """How dear it is to carry, to put the dearest first: each conflict counts like ten refreshes, each of those
        like a hundred lines."""
        toll = 0 if self.toll is None else 10 * self.toll.conflicts + self.toll.refreshed
        return 100 * toll + self.facts.lines


class PackageMeasure(NamedTuple):
    """One package with what it carries. `layout`: how it is kept downstream; `standing`: None before the first check,
    or where the base moved since; `drops`: newest first, restored ones included."""

    package: PackageName
    owners: tuple[str, ...]
    layout: str
    upstream: str
    base: str | None
    patches: tuple[PatchMeasure, ...]
    private: bool = False
    standing: Standing | None = None
    drops: tuple[Drop, ...] = ()
    alerts: tuple[str, ...] = ()

    @property
    def up_to_date(self) -> bool | None:
        return None if self.standing is None else self.standing.behind == 0

    @property
    def behind(self) -> int | None:
        return None if self.standing is None else self.standing.behind

    @property
    def share(self) -> float | None:
        weight = None if self.standing is None else self.standing.weight
        return None if not weight else sum(p.facts.weight for p in self.patches) / weight


class Sum(NamedTuple):
    """The measures of several patches together: of a package, an owner, or all. None: unknown for each of them."""

    patches: int
    files: int
    added: int
    removed: int
    oldest: int | None
    refreshed: int | None
    conflicts: int | None
    open: int
    """Patches that nobody sent upstream."""
    cves: tuple[str, ...]
    asks: int
    """Patches that wait for a person."""
    dropped: int
    dropped_this_month: int
    days_to_drop: int | None
    """The median over the drops whose release's day is known."""


def added_up(packages: Sequence[PackageMeasure], now: datetime) -> Sum:
    """The measures of these packages together. In one pass: reports ask it of each package."""
    patches = files = added = removed = unsent = asks = 0
    oldest = refreshed = conflicts = None
    cves: set[str] = set()
    dropped: list[Drop] = []
    for package in packages:
        paths: set[str] = set()
        patches += len(package.patches)
        for patch in package.patches:
            facts, toll, age = patch.facts, patch.toll, patch.age
            paths.update(facts.paths)
            added += facts.added
            removed += facts.removed
            unsent += facts.forwarded in _OPEN
            cves.update(facts.cves)
            if age is not None and (oldest is None or age > oldest):
                oldest = age
            if toll is not None:
                refreshed = toll.refreshed + (refreshed or 0)
                conflicts = toll.conflicts + (conflicts or 0)
            asks += patch.told is not None and patch.told.action.waits
        files += len(paths)
        dropped += [drop for drop in package.drops if not drop.restored]
    this_month = sum([(drop.at.year, drop.at.month) == (now.year, now.month) for drop in dropped])
    return Sum(
        patches=patches,
        files=files,
        added=added,
        removed=removed,
        oldest=oldest,
        refreshed=refreshed,
        conflicts=conflicts,
        open=unsent,
        cves=tuple(sorted(cves)),
        asks=asks,
        dropped=len(dropped),
        dropped_this_month=this_month,
        days_to_drop=_median([drop.days for drop in dropped]),
    )


def days_behind(standing: Standing | None, now: datetime) -> int | None:
    """0 for a package at its newest release."""
    if standing is None:
        return None
    if not standing.behind:
        return 0
    return None if standing.missed_since is None else max(0, (now - standing.missed_since).days)


def age(facts: Facts, toll: Toll | None, now: datetime) -> int | None:
    """Days; a day in the future, as a header may claim, counts as today."""
    if facts.written is not None:
        return max(0, (now.date() - facts.written).days)
    return None if toll is None else max(0, (now - toll.since).days)


def _median(values: Iterable[int | None]) -> int | None:
    """Rounded, a half to the even number, as `statistics.median` and `round` have it: that one takes long to load."""
    known = sorted(value for value in values if value is not None)
    middle = len(known) // 2
    if not known:
        return None
    return known[middle] if len(known) % 2 else round((known[middle - 1] + known[middle]) / 2)
