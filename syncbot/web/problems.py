"""Errors: problem+json (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from syncbot.errors import ForgeBusy, ForgeError, ForgeRefused, InputError, SyncbotError
from syncbot.report.safe import line
from syncbot.services.viewing import NotThere
from syncbot.web.render import page

_log = logging.getLogger(__name__)
KIND = "application/problem+json"
_LOCAL = ("/api/", "/hooks/", "/badge/")
"""Where a program reads."""


_PLAIN = {"Not Found": "there is no such page", "Method Not Allowed": "that cannot be done here"}
"""What the framework says, as a sentence."""


def problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": line(detail, 1000),
        "instance": request.url.path[:500],
    }
    return JSONResponse(body, status, headers, media_type=KIND)


def answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The error in the form that who asks can read."""
    if request.url.path.startswith(_LOCAL) or request.method not in ("GET", "HEAD"):
        return problem(request, status, detail, headers)
    made = page(request, "error.html", status=status, title=_title(status), detail=detail, code=status)
    made.headers.update(headers or {})
    return made


def install(app: FastAPI) -> None:
    """Every error that is meant goes through here; what is not, through the guard."""

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = _PLAIN.get(str(error.detail), str(error.detail))
        return answer(request, error.status_code, detail, dict(error.headers or {}))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        return answer(request, 422, said)

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, SyncbotError)
        status = _status(request, error)
        if status == 503:
            _log.error("%s %s: %s", request.method, request.url.path, line(str(error)))
        wait = {"Retry-After": str(round(error.wait))} if isinstance(error, ForgeBusy) else None
        return answer(request, status, _UNREADABLE if status == 503 else str(error), wait)

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(SyncbotError, ours)


_UNREADABLE = "the workspace cannot be read now; the log says why, and so does `syncbot doctor`"
"""Errors of ours may name places of the machine: those are for the log."""


def _status(request: Request, error: SyncbotError) -> int:
    if isinstance(error, NotThere):
        return 404
    if isinstance(error, ForgeError):
        return 409 if isinstance(error, ForgeRefused) else 502
    return 409 if isinstance(error, InputError) and request.method != "GET" else 503


def _title(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
