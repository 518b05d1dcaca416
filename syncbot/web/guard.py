"""What holds for every request and answer, whatever the route: hosts, sizes, headers, ETags. Plain ASGI."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncbot.web.problems import answer

_log = logging.getLogger(__name__)
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOCAL = ("localhost", "127.0.0.1", "::1")
BODY = 64 * 1024
"""Bytes that a request may send, but for hooks."""
HOOK_BODY = 4 * 1024 * 1024
_URL = 32 * 1024


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names under which the pages may be asked for: without this, any site's name could be made to lead here."""

    names: frozenset[str]

    @staticmethod
    def of(bound: str, more: Iterable[str]) -> Hosts:
        """Those of this machine, the address that is listened on, and those that the settings name."""
        return Hosts(frozenset(name.lower() for name in (*LOCAL, *_one(bound), *more)))

    def allow(self, header: str) -> bool:
        return _name(header) in self.names


def _one(bound: str) -> tuple[str, ...]:
    """The address that is listened on, unless it stands for all of them."""
    try:
        return () if ipaddress.ip_address(bound).is_unspecified else (bound,)
    except ValueError:
        return (bound,)


def _name(header: str) -> str:
    """The host of a Host header, without its port and brackets."""
    host = header.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


class Guard:
    """Outermost but for compression."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        sent = _Answer(scope, send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await answer(request, *refusal)(scope, receive, sent)
            return
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        most = HOOK_BODY if scope["path"].startswith("/hooks/") else BODY
        try:
            await self._app(inner, _limited(receive, most), sent)
        except Exception as error:  # a defect of ours: its page has the guards, too
            _log.exception("%s %s", scope["method"], scope["path"])
            if sent.is_begun:
                raise
            said = f"unexpected {type(error).__name__}; the log has the traceback"
            await answer(request, 500, said)(scope, receive, sent)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if not self._hosts.allow(headers.get("host", "")):
            return 421, "this host name is not served here; start `syncbot serve` with --allow-host NAME to allow it"
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > _URL:
            return 414, "the address is too long"
        length = headers.get("content-length", "0")
        most = HOOK_BODY if scope["path"].startswith("/hooks/") else BODY
        if not length.isdigit() or int(length) > most:
            return 413, f"the body is too large: at most {most} bytes are taken"
        return None


def _limited(receive: Receive, most: int) -> Receive:
    """A body that comes in pieces has no length to look at first."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(413, f"the body is too large: at most {most} bytes are taken")
        return message

    return counted


class _Answer:
    """An answer on its way: headers are added, and a GET that the asker has already becomes a 304."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._body = b""

    @property
    def is_begun(self) -> bool:
        return self._start is not None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        assert self._start is not None, "an answer begins with its start"
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        self._finish(MutableHeaders(raw=self._start["headers"]), self._start)
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})

    def _finish(self, headers: MutableHeaders, start: MutableMapping[str, Any]) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        asked = Headers(scope=self._scope)
        if self._scope["method"] in ("GET", "HEAD") and start["status"] == 200:
            tag = f'W/"{hashlib.sha256(self._body).hexdigest()[:32]}"'
            headers["ETag"] = tag
            headers.setdefault("Cache-Control", "no-cache")
            if _has(asked.get("if-none-match", ""), tag):
                start["status"] = 304
                self._body = b""
                for name in ("content-length", "content-type"):
                    if name in headers:
                        del headers[name]
        else:
            headers.setdefault("Cache-Control", "no-store")
        if self._scope["method"] == "HEAD":
            self._body = b""


def _has(header: str, tag: str) -> bool:
    known = [one.strip() for one in header.split(",")]
    return "*" in known or tag in known or tag.removeprefix("W/") in known
