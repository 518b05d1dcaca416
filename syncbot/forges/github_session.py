"""Requests to GitHub: github3.py's session underneath, and what it lacks on top.

Each request has timeouts and the pinned API version; reads are conditional; limits are waited for or told; what the
server broke off is repeated, a create only after a look whether it took effect. Nothing is followed to another host.
In a rehearsal changes are written down instead of sent. No credential reaches a message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from github3.session import GitHubSession

from syncbot.errors import ForgeError, ForgeStopped, InputError
from syncbot.forges import github_wire as wire
from syncbot.forges.etags import Etags, Kept
from syncbot.forges.github_auth import Credentials, Installation
from syncbot.forges.github_wire import Meaning
from syncbot.model.addresses import shown
from syncbot.model.forge import Write
from syncbot.ports import Pace

TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and between two bytes of an answer."""
TRIES = 4
PATIENCE = 300.0
"""Seconds that one request waits at most because of limits; beyond that the run ends, and the next one goes on."""
_HOPS = 5
_PAGES = 1000
_LARGEST = 64 * 1024 * 1024

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session is given from outside: the clock, a way to wait, and the shared budget of changes."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    pace: Pace


@dataclass(frozen=True, slots=True)
class _Answer:
    meaning: Meaning
    status: int
    headers: Mapping[str, str]
    body: str
    address: str

    def document(self) -> Any:
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None


class Session:
    """One account at one GitHub. `api`: the address of its REST API, `graph`: of its GraphQL API. Not to be shared by
    threads. Raises ForgeError, ForgeRefused, ForgeBusy, ForgeStopped, HostileInput."""

    def __init__(
        self, api: str, graph: str, credentials: Credentials, etags: Etags, around: Surroundings, agent: str
    ) -> None:
        for address in (api, graph):
            _refuse_open(address)
        self._api = api.rstrip("/")
        self._graph = graph
        self.credentials = credentials
        self._etags = etags
        self._around = around
        self._http = GitHubSession(*TIMEOUT)
        self._http.headers.update({"Accept": wire.ACCEPT, "User-Agent": agent, "X-GitHub-Api-Version": wire.VERSION})
        self._busy_until: datetime | None = None
        self._rehearsal: list[Write] | None = None
        self.stop: Callable[[], str | None] = lambda: None
        if isinstance(credentials, Installation):
            credentials.ask = self._as_app

    @contextmanager
    def rehearsing(self) -> Iterator[list[Write]]:
        """Inside, changes are written down and not made."""
        self._rehearsal = []
        try:
            yield self._rehearsal
        finally:
            self._rehearsal = None

    @property
    def is_rehearsal(self) -> bool:
        return self._rehearsal is not None

    def rehearse(self, write: Write) -> bool:
        """Whether this is a rehearsal; then the change is written down. Else it may be made now (pace, kill switch)."""
        if self._rehearsal is not None:
            self._rehearsal.append(write)
            return True
        self.allow()
        self._around.pace(content=False)
        return False

    def allow(self) -> None:
        """Raises ForgeStopped where the kill switch is on."""
        reason = self.stop()
        if reason is not None:
            raise ForgeStopped(f"nothing is written: {reason}", "take the stop back, then run it again")

    def token(self) -> str:
        """The credential for git over HTTP."""
        return self.credentials.token(self._around.now())

    # -- reading

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The document at a path. Raises NotThere where there is none."""
        return json.loads(self._read(self._address(path, params)).body)

    def known(self, path: str) -> Any:
        """What was last read at a path, without asking; None where nothing was."""
        kept = self._etags.get(self._address(path, None))
        return None if kept is None else json.loads(kept.body)

    def text(self, path: str, accept: str) -> str:
        """What stands at a path in another form than JSON."""
        return self._read(self._address(path, None), accept).body

    def pages(self, path: str, params: Mapping[str, str] | None = None, inside: str | None = None) -> Iterator[Any]:
        """The entries of a list, over all its pages; `inside` names the field that holds them, where one does."""
        address: str | None = self._address(path, {**(params or {}), "per_page": "100"})
        for _ in range(_PAGES):
            if address is None:
                return
            kept = self._read(address)
            found = json.loads(kept.body)
            rows = found.get(inside) if inside is not None and isinstance(found, Mapping) else found
            if not isinstance(rows, list):
                raise ForgeError(f"the forge answers {path} with no list", "is the address that of an API?")
            yield from rows
            address = wire.next_page({"link": kept.link}, address)
        raise ForgeError(f"{path} has more than {_PAGES} pages", "this is more than syncbot reads")

    def _read(self, address: str, accept: str = wire.ACCEPT) -> Kept:
        known = self._etags.get(address) if accept == wire.ACCEPT else None
        headers = {"Accept": accept} | ({"If-None-Match": known.etag} if known is not None else {})
        answer = self._repeated("GET", address, None, headers)
        if answer.meaning is Meaning.UNCHANGED and known is not None:
            return known
        if answer.meaning is not Meaning.DONE or (accept == wire.ACCEPT and answer.document() is None):
            raise self._refusal("GET", answer)
        kept = Kept(address, answer.headers.get("etag", ""), answer.body, answer.headers.get("link", ""))
        if accept == wire.ACCEPT:
            self._etags.keep(kept)
        return kept

    # -- writing

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        content: bool = False,
        look_up: Callable[[], Any] | None = None,
        imagined: Any = None,
    ) -> Any:
        """Make a change; gives the answer's document. `look_up` finds what a create would make, None where it is not
        there: asked before the create is repeated, and where the forge says that there is one already. Without it the
        change must be one that may be made twice. `imagined`: the answer in a rehearsal."""
        if self._rehearsal is not None:
            self._rehearsal.append(Write(method, path, "" if body is None else json.dumps(body, sort_keys=True)))
            return imagined
        self.allow()
        self._around.pace(content=content)
        answer = self._repeated(method, self._address(path, None), body, {}, look_up)
        if not isinstance(answer, _Answer):
            return answer
        if answer.status == 422 and look_up is not None:
            found = look_up()
            if found is not None:
                return found
        if answer.meaning is not Meaning.DONE:
            raise self._refusal(method, answer)
        return answer.document()

    def graphql(self, query: str, variables: Mapping[str, Any], name: str) -> Any:
        """Make the mutation `name` (one that may be made twice); gives its data. Raises Unprocessable with GitHub's
        words where it is refused."""
        if self._rehearsal is not None:
            self._rehearsal.append(Write("GRAPHQL", name, json.dumps(variables, sort_keys=True)))
            return None
        self.allow()
        self._around.pace(content=False)
        answer = self._repeated("POST", self._graph, {"query": query, "variables": dict(variables)}, {})
        found = answer.document() if isinstance(answer, _Answer) else None
        if not isinstance(answer, _Answer) or answer.meaning is not Meaning.DONE or not isinstance(found, Mapping):
            raise self._refusal("POST", answer)
        if found.get("errors"):
            raise wire.refusal("GRAPHQL", name, 422, wire.message_of(found))
        return found.get("data")

    # -- underneath

    def _repeated(
        self,
        method: str,
        address: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        look_up: Callable[[], Any] | None = None,
    ) -> Any:
        """The answer, after as many tries as it takes, or what `look_up` found instead."""
        limited, renewed = 0, False
        trouble: ForgeError | None = None
        for tried in range(TRIES):
            if tried and trouble is not None:
                self._around.sleep(2.0**tried)
                found = None if look_up is None else look_up()
                if found is not None:
                    return found
            try:
                answer = self._followed(method, address, body, headers)
            except requests.RequestException as error:
                trouble = self._unreachable(address, error)
                continue
            if answer.meaning is Meaning.TROUBLE:
                trouble = self._refusal(method, answer)
                continue
            if answer.meaning is Meaning.LIMITED:
                self._pause(answer, limited)
                limited, trouble = limited + 1, None
                continue
            if answer.meaning is Meaning.TOKEN and not renewed and self.credentials.refused():
                renewed, trouble = True, None
                continue
            return answer
        raise trouble or wire.busy(urlsplit(address).path, wire.FIRST_WAIT)

    def _pause(self, answer: _Answer, tried: int) -> None:
        """Wait as GitHub asks. Raises ForgeBusy where that is longer than our patience."""
        now = self._around.now()
        wait = wire.wait_of(answer.headers, now, tried)
        if wait > PATIENCE:
            self._busy_until = datetime.fromtimestamp(now.timestamp() + wait, now.tzinfo)
            raise wire.busy(urlsplit(answer.address).path, wait)
        self._around.sleep(wait)

    def _followed(
        self, method: str, address: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> _Answer:
        """With redirects of renamed repositories: the same method and body again, on the same host."""
        now = self._around.now()
        if self._busy_until is not None and now < self._busy_until:
            raise wire.busy(urlsplit(address).path, (self._busy_until - now).total_seconds())
        for _ in range(_HOPS):
            self._http.token_auth(self.credentials.token(now))
            answer = self._once(method, address, body, headers)
            if answer.meaning is not Meaning.MOVED:
                return answer
            address = wire.same_host(answer.headers.get("location", ""), address, "a new address")
        raise ForgeError(f"the forge sends {urlsplit(address).path} round in circles", "check the repository's name")

    def _once(self, method: str, address: str, body: Any, headers: Mapping[str, str]) -> _Answer:
        content = None if body is None else json.dumps(body).encode()
        with self._http.request(
            method, address, data=content, headers=dict(headers), allow_redirects=False, stream=True
        ) as response:
            size, chunks = 0, []
            for chunk in response.iter_content(1 << 16):
                size += len(chunk)
                if size > _LARGEST:
                    raise ForgeError(f"the forge's answer to {urlsplit(address).path} is absurdly large")
                chunks.append(chunk)
            text = b"".join(chunks).decode("utf-8", "replace")
            told = {name.lower(): value for name, value in response.headers.items()}
            answer = _Answer(Meaning.DONE, response.status_code, told, text, address)
            found = wire.meaning(response.status_code, told, wire.message_of(answer.document()))
            return _Answer(found, response.status_code, told, text, address)

    def _as_app(self, method: str, path: str, signed: str, body: Mapping[str, Any] | None) -> Any:
        """A request with the App's own JSON web token. Making a token twice does no harm."""
        address = self._address(path, None)
        for tried in range(TRIES):
            self._http.app_bearer_token_auth(signed, 540)
            try:
                answer = self._once(method, address, body, {})
            except requests.RequestException as error:
                if tried == TRIES - 1:
                    raise self._unreachable(address, error) from None
                answer = None
            if answer is not None and answer.meaning is Meaning.DONE:
                return answer.document()
            if answer is not None and answer.meaning is not Meaning.TROUBLE:
                raise self._refusal(method, answer)
            self._around.sleep(2.0**tried)
        raise ForgeError(f"the forge gives the App no answer to {method} {path}", "try again later")

    def _address(self, path: str, params: Mapping[str, str] | None) -> str:
        return self._api + path + ("?" + urlencode(sorted(params.items())) if params else "")

    def _refusal(self, method: str, answer: _Answer) -> ForgeError:
        path = urlsplit(answer.address).path
        if answer.meaning is Meaning.DONE:
            return ForgeError(f"the forge answers {method} {path} with no JSON", "is the address that of an API?")
        if answer.meaning is Meaning.TROUBLE:
            return ForgeError(f"the forge is in trouble (status {answer.status} for {method} {path})", "try later")
        return wire.refusal(method, path, answer.status, wire.message_of(answer.document()))

    def _unreachable(self, address: str, error: requests.RequestException) -> ForgeError:
        return ForgeError(
            f"the forge {shown(self._api)} cannot be reached ({type(error).__name__} at {urlsplit(address).path})",
            "check the address and the network",
        )


def _refuse_open(address: str) -> None:
    """A token goes to no address that anyone on the way can read."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(f"the forge's address {shown(address)} is not https", "write https://HOST")
