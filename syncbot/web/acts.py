"""What a bearer of a token may do over HTTP: retry, reject, pause. Everything else is read only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from syncbot.model.measures import PackageMeasure
from syncbot.model.tokens import ApiToken, Scope
from syncbot.services import answering, pausing, tokens
from syncbot.services.viewing import View
from syncbot.web import models
from syncbot.web.api import Name, proposal_of
from syncbot.web.asking import Now, Sitting, package_of

_BEARER = HTTPBearer(auto_error=False, description="A token of `syncbot token create`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def bearer(sitting: Sitting, given: Credentials) -> ApiToken:
    """Raises 401. What was wrong with a token is not told."""
    token = None if given is None else tokens.bearer(sitting.workspace, given.credentials)
    if token is None:
        what = "this needs a token that is valid; `syncbot token create` makes one"
        raise HTTPException(401, what, {"WWW-Authenticate": 'Bearer realm="syncbot"'})
    return token


Bearer = Annotated[ApiToken, Depends(bearer)]
# What is asked is looked at after who asks: nobody without a token learns what is there from an error.
router = APIRouter(prefix="/api/v1", dependencies=[Depends(bearer)])


def _require(token: ApiToken, scope: Scope, package: PackageMeasure) -> None:
    """Raises 403."""
    if scope not in token.scopes:
        raise HTTPException(403, f"the token {token.name!r} has not the scope {scope.value}")
    if not token.acts_on(package.owners):
        raise HTTPException(403, f"the token {token.name!r} may not act on {package.package}")


def _of_proposal(found: View, id: str) -> PackageMeasure:
    return found.packages[proposal_of(found, id).package]


@router.post("/proposals/{id}/retry", summary="Have a proposal looked at again by the next sync.")
def retry(found: Now, sitting: Sitting, token: Bearer, id: Name) -> models.Done:
    _require(token, Scope.RETRY, _of_proposal(found, id))
    said = sitting.alone(lambda workspace: answering.tell(workspace, id, "retry"))
    sitting.forget()
    return models.Done(said=said)


@router.post("/proposals/{id}/reject", summary="Turn an open proposal down; the same content is not proposed again.")
def reject(found: Now, sitting: Sitting, token: Bearer, id: Name, why: models.Reason) -> models.Done:
    _require(token, Scope.REJECT, _of_proposal(found, id))
    if proposal_of(found, id).status.value != "open":
        raise HTTPException(409, f"proposal {id} is {proposal_of(found, id).status.value} already")
    reason = f"{why.reason.strip()} ({token.name})"
    done = sitting.alone(lambda workspace: answering.reject(workspace, id, reason))
    sitting.forget()
    return models.Done(said=f"Proposal {done.proposal.id} is {done.proposal.status.value}.")


@router.put("/packages/{package}/pause", summary="Propose nothing for a package for a while.")
def pause(found: Now, sitting: Sitting, token: Bearer, package: Name, asked: models.Pausing) -> models.Pause:
    one = package_of(found, package)
    _require(token, Scope.PAUSE, one)
    if asked.until is not None and (asked.until.tzinfo is None or asked.until <= sitting.workspace.clock.now()):
        raise HTTPException(422, "until must be a time to come, with its offset")
    made = pausing.pause(sitting.workspace, one.package, asked.until, asked.reason, token.name)
    sitting.forget()
    return models.Pause(until=made.until, reason=made.reason, by=made.by)


@router.delete("/packages/{package}/pause", summary="Take a pause back.")
def resume(found: Now, sitting: Sitting, token: Bearer, package: Name) -> models.Done:
    one = package_of(found, package)
    _require(token, Scope.PAUSE, one)
    pausing.resume(sitting.workspace, one.package)
    sitting.forget()
    return models.Done(said=f"{one.package} is not paused.")
