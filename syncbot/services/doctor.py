"""Doctor: asks every probe, whatever the others say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from syncbot.errors import SyncbotError
from syncbot.report.results import Finding

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to look at. `look` gives what is there, for people, and raises SyncbotError (or whatever) where it is
    not well; `remedy` is told where the error has none of its own."""

    name: str
    look: Callable[[], str]
    remedy: str = ""


def examine(probes: Iterable[Probe]) -> tuple[Finding, ...]:
    """A finding per probe, in order. A probe that fails in any way is a finding, never an end."""
    return tuple(_finding(probe) for probe in probes)


def _finding(probe: Probe) -> Finding:
    try:
        return Finding(probe.name, True, probe.look())
    except SyncbotError as error:
        return Finding(probe.name, False, error.what, error.remedy or probe.remedy)
    except Exception as error:  # noqa: BLE001  # what is broken is the finding
        _log.debug("probe %s failed", probe.name, exc_info=True)
        return Finding(probe.name, False, f"unexpected {type(error).__name__}", probe.remedy or "run with --debug")
