"""Patches of a stack that upstream took as one: a fix and its fix-up, or one change in several steps.

Alone none of them is in the release, for what one adds the next one changes. What they do together may be. They must be
there together by the rules that hold for one patch, and each of them for what is left of its own in the sum: a large
backport must not carry away the small change that somebody made on top of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import Patch
from syncbot.errors import HostileInput, InputError
from syncbot.judge.blocks import BlockFinding, TextFinding
from syncbot.judge.case import Case, Decision, make_case
from syncbot.judge.files import FileFinding, FileState, find, held_against
from syncbot.judge.present import code_proved, matched, proved
from syncbot.judge.rules import MEDIUM, MISSING, UPSTREAM, against, block_score, deciding, weigh
from syncbot.judge.stack import FileChange, Misfit, Overlay, Side, fit_patch
from syncbot.judge.stacks import Stacks, touched
from syncbot.judge.texts import squeezed_of
from syncbot.judge.weights import is_trivial, squeeze
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Evidence, Judgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action, Fit, Proof, Verdict

MOST = 6
"""Patches that are looked at together."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The telling lines that a patch file adds and removes, and those around them, whatever the file."""

    added: frozenset[bytes]
    removed: frozenset[bytes]
    around: frozenset[bytes]

    def changes(self, earlier: Lines) -> bool:
        """Whether it changes what an earlier patch did, or something beside it."""
        return bool((self.removed | self.around) & earlier.added or self.added & earlier.removed)


@dataclass(slots=True)
class Together:
    """A series, and which of its entries (by index from 0) were found in the release together."""

    series: Sequence[SeriesPatch]
    found: dict[int, tuple[PatchName, ...]] = field(default_factory=dict)
    _lines: list[Lines] = field(default_factory=list)

    def dropped(self, at: int, decision: Decision) -> Decision:
        """The decision for an entry that is in the release together with others."""
        others = [name for name in self.found[at] if name != self.series[at].name]
        detail = f"it is in the release together with {', '.join(others)}, which changes what it does"
        return replace(
            decision,
            fit=Fit.NONE,
            verdict=Verdict.OBSOLETE,
            action=Action.DROP,
            proof=Proof.MATCHED,
            detail=detail,
            evidence=(Evidence("together", detail), *decision.evidence),
        )

    def look(self, at: int, decision: Decision, stacks: Stacks) -> bool:
        """Whether the entry, decided alone so, is in the release together with later ones; `stacks` are as it finds
        them. Those that are get remembered."""
        files = deciding(decision.all_files)
        if any(file.state is FileState.GONE for file in files):
            return False  # others cannot help
        gaps: list[Lines] | None = None
        for group in self._groups(at):
            gaps = _gaps(files) if gaps is None else gaps  # most patches are in no group
            others = [self._lines[i] for i in group[1:]]
            helped = not gaps or any(lines.changes(gap) for lines in others for gap in gaps)
            if helped and _there([self.series[i] for i in group], stacks):
                names = tuple(self.series[i].name for i in group)
                self.found.update(dict.fromkeys(group, names))
                return True
        return False

    def _groups(self, at: int) -> Iterator[tuple[int, ...]]:
        """The entry with the next that changes what it does, with the one after that, and so on."""
        if not self._lines:
            self._lines = [lines_of(entry.content) for entry in self.series]
        group = [at]
        for later in range(at + 1, len(self.series)):
            if later in self.found or not any(self._lines[later].changes(self._lines[i]) for i in group):
                continue
            group.append(later)
            yield tuple(group)
            if len(group) == MOST:
                return


def _gaps(files: Sequence[FileFinding]) -> list[Lines]:
    """What of a patch speaks against its being in the release: only what others change of it can be there in the
    sum."""
    gaps = []
    whole = sum(block.weight for file in files for block in file.blocks)
    for file in files:
        before, after = (squeezed_of(side.content) if side else [] for side in (file.change.before, file.change.after))
        for block in file.blocks:
            if not block.weight or not (against(file, block, whole) or block_score(block, whole) < MISSING):
                continue
            old = frozenset(before[block.change.a0 : block.change.a1])
            new = frozenset(after[block.change.b0 : block.change.b1])
            gaps.append(Lines(new - old, old - new, frozenset()))
    return gaps


def as_one(judgement: Judgement) -> Judgement:
    """The judgement of one commit of a file whose commits are in the release together."""
    if judgement.action is Action.DROP:
        return judgement
    detail = "it is in the release together with the other commits of its file"
    return replace(
        judgement,
        fit=Fit.NONE,
        verdict=Verdict.OBSOLETE,
        action=Action.DROP,
        proof=Proof.MATCHED,
        reason=detail,
        evidence=(Evidence("together", detail), *judgement.evidence),
        refreshed=None,
        blocked_by=(),
        lines_after=0,
    )


def lines_of(content: bytes) -> Lines:
    """Read off the text of the patch: enough to say which patches may have to do with one another."""
    told: dict[bytes, set[bytes]] = {b"+": set(), b"-": set(), b" ": set()}
    for line in content.splitlines():
        side = told.get(line[:1])
        if side is not None and not line.startswith((b"+++ ", b"--- ")):
            side.add(squeeze(line[1:]))
    for side in told.values():
        side.difference_update([line for line in side if is_trivial(line)])
    added, removed = told[b"+"], told[b"-"]
    return Lines(frozenset(added - removed), frozenset(removed - added), frozenset(told[b" "]))


def _there(entries: Sequence[SeriesPatch], stacks: Stacks) -> bool:
    """Whether all that the entries do together is in the release."""
    if any(entry.keep is not None or entry.waiting for entry in entries):
        return False
    patches = [_single(entry, stacks.before) for entry in entries]
    return all(patches) and summed_up([patch for patch in patches if patch], stacks)


def summed_up(patches: Sequence[Patch], stacks: Stacks) -> bool:
    """Whether what the patches do one after the other is in the release, taken as one change. What is read off the
    texts comes first: most are told by it."""
    scratch = stacks.before.copy()
    steps: list[tuple[FileChange, ...]] = []
    trees: list[Overlay] = []
    for patch in patches:
        fitted = fit_patch(patch, scratch, fuzz=0)
        if isinstance(fitted, Misfit):
            return False
        trees.append(scratch.copy())
        scratch.apply(fitted.changes)
        steps.append(fitted.changes)
    changes = _sum(steps, scratch)
    if not changes or not _as_they_left(steps, changes, scratch, stacks):
        return False
    if any(_spoken_against(patch, tree, stacks) for patch, tree in zip(patches, trees, strict=True)):
        return False
    files = [find(change, stacks.target, stacks.renames) for change in changes]
    case = make_case(patches[-1], files, already=True)
    if proved(case) is not None:
        return True
    if code_proved(case) is None and matched(case) is None:
        return False
    return all(_own_part(step, case) for step in steps)


def _single(entry: SeriesPatch, tree: Overlay) -> Patch | None:
    try:
        patch = parse_patch(entry.content, entry.strip, tree.exists)
    except (InputError, HostileInput):
        return None
    return patch if len(patch.commits) < 2 else None


def _spoken_against(patch: Patch, tree: Overlay, stacks: Stacks) -> bool:
    """Whether upstream's history knows better than the two trees."""
    if stacks.history is None:
        return False
    trace = stacks.history.trace(patch, tree.read, stacks.target.read, {})
    return trace is not None and (trace.speaks_against or bool(trace.found.taken_back))


def _sum(steps: Sequence[Sequence[FileChange]], scratch: Overlay) -> list[FileChange]:
    """What all steps do to each file; `scratch` is the tree after them."""
    first: dict[str, Side | None] = {}
    for step in steps:
        for change in step:
            was = first.pop(change.old_path, change.before) if change.before else change.before
            first[change.path] = was
    summed = [FileChange(was, scratch.side(path)) for path, was in first.items()]
    return [change for change in summed if change.before != change.after]


def _as_they_left(
    steps: Sequence[Sequence[FileChange]], changes: Sequence[FileChange], scratch: Overlay, stacks: Stacks
) -> bool:
    """Whether the release has of each step what the sum, which is `scratch`, does not show: no more of what the step
    takes out, be it an earlier step's, than all of them left, and, of a step that is not large, everything that it adds
    and no later step changed."""
    sides = {change.path: held_against(change, stacks.target, stacks.renames) for change in changes}
    there = {path: side.content for path, side in sides.items() if side}
    first = {change.path: change.before for change in changes}
    for change, path in _ends(steps):
        was = first.get(path)
        added, removed = touched(change)
        before = _counted(was.content if was else stacks.before.read(path) or b"", removed)
        after = _counted(scratch.read(path) or b"", added | removed)
        release = _counted(there.get(path) or stacks.target.read(path) or b"", added | removed)
        if any(release[line] > after[line] >= before[line] for line in removed):
            return False
        if len(added) < MEDIUM and any(after[line] and not release[line] for line in added):
            return False
    return True


def _counted(content: bytes, lines: set[bytes]) -> Counter[bytes]:
    """How often a text has each of these squeezed lines."""
    return Counter(filter(lines.__contains__, squeezed_of(content)))


def _ends(steps: Sequence[Sequence[FileChange]]) -> Iterator[tuple[FileChange, str]]:
    """Each change of a file with the path under which the last step left that file."""
    later: dict[str, str] = {}
    for step in reversed(steps):
        moved = {change.old_path: later.get(change.path, change.path) for change in step}
        yield from ((change, later.get(change.path, change.path)) for change in step)
        later |= moved


def _own_part(step: Sequence[FileChange], case: Case) -> bool:
    """Whether what one step contributes to the sum is there by itself. A step of which nothing is left asks nothing."""
    added: set[bytes] = set()
    removed: set[bytes] = set()
    for change in step:
        plus, minus = touched(change)
        added |= plus
        removed |= minus
    part = [_only(file, added, removed) for file in deciding(case.files)]
    chosen = [file for file in part if file is not None]
    return not chosen or weigh(chosen).matches


def _only(file: FileFinding, added: set[bytes], removed: set[bytes]) -> FileFinding | None:
    """The file with the blocks to which these lines belong."""
    if file.text is None:
        return None
    before, after = (squeezed_of(side.content) if side else [] for side in (file.change.before, file.change.after))

    def belongs(block: BlockFinding) -> bool:
        old, new = before[block.change.a0 : block.change.a1], after[block.change.b0 : block.change.b1]
        return bool(added.intersection(new) or removed.intersection(old))

    blocks = tuple(block for block in file.blocks if belongs(block))
    if not blocks or not any(block.weight for block in blocks):
        return None
    there = all(block.state in UPSTREAM for block in blocks)
    state = FileState.NOOP if there else file.state
    return replace(file, text=TextFinding(blocks, file.text.content), state=state)
