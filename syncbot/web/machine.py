"""What machines ask: health, metrics, feeds, and the hooks that forges call."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from syncbot.errors import SyncbotError
from syncbot.report.digest import digest, to_atom
from syncbot.report.measured import Wanted, chosen
from syncbot.services import heeding
from syncbot.web.asking import Now, Sitting
from syncbot.wiring.metrics import CONTENT_TYPE, rendered

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


@router.get("/readyz")
def readyz(sitting: Sitting) -> Response:
    """The state database answers."""
    try:
        sitting.workspace.store.glance()
    except SyncbotError:
        return PlainTextResponse("the state database does not answer\n", 503)
    return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})


@router.get("/metrics")
def metrics(sitting: Sitting) -> Response:
    """Those of `syncbot run`: made from the store, whoever did the runs. They count private packages, and name none."""
    workspace = sitting.workspace
    text = rendered(workspace.store, workspace.clock.now())
    return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@router.get("/feed.atom")
def feed(found: Now, owner: Annotated[str | None, Query(max_length=200)] = None, weekly: bool = False) -> Response:
    """The digest as an Atom feed, of all packages or of one owner's."""
    kept = chosen(found.measured, Wanted(owner=owner or None))
    made = digest(kept, found.events, weekly=weekly, owner=owner or None)
    return Response(to_atom(made).encode("utf-8", "replace"), media_type="application/atom+xml")


@router.post("/hooks/github", status_code=202)
async def github(request: Request) -> Response:
    """A delivery of GitHub. Its signature is looked at before anything in it. Every downstream branch hears of it."""
    secret = request.app.state.hook_secret
    if not secret:
        raise HTTPException(404, "no hook is set up here; set SYNCBOT_WEBHOOK_SECRET to take GitHub's in")
    body = await request.body()
    if not heeding.is_signed(secret, body, request.headers.get("x-hub-signature-256", "")):
        raise HTTPException(401, "the signature is not right; compare the secret on both sides")
    event = request.headers.get("x-github-event", "")
    if event not in heeding.EVENTS:
        raise HTTPException(422, f"the event {event!r} is not taken in; these are: {', '.join(heeding.EVENTS)}")
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise HTTPException(422, "the body is no JSON object; set the hook's content type to application/json")
    seats = request.app.state.seats.values()
    heard = [await run_in_threadpool(heeding.heed, sitting.workspace, event, said) for sitting in seats]
    return PlainTextResponse(f"{(heeding.Heard.DUE if heeding.Heard.DUE in heard else heard[0]).value}\n", 202)
