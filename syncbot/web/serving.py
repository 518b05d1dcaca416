"""The server: the workspace opened once, and uvicorn on an address of this machine."""

from __future__ import annotations

import signal
from collections.abc import Mapping

import uvicorn

from syncbot.services.workspace import Workspace
from syncbot.web.app import create_app
from syncbot.web.guard import Hosts
from syncbot.web.seat import Seat


def _stopped(*_signal: object) -> None:
    """uvicorn stops at SIGTERM and raises it once more when it is done: that is no failure."""


def serve(
    workspaces: Mapping[str, Workspace],
    host: str,
    port: int,
    *,
    names: tuple[str, ...] = (),
    hook_secret: str = "",
    log: bool = False,
) -> None:
    """Serve until stopped. `workspaces`: by downstream branch; the only one may have an empty name. `names`: further
    host names that it may be asked under; `log`: requests on standard error. Raises SyncbotError where a workspace
    cannot be read."""
    seats = {branch: Seat(workspace) for branch, workspace in workspaces.items()}
    try:
        for seat in seats.values():
            seat.view(now=True)  # what cannot be read is told now, not to the first reader
            seat.warm()
        app = create_app(seats, Hosts.of(host, names), hook_secret=hook_secret)
        signal.signal(signal.SIGTERM, _stopped)
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level="info" if log else "warning",
            access_log=log,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
            h11_max_incomplete_event_size=64 * 1024,
        )
    finally:
        for seat in seats.values():
            seat.close()
