"""What doctor says of jobs that workers gave up."""

from __future__ import annotations

from syncbot.errors import StoreError
from syncbot.model.queue import DeadLetter
from syncbot.report.words import plural
from syncbot.settings import Workspace as Found
from syncbot.store.engine import is_server
from syncbot.store.opening import open_store

GIVEN_UP = "mend what is said there; the next run of its schedule, or `syncbot worker --now`, tries it again"
_SHOWN = 5


def is_shared(found: Found) -> bool:
    """Whether the state lies where workers can share it."""
    try:
        return is_server(found.database_url)
    except StoreError:  # which another probe tells
        return False


def given_up(found: Found) -> str:
    """Raises StoreError where there are any."""
    store = open_store(found.database_url)
    try:
        letters = store.dead_letters()
    finally:
        store.close()
    if letters:
        more = f" and {len(letters) - _SHOWN} more" if len(letters) > _SHOWN else ""
        raise StoreError(f"{plural(len(letters), 'job')}: {'; '.join(map(_told, letters[:_SHOWN]))}{more}", GIVEN_UP)
    return "none"


def _told(letter: DeadLetter) -> str:
    name = "a private package" if letter.private else letter.name
    why = "" if letter.private else f": {letter.why}"
    return f"{name}, tried {plural(letter.attempts, 'time')}{why}"
