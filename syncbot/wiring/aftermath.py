"""What follows a run and may never hold it up: the feed, the file of metrics, news posted to receivers."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from syncbot.errors import StoreError, SyncbotError
from syncbot.model.addresses import shown
from syncbot.ports import Store
from syncbot.report.atom import feed
from syncbot.services.posting import post_news
from syncbot.settings import HOOK_VARIABLE
from syncbot.settings import Workspace as Found
from syncbot.wiring.presence import ThisProcess

_log = logging.getLogger(__name__)
_TIMEOUT = (5.0, 10.0)
_PATIENCE = 20.0
"""Seconds that one round of posting may take after a run; what is left is posted later."""
_ENTRIES = 100
_POSTING = "@hooks"


def follow_up(found: Found, environ: Mapping[str, str], store: Store, waiting_since: datetime | None = None) -> None:
    """All that follows a run. What goes wrong is logged, and done again after the next one."""
    running, hooks = found.settings.running, found.settings.hooks
    if hooks.feed:
        with _told("the feed could not be written"):
            write_whole(found.root / hooks.feed, feed(store.news(0, _ENTRIES, newest=True)).encode())
    if running.textfile:
        from syncbot.wiring.metrics import rendered

        with _told("the metrics could not be written"):
            write_whole(found.root / running.textfile, rendered(store, datetime.now(UTC), waiting_since))
    if hooks.urls:
        with _told("news could not be posted"):
            post(found, environ, store)


def post(found: Found, environ: Mapping[str, str], store: Store) -> int:
    """Post what is owed, unless another process does it."""
    hooks = found.settings.hooks
    if not hooks.urls or not any(_is_due(store, url) for url in hooks.urls):
        return 0
    presence, until = ThisProcess(), time.monotonic() + _PATIENCE
    me = presence.me()
    if store.claim([_POSTING], me, datetime.now(UTC), presence.gone):
        return 0
    try:
        secret = environ.get(HOOK_VARIABLE, "")
        return post_news(store, hooks, secret, _post, lambda: datetime.now(UTC), lambda: time.monotonic() < until)
    finally:
        store.release(me)


def _is_due(store: Store, url: str) -> bool:
    from syncbot.services.news import receiver

    owed = store.owed(receiver(url))
    return (owed.next is None or owed.next <= datetime.now(UTC)) and bool(store.news(owed.upto, 1))


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    import requests

    from syncbot import __version__

    mine = {"User-Agent": f"syncbot/{__version__}", **headers}
    try:
        answer = requests.post(url, data=body, headers=mine, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:  # its text may hold the address, which may be a secret
        return f"{type(error).__name__} at {shown(url)}"
    return "" if answer.status_code < 300 else f"{shown(url)} answered with status {answer.status_code}"


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step: who reads it never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).chmod(0o644)  # whoever collects it is somebody else
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except (SyncbotError, StoreError, OSError) as error:
        _log.warning(what, extra={"kind": type(error).__name__, "error": str(error)})
