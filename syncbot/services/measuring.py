"""The measured delta: what lies in the work tree, with what was recorded of it. The one service behind every report.

No upstream is asked, nothing is judged; the work tree is read only where it changed since it was read last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from syncbot.model import addresses, measures
from syncbot.model.events import Event
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Carried, Drop, Held, Kept, PackageMeasure, PatchMeasure, Standing, Told, Toll
from syncbot.model.proposal_words import RESTORE
from syncbot.model.verdicts import Verdict
from syncbot.report.measured import Ahead, History, Measured, Wanted, check_names, chosen, public
from syncbot.services import past
from syncbot.services.carried import carried, looking

if TYPE_CHECKING:
    from syncbot.ports.measures import Measuring
    from syncbot.ports.past import Then
    from syncbot.report.digest import Digest
    from syncbot.report.problems import PackageProblem
    from syncbot.services.workspace import Workspace

RECENT = 30
"""Days of the history of all packages, where nothing says how many."""


def measured(
    workspace: Workspace, names: Sequence[str] = (), *, private: bool = False, on: date | None = None
) -> Measured:
    """Every package of the workspace, as it is now, or as it stood when the day `on` ended (UTC). Raises InputError for
    one of `names` that is no package, and for a day before anything was recorded; private ones are left out (and
    counted) unless asked for. On a past day so are those that became private since, or cannot be read now."""
    at = workspace.clock.now()
    moment = past.end_of(on, at)
    if moment is None:
        looked = looking(workspace)
        recorded = _recorded(workspace.store)
        kept, problems = looked()
    else:
        then = past.since_first(workspace.store.as_of(moment), moment)
        kept, problems = past.kept(workspace, then), ()
        at, recorded = moment, _recorded(then)
    _check_names(workspace, names, kept, problems)
    layout = workspace.settings.layout or "native"
    found = Measured(at, tuple([_package(one, layout, recorded, at) for one in kept]), tuple(problems))
    return found if private else public(found)


def _check_names(
    workspace: Workspace, names: Sequence[str], kept: Sequence[Kept], problems: Sequence[PackageProblem]
) -> None:
    check_names({*(one.package for one in kept), *(one.package for one in problems)}, names, workspace.settings.patches)


def forecast(workspace: Workspace, found: Measured) -> list[Ahead]:
    """The patches that upstream's branch has, in order of package and series, each with the commit."""
    held = [
        (package, patch, patch.told)
        for package in found.packages
        for patch in package.patches
        if patch.told is not None and patch.told.verdict is Verdict.HELD
    ]
    facts = workspace.store.held(sorted({told.key for _, _, told in held}))
    return [
        Ahead(package.owners, patch, told.base, _held(facts.get((told.key, patch.name), ())))
        for package, patch, told in held
    ]


def history(
    workspace: Workspace,
    name: str | None = None,
    *,
    days: int | None = None,
    private: bool = False,
    on: date | None = None,
) -> History:
    """What happened to one package, or to all: of these in the last RECENT days, unless `days` says how many. Raises
    InputError for a name that is no package. Without `private` only packages that are tracked and not private are told
    of: of others nothing says whether they were. `on`: as it was known when that day ended."""
    now = workspace.clock.now()
    moment = past.end_of(on, now)
    store: _Told
    if moment is None:
        at, store = now, workspace.store
        kept, problems = carried(workspace)
    else:
        at, store = moment, past.since_first(workspace.store.as_of(moment), moment)
        kept, problems = past.kept(workspace, store), ()
    _check_names(workspace, [] if name is None else [name], kept, problems)
    shown = {one.package for one in kept if private or not one.private}
    known = {one.package for one in kept}
    days = RECENT if days is None and name is None else days
    since = None if days is None else at - timedelta(days=days)
    events = store.events(None if name is None else PackageName(name), since)
    recent = [event for event in events if since is None or event.at >= since]
    told = tuple([event for event in recent if private or event.package in shown])
    hidden = {event.package for event in recent} - {event.package for event in told}
    return History(at, told, len(hidden & known), len(hidden - known))


def digest(workspace: Workspace, *, weekly: bool, owner: str | None = None) -> Digest:
    """Of the packages that are not private, all or those of one owner."""
    from syncbot.report.digest import digest as digest_of  # noqa: PLC0415  # brings XML; other reports need none

    found = chosen(measured(workspace), Wanted(owner=owner))
    since = found.at - timedelta(days=7 if weekly else 1)
    return digest_of(found, workspace.store.events(since=since), weekly=weekly, owner=owner)


def _held(facts: Sequence[Held]) -> Held | None:
    return next((fact for fact in facts if fact.commit is not None), facts[0] if facts else None)


@dataclass(frozen=True, slots=True)
class _Recorded:
    standings: Mapping[PackageName, Standing]
    told: Mapping[PackageName, Sequence[Told]]
    tolls: Mapping[tuple[PackageName, PatchName], Toll]
    drops: Mapping[PackageName, Sequence[Drop]]
    alerts: Mapping[PackageName, Sequence[str]]


class _Told(Protocol):
    """What happened, as the store or a past moment of it tells it."""

    def events(self, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]: ...


def _recorded(store: Measuring | Then) -> _Recorded:
    told: dict[PackageName, list[Told]] = {}
    for one in store.told():
        told.setdefault(one.package, []).append(one)
    drops: dict[PackageName, list[Drop]] = {}
    for drop in store.drops():
        drops.setdefault(drop.package, []).append(drop)
    alerts: dict[PackageName, list[str]] = {}
    for package, line, id in store.waiting():
        if line.startswith(RESTORE):
            patch = line.removeprefix(RESTORE)
            said = f"{patch} was dropped and is needed again: proposal {id} would bring it back"
            alerts.setdefault(package, []).append(said)
    return _Recorded(store.standings(), told, store.tolls(), drops, alerts)


def _package(kept: Kept, layout: str, recorded: _Recorded, now: datetime) -> PackageMeasure:
    name = kept.package
    told = _current(kept, recorded.told.get(name, ()))
    patches = tuple(
        _patch(name, index, patch, recorded.tolls.get((name, patch.name)), told.get(patch.name), now)
        for index, patch in enumerate(kept.series, 1)
    )
    standing = _standing(kept, recorded.standings.get(name))
    return PackageMeasure(
        package=name,
        owners=kept.owners,
        layout=layout,
        upstream=addresses.shown(kept.upstream),
        base=kept.base or (None if standing is None else standing.base),
        patches=patches,
        private=kept.private,
        standing=standing,
        drops=tuple(recorded.drops.get(name, ())),
        alerts=tuple(recorded.alerts.get(name, ())),
    )


def _patch(
    package: PackageName, index: int, patch: Carried, toll: Toll | None, told: Told | None, now: datetime
) -> PatchMeasure:
    age = measures.age(patch.facts, toll, now)
    return PatchMeasure(package, index, patch.name, patch.facts, age, toll, told, patch.keep, patch.waiting)


def _current(kept: Kept, told: Sequence[Told]) -> Mapping[PatchName, Told]:
    """What the last check said, where it spoke of this series on this base."""
    if [one.name for one in told] != [patch.name for patch in kept.series]:
        return {}
    if told and kept.base is not None and not _same(kept.base, told[0].base):
        return {}
    return {one.name: one for one in told}


def _standing(kept: Kept, standing: Standing | None) -> Standing | None:
    """Where the package stands, if it did not move since; one that moved to the newest release is up to date."""
    if standing is None or kept.base is None or _same(kept.base, standing.base):
        return standing
    if _same(kept.base, standing.newest):
        return replace(standing, base=standing.newest, behind=0, first_missed="", missed_since=None)
    return None


def _same(declared: str, version: str) -> bool:
    """Whether a declared base, which may be upstream's own word for it, is that version."""
    if declared == version:
        return True
    from syncbot.model import versions  # noqa: PLC0415  # mostly they are the same text

    found = versions.normalise(declared)
    return found is not None and found.text == version
