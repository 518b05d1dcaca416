"""Reading of the work tree what is another than it was, and keeping it: for reports, and as the past."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from syncbot.errors import SyncbotError
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Carried, Facts, Kept, Reading
from syncbot.services import moving, packages
from syncbot.services.touched import touched

if TYPE_CHECKING:
    from syncbot.model.packages import Package, SeriesPatch
    from syncbot.ports import PackagesRead
    from syncbot.report.problems import PackageProblem
    from syncbot.services.carried import Pins
    from syncbot.services.workspace import Workspace

Known = Mapping[tuple[str, int | None, PatchName], Facts]
"""By digest, strip and name."""


def reread(workspace: Workspace, pins: Pins, last: Reading) -> tuple[Sequence[Kept], Sequence[PackageProblem]]:
    """As `carried`, of a work tree that is another than the `last` one, or that had what could not be read."""
    names = touched(workspace, last, pins)
    if names is None:
        found, kept = packages.read(workspace), []
    else:
        found = packages.some(workspace, names)
        kept = [one for one in last.packages if one.package not in names]
    read, problems = _noted(workspace, found, last, names), packages.problems(found)
    if last.key != pins.key and (not problems or workspace.settings.layout == "native"):
        beyond = () if names is None else last.beyond
        _remember(workspace, pins, found, [*kept, *read], beyond)
    return sorted([*kept, *read], key=lambda one: one.package), problems


def _noted(workspace: Workspace, found: PackagesRead, last: Reading, names: Collection[str] | None) -> list[Kept]:
    """What was read, kept as the past from now on. `names`: all that was looked at; None: everything."""
    known = known_facts(last)
    read = [_kept(package, known) for package in found.packages]
    unread = [problem.package for problem in found.problems]
    if names is not None and not read and set(names) <= set(unread):
        return read  # what could not be read before cannot be read now: there is nothing to keep, and nothing is gone
    workspace.store.save_texts({_digest(patch): patch.content for p in found.packages for patch in p.series})
    workspace.store.note_carried(read, unread, workspace.clock.now(), among=names)
    return read


def _remember(
    workspace: Workspace, pins: Pins, found: PackagesRead, kept: Sequence[Kept], beyond: Sequence[str]
) -> None:
    """What is wrong with a package is found out anew each time: it may lie elsewhere. The others are as they are."""
    keys = {one.keys for one in found.packages if one.keys and not one.keys.startswith(f"{one.path}/")}
    workspace.store.save_kept(
        Reading(
            pins.key,
            tuple(sorted(kept, key=lambda one: one.package)),
            pins.head,
            pins.manner,
            pins.dirty,
            tuple(sorted({*beyond, *keys})),
            tuple(sorted(problem.package for problem in found.problems)),
        )
    )


def note_one(workspace: Workspace, name: PackageName) -> None:
    """Keep how one package lies in the work tree now: a proposal was brought in."""
    try:
        package = moving.at(workspace, workspace.downstream.files(), name)
    except SyncbotError:
        return  # the next check tells what is wrong with it
    workspace.store.save_texts({_digest(patch): patch.content for patch in package.series})
    workspace.store.note_carried([_kept(package, {})], (), workspace.clock.now(), among=[name])


def _kept(package: Package, known: Known) -> Kept:
    return Kept(
        package=package.name,
        path=package.path,
        upstream=str(package.upstream),
        base=package.base,
        owners=package.owners,
        private=package.private,
        track=package.policy.track,
        range=package.range,
        series=tuple(_carried(patch, known) for patch in package.series),
    )


def _carried(patch: SeriesPatch, known: Known) -> Carried:
    return Carried(patch.name, _digest(patch), patch.strip, facts_of(patch, known), patch.keep, patch.waiting)


def known_facts(last: Reading) -> Known:
    """The facts of every patch that was read last, by what they follow from."""
    return {(patch.digest, patch.strip, patch.name): patch.facts for one in last.packages for patch in one.series}


def facts_of(patch: SeriesPatch, known: Known) -> Facts:
    """A patch's facts: known ones, or found out now."""
    told = known.get((_digest(patch), patch.strip, patch.name))
    if told is None:
        from syncbot.report.facts import facts  # noqa: PLC0415  # brings the judge; most reports know every patch

        told = facts(patch.content, patch.strip, patch.name)
    return told


def _digest(patch: SeriesPatch) -> str:
    return hashlib.sha256(patch.content).hexdigest()
