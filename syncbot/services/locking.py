"""Lock files that must follow a move: made anew by their package manager, where it is at hand, before a proposal is.

What became of it is remembered by all that the lock depends on, so it is made once: a registry that has newer releases
of other packages the next day is no reason to push a proposal again. Failing never fails the proposal: it says which
command a person runs, and why.
"""

from __future__ import annotations

from dataclasses import replace

from syncbot.model.packages import LockFile
from syncbot.model.trees import Tree
from syncbot.ports.locker import Renewed, Wish
from syncbot.report.body import body
from syncbot.services import moving
from syncbot.services.overlay import Overlay
from syncbot.services.proposing import Draft, changes_on, lock_left
from syncbot.services.workspace import Workspace


def with_known_lock(workspace: Workspace, made: Draft, files: Tree) -> Draft:
    """The draft on top of `files` with its lock file, where that was made before, or was tried."""
    wish = _wish(workspace, made, files)
    if wish is None or workspace.locker is None:
        return made
    found = workspace.locker.known(wish)
    return made if found is None else _with(made, found)


def with_lock(workspace: Workspace, made: Draft, files: Tree) -> Draft:
    """The draft on top of `files` with its lock file, made now where it was not made before."""
    wish = _wish(workspace, made, files)
    if wish is None or workspace.locker is None:
        return made
    found = workspace.locker.known(wish)
    if found is None or not found.is_right:  # what failed is tried again: something is written anyway
        workspace.progress(f"making {wish.lock.path} anew for {made.plan.package.name}", 0, 0)
        found = workspace.locker.renew(wish)
    return _with(made, found)


def is_locked(made: Draft) -> bool:
    """Whether no lock file is left behind that was to be made, so that a proposal may be accepted without a person."""
    return not _wanted(made) or (made.lock is not None and made.lock.is_right)


def follows(workspace: Workspace, made: Draft, before: Tree, now: Tree) -> bool:
    """Whether a lock file that was made on top of `before` is the one that would be made on top of `now`."""
    if workspace.locker is None or not _wanted(made):
        return True
    old, new = _wish(workspace, made, before), _wish(workspace, made, now)
    if old is None or new is None:
        return old is new
    return workspace.locker.asked(old) == workspace.locker.asked(new)


def _wanted(made: Draft) -> bool:
    package = made.plan.package
    return package.lock is not None and package.policy.locks


def _wish(workspace: Workspace, made: Draft, files: Tree) -> Wish | None:
    """None where no lock file has to follow."""
    lock = made.plan.package.lock
    if lock is None or not _wanted(made):
        return None
    edited = changes_on(workspace, replace(made, lock=None), files)
    if not edited:
        return None
    package = made.plan.package
    version = moving.move_of(workspace, made.plan).version
    base = made.plan.base.version
    return Wish(Overlay(files, edited), frozenset(edited), package.path, lock, package.upstream.location, version, base)


def _with(made: Draft, found: Renewed) -> Draft:
    lock = made.plan.package.lock
    assert lock is not None
    before = {lock_left(lock)} if made.lock is None else set(_told(lock, made.lock))
    kept = (warning for warning in made.summary.warnings if warning not in before)
    summary = replace(made.summary, warnings=(*_told(lock, found), *kept))
    return replace(made, summary=summary, body=body(summary), lock=found)


def _told(lock: LockFile, found: Renewed) -> tuple[str, ...]:
    if not found.is_right:
        return (f"{lock_left(lock).removesuffix('.')} ({found.said}).",)
    return tuple(f"{lock.path}: {warning}." for warning in found.warnings)
