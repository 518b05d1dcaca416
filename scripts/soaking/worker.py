"""One `syncbot` of the soak. GitHub's limit of one change a second is the one thing that it does not wait for."""

from __future__ import annotations

import sys

from syncbot.cli import run
from syncbot.wiring.pace import SharedPace


def _at_once(_self: SharedPace, *, content: bool) -> None:
    """No pause: a thousand proposals would take more than two hours."""


if __name__ == "__main__":
    SharedPace.__call__ = _at_once  # type: ignore[method-assign]  # on purpose
    sys.exit(run(sys.argv[1:]))
