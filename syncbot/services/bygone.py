"""The story of a patch as it stood when a day ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncbot.model import addresses
from syncbot.model.proposal_words import RESTORE
from syncbot.report.results import Explanation

if TYPE_CHECKING:
    from syncbot.model.ids import PatchName
    from syncbot.model.measures import Carried, Drop, Kept
    from syncbot.model.proposals import DroppedPatch
    from syncbot.ports import Store
    from syncbot.ports.past import Then


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
