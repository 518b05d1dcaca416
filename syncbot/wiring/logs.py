"""Logs of the program itself: lines for people on a terminal, one JSON object per line elsewhere.

Logs of other libraries stay off: they print addresses and headers as they are. What looks like a secret is taken out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from syncbot.model.addresses import scrubbed
from syncbot.report.safe import line

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has; the rest was given with it: the run, the package, the release."""


class Json(logging.Formatter):
    """`time`, `level`, `logger`, `message`, and what was given with it."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        document |= {name: _plain(value) for name, value in given(record).items()}
        if record.exc_info:
            document["traceback"] = scrubbed(self.formatException(record.exc_info))
        return json.dumps(document, ensure_ascii=True)


class Text(logging.Formatter):
    """`03:00:01 run 7: lib: what happened (kind InputError)`."""

    def format(self, record: logging.LogRecord) -> str:
        more = given(record)
        when = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        place = [f"run {more.pop('run')}"] if more.get("run") else []
        place += [str(more.pop("package"))] if more.get("package") else []
        rest = ", ".join(f"{name} {value}" for name, value in more.items() if value not in ("", None))
        said = record.getMessage() + (f" ({rest})" if rest else "")
        text = line(scrubbed(": ".join([*place, said])))
        if record.exc_info:
            text += "\n" + scrubbed(self.formatException(record.exc_info))
        return f"{when} {text}" if record.levelno < logging.WARNING else f"{when} {record.levelname.lower()}: {text}"


def given(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float) or value is None else scrubbed(str(value))


def log_to(stream: TextIO, *, as_json: bool | None = None) -> Callable[[], None]:
    """Send the program's logs there; gives how to undo it. `as_json`: None: unless it is a terminal."""
    handler = logging.StreamHandler(stream)
    json_ = not stream.isatty() if as_json is None else as_json
    handler.setFormatter(Json() if json_ else Text())
    logger = logging.getLogger("syncbot")
    before = logger.level
    logger.addHandler(handler)
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)

    def undo() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)

    return undo
