"""The workspace as it stood when a day ended. A day counts from midnight to midnight, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from syncbot.errors import InputError
from syncbot.model import addresses
from syncbot.model.ids import PatchName
from syncbot.model.measures import Carried, Drop, Kept
from syncbot.model.proposals import RESTORE, DroppedPatch
from syncbot.ports import Store
from syncbot.ports.past import Then
from syncbot.report.results import Explanation
from syncbot.services.carried import carried
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
    return [replace(one, private=one.private or one.package in secret) for one in then.kept()]


def story(store: Store, then: Then, package: Kept, name: PatchName) -> Explanation | None:
    """Why a patch had its verdict then: of one that was carried what stood, of another how it was dropped last. None
    where nothing was judged by then, or what it rests on was thrown away since."""
    carried = next((patch for patch in package.series if patch.name == name), None)
    if carried is not None:
        return _carried(store, then, package, carried)
    drop = next((one for one in then.drops(package.package) if one.name == name), None)
    gone = None if drop is None else next((g for g in store.dropped(package.package) if _is(g, drop)), None)
    if drop is None or gone is None:
        return None
    at = addresses.shown(package.upstream)
    line = f"{RESTORE}{name}"
    back = next((id for p, of, id in then.waiting() if (p, of) == (package.package, line)), "")
    return Explanation(
        package.package, at, gone.base, gone.target, gone.judgement, gone.content, gone.at, gone.at, back
    )


def _is(gone: DroppedPatch, drop: Drop) -> bool:
    return (gone.name, gone.target.version, gone.at) == (drop.name, drop.target, drop.at)


def _carried(store: Store, then: Then, package: Kept, patch: Carried) -> Explanation | None:
    told = next((one for one in then.told() if (one.package, one.name) == (package.package, patch.name)), None)
    stored = None if told is None else store.judgement(told.key)
    if told is None or stored is None:
        return None
    judged = next((one for one in stored.judgement.patches if one.name == patch.name), None)
    if judged is None:
        return None
    text = store.text(patch.digest) or b""
    at = addresses.shown(package.upstream)
    return Explanation(package.package, at, stored.base, stored.target, judged, text, stored.at)
