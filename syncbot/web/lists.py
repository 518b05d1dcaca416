"""The pages about one patch, owners, proposals, runs, and what is to come."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse

from syncbot.model.judgement import Evidence
from syncbot.model.measures import Held, PackageMeasure, added_up
from syncbot.model.proposals import ProposalRecord, Run
from syncbot.report.measured import Wanted, chosen, owners, upstreamable
from syncbot.report.plain_text import plain_text
from syncbot.report.results import Explanation
from syncbot.report.safe import visible
from syncbot.report.words import COMMITS, PROOF, waits_for, what_it_did, what_would_change_it, why
from syncbot.services import proposals as answering
from syncbot.services import viewing
from syncbot.services.viewing import Unjudged, View
from syncbot.web.api import proposal_of
from syncbot.web.asking import Filtered, Look, Paging, Sitting, package_of, patch_name, patches_of
from syncbot.web.charts import chart, delta_of, thinned
from syncbot.web.diffs import Drawn, beside, drawn
from syncbot.web.finding import found_in
from syncbot.web.pages import Name, pager, program
from syncbot.web.render import page, segment
from syncbot.web.todo import counted, tasks

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_TASKS = 10


@router.get("/packages/{package}/patches/{patch:path}")
def patch(
    request: Request, found: Look, sitting: Sitting, package: Name, patch: Annotated[str, Path(max_length=1000)]
) -> HTMLResponse:
    one = package_of(found, package)
    name = patch_name(one, patch)
    measure = next((patch for patch in one.patches if patch.name == name), None)
    drop = next((drop for drop in one.drops if drop.name == name), None)
    order = [str(patch.name) for patch in one.patches]
    at = order.index(name) if name in order else None
    values: dict[str, Any] = {
        "package": one,
        "name": name,
        "measure": measure,
        "drop": None if measure is not None else drop,
        "before": order[at - 1] if at else None,
        "after": order[at + 1] if at is not None and at + 1 < len(order) else None,
        "commands": [
            (
                "Its story on a terminal",
                f"{program(request)} explain {segment(one.package)} {segment(name)}{_on(found)}",
            )
        ],
    }
    try:
        told = viewing.story(sitting.workspace, found, one, name)
    except Unjudged as error:
        return page(
            request, "patch.html", **values, told=None, diff=drawn(error.content), waiting=str(error), theirs=None
        )
    theirs = _theirs(sitting, found, one, told)
    return page(request, "patch.html", **values, **_told(told), theirs=theirs)


def _on(found: View) -> str:
    """What a command about the same day is told."""
    return "" if found.on is None else f" --on {found.on}"


def _told(told: Explanation) -> dict[str, Any]:
    judged = told.judgement
    facts = list(dict.fromkeys(judged.evidence))
    commits = [fact for fact in facts if fact.commit and fact.kind in COMMITS]
    return {
        "told": told,
        "judged": judged,
        "diff": drawn(told.content, judged.files),
        "why": why(judged),
        "asked": waits_for(judged),
        "change": what_would_change_it(judged),
        "proof": None if judged.proof is None else PROOF[judged.proof],
        "commits": [(fact, what_it_did(fact, judged.verdict), _link(fact)) for fact in commits],
        "facts": [fact for fact in facts if fact not in commits],
        "sides": [beside(one, _short(told.base.version), _short(told.target.version)) for one in judged.compared],
        "rewritten": None if judged.refreshed is None else drawn(judged.refreshed),
        "waiting": "",
    }


def _theirs(sitting: Sitting, found: View, package: PackageMeasure, told: Explanation) -> tuple[Evidence, Drawn] | None:
    """The commit of upstream that says most, drawn."""
    facts = [fact for fact in told.judgement.evidence if fact.commit and fact.kind in COMMITS]
    fact = next((fact for fact in facts if fact.commit == told.judgement.absorbed_by), facts[0] if facts else None)
    if fact is None or fact.commit is None:
        return None
    text = viewing.upstream_commit(sitting.workspace, found, package, told, fact.commit)
    return (fact, drawn(text)) if text else None


def _link(fact: Evidence | Held) -> str:
    """Its page on the web: only what leads there by https."""
    return fact.link if fact.link.startswith("https://") else ""


def _short(version: str) -> str:
    return version[:12] if len(version) == 40 else version


@router.get("/owners")
def all_owners(request: Request, found: Look, part: Paging) -> HTMLResponse:
    listed = owners(found.measured.packages, found.measured.at)
    return page(request, "owners.html", owners=part.of(listed), pager=pager(request, part, len(listed)))


@router.get("/owners/{owner:path}")
def owner(request: Request, found: Look, part: Paging, owner: Annotated[str, Path(max_length=200)]) -> HTMLResponse:
    names = {name for one in found.measured.packages for name in one.owners}
    known = next((name for name in names if visible(name) == visible(owner)), None)
    if known is None:
        raise HTTPException(404, f"nobody named {owner!r} owns a package")
    kept = chosen(found.measured, Wanted(owner=known))
    line = delta_of(found, kept.packages)
    listed = tasks(found, kept.packages)
    rows = sorted(kept.packages, key=lambda one: (-_asks(one), -sum(p.facts.lines for p in one.patches), one.package))
    return page(
        request,
        "owner.html",
        owner=known,
        total=added_up(kept.packages, kept.at),
        rows=[(one, added_up([one], kept.at)) for one in part.of(rows)],
        behind=sum(bool(one.behind) for one in kept.packages),
        tasks=listed[:_TASKS],
        task_count=len(listed),
        kinds=counted(listed),
        unsent=len(upstreamable(kept.packages)),
        chart=chart(line),
        days=thinned(line),
        pager=pager(request, part, len(rows)),
    )


def _asks(package: PackageMeasure) -> int:
    return sum(patch.told is not None and patch.told.action.waits for patch in package.patches)


@router.get("/proposals")
def proposals(
    request: Request, found: Look, part: Paging, status: Annotated[str, Query(max_length=20)] = "open"
) -> HTMLResponse:
    listed = [record for record in found.proposals if status in ("all", record.status.value)]
    counts = {word: sum(r.status.value == word for r in found.proposals) for word in _STATES}
    return page(
        request,
        "proposals.html",
        proposals=part.of(listed),
        state=status,
        counts={**counts, "all": len(found.proposals)},
        owners={one.package: one.owners for one in found.measured.packages},
        pager=pager(request, part, len(listed)),
    )


_STATES = ("open", "accepted", "rejected", "closed")


@router.get("/proposals/{id}")
def proposal(request: Request, found: Look, sitting: Sitting, id: Name) -> HTMLResponse:
    record = proposal_of(found, id)
    body = _body(sitting, found, record)
    commands = [("Read it on a terminal", f"{program(request)} proposals show {record.id}")]
    if record.status.value == "open" and found.on is None:
        commands += [
            ("Merge it", f"{program(request)} proposals accept {record.id}"),
            ("Turn it down", f'{program(request)} proposals reject {record.id} --reason "..."'),
        ]
    return page(
        request,
        "proposal.html",
        record=record,
        package=found.packages[record.package],
        body=plain_text(body, None),
        commands=commands,
    )


def _body(sitting: Sitting, found: View, record: ProposalRecord) -> str:
    if found.on is None:
        return sitting.alone(lambda workspace: answering.show(workspace, record.id)).body
    then = sitting.workspace.store.as_of(found.measured.at).proposal(record.id)
    return "" if then is None else then.body


@router.get("/runs")
def runs(request: Request, found: Look, sitting: Sitting, part: Paging) -> HTMLResponse:
    store = sitting.workspace.store
    names = set(map(str, found.packages))
    troubled = [failure for failure in store.failures().values() if failure.package in names and not failure.private]
    dead = [letter for letter in store.dead_letters() if letter.name in names and not letter.private]
    if found.on is not None:  # of what fails only the present is kept
        troubled, dead = [], []
    return page(
        request,
        "runs.html",
        runs=[(run, _outcome(run)) for run in part.of(found.runs)],
        failures=sorted(troubled, key=lambda failure: (-failure.count, failure.package)),
        dead=dead,
        pager=pager(request, part, len(found.runs)),
    )


@router.get("/runs/{id}")
def run(request: Request, found: Look, sitting: Sitting, id: int) -> HTMLResponse:
    one = next((one for one in found.runs if one.id == id), None)
    if one is None:
        raise HTTPException(404, f"there is no run {id}, or it is too long ago")
    names = set(map(str, found.packages))
    notes = [note for note in sitting.workspace.store.notes(id) if note.package in names and not note.private]
    return page(request, "run.html", run=one, outcome=_outcome(one), notes=notes)


def _outcome(run: Run) -> dict[str, Any]:
    return {} if run.outcome is None else dict(json.loads(run.outcome))


@router.get("/forecast")
def forecast(request: Request, found: Look, sitting: Sitting, asked: Filtered, part: Paging) -> HTMLResponse:
    names = {(patch.package, patch.name) for patch in patches_of(found, asked, "series", reverse=False)}
    listed = [one for one in sitting.ahead(found) if (one.patch.package, one.patch.name) in names]
    return page(
        request,
        "forecast.html",
        coming=[(one, "" if one.fact is None else _link(one.fact)) for one in part.of(listed)],
        lines=sum(one.patch.facts.lines for one in listed),
        asked=asked,
        pager=pager(request, part, len(listed)),
    )


@router.get("/upstreamable")
def unsent(request: Request, found: Look, asked: Filtered, part: Paging) -> HTMLResponse:
    listed = upstreamable(asked.apply(found.measured).packages)
    return page(
        request, "upstreamable.html", patches=part.of(listed), asked=asked, pager=pager(request, part, len(listed))
    )


@router.get("/search")
def search(request: Request, found: Look, part: Paging, q: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    listed = found_in(found, q)
    return page(request, "search.html", hits=part.of(listed), q=q, pager=pager(request, part, len(listed)))
