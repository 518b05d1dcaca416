"""What lies in the work tree, without reading it again while it is the same: thousands of files for every report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from syncbot.errors import SyncbotError
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Carried, Facts, Kept
from syncbot.model.packages import Package, SeriesPatch
from syncbot.report.facts import facts
from syncbot.report.results import PackageProblem
from syncbot.services import moving, packages
from syncbot.services.keys import digest
from syncbot.services.workspace import Workspace

_FORM = 3
"""Raised when what is told of a patch changes: `report.facts`."""
_Known = Mapping[tuple[str, int | None, PatchName], Facts]


def carried(workspace: Workspace) -> tuple[Sequence[Kept], Sequence[PackageProblem]]:
    """Every package of the work tree, in order of name, and a problem for each that cannot be read. Remembered by what
    pins the work tree; a patch is read once in its life. What is another than before is kept as the past."""
    key = pinned_by(workspace)
    known, kept = workspace.store.kept()
    if known == key:
        return kept, ()
    facts_of = {(patch.digest, patch.strip, patch.name): patch.facts for package in kept for patch in package.series}
    found = packages.read(workspace)
    read = [_kept(package, facts_of) for package in found.packages]
    problems = packages.problems(found)
    unread = [problem.package for problem in problems]
    workspace.store.save_texts({_digest(patch): patch.content for p in found.packages for patch in p.series})
    workspace.store.note_carried(read, unread, workspace.clock.now())
    if not problems:  # what is wrong with a package is found out anew each time: it may lie elsewhere
        workspace.store.save_kept(key, read)
    return read, problems


def note(workspace: Workspace) -> None:
    """Keep how the packages lie in the work tree, where that is not kept yet."""
    if workspace.downstream.is_unborn:
        return  # nothing pins the work tree before the first commit
    if workspace.store.kept_key() != pinned_by(workspace):
        carried(workspace)


def note_one(workspace: Workspace, name: PackageName) -> None:
    """Keep how one package lies in the work tree now: a proposal was brought in."""
    try:
        package = moving.at(workspace, workspace.downstream.files(), name)
    except SyncbotError:
        return  # the next check tells what is wrong with it
    workspace.store.save_texts({_digest(patch): patch.content for patch in package.series})
    workspace.store.note_carried([_kept(package, {})], (), workspace.clock.now(), whole=False)


def pinned_by(workspace: Workspace) -> str:
    """What pins the work tree and how it is read: the commit, what differs from it, the settings."""
    settings, downstream = workspace.settings, workspace.downstream
    native = settings.layout in ("", "native")
    dirty = sorted(downstream.dirty(settings.patches if native else ""))
    files = downstream.files()
    changed = []
    for path in dirty:
        entry = files.entry(path)
        changed.append([path, "" if entry is None else f"{entry.mode:o} {entry.id}"])
    return digest(
        "carried", _FORM, downstream.head(), changed, workspace.stamp, repr(settings.policy), settings.patches
    )


def _kept(package: Package, known: _Known) -> Kept:
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


def _carried(patch: SeriesPatch, known: _Known) -> Carried:
    made = _digest(patch)
    found = known.get((made, patch.strip, patch.name))
    told = facts(patch.content, patch.strip, patch.name) if found is None else found
    return Carried(patch.name, made, patch.strip, told, patch.keep, patch.waiting)


def _digest(patch: SeriesPatch) -> str:
    return hashlib.sha256(patch.content).hexdigest()
