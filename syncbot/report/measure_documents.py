"""The JSON documents of the measures. A row of CSV is the same dictionary, flattened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from syncbot.model.events import Deed, Event
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Drop, Facts, PackageMeasure, PatchMeasure, Sum, added_up, days_behind
from syncbot.report.measured import Ahead, History, Measured, Owned

if TYPE_CHECKING:
    from syncbot.report.problems import PackageProblem

Document = dict[str, Any]


def report(found: Measured) -> Document:
    return {
        "schema": "syncbot.report/1",
        "at": found.at.isoformat(),
        "total": {"packages": len(found.packages), **total(added_up(found.packages, found.at))},
        "packages": [package(p, found.at) for p in found.packages],
        "problems": problems(found.problems),
        "hidden": found.hidden,
    }


def delta(found: Measured, patches: Sequence[PatchMeasure]) -> Document:
    return {
        "schema": "syncbot.delta/1",
        "at": found.at.isoformat(),
        "packages": [{**package(p, found.at), "drops": [drop(d) for d in p.drops]} for p in found.packages],
        "patches": [patch(p) for p in patches],
        "problems": problems(found.problems),
        "hidden": found.hidden,
    }


def upstreamable(found: Measured, patches: Sequence[PatchMeasure]) -> Document:
    return {
        "schema": "syncbot.upstreamable/1",
        "at": found.at.isoformat(),
        "patches": [patch(p) for p in patches],
        "problems": problems(found.problems),
        "hidden": found.hidden,
    }


def owners(found: Measured, owned: Sequence[Owned]) -> Document:
    return {
        "schema": "syncbot.owners/1",
        "at": found.at.isoformat(),
        "owners": [owner(one) for one in owned],
        "problems": problems(found.problems),
        "hidden": found.hidden,
    }


def forecast(found: Measured, ahead: Sequence[Ahead]) -> Document:
    return {
        "schema": "syncbot.forecast/1",
        "at": found.at.isoformat(),
        "obsolete": [coming(one) for one in ahead],
        "problems": problems(found.problems),
        "hidden": found.hidden,
    }


def history(found: History) -> Document:
    return {
        "schema": "syncbot.history/1",
        "at": found.at.isoformat(),
        "events": [event(one) for one in found.events],
        "hidden": found.hidden,
    }


def total(found: Sum) -> Document:
    return {
        "patches": found.patches,
        "files": found.files,
        "lines": found.added + found.removed,
        "added": found.added,
        "removed": found.removed,
        "oldest_days": found.oldest,
        "refreshed": found.refreshed,
        "conflicts": found.conflicts,
        "unsent": found.open,
        "cves": list(found.cves),
        "asks": found.asks,
        "dropped": found.dropped,
        "dropped_this_month": found.dropped_this_month,
        "days_to_drop": found.days_to_drop,
    }


def package(found: PackageMeasure, now: datetime) -> Document:
    standing = found.standing
    return {
        "package": found.package,
        "owners": list(found.owners),
        "layout": found.layout,
        "upstream": found.upstream,
        "base": found.base,
        "newest": None if standing is None else standing.newest,
        "up_to_date": found.up_to_date,
        "behind": found.behind,
        "days_behind": days_behind(standing, now),
        **total(added_up([found], now)),
        "share": None if found.share is None else round(found.share, 6),
        "share_of": None if standing is None or standing.weight is None else standing.weighed,
        "checked_at": None if standing is None else standing.at.isoformat(),
        "alerts": list(found.alerts),
    }


def patch(found: PatchMeasure) -> Document:
    told, facts = found.told, found.facts
    return {
        "package": found.package,
        "index": found.index,
        "name": found.name,
        "subject": facts.subject,
        "verdict": None if told is None else told.verdict.value,
        "action": None if told is None else told.action.value,
        "proof": None if told is None or told.proof is None else told.proof.value,
        "target": None if told is None else told.target,
        "files": len(facts.paths),
        "lines": facts.lines,
        "added": facts.added,
        "removed": facts.removed,
        "age_days": found.age,
        "refreshed": found.refreshed,
        "conflicts": found.conflicts,
        "forwarded": facts.forwarded.value,
        "cves": list(facts.cves),
        "keep": found.keep,
    }


def drop(found: Drop) -> Document:
    return {
        "name": found.name,
        "target": found.target,
        "verdict": found.verdict.value,
        "proof": None if found.proof is None else found.proof.value,
        "commit": found.commit,
        "first_release": found.first_release or None,
        "released": None if found.released is None else found.released.isoformat(),
        "dropped_at": found.at.isoformat(),
        "days_to_drop": found.days,
        "restored": found.restored,
    }


def owner(found: Owned) -> Document:
    return {
        "owner": found.owner,
        "packages": found.packages,
        "behind": found.behind,
        **total(found.total),
    }


def coming(found: Ahead) -> Document:
    fact = found.fact
    return {
        "package": found.patch.package,
        "owners": list(found.owners),
        "name": found.patch.name,
        "base": found.base,
        "lines": found.patch.facts.lines,
        "cves": list(found.patch.facts.cves),
        "commit": None if fact is None else fact.commit,
        "subject": None if fact is None else fact.subject or None,
        "date": None if fact is None else fact.date or None,
        "release": None if fact is None else fact.release or None,
        "link": None if fact is None else fact.link or None,
    }


def event(found: Event) -> Document:
    return {
        "at": found.at.isoformat(),
        "package": found.package,
        "event": found.deed.value,
        "base": found.base or None,
        "target": found.target or None,
        "subject": found.subject or None,
        "proposal": found.proposal or None,
        "patches": found.patches,
        "patches_after": found.patches_after,
        "lines": found.lines,
        "lines_after": found.lines_after,
        "asks": found.asks,
    }


def problems(found: Sequence[PackageProblem]) -> list[Document]:
    return [{"package": p.package, "message": p.message, "exit_code": int(p.error.exit_code)} for p in found]


_NOTHING = Sum(0, 0, 0, 0, None, None, None, 0, (), 0, 0, 0, None)
_NO_PACKAGE = PackageMeasure(PackageName(""), (), "", "", None, ())
_NO_PATCH = PatchMeasure(PackageName(""), 0, PatchName(""), Facts((), 0, 0, 0), None)
_NEVER = datetime.min.replace(tzinfo=UTC)

PACKAGE_COLUMNS = tuple(package(_NO_PACKAGE, _NEVER))
"""The names of a row, in order: what CSV has as its first line."""
PATCH_COLUMNS = tuple(patch(_NO_PATCH))
OWNER_COLUMNS = tuple(owner(Owned(None, 0, None, _NOTHING)))
COMING_COLUMNS = tuple(coming(Ahead((), _NO_PATCH, "", None)))
EVENT_COLUMNS = tuple(event(Event(_NEVER, PackageName(""), Deed.JUDGED, "", "")))
