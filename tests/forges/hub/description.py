"""GitHub's own description of its interface: every exchange must be as it says, in both directions."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import graphql
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from .tools import module

USED = (
    "/user",
    "/app",
    "/repos/{owner}/{repo}/installation",
    "/app/installations/{installation_id}/access_tokens",
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/{issue_number}",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
    "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "/repos/{owner}/{repo}/labels",
    "/repos/{owner}/{repo}/labels/{name}",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/merge",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
    "/repos/{owner}/{repo}/collaborators/{username}/permission",
    "/repos/{owner}/{repo}/contents/{path}",
    "/repos/{owner}/{repo}/commits/{ref}/check-runs",
    "/repos/{owner}/{repo}/commits/{ref}/status",
    "/repos/{owner}/{repo}/check-runs",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}",
    "/repos/{owner}/{repo}/statuses/{sha}",
)

HOST = "http://api.example"

checked: Counter[str] = Counter()
"""How many exchanges of each kind were found right."""


class NotAsDescribed(AssertionError):
    """What was sent, or answered, is not what GitHub's description has."""


class _Request:
    """A request as openapi-core wants it."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        path = re.sub(r"(/contents/)([^?]+)", lambda m: m[1] + m[2].replace("/", "%2F"), path)  # one parameter
        parts = urlsplit(path)
        self.host_url, self.path, self.method = HOST, parts.path, method.lower()
        self.body = body or None
        self.content_type = "application/json"
        self.full_url_pattern = HOST + parts.path
        query = ImmutableMultiDict(parse_qsl(parts.query))
        self.parameters = RequestParameters(query=query, header=Headers(dict(headers)))


class _Response:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status_code, self.data = status, body or None
        self.headers = Headers(dict(headers))
        self.content_type = "application/json"


@functools.cache
def description() -> dict[str, Any]:
    """The used part: the whole takes many seconds to prepare."""
    whole = json.loads(module("@octokit/openapi/generated/api.github.com.json").read_bytes())
    paths = {path: whole["paths"][path] for path in USED}
    for operations in paths.values():
        for operation in operations.values():
            _close(operation.get("requestBody"), whole)
    used: dict[str, Any] = {
        "openapi": whole["openapi"],
        "info": whole["info"],
        "servers": [{"url": HOST}],
        "paths": paths,
    }
    used["components"] = _needed(used, whole)
    return used


def prepare() -> None:
    """Read the description: seconds, which no request should wait for. (The few that need GraphQL's schema do.)"""
    _checker()


@functools.cache
def _checker() -> OpenAPI:
    return OpenAPI.from_dict(description())


def check_exchange(
    method: str, path: str, sent: tuple[Mapping[str, str], bytes], got: tuple[int, Mapping[str, str], bytes]
) -> None:
    """Raises NotAsDescribed."""
    request = _Request(method, path, *sent)
    try:
        _refuse_unknown_query(path, method)
        _checker().validate_request(request)  # type: ignore[arg-type]
        if got[0] != 304:
            _checker().validate_response(request, _Response(*got))  # type: ignore[arg-type]
    except OpenAPIError as error:
        causes = "; ".join(str(e) for e in getattr(error.__cause__, "schema_errors", ()) or [error.__cause__ or error])
        raise NotAsDescribed(f"{method} {path} -> {got[0]}: {type(error).__name__}: {causes[:1500]}") from None
    checked[method] += 1


def check_graphql(query: str, variables: Mapping[str, Any]) -> None:
    """The document is one of GitHub's schema, and the variables are of the types that it names."""
    document = graphql.parse(query)
    errors = graphql.validate(_schema(), document)
    for operation in document.definitions:
        assert isinstance(operation, graphql.OperationDefinitionNode)
        values = graphql.execution.values.get_variable_values(
            _schema(), operation.variable_definitions, dict(variables)
        )
        errors += values if isinstance(values, list) else []
    if errors:
        raise NotAsDescribed("; ".join(error.message for error in errors))
    checked["GRAPHQL"] += 1


@functools.cache
def _schema() -> graphql.GraphQLSchema:
    return graphql.build_schema(module("@octokit/graphql-schema/schema.graphql").read_text(), assume_valid=True)


def _refuse_unknown_query(path: str, method: str) -> None:
    """openapi-core lets a misspelt query through."""
    parts = urlsplit(path)
    names = {name for name, _value in parse_qsl(parts.query)}
    if not names:
        return
    spec = description()
    template = next(t for t in USED if _fits(t, parts.path))
    operation = spec["paths"][template][method.lower()]
    known = {_resolved(p, spec)["name"] for p in operation.get("parameters", ())}
    if names - known:
        raise NotAsDescribed(f"{method} {path}: the query has {sorted(names - known)}, which GitHub does not know")


def _fits(template: str, path: str) -> bool:
    if template.endswith("/contents/{path}"):  # the one whose parameter has slashes
        return "/contents/" in path
    ours, theirs = template.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(a.startswith("{") or a == b for a, b in zip(ours, theirs, strict=True))


def _resolved(node: Any, whole: Mapping[str, Any]) -> Any:
    while isinstance(node, Mapping) and "$ref" in node:
        found: Any = whole
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _close(node: Any, whole: Mapping[str, Any]) -> None:
    """Forbid fields in a request body that the description does not name."""
    node = _resolved(node, whole)
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
        for key, child in node.items():
            if key not in ("example", "examples"):
                _close(child, whole)
    elif isinstance(node, list):
        for child in node:
            _close(child, whole)


def _needed(node: Any, whole: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The components that the used paths refer to, directly or not; examples left out."""
    needed: dict[str, dict[str, Any]] = {}
    queue = list(_references(node))
    while queue:
        kind, name = queue.pop().removeprefix("#/components/").split("/", 1)
        if kind == "examples" or name in needed.setdefault(kind, {}):
            continue
        needed[kind][name] = whole["components"][kind][name]
        queue += _references(needed[kind][name])
    return needed


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        node.pop("examples", None) if isinstance(node.get("examples"), dict) else None
        if node.get("nullable") and isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]  # what GitHub means: OpenAPI 3.0 leaves null out of the enum
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)
