"""How many proposals a run may open, how many may be open, and when: what is too much is put off, the least urgent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.windows import is_open
from syncbot.plan.priority import rank
from syncbot.report.results import Outcome
from syncbot.report.words import plural
from syncbot.services import remembered
from syncbot.services.deciding import Decision
from syncbot.services.pausing import pauses
from syncbot.services.workspace import Workspace

_HOUR = timedelta(hours=1)


@dataclass
class _Room:
    """How many more may be opened, and why not more."""

    left: int | None
    why: str = ""

    def narrow(self, most: int | None, used: int, why: str) -> None:
        if most is not None and (self.left is None or most - used < self.left):
            self.left, self.why = max(0, most - used), why

    @property
    def is_full(self) -> bool:
        return self.left == 0

    def take(self) -> None:
        if self.left is not None:
            self.left -= 1


def limited(workspace: Workspace, decisions: Sequence[Decision], at: datetime) -> list[Decision]:
    """The decisions in the order of their urgency; beyond a limit they are put off, each with the reason. What a person
    asked for at once waits for no limit; a package that a person paused waits for its end."""
    urgent = remembered.wanted(workspace).urgent
    closed = not is_time(workspace, at)
    paused = pauses(workspace)
    room = _room(workspace, at)
    found = []
    for wanted in sorted(decisions, key=_urgency):
        writes = wanted.outcome in (Outcome.PROPOSED, Outcome.UPDATED)
        pause = paused.get(wanted.examined.package.name)
        if writes and pause is not None:
            found.append(_put_off(wanted, pause.why))
        elif not writes or wanted.examined.package.name in urgent or wanted.discard:
            found.append(wanted)
        elif closed:
            found.append(_put_off(wanted, "it is not the time for proposals"))
        elif wanted.outcome is Outcome.PROPOSED and room.is_full:
            found.append(_put_off(wanted, room.why))
        else:
            if wanted.outcome is Outcome.PROPOSED:
                room.take()
            found.append(wanted)
    return found


def is_time(workspace: Workspace, at: datetime) -> bool:
    """Whether proposals may be opened and updated now."""
    zone = ZoneInfo(workspace.settings.timezone)
    return is_open(workspace.settings.manners.windows, at.astimezone(zone))


def left(workspace: Workspace, at: datetime) -> int | None:
    """How many more may be opened now, whatever one run may open; None: any number."""
    room = _Room(None)
    _narrow(workspace, at, room)
    return room.left


def _urgency(decision: Decision) -> tuple[int, str]:
    package = decision.examined.package.name
    return (len(Outcome), package) if decision.draft is None else (rank(decision.draft.plan), package)


def _put_off(decision: Decision, why: str) -> Decision:
    return replace(decision, outcome=Outcome.DEFERRED, draft=None, note=why)


def _room(workspace: Workspace, at: datetime) -> _Room:
    settings = workspace.settings
    room = _Room(None)
    if settings.max_new_proposals is not None:
        room.narrow(settings.max_new_proposals, 0, f"{plural(settings.max_new_proposals, 'new proposal')} in one run")
    _narrow(workspace, at, room)
    return room


def _narrow(workspace: Workspace, at: datetime, room: _Room) -> None:
    manners = workspace.settings.manners
    if manners.max_open is None and manners.per_hour is None:
        return
    records = workspace.forge.list()
    open_ = sum(record.status is ProposalStatus.OPEN for record in records)
    hour = sum(record.opened > at - _HOUR for record in records)
    room.narrow(manners.max_open, open_, f"{plural(open_, 'proposal')} are open already")
    room.narrow(manners.per_hour, hour, f"{plural(hour, 'proposal')} in this hour already")
