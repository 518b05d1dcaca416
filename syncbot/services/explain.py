"""Explain: the story of one patch, from what the last check came to. Asks no upstream."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from syncbot.errors import InputError
from syncbot.model import addresses
from syncbot.model.proposal_words import RESTORE
from syncbot.report.results import Explanation
from syncbot.services import bygone, packages, past

if TYPE_CHECKING:
    from syncbot.model.ids import PatchName
    from syncbot.model.judgement import Judgement
    from syncbot.model.measures import Kept
    from syncbot.model.packages import Package, SeriesPatch
    from syncbot.model.proposals import DroppedPatch, StoredJudgement
    from syncbot.ports.past import Then
    from syncbot.services.workspace import Workspace

T = TypeVar("T")


def explain(workspace: Workspace, package_name: str, patch_name: str) -> Explanation:
    """The last judgement of a patch that is carried, else the one by which it was dropped. `patch_name` may be the last
    part of its name, with its ending or without. Raises InputError where there is no such patch, or none was judged
    yet."""
    package = packages.one(workspace, package_name)
    patch = _find(patch_name, {str(p.name): p for p in package.series})
    if patch is not None:
        return _carried(workspace, package, patch)
    dropped = {}
    for gone in reversed(workspace.store.dropped(package.name)):
        dropped[str(gone.name)] = gone
    found = _find(patch_name, dropped)
    if found is None:
        raise _unknown(package, patch_name, [*(str(p.name) for p in package.series), *dropped])
    return Explanation(
        package.name,
        addresses.shown(package.upstream),
        found.base,
        found.target,
        found.judgement,
        found.content,
        found.at,
        found.at,
        _returning(workspace, found),
    )


def explain_on(workspace: Workspace, package_name: str, patch_name: str, on: date) -> Explanation:
    """As it was told when that day ended (UTC), private packages included. Raises InputError where that package did not
    carry such a patch then, and had dropped none, or none was judged by then."""
    now = workspace.clock.now()
    moment = past.end_of(on, now)
    if moment is None:
        return explain(workspace, package_name, patch_name)
    then = past.since_first(workspace.store.as_of(moment), moment)
    kept = {str(one.package): one for one in then.kept()}
    if package_name not in kept:
        raise InputError(f"no package was named {package_name!r} on {on}", "see `syncbot report --on`")
    found = bygone.story(workspace.store, then, kept[package_name], _which(then, kept[package_name], patch_name, on))
    if found is None:
        what = f"{patch_name} of {package_name} was not judged yet on {on}"
        raise InputError(what, "name a later day: `syncbot history` has those of the judgements")
    return found


def _which(then: Then, package: Kept, name: str, on: date) -> PatchName:
    """The whole name of a patch that was carried, or else dropped by then."""
    carried = {str(patch.name): patch.name for patch in package.series}
    dropped = {str(drop.name): drop.name for drop in then.drops(package.package)}
    found = _find(name, carried) or _find(name, dropped)
    if found is None:
        near = difflib.get_close_matches(name, [*carried, *dropped], n=1)
        remedy = f"did you mean {near[0]}?" if near else "see `syncbot delta --on`"
        raise InputError(f"{package.package} had no patch {name!r} on {on}, and had dropped none of that name", remedy)
    return found


def _returning(workspace: Workspace, dropped: DroppedPatch) -> str:
    """The open proposal that would bring it back."""
    line = f"{RESTORE}{dropped.name}"
    waiting = workspace.store.waiting()
    return next((id for package, of, id in waiting if (package, of) == (dropped.package, line)), "")


def _carried(workspace: Workspace, package: Package, patch: SeriesPatch) -> Explanation:
    keys = workspace.store.current_keys().get(package.name)
    stored = None if keys is None else workspace.store.judgement(keys[0])
    judged = _entry(stored, patch)
    if stored is None or judged is None:
        what = f"{patch.name} of {package.name} was not judged yet"
        raise InputError(
            what, f"run `syncbot check {package.name}`; a package at its newest release has nothing to judge"
        )
    return Explanation(
        package.name,
        addresses.shown(package.upstream),
        stored.base,
        stored.target,
        judged,
        patch.content,
        stored.at,
        bump=package.policy.bump,
    )


def _entry(stored: StoredJudgement | None, patch: SeriesPatch) -> Judgement | None:
    return None if stored is None else next((j for j in stored.judgement.patches if j.name == patch.name), None)


def _find(name: str, known: Mapping[str, T]) -> T | None:
    if name in known:
        return known[name]
    named = {name, f"{name}.patch", f"{name}.diff"}
    ends = [value for key, value in known.items() if key in named or key.rpartition("/")[2] in named]
    return ends[0] if len(ends) == 1 else None


def _unknown(package: Package, name: str, known: Collection[str]) -> InputError:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"see {package.path}/series"
    return InputError(f"{package.name} has no patch {name!r}, and dropped none of that name", remedy)
