"""Registries over HTTP: one session with timeouts, bounded retries and redirects that stay on http.

No library's error text goes into an error of ours (it may hold a URL with credentials): what is said is written here,
and the library's exception is not chained.
"""

from __future__ import annotations

import email.utils
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests

from syncbot.errors import HostileInput, UpstreamBusy, UpstreamUnreachable
from syncbot.model.addresses import shown
from syncbot.sources.agent import agent
from syncbot.sources.polite import Turn, no_limit

T = TypeVar("T")
_TIMEOUT = (15.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""
_ATTEMPTS = 4
_LONGEST_WAIT = 60.0
"""Seconds that a request waits; who asks for more is left alone until then."""
_LONGEST_PAUSE = 24 * 3600.0
"""Seconds; what a host asks for beyond that is taken for a mistake."""
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_BUSY = frozenset({429, 503})
PIECE = 1 << 16
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "its TLS certificate is not trusted"),
    (requests.exceptions.ProxyError, "the proxy does not let us through"),
    (requests.exceptions.ConnectTimeout, "it did not answer in time"),
    (requests.exceptions.ReadTimeout, "it stopped answering"),
    (requests.exceptions.TooManyRedirects, "it redirects without end"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke off"),
    (requests.exceptions.ContentDecodingError, "its answer is garbled"),
    (requests.exceptions.ConnectionError, "no connection"),
    (requests.exceptions.InvalidURL, "it is no URL that can be asked"),
    (requests.exceptions.InvalidSchema, "its scheme is not http or https"),
    (requests.exceptions.RequestException, "the request failed"),
    (OSError, "the connection broke off"),
)
_FINAL = (
    requests.exceptions.SSLError,
    requests.exceptions.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.ContentDecodingError,
)
# Its debug lines show paths with their query, where mirrors put tokens.
logging.getLogger("urllib3").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with its status, headers (lower-case names) and final URL; `pieces` is the body, read once."""

    status: int
    headers: Mapping[str, str]
    url: str
    pieces: Iterator[bytes]

    def body(self, limit: int) -> bytes:
        """The whole body. Raises HostileInput where it is longer than limit bytes."""
        made = bytearray()
        for piece in self.pieces:
            made += piece
            if len(made) > limit:
                raise HostileInput(f"the answer of {shown(self.url)} exceeds {limit} bytes", "check the address")
        return bytes(made)


class Http:
    """A client. `verify`: True, or the file or folder of trusted certificates. `credentials` gives the Authorization
    header for a URL, None where it has none. `sleep` waits (seconds) between attempts."""

    def __init__(
        self,
        verify: bool | str = True,
        credentials: Callable[[str], str | None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        turn: Turn = no_limit,
        contact: str = "",
    ) -> None:
        self._session = _Session(credentials)
        self._session.headers["User-Agent"] = agent(contact)
        self._verify = verify
        self._sleep = sleep
        self._turn = turn

    def get(self, url: str, headers: Mapping[str, str], use: Callable[[Response], T]) -> T:
        """Ask for the URL and give what `use` makes of the answer (any status below 400, 404 and 410). A passing
        failure, also one inside of `use` while it reads, is tried again: `use` must begin anew each time. Raises
        UpstreamUnreachable, HostileInput (redirect to another scheme), and what `use` raises."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise HostileInput(f"{shown(url)} is not an http or https URL", "check the registry's settings")
        said = ""
        for attempt in range(_ATTEMPTS):
            wait = 0.5 * 2**attempt
            try:
                with self._turn((urlsplit(url).hostname or "").lower()), self._answer(url, headers) as answer:
                    if answer.status < 400 or answer.status in (404, 410):
                        return use(answer)
                    said, final = _refusal(answer.status), answer.status not in _PASSING
                    wait = _retry_after(answer.headers.get("retry-after", ""), wait)
                    if answer.status in _BUSY and wait > _LONGEST_WAIT:
                        raise _busy(url, said, wait)
            except (requests.RequestException, _Broken) as error:
                said, final = _cause(error), isinstance(error, _FINAL)
            if final or attempt == _ATTEMPTS - 1:
                break
            self._sleep(min(wait, _LONGEST_WAIT))
        raise UpstreamUnreachable(
            f"cannot get {shown(url)}: {said}", "check the network, the address and your client's settings"
        )

    @contextmanager
    def _answer(self, url: str, headers: Mapping[str, str]) -> Iterator[Response]:
        # `verify` goes with each request: set on the session, the environment's certificates would win over it.
        verify: bool | str | None = None if self._verify is True else self._verify
        with self._session.get(url, headers=dict(headers), stream=True, timeout=_TIMEOUT, verify=verify) as got:
            lower = {name.lower(): value for name, value in got.headers.items()}
            yield Response(got.status_code, lower, got.url, _pieces(got))


def _busy(url: str, said: str, wait: float) -> UpstreamBusy:
    what = f"cannot get {shown(url)}: {said}, and it asks to be left alone for {wait:.0f} seconds"
    return UpstreamBusy(what, "run it again after that", wait=min(wait, _LONGEST_PAUSE))


class _Broken(Exception):
    """The connection broke while the body was read (an OSError of ours, when writing, must not look like that)."""


class _Session(requests.Session):
    """A session that sends credentials to where they belong, and follows redirects on http alone."""

    def __init__(self, credentials: Callable[[str], str | None]) -> None:
        super().__init__()
        self.max_redirects = 10
        self._credentials = credentials

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        header = self._credentials(str(request.url))
        if header is not None:
            request.headers = {**(request.headers or {}), "Authorization": header}
            request.auth = _keep  # a ~/.netrc must not replace it
        return super().prepare_request(request)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is not None:
            there = urlsplit(urljoin(resp.url, target)).scheme
            here = urlsplit(resp.url).scheme
            if there not in ("http", "https") or (here == "https" and there == "http"):
                raise HostileInput(f"{shown(resp.url)} redirects to the scheme {there!r}", "report it to the registry")
        return target


def _keep(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _pieces(got: requests.Response) -> Iterator[bytes]:
    try:
        yield from got.iter_content(PIECE)
    except OSError as error:  # RequestException is one, too
        said = _cause(error)
    else:
        return
    raise _Broken(said)


def _cause(error: Exception) -> str:
    if isinstance(error, _Broken):
        return str(error)
    return next((said for kind, said in _CAUSES if isinstance(error, kind)), "the request failed")


def _refusal(status: int) -> str:
    return {
        401: "it wants credentials (401)",
        403: "access is refused (403)",
        429: "too many requests (429)",
    }.get(status, f"it answered with status {status}")


def _retry_after(value: str, otherwise: float) -> float:
    """Seconds, from a number or an HTTP date."""
    if value.strip().isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return otherwise
    return max(0.0, moment.timestamp() - time.time())
