"""`--debug`: our own logs and tracebacks on standard error, without what looks like a secret. Logs of other libraries
stay off: they print addresses and headers as they are."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable

from syncbot.model.addresses import scrubbed


class _Scrubbed(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def log_to_standard_error() -> Callable[[], None]:
    """Send what the program's own loggers say to the present standard error; gives how to undo it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Scrubbed("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("syncbot")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)

    def undo() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)

    return undo


def traceback_text() -> str:
    """The traceback of the exception that is being handled."""
    return scrubbed(traceback.format_exc())
