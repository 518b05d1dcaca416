"""A dry run's exact list of changes: the run itself, on a forge that only writes down, with a store that forgets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from syncbot.model.forge import Write
from syncbot.services.workspace import Workspace


class _Undone(Exception):  # no error: it takes a transaction back
    """Ends the rehearsal."""


def rehearsed(workspace: Workspace, carry_out: Callable[[], object]) -> tuple[Write, ...]:
    """What `carry_out` would change on the forge, in order. Nothing is changed there nor in the store."""
    with workspace.forge.rehearsing() as writes:
        with suppress(_Undone), workspace.store.transaction():
            carry_out()
            raise _Undone
        return tuple(writes)
