"""The budget of changes that all processes of an installation share, through the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncbot.errors import ForgeBusy
from syncbot.ports.dealings import Dealings

PATIENCE = 300.0
"""Seconds that one change waits for its turn at most."""


class SharedPace:
    """Implements `syncbot.ports.Pace` for one account on one forge: waits for a turn, or says how long it would be."""

    def __init__(
        self, store: Dealings, account: str, now: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._store = store
        self._account = account
        self._now = now
        self._sleep = sleep

    def __call__(self, *, content: bool) -> None:  # noqa: ARG002  # every change counts, see syncbot.plan.pace
        waited = 0.0
        while seconds := self._store.take_turn(self._account, self._now()):
            waited += seconds
            if waited > PATIENCE:
                what = "this hour's changes to the forge are used up"
                raise ForgeBusy(what, f"run it again in {seconds:.0f} s: it goes on where it stopped", wait=seconds)
            self._sleep(seconds)
