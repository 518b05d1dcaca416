"""What a request asks for: the view, filters, pages of lists. Shared by the pages and the HTTP interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal, TypeVar, cast

from fastapi import Depends, HTTPException, Query, Request

from syncbot.model.measures import PackageMeasure, PatchMeasure
from syncbot.model.verdicts import Verdict
from syncbot.report.measured import Measured, Wanted, chosen, sorted_packages, sorted_patches
from syncbot.report.safe import visible
from syncbot.services.past import Unrecorded
from syncbot.services.viewing import View
from syncbot.web.seat import Seat

T = TypeVar("T")
MOST = 200
LIMIT = 50
PackageSort = Literal[
    "name", "patches", "lines", "share", "age", "behind", "days-behind", "refreshed", "conflicts", "cves", "dropped"
]
PatchSort = Literal["series", "lines", "files", "age", "refreshed", "conflicts", "cost"]


def seat(
    request: Request,
    branch: Annotated[
        str | None,
        Query(max_length=200, description="Which of several downstream branches; none: the first."),
    ] = None,
) -> Seat:
    seats = cast(Mapping[str, Seat], request.app.state.seats)
    if branch is None:
        return next(iter(seats.values()))
    if branch not in seats:
        raise HTTPException(404, f"no downstream branch is named {branch!r}")
    request.state.branch = branch
    return seats[branch]


def view(sitting: Annotated[Seat, Depends(seat)]) -> View:
    return sitting.view()


def view_on(
    request: Request,
    sitting: Annotated[Seat, Depends(seat)],
    on: Annotated[date | None, Query(description="As it stood when that day ended, UTC; none: as it is now.")] = None,
) -> View:
    if on is None:
        return sitting.view()
    try:
        found = sitting.view_on(on)
    except Unrecorded as error:
        raise HTTPException(404, error.what) from None
    request.state.on = found.on
    return found


def other_views(request: Request, found: View) -> list[tuple[str, View]]:
    """What every downstream branch shows of the same day, this one included; empty where there is but one."""
    seats = cast(Mapping[str, Seat], request.app.state.seats)
    if len(seats) < 2:
        return []
    mine = getattr(request.state, "branch", next(iter(seats)))
    shown = []
    for name, each in seats.items():
        try:
            shown.append((name, found if name == mine else each.view() if found.on is None else each.view_on(found.on)))
        except Unrecorded:
            continue  # that branch was not tracked then
    return shown


Sitting = Annotated[Seat, Depends(seat)]
Now = Annotated[View, Depends(view)]
Look = Annotated[View, Depends(view_on)]
"""What is public now, or with `?on=DAY` when that day ended."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asks for. `search`: a part of a name, a subject or an advisory's id, whatever its case."""

    wanted: Wanted
    search: str = ""

    def apply(self, found: Measured) -> Measured:
        kept = chosen(found, self.wanted)
        word = self.search.casefold().strip()
        return _searched(kept, word) if word else kept

    @property
    def given(self) -> bool:
        return self != Filters(Wanted())


def _searched(found: Measured, word: str) -> Measured:
    """Packages whose name has the word, and those of which a patch has it, with these patches alone."""
    kept = []
    for package in found.packages:
        if word in package.package.casefold():
            kept.append(package)
        elif patches := tuple(patch for patch in package.patches if says(patch, word)):
            kept.append(package._replace(patches=patches))
    return replace(found, packages=tuple(kept))


def says(patch: PatchMeasure, word: str) -> bool:
    """Whether name, subject or an advisory of the patch has the word, which is in small letters."""
    return any(word in text.casefold() for text in (patch.name, patch.facts.subject, *patch.facts.cves))


def filters(
    owner: Annotated[str | None, Query(max_length=200, description="Only packages of this owner.")] = None,
    layout: Annotated[str | None, Query(max_length=50, description="Only packages kept in this layout.")] = None,
    verdict: Annotated[list[Verdict] | None, Query(description="Only patches of these verdicts.")] = None,
    cve: Annotated[str | None, Query(max_length=100, description="Only patches that claim this advisory.")] = None,
    older_than: Annotated[
        int | None, Query(ge=0, le=100_000, description="Only patches older than so many days.")
    ] = None,
    search: Annotated[str, Query(max_length=200, description="A part of a name, a subject or an advisory's id.")] = "",
) -> Filters:
    verdicts = tuple(one.value for one in verdict or ())
    wanted = Wanted(
        owner=owner or None, layout=layout or None, verdicts=verdicts, cve=cve or None, older_than=older_than
    )
    return Filters(wanted, search)


Filtered = Annotated[Filters, Depends(filters)]


@dataclass(frozen=True, slots=True)
class Slice:
    limit: int
    offset: int

    def of(self, items: Sequence[T]) -> list[T]:
        return list(items[self.offset : self.offset + self.limit])


def paging(
    limit: Annotated[int, Query(ge=1, le=MOST, description="Items of one page.")] = LIMIT,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Items before the first.")] = 0,
) -> Slice:
    return Slice(limit, offset)


Paging = Annotated[Slice, Depends(paging)]


def packages_of(found: View, asked: Filters, sort: PackageSort, *, reverse: bool) -> tuple[PackageMeasure, ...]:
    return sorted_packages(asked.apply(found.measured), sort, reverse=reverse).packages


def patches_of(found: View, asked: Filters, sort: PatchSort, *, reverse: bool) -> list[PatchMeasure]:
    listed = (patch for package in asked.apply(found.measured).packages for patch in package.patches)
    return sorted_patches(listed, sort, reverse=reverse)


def package_of(found: View, name: str) -> PackageMeasure:
    """Raises 404, in the same words for a private one and for none."""
    for package in found.measured.packages:
        if visible(package.package) == visible(name):
            return package
    raise HTTPException(404, f"no package is named {name!r}")


def patch_name(package: PackageMeasure, name: str) -> str:
    """The name of a patch as it is, from an address: bytes that are not UTF-8 stand there as they are shown."""
    known = [str(patch.name) for patch in package.patches] + [str(drop.name) for drop in package.drops]
    for one in known:
        if visible(one) == visible(name):
            return one
    raise HTTPException(404, f"{package.package} has no patch {name!r}, and dropped none of that name")
