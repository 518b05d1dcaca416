"""The application: routes, errors and guards put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from syncbot import __version__
from syncbot.web import acts, api, badges, lists, machine, pages, problems
from syncbot.web.guard import Guard, Hosts
from syncbot.web.models import Problem
from syncbot.web.render import page
from syncbot.web.seat import Seat

_ABOUT = """What `syncbot report`, `delta`, `explain` and the others print with `--json`, paged and filtered.

Reading needs no token. Every answer has an ETag; ask again with `If-None-Match`. Errors are problem+json (RFC 9457).
Private packages are in no answer."""


def create_app(seat: Seat | Mapping[str, Seat], hosts: Hosts, *, hook_secret: str = "") -> FastAPI:
    """`seat`: the workspace's, or of several downstream branches those of each, by name, the first being shown where
    none is asked for. `hosts`: under which names it may be asked; `hook_secret`: of GitHub's deliveries, empty: none
    are taken in."""
    app = FastAPI(
        title="syncbot",
        version=__version__,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.seats = {"": seat} if isinstance(seat, Seat) else dict(seat)
    app.state.hook_secret = hook_secret
    for part in (api, acts, badges, machine, pages, lists):
        app.include_router(part.router)
    problems.install(app)
    static = Path(str(files("syncbot.web") / "static"))
    app.mount("/static", StaticFiles(directory=static), name="static")
    document = openapi(app)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    def described() -> dict[str, Any]:
        return document

    @app.get("/api", include_in_schema=False)
    def help_page(request: Request) -> Response:
        return page(request, "api.html", operations=list(_operations(document)))

    app.add_middleware(Guard, hosts=hosts)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's own, with every error as it is really answered."""
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = made["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            for code, words in _errors(path, method):
                shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
                operation["responses"][code] = {"description": words, "content": {problems.KIND: shape}}
            if method == "get":
                operation["responses"]["304"] = {"description": "Not changed since that ETag."}
    return made


def _errors(path: str, method: str) -> Iterable[tuple[str, str]]:
    yield "414", "The address is too long."
    yield "421", "Another host's name was asked for."
    yield "503", "The workspace cannot be read now."
    yield "422", "A parameter that does not make sense."
    if "{" in path or method == "get":
        yield "404", "There is none of that name, or nothing is recorded of that day."
    if method != "get":
        yield "400", "The body is no JSON."
        yield "401", "No token that is valid."
        yield "403", "The token does not allow it."
        yield "413", "The body is too large."
        yield "409", "It stands otherwise by now."
        yield "502", "The forge cannot be reached."


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
            yield {
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "parameters": names,
                "token": bool(operation.get("security")),
            }
