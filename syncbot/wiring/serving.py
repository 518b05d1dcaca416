"""What the daemon shows of itself over HTTP: metrics, whether it lives, whether it is ready, the feed of news."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from syncbot import __version__
from syncbot.errors import InputError

_log = logging.getLogger(__name__)
Answer = tuple[int, str, bytes]
"""Status, content type, body."""
TEXT = "text/plain; charset=utf-8"


@contextmanager
def serving(address: str, pages: Mapping[str, Callable[[], Answer]]) -> Iterator[int]:
    """Serve the pages, each at its path, at HOST:PORT as long as the block runs; gives the port (0 asks for a free
    one). Raises InputError where it cannot be had."""
    host, _, port = address.rpartition(":")
    try:
        server = _Server((host.strip("[]"), int(port)), pages)
    except (OSError, OverflowError) as error:
        what = f"run.address {address} cannot be served ({error.strerror if isinstance(error, OSError) else error})"
        raise InputError(what, "use another port, or stop what listens there") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.2})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place: tuple[str, int], pages: Mapping[str, Callable[[], Answer]]) -> None:
        self.pages = pages
        super().__init__(place, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # its signature
        _log.debug("a request could not be answered", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = f"syncbot/{__version__}"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        status, kind, body = (404, TEXT, b"there is no such page\n") if page is None else _safely(page)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who asks for metrics asks often."""


def _safely(page: Callable[[], Answer]) -> Answer:
    try:
        return page()
    except Exception as error:  # noqa: BLE001  # the text of an exception may hold anything: only its type is told
        _log.debug("a page failed", exc_info=True)
        return 503, TEXT, f"{type(error).__name__}\n".encode()
