"""The trees of a series as it is walked, and how one patch stands on them when earlier ones wait for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncbot.diff.lines import changes, match
from syncbot.diff.merge import merge3
from syncbot.diff.patch import Patch
from syncbot.judge.blocks import State
from syncbot.judge.claims import Facts
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.lineage import Lineage
from syncbot.judge.locate import Renames
from syncbot.judge.stack import FileChange, Fitted, Misfit, Overlay, Side, fit_patch
from syncbot.judge.texts import CONTEXT, lines_of, squeezed_aligned, squeezed_of
from syncbot.judge.weights import is_trivial, squeeze
from syncbot.model.ids import PatchName
from syncbot.model.verdicts import Action

if TYPE_CHECKING:
    from syncbot.judge.case import Decision


@dataclass(frozen=True, slots=True)
class Stand:
    """How a patch stands on the stack. `changes` are what it does to the base without the waiting patches; `full` what
    it does with them. `already`: the base has the change, which was found by undoing it. `blocked_by`: it cannot stand
    without these waiting patches; `entangled`: it even changes lines that they change. `fuzz`: against its own base."""

    changes: tuple[FileChange, ...]
    full: tuple[FileChange, ...]
    already: bool = False
    blocked_by: tuple[PatchName, ...] = ()
    entangled: bool = False
    fuzz: int = 0
    drifted: bool = False
    """The change that the base has already stands at other lines than the patch says: it may be a twin's."""


@dataclass(slots=True)
class Stacks:
    """`before`: the base with the earlier patches but those that wait; `full`: with all of them; `target`: the release
    with those that stay. `waiting`: what the waiting ones change, by path."""

    before: Overlay
    full: Overlay
    target: Overlay
    renames: Renames
    facts: Facts
    history: Lineage | None = None
    waiting: dict[str, list[tuple[PatchName, FileChange]]] = field(default_factory=dict)

    def copy(self) -> Stacks:
        waiting = {path: list(entries) for path, entries in self.waiting.items()}
        return Stacks(
            self.before.copy(), self.full.copy(), self.target.copy(), self.renames, self.facts, self.history, waiting
        )

    def take(self, other: Stacks) -> None:
        """Go on from where another walk arrived."""
        self.before, self.full, self.target, self.waiting = other.before, other.full, other.target, other.waiting

    def advance(self, name: PatchName, decision: Decision, stand: Stand) -> None:
        """Carry a decision out on the trees."""
        if decision.action.waits:
            self.wait(name, [stand])
            return
        if not stand.already:
            self.full.apply(stand.full)
            if not stand.blocked_by:
                self.before.apply(stand.changes)
        if decision.action is not Action.DROP:
            for file in decision.files:
                put_result(self.target, file)

    def drop(self, patches: Iterable[Patch]) -> None:
        """Patches that the release has, one after the other."""
        for patch in patches:
            for tree in (self.before, self.full):
                fitted = fit_patch(patch, tree)
                if isinstance(fitted, Fitted):
                    tree.apply(fitted.changes)

    def wait(self, name: PatchName, stands: Iterable[Stand]) -> None:
        """The patch stays out of `before` and `target`; later ones are judged without it."""
        for stand in stands:
            if stand.already:
                continue
            self.full.apply(stand.full)
            for change in stand.full:
                for path in change.paths:
                    self.waiting.setdefault(path, []).append((name, change))


def put_result(target: Overlay, file: FileFinding) -> None:
    """Put what a kept file's change leaves into the target."""
    if file.state in (FileState.CLEAN, FileState.UNTOUCHED):
        target.put(file.target.path if file.target else None, file.result)


def stand_on(patch: Patch, stacks: Stacks) -> Stand | Misfit:
    """Fit a patch to the stack: without the waiting patches where it can, on top of them where it must; undone, where
    the base has it already."""
    direct = fit_patch(patch, stacks.before)
    if not stacks.waiting:
        if isinstance(direct, Fitted):
            if direct.fuzz and (undone := _already(patch, stacks, direct.shift)):
                return undone
            return Stand(direct.changes, direct.changes, fuzz=direct.fuzz)
        return _already(patch, stacks) or direct
    full = fit_patch(patch, stacks.full)
    if isinstance(full, Misfit):
        if isinstance(direct, Fitted) and direct.fuzz == 0:
            return Stand(direct.changes, (), fuzz=direct.fuzz)
        return _already(patch, stacks) or full
    if isinstance(direct, Fitted) and direct.fuzz <= full.fuzz:
        return Stand(direct.changes, full.changes, fuzz=full.fuzz)
    rebased = _rebased(full.changes, stacks.before)
    if rebased is not None:
        return Stand(rebased, full.changes, fuzz=full.fuzz)
    blockers = _blockers(full.changes, stacks)
    return Stand(full.changes, full.changes, False, blockers, _entangled(full.changes, stacks), full.fuzz)


def _already(patch: Patch, stacks: Stacks, shift: int | None = None) -> Stand | None:
    """The change as found in the base: undoing it exactly must be possible, at one place only, and doing it must not
    have been. Where it can be done with fuzz, that was `shift` lines off: the undoing must be nearer, or it is a
    twin's."""
    undone = fit_patch(patch, stacks.before, reverse=True, fuzz=0)
    if isinstance(undone, Misfit) or not undone.changes or not undone.unique:
        return None
    if shift is not None and undone.shift > shift:
        return None
    changes = tuple(change.reversed() for change in undone.changes)
    return Stand(changes, (), already=True, drifted=undone.shift > 0)


def _rebased(full: Sequence[FileChange], before: Overlay) -> tuple[FileChange, ...] | None:
    """The same changes without the waiting patches, by a clean three-way merge; None where they cannot stand alone."""
    result = []
    for change in full:
        if change.before is None or change.after is None:
            there = before.side(change.old_path)
            if there != change.before:
                return None
            result.append(change)
            continue
        there = before.side(change.before.path)
        if there is None or there.mode != change.before.mode:
            return None
        merged = merge3(change.before.content, there.content, change.after.content)
        if merged.content is None or merged.content == there.content:
            return None
        result.append(FileChange(there, Side(change.after.path, change.after.mode, merged.content)))
    return tuple(result)


def _blockers(full: Sequence[FileChange], stacks: Stacks) -> tuple[PatchName, ...]:
    names = [name for change in full for path in change.paths for name, _ in stacks.waiting.get(path, [])]
    return tuple(dict.fromkeys(names)) or tuple(dict.fromkeys(n for e in stacks.waiting.values() for n, _ in e))


def _entangled(full: Sequence[FileChange], stacks: Stacks) -> bool:
    """Whether what the patch does may be no more than the undoing of a waiting patch: then finding it in the release
    may only mean that the release never had that patch. Not so where most of what it adds is its own."""
    added: set[bytes] = set()
    undone: set[bytes] = set()
    for change in full:
        mine, _ = touched(change)
        added |= mine
        for path in change.paths:
            for _, other in stacks.waiting.get(path, []):
                undone |= touched(other)[1]
    return not added or len(added & undone) * 2 > len(added)


def stands_free(files: Sequence[FileFinding], stacks: Stacks) -> bool:
    """Whether a patch that was made on top of waiting ones can do without them in the release: of each one's lines
    around a block the release has all, and then it stands on upstream's, or none, and then they were only next to it.
    With a part of them, the waiting patch came in another form, and what this one means there is unknown."""
    for file in files:
        if file.state in (FileState.UNTOUCHED, FileState.NOOP):
            continue
        change = file.change
        if stacks.before.side(change.old_path) is None or change.before is None or not file.target or not file.blocks:
            return False
        own = squeezed_of(change.before.content)
        there = squeezed_aligned(change.before.content, file.target.content)
        for _, waiting in stacks.waiting.get(change.old_path, []):
            added, _ = touched(waiting)
            for block in file.blocks:
                near = range(max(block.change.a0 - CONTEXT, 0), min(block.change.a1 + CONTEXT, len(own)))
                its = [line for line in near if own[line] in added]
                if 0 < sum(line in there for line in its) < len(its):
                    return False
    return True


def is_of_waiting(files: Sequence[FileFinding], stacks: Stacks) -> bool:
    """Whether all files and lines that the release has no more are those of waiting patches: it never had them."""
    gone = [file for file in files if file.state is FileState.GONE or any(b.state is State.CUT for b in file.blocks)]
    return bool(gone) and all(_is_of_waiting(file, stacks) for file in gone)


def _is_of_waiting(file: FileFinding, stacks: Stacks) -> bool:
    base, before = stacks.before.side(file.change.old_path), file.change.before
    if base is None or before is None or file.state is FileState.GONE:
        return base is None
    known = squeezed_aligned(before.content, base.content)
    size = len(lines_of(before.content))
    return any(
        line not in known
        for block in file.blocks
        if block.state is State.CUT
        for line in range(max(block.change.a0 - 1, 0), min(block.change.a1 + 1, size))
    )


def touched(change: FileChange) -> tuple[set[bytes], set[bytes]]:
    """The telling lines that a change adds and removes, without white space."""
    old = lines_of(change.before.content if change.before else b"")
    new = lines_of(change.after.content if change.after else b"")
    removed: set[bytes] = set()
    added: set[bytes] = set()
    for edit in changes(match(old, new), len(old), len(new)):
        removed.update(map(squeeze, old[edit.a0 : edit.a1]))
        added.update(map(squeeze, new[edit.b0 : edit.b1]))
    telling = {line for line in added - removed if not is_trivial(line)}
    return telling, {line for line in removed - added if not is_trivial(line)}
