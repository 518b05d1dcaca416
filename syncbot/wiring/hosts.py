"""Turns at hosts that all machines share: through the store, where machines share one.

Before it asks the store, a process has had its turn on its own machine (`syncbot.sources.polite`): so of each machine
there are never more at the store than may ask the host at a time.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

from syncbot.errors import StoreError
from syncbot.model.hosts import BEAT
from syncbot.model.settings import Politeness
from syncbot.ports.hosts import HostTurns
from syncbot.settings import Workspace as Found
from syncbot.sources.polite import Turn, Turns

_log = logging.getLogger(__name__)
_SLOWER, _LONGEST = 1.5, 2.0
"""How much longer each next pause before another look is, and the longest (seconds): nobody polls hard."""


def turns(found: Found) -> Turn:
    """What a request to a host is done in, by the settings of a workspace."""
    polite = found.settings.polite
    here = Turns(found.cache / "hosts", polite.per_host, polite.per_minute)
    if found.database_url.startswith("sqlite"):
        return here  # of this machine alone, as the files are
    everywhere = _shared(found.database_url, polite)

    @contextmanager
    def turn(host: str) -> Iterator[None]:
        with here(host), everywhere(host):
            yield

    return turn


@cache
def _shared(address: str, polite: Politeness) -> SharedTurns:
    """One for each process: it is asked for whenever a workspace is opened."""
    return SharedTurns(cache(lambda: _opened(address)), polite)


def _opened(address: str) -> HostTurns:
    from syncbot.store.opening import open_store  # a process without a server does not load it

    return open_store(address)


class SharedTurns:
    """A `syncbot.sources.polite.Turn`, shared by all who share the store that `opened` gives. A store that cannot be
    used holds up nobody: the turns of this machine stand."""

    def __init__(
        self,
        opened: Callable[[], HostTurns],
        polite: Politeness,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._opened, self._polite, self._now, self._sleep = opened, polite, now, sleep
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._living = False

    @contextmanager
    def __call__(self, host: str) -> Iterator[None]:
        """Waits for a turn at that host, and holds it while the block runs. A place on this machine waits for none."""
        token = self._taken(host) if host else None
        try:
            yield
        finally:
            if token is not None:
                self._give_back(token)

    def _taken(self, host: str) -> str | None:
        token, pause = secrets.token_hex(16), 0.0
        limits = self._polite.per_host, self._polite.per_minute
        try:
            while seconds := self._opened().take_host_turn(host, token, self._now(), *limits):
                pause = min(max(seconds, pause * _SLOWER), max(seconds, _LONGEST))
                self._sleep(pause)
        except StoreError as error:
            _log.debug("the turns of all machines cannot be told: %s", error)
            return None
        with self._lock:
            self._held.add(token)
            if not self._living:
                self._living = True
                threading.Thread(target=self._live, daemon=True).start()
        return token

    def _give_back(self, token: str) -> None:
        with self._lock:
            self._held.discard(token)
        try:
            self._opened().end_host_turn(token, self._now())
        except StoreError:  # it ends by itself
            _log.debug("a turn could not be given back", exc_info=True)

    def _live(self) -> None:
        """Signs of life, as long as there is a turn to hold."""
        while True:
            time.sleep(BEAT)
            with self._lock:
                held = tuple(self._held)
                self._living = bool(held)
            if not held:
                return
            try:
                self._opened().keep_host_turns(held, self._now())
            except StoreError:
                _log.debug("a sign of life was lost", exc_info=True)
