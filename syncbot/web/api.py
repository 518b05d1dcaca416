"""The HTTP interface, /api/v1: what the reading commands print with `--json`, paged and filtered. Read only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from syncbot.model.measures import added_up
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord, Run
from syncbot.report import documents, measure_documents
from syncbot.report.measured import owners, upstreamable
from syncbot.report.safe import visible
from syncbot.report.words import what_would_change_it
from syncbot.services import viewing
from syncbot.web import models
from syncbot.web.asking import (
    Filtered,
    Filters,
    Look,
    PackageSort,
    Paging,
    PatchSort,
    Sitting,
    Slice,
    package_of,
    packages_of,
    patch_name,
    patches_of,
)
from syncbot.web.finding import found_in
from syncbot.web.pausing import pause_of

T = TypeVar("T")
_LONE = re.compile("[\ud800-\udfff]")
router = APIRouter(prefix="/api/v1")
Name = Annotated[str, Path(min_length=1, max_length=200)]
Reverse = Annotated[bool, Query(description="The other way around.")]


def clean(value: Any) -> Any:
    """A document whose text every JSON reader takes: bytes that were not UTF-8 stand as `[xE9]`."""
    if isinstance(value, str):
        return value if value.isascii() else _LONE.sub(lambda found: visible(found[0]), value)
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list | tuple) else value


def paged(
    request: Request, response: Response, part: Slice, items: Sequence[T], shown: Callable[[T], Any]
) -> dict[str, Any]:
    """One page, and links to the next and the one before (RFC 8288)."""
    links = []
    for word, offset in (("prev", part.offset - part.limit), ("next", part.offset + part.limit)):
        if (0 if word == "next" else -part.limit) < offset < len(items):
            there = request.url.include_query_params(limit=part.limit, offset=max(0, offset))
            links.append(f'<{there.path}?{there.query}>; rel="{word}"')
    if links:
        response.headers["Link"] = ", ".join(links)
    page = [clean(shown(item)) for item in part.of(items)]
    return {"total": len(items), "limit": part.limit, "offset": part.offset, "items": page}


@router.get("/overview", summary="All packages together, and the delta day by day.")
def overview(found: Look, sitting: Sitting) -> models.Overview:
    measured = found.measured
    total = measure_documents.total(added_up(measured.packages, measured.at))
    return models.Overview.model_validate(
        {
            "total": {"packages": len(measured.packages), **total},
            "behind": sum(bool(package.behind) for package in measured.packages),
            "open_proposals": len(found.open_proposals),
            "coming": sum(
                p.told is not None and p.told.verdict == "held" for one in measured.packages for p in one.patches
            ),
            "unread": found.unread,
            "hidden": measured.hidden,
            "days": [{"day": d.day.isoformat(), "patches": d.patches, "lines": d.lines} for d in sitting.days(found)],
        }
    )


@router.get("/packages", summary="Packages with their measures.")
def packages(
    request: Request,
    response: Response,
    found: Look,
    asked: Filtered,
    part: Paging,
    sort: PackageSort = "name",
    reverse: Reverse = False,
) -> models.Page[models.Package]:
    listed = packages_of(found, asked, sort, reverse=reverse)
    made = paged(request, response, part, listed, lambda one: measure_documents.package(one, found.measured.at))
    return models.Page[models.Package].model_validate(made)


@router.get("/packages/{package}", summary="One package.")
def package(found: Look, sitting: Sitting, package: Name) -> models.PackageWithDrops:
    one = package_of(found, package)
    document = measure_documents.package(one, found.measured.at)
    drops = [measure_documents.drop(drop) for drop in one.drops]
    pause = pause_of(sitting.workspace, one.package) if found.on is None else None
    return models.PackageWithDrops.model_validate(clean({**document, "drops": drops, "pause": pause}))


@router.get("/packages/{package}/history", summary="What happened to one package, newest first.")
def package_history(
    request: Request, response: Response, found: Look, part: Paging, package: Name
) -> models.Page[models.Event]:
    one = package_of(found, package)
    events = [event for event in found.events if event.package == one.package]
    return models.Page[models.Event].model_validate(paged(request, response, part, events, measure_documents.event))


@router.get("/packages/{package}/patches/{patch:path}", summary="Why a patch has its verdict.")
def explain(
    found: Look, sitting: Sitting, package: Name, patch: Annotated[str, Path(max_length=1000)]
) -> models.Explanation:
    one = package_of(found, package)
    story = viewing.story(sitting.workspace, found, one, patch_name(one, patch))
    document = documents.explain(story, what_would_change_it(story.judgement))
    return models.Explanation.model_validate(clean(document))


@router.get("/patches", summary="Patches of all packages.")
def patches(
    request: Request,
    response: Response,
    found: Look,
    asked: Filtered,
    part: Paging,
    sort: PatchSort = "series",
    reverse: Reverse = False,
) -> models.Page[models.Patch]:
    listed = patches_of(found, asked, sort, reverse=reverse)
    return models.Page[models.Patch].model_validate(paged(request, response, part, listed, measure_documents.patch))


@router.get("/upstreamable", summary="Patches that nobody sent upstream, the oldest and dearest first.")
def unsent(
    request: Request, response: Response, found: Look, asked: Filtered, part: Paging
) -> models.Page[models.Patch]:
    listed = upstreamable(asked.apply(found.measured).packages)
    return models.Page[models.Patch].model_validate(paged(request, response, part, listed, measure_documents.patch))


@router.get("/forecast", summary="Patches that upstream's branch has already.")
def forecast(
    request: Request, response: Response, found: Look, sitting: Sitting, asked: Filtered, part: Paging
) -> models.Page[models.Coming]:
    names = {(p.package, p.name) for p in patches_of(found, asked, "series", reverse=False)}
    listed = [one for one in sitting.ahead(found) if (one.patch.package, one.patch.name) in names]
    return models.Page[models.Coming].model_validate(paged(request, response, part, listed, measure_documents.coming))


@router.get("/owners", summary="What each owner carries.")
def owned(request: Request, response: Response, found: Look, part: Paging) -> models.Page[models.Owner]:
    listed = owners(found.measured.packages, found.measured.at)
    return models.Page[models.Owner].model_validate(paged(request, response, part, listed, measure_documents.owner))


@router.get("/proposals", summary="Proposals, newest first.")
def proposals(
    request: Request,
    response: Response,
    found: Look,
    part: Paging,
    status: ProposalStatus | None = None,
    package: Annotated[str | None, Query(max_length=200)] = None,
) -> models.Page[models.Proposal]:
    listed = [
        one
        for one in found.proposals
        if (status is None or one.status is status) and (package is None or one.package == package)
    ]
    return models.Page[models.Proposal].model_validate(paged(request, response, part, listed, _proposal))


@router.get("/proposals/{id}", summary="One proposal.")
def proposal(found: Look, id: Name) -> models.Proposal:
    return models.Proposal.model_validate(clean(_proposal(proposal_of(found, id))))


@router.get("/runs", summary="Runs of the daily job, newest first.")
def runs(request: Request, response: Response, found: Look, part: Paging) -> models.Page[models.Run]:
    return models.Page[models.Run].model_validate(paged(request, response, part, found.runs, _run))


@router.get("/history", summary="What happened to any package, newest first.")
def history(
    request: Request,
    response: Response,
    found: Look,
    part: Paging,
) -> models.Page[models.Event]:
    return models.Page[models.Event].model_validate(
        paged(request, response, part, found.events, measure_documents.event)
    )


@router.get("/search", summary="Packages, patches, owners and advisories by a part of their names.")
def search(
    request: Request,
    response: Response,
    found: Look,
    part: Paging,
    q: Annotated[str, Query(min_length=1, max_length=200)],
) -> models.Page[models.Found]:
    listed = found_in(found, q)
    return models.Page[models.Found].model_validate(paged(request, response, part, listed, lambda one: one.document))


def proposal_of(found: viewing.View, id: str) -> ProposalRecord:
    """Raises 404."""
    record = next((one for one in found.proposals if one.id == id), None)
    if record is None:
        raise HTTPException(404, f"there is no proposal {id!r}")
    return record


def _proposal(record: ProposalRecord) -> Any:
    return documents.proposals([record])["proposals"][0]


def _run(run: Run) -> Any:
    outcome = None if run.outcome is None else json.loads(run.outcome)
    return {"id": run.id, "kind": run.kind, "started": run.started, "finished": run.finished, "outcome": outcome}


__all__ = ["Filters", "router"]
