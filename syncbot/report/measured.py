"""What the reports are made of: measured packages, chosen and sorted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from syncbot.errors import InputError
from syncbot.model import measures
from syncbot.model.events import Event
from syncbot.model.measures import Held, PackageMeasure, PatchMeasure, Sum
from syncbot.model.verdicts import Verdict

if TYPE_CHECKING:
    from syncbot.report.problems import PackageProblem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measured:
    """All packages as they are now, in order of name. `hidden`: private ones that were left out."""

    at: datetime
    packages: tuple[PackageMeasure, ...]
    problems: tuple[PackageProblem, ...] = ()
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asks for; empty and None: everything. Patches are told by verdict, CVE and age, packages by name,
    owner and layout. `older_than`: days."""

    names: tuple[str, ...] = ()
    owner: str | None = None
    layout: str | None = None
    verdicts: tuple[str, ...] = ()
    cve: str | None = None
    older_than: int | None = None

    @property
    def of_patches(self) -> bool:
        return bool(self.verdicts or self.cve is not None or self.older_than is not None)


@dataclass(frozen=True, slots=True)
class Owned:
    """What one owner carries; `owner` is None for packages that nobody owns."""

    owner: str | None
    packages: int
    behind: int | None
    """Packages that are not at their newest release; None: not known of any."""
    total: Sum


@dataclass(frozen=True, slots=True)
class Ahead:
    """A patch that upstream's branch has: the next release makes it obsolete. `fact`: the commit, None where it cannot
    be told any more."""

    owners: tuple[str, ...]
    patch: PatchMeasure
    base: str
    fact: Held | None


@dataclass(frozen=True, slots=True)
class History:
    """Events, newest first. `hidden`: private packages that were left out; `unknown`: packages that were left out since
    nothing says now whether they are private: they cannot be read, or are tracked no more."""

    at: datetime
    events: tuple[Event, ...]
    hidden: int = 0
    unknown: int = 0


def chosen(found: Measured, wanted: Wanted) -> Measured:
    """What was asked for. A package of which no patch is left, though patches were asked for, is left out."""
    kept = []
    for package in found.packages:
        if not _is_wanted(package, wanted):
            continue
        if wanted.of_patches:
            patches = tuple(patch for patch in package.patches if _is_wanted_patch(patch, wanted))
            if patches:
                kept.append(package._replace(patches=patches, drops=()))
        else:
            kept.append(package)
    told = [p for p in found.problems if not wanted.names or p.package in wanted.names]
    return replace(found, packages=tuple(kept), problems=tuple(told))


def public(found: Measured) -> Measured:
    """Without private packages."""
    kept = tuple(package for package in found.packages if not package.private)
    told = tuple(problem for problem in found.problems if not problem.private)
    hidden = len(found.packages) + len(found.problems) - len(kept) - len(told)
    return replace(found, packages=kept, problems=told, hidden=hidden)


def _is_wanted(package: PackageMeasure, wanted: Wanted) -> bool:
    return (
        (not wanted.names or package.package in wanted.names)
        and (wanted.owner is None or wanted.owner in package.owners)
        and (wanted.layout is None or wanted.layout == package.layout)
    )


def _is_wanted_patch(patch: PatchMeasure, wanted: Wanted) -> bool:
    verdict = "" if patch.told is None else patch.told.verdict.value
    return (
        (not wanted.verdicts or verdict in wanted.verdicts)
        and (wanted.cve is None or wanted.cve.upper() in patch.facts.cves)
        and (wanted.older_than is None or (patch.age is not None and patch.age > wanted.older_than))
    )


Key = Callable[[PackageMeasure, datetime], int | float | None]

SORTS: dict[str, Key] = {
    "patches": lambda p, _now: len(p.patches),
    "lines": lambda p, _now: sum(patch.facts.lines for patch in p.patches),
    "share": lambda p, _now: p.share,
    "age": lambda p, _now: max((patch.age for patch in p.patches if patch.age is not None), default=None),
    "behind": lambda p, _now: p.behind,
    "days-behind": lambda p, now: measures.days_behind(p.standing, now),
    "refreshed": lambda p, now: measures.added_up([p], now).refreshed,
    "conflicts": lambda p, now: measures.added_up([p], now).conflicts,
    "cves": lambda p, now: len(measures.added_up([p], now).cves),
    "dropped": lambda p, now: measures.added_up([p], now).dropped,
}
"""What packages may be sorted by, but for their name."""

PATCH_SORTS: dict[str, Callable[[PatchMeasure], int | None]] = {
    "lines": lambda patch: patch.facts.lines,
    "files": lambda patch: len(patch.facts.paths),
    "age": lambda patch: patch.age,
    "refreshed": lambda patch: patch.refreshed,
    "conflicts": lambda patch: patch.conflicts,
    "cost": lambda patch: patch.cost,
}


def sorted_packages(found: Measured, by: str, *, reverse: bool = False) -> Measured:
    """By name from A on, by a measure from the largest on, what is not known last; `reverse` turns either around."""
    if by == "name":
        return replace(found, packages=tuple(sorted(found.packages, key=lambda p: p.package, reverse=reverse)))
    measure = SORTS[by]
    return replace(found, packages=tuple(_sorted(found.packages, lambda p: measure(p, found.at), reverse=reverse)))


def sorted_patches(patches: Iterable[PatchMeasure], by: str, *, reverse: bool = False) -> list[PatchMeasure]:
    """As `sorted_packages`; `series`: in the order of their packages and series."""
    listed = list(patches)
    if by == "series":
        return listed[::-1] if reverse else listed
    return _sorted(listed, PATCH_SORTS[by], reverse=reverse)


def _sorted(items: Iterable[T], measure: Callable[[T], int | float | None], *, reverse: bool) -> list[T]:
    valued = [(measure(item), item) for item in items]
    known = [(value, item) for value, item in valued if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=not reverse)
    return [item for _, item in known] + [item for value, item in valued if value is None]


def upstreamable(packages: Sequence[PackageMeasure]) -> list[PatchMeasure]:
    """The patches that nobody sent upstream and upstream does not have, the oldest first; of one age the dearest."""
    found = [
        patch
        for package in packages
        for patch in package.patches
        if patch.facts.forwarded.is_open and patch.facts.readable and not _has_it(patch)
    ]
    return sorted(found, key=lambda p: (-(p.age if p.age is not None else -1), -p.cost, p.package, p.index))


_UPSTREAM_HAS_IT = frozenset({Verdict.OBSOLETE, Verdict.HELD, Verdict.SUPERSEDED, Verdict.MOOT})


def _has_it(patch: PatchMeasure) -> bool:
    """Whether upstream has it, or no longer needs it."""
    return patch.told is not None and patch.told.verdict in _UPSTREAM_HAS_IT


def owners(packages: Sequence[PackageMeasure], now: datetime) -> list[Owned]:
    """Every owner in order of name, nobody last. A package of two owners counts for both."""
    groups: dict[str | None, list[PackageMeasure]] = {}
    for package in packages:
        for owner in package.owners or (None,):
            groups.setdefault(owner, []).append(package)
    ordered = sorted(groups.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return [Owned(owner, len(group), _behind(group), measures.added_up(group, now)) for owner, group in ordered]


def _behind(packages: Sequence[PackageMeasure]) -> int | None:
    known = [package.behind for package in packages if package.behind is not None]
    return sum(behind > 0 for behind in known) if known else None


def check_names(known: Collection[str], names: Sequence[str], folder: str) -> None:
    """Raises InputError for a name that is none of the `known` packages. `folder`: where they lie."""
    for name in names:
        if name not in known:
            import difflib  # noqa: PLC0415  # hardly anybody misspells one

            near = difflib.get_close_matches(name, known, n=1)
            remedy = (
                f"did you mean {near[0]}?" if near else f"the packages are the folders of {folder or 'the repository'}/"
            )
            raise InputError(f"no package is named {name!r}", remedy)
