"""The pages about everything and about packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from syncbot.model.events import Event
from syncbot.model.measures import PackageMeasure, added_up, days_behind
from syncbot.report.measured import upstreamable
from syncbot.services import viewing
from syncbot.services.pausing import pauses
from syncbot.services.viewing import View
from syncbot.web.asking import (
    Filtered,
    Look,
    PackageSort,
    Paging,
    PatchSort,
    Sitting,
    Slice,
    other_views,
    package_of,
    packages_of,
    patches_of,
)
from syncbot.web.charts import chart, delta_of, thinned
from syncbot.web.render import page, segment
from syncbot.web.todo import KINDS, counted, tasks

T = TypeVar("T")
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_TASKS = 8
"""Things to do that the overview lists."""
_CHANGED = 12
_RELEASES = 12
"""Releases of the timeline."""
_EVENTS = 15
Name = Annotated[str, Path(max_length=200)]


def pager(request: Request, part: Slice, total: int) -> dict[str, Any]:
    """What the template `pager` draws: where the reader is, and the addresses before and after."""

    def there(offset: int) -> str:
        url = request.url.include_query_params(offset=offset, limit=part.limit)
        return f"{url.path}?{url.query}"

    after = part.offset + part.limit
    return {
        "first": min(part.offset + 1, total),
        "last": min(after, total),
        "total": total,
        "before": there(max(0, part.offset - part.limit)) if part.offset else "",
        "after": there(after) if after < total else "",
    }


@router.get("/")
def overview(request: Request, found: Look, sitting: Sitting) -> HTMLResponse:
    measured = found.measured
    listed = sitting.tasks(found)
    changed = _today(found)
    line = sitting.days(found)
    past = _before(line, 30)
    patches = [patch for package in measured.packages for patch in package.patches]
    return page(
        request,
        "overview.html",
        total=added_up(measured.packages, measured.at),
        packages=len(measured.packages),
        behind=sum(bool(package.behind) for package in measured.packages),
        held=sum(patch.told is not None and patch.told.verdict.value == "held" for patch in patches),
        unsent=len(upstreamable(measured.packages)),
        tasks=listed[:_TASKS],
        task_count=len(listed),
        kinds=counted(listed),
        changed=changed[:_CHANGED],
        changed_count=len(changed),
        newest=found.events[0] if found.events else None,
        chart=chart(line),
        days=thinned(line),
        past=past,
        now=line[-1],
        last_run=found.runs[0] if found.runs else None,
        beside=[
            (name, len(one.packages), added_up(one.measured.packages, one.measured.at), len(one.open_proposals))
            for name, one in other_views(request, found)
        ],
        unread=found.unread,
        hidden=measured.hidden,
    )


def _today(found: View) -> list[tuple[str, list[Event]]]:
    """(package, what happened to it in the last 24 hours, newest first), what happened last first."""
    since = found.measured.at - timedelta(days=1)
    groups: dict[str, list[Event]] = {}
    for event in found.events:
        if event.at < since:
            break
        groups.setdefault(event.package, []).append(event)
    return list(groups.items())


def _before(line: Sequence[Any], ago: int) -> Any:
    """The delta as it was so many days ago; None where nothing was recorded then."""
    since = line[-1].day - timedelta(days=ago)
    return next((day for day in reversed(line) if day.day <= since), None)


@router.get("/todo")
def todo(
    request: Request,
    found: Look,
    sitting: Sitting,
    part: Paging,
    owner: Annotated[str, Query(max_length=200)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    everything = sitting.tasks(found)
    listed = [t for t in everything if (not owner or owner in t.owners) and (not kind or t.kind == kind)]
    of_owner = [t for t in everything if not owner or owner in t.owners]
    return page(
        request,
        "todo.html",
        tasks=part.of(listed),
        kinds=counted(of_owner),
        kind=kind if kind in KINDS else "",
        owner=owner,
        owners=_owners(found),
        pager=pager(request, part, len(listed)),
    )


def _owners(found: View) -> list[str]:
    return sorted({owner for package in found.measured.packages for owner in package.owners})


@router.get("/packages")
def packages(
    request: Request,
    found: Look,
    asked: Filtered,
    part: Paging,
    sort: PackageSort = "name",
    reverse: bool = False,
) -> HTMLResponse:
    listed = packages_of(found, asked, sort, reverse=reverse)
    rows = [(one, added_up([one], found.measured.at)) for one in part.of(listed)]
    return page(
        request,
        "packages.html",
        rows=rows,
        asked=asked,
        sort=sort,
        reverse=reverse,
        owners=_owners(found),
        layouts=sorted({one.layout for one in found.measured.packages}),
        behind=lambda one: days_behind(one.standing, found.measured.at),
        pager=pager(request, part, len(listed)),
    )


@router.get("/patches")
def patches(
    request: Request,
    found: Look,
    asked: Filtered,
    part: Paging,
    sort: PatchSort = "series",
    reverse: bool = False,
) -> HTMLResponse:
    listed = patches_of(found, asked, sort, reverse=reverse)
    return page(
        request,
        "patches.html",
        patches=part.of(listed),
        asked=asked,
        sort=sort,
        reverse=reverse,
        owners=_owners(found),
        lines=sum(patch.facts.lines for patch in listed),
        pager=pager(request, part, len(listed)),
    )


@router.get("/packages/{package}")
def package(request: Request, found: Look, sitting: Sitting, package: Name) -> HTMLResponse:
    one = package_of(found, package)
    at = found.measured.at
    own = [event for event in found.events if event.package == one.package]
    line = delta_of(found, [one])
    fates = viewing.fates(sitting.workspace, found, one, _RELEASES)
    return page(
        request,
        "package.html",
        package=one,
        total=added_up([one], at),
        beside=[
            (name, other.packages[one.package])
            for name, other in other_views(request, found)
            if other is not found and one.package in other.packages
        ],
        days_behind=days_behind(one.standing, at),
        tasks=tasks(found, [one]),
        pause=pauses(sitting.workspace).get(one.package) if found.on is None else None,
        fates=fates,
        names=_fate_names(one, fates),
        chart=chart(line),
        days=thinned(line),
        events=own[:_EVENTS],
        event_count=len(own),
        commands=_commands(one, program(request)),
        open=[record for record in found.open_proposals if record.package == one.package],
        badge=f"{str(request.base_url).rstrip('/')}/badge/{segment(one.package)}",
    )


def _fate_names(package: PackageMeasure, fates: Sequence[viewing.Fate]) -> list[tuple[str, bool]]:
    """(patch, whether it is carried) of the timeline: those of the series, then those that are gone, newest first."""
    carried = [str(patch.name) for patch in package.patches]
    gone = [str(drop.name) for drop in package.drops if drop.name not in carried]
    known = {str(judged.name) for fate in fates for judged in fate.judged.judgement.patches}
    listed = [*dict.fromkeys(gone)]
    more = sorted(known - set(carried) - set(listed))
    return [(name, True) for name in carried] + [(name, False) for name in (*listed, *more)]


def program(request: Request) -> str:
    """How the program is called about what a request is about."""
    seats = request.app.state.seats
    return f"syncbot --branch {getattr(request.state, 'branch', next(iter(seats)))}" if len(seats) > 1 else "syncbot"


def _commands(package: PackageMeasure, call: str) -> list[tuple[str, str]]:
    name = segment(package.package)
    return [
        ("Judge it against new releases", f"{call} check {name}"),
        ("Check, plan and propose", f"{call} sync {name}"),
        ("Its patches, measured", f"{call} delta {name}"),
        ("What happened", f"{call} history {name}"),
    ]


@router.get("/history")
def history(
    request: Request, found: Look, part: Paging, package: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    listed: Sequence[Event] = [event for event in found.events if not package or event.package == package]
    return page(
        request, "history.html", events=part.of(listed), package=package, pager=pager(request, part, len(listed))
    )
