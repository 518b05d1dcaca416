"""The workspace as it stood when a day ended. A day counts from midnight to midnight, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from syncbot.errors import InputError
from syncbot.services.carried import carried

if TYPE_CHECKING:
    from syncbot.model.measures import Kept
    from syncbot.ports.past import Then
    from syncbot.services.workspace import Workspace

_LAST = timedelta(microseconds=1)


class Unrecorded(InputError):
    """A day of which nothing is recorded. Its words are for whoever asked."""


def end_of(day: date | None, now: datetime) -> datetime | None:
    """The last moment of a day; None where none is asked for, or where it is not over. Raises Unrecorded for one that
    is to come."""
    if day is None or day == now.astimezone(UTC).date():
        return None
    if day > now.astimezone(UTC).date():
        raise Unrecorded(f"{day} is yet to come", "name today, or a day before it")
    return datetime.combine(day, time(), UTC) + timedelta(days=1) - _LAST


def since_first(then: Then, at: datetime) -> Then:
    """The same. Raises Unrecorded where nothing was recorded by then."""
    first = then.first()
    if first is None or first > at:
        known = (
            "what packages carry is recorded from now on"
            if first is None
            else f"the first record is of {first:%Y-%m-%d}"
        )
        raise Unrecorded(f"nothing is recorded of {at:%Y-%m-%d}, or of a day before", known)
    return then


def kept(workspace: Workspace, then: Then) -> Sequence[Kept]:
    """What was carried then. A package that became private since, or that cannot be read now and may be private, counts
    as private: a secret of today is none of the past's figures."""
    now, problems = carried(workspace)
    secret = {*then.private_since(), *(one.package for one in now if one.private), *(p.package for p in problems)}
    return [one._replace(private=one.private or one.package in secret) for one in then.kept()]
