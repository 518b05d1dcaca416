"""What became of an absorbing commit's own changes: each of them against the release, as far as they are the patch's.

A patch is for its base, and the release may be far from that. The commit is upstream's own, so its surroundings are the
release's: what stands there to the letter, what is as it was before the commit, and what was changed since can be told
apart far better than for the patch itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from syncbot.diff.lines import Change
from syncbot.judge.blocks import BlockFinding, State, analyse
from syncbot.judge.commits import Match
from syncbot.judge.commits_compare import Comparer
from syncbot.judge.commits_follow import Fate, Follower
from syncbot.judge.commits_kin import imports
from syncbot.judge.commits_score import SPLIT
from syncbot.judge.commits_sketch import FileSketch, Reader, Sketch
from syncbot.judge.history import History, Touch
from syncbot.judge.texts import lines_of, squeezed_of
from syncbot.judge.weights import remarks, squeeze

TELLING = 0.5
"""Weight from which a line or a change says anything."""
MOST_LIVES = 2 / 3
"""Share of a change's weight that must live on where its place is as it was before the commit."""
SETTLED = frozenset({State.NOOP, State.PLACED, State.WRAPPED})
AS_BEFORE = frozenset({State.NEEDED, State.BESIDE})


@dataclass(frozen=True, slots=True)
class Since:
    """One change of an absorbing commit that is the patch's, and what became of it. `state`: of the change in the
    release, None where the file is gone. `fates`: {fate: weight of its lines that do something}; a change that only
    takes out has none. `remains`: share of what it takes out that stands there (again). `guarded`: it stands under a
    condition that it did not have. `keys`: the commits that edited or took its lines. `served`: the same of the lines
    that are lost and only serve others, comments and imports. `gone`: whether anything of it is lost."""

    path: str
    state: State | None
    fates: Mapping[Fate, float] = field(default_factory=dict)
    remains: float = 0.0
    guarded: bool = False
    keys: frozenset[int | None] = frozenset()
    served: frozenset[int | None] = frozenset()
    gone: bool = False

    @property
    def settled(self) -> bool:
        return self.state in SETTLED and not self.guarded

    @property
    def as_before(self) -> bool:
        """Whether its place is as it was before the commit."""
        return self.state in AS_BEFORE

    @property
    def taken(self) -> bool:
        """Whether all of it was taken out, and nothing put in its place."""
        return bool(self.fates) and set(self.fates) == {Fate.TAKEN} and self.fates[Fate.TAKEN] > 0

    @property
    def undone(self) -> bool:
        """Whether a later commit is known to have taken it out again."""
        return self.taken or (self.as_before and self.gone) or Fate.BACK in self.fates

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere in its own function, most of it as it was, and what is not was written anew: its
        place is as before, and yet nobody took it out."""
        whole = sum(self.fates.values())
        lives = sum(weight for fate, weight in self.fates.items() if fate.lives)
        undoing = any(self.fates.get(fate, 0.0) > 0 for fate in (Fate.TAKEN, Fate.TURNED, Fate.BACK))
        return lives > 0 and lives >= MOST_LIVES * whole and not undoing

    @property
    def went(self) -> bool:
        """Whether it went with what it stood in: what was edited before that is of no matter."""
        lost = sum(weight for fate, weight in self.fates.items() if not fate.lives)
        return 0.0 < self.fates.get(Fate.SWEPT, 0.0) >= lost


def since(
    history: History, comparer: Comparer, sketch: Sketch, absorbed: Sequence[Match], number: int, target: Reader
) -> tuple[Since, ...]:
    """What became of the patch's file of this number in the commits that absorbed it: the best of them, or all where
    they hold it only together. Empty where none of them has the file."""
    commits = absorbed if absorbed and absorbed[0].rule is SPLIT else absorbed[:1]
    file = sketch.files[number]
    found: list[Since] = []
    for match in commits:
        for touch in comparer.counterparts(file.paths, match.commit.key):
            found += _Commit(history, sketch, file, touch, target).changes()
    return tuple(found)


class _Commit:
    """One file of one absorbing commit, against the release."""

    def __init__(self, history: History, sketch: Sketch, file: FileSketch, touch: Touch, target: Reader) -> None:
        self._history, self._weights, self._file, self._touch, self._target = (
            history,
            sketch.weights,
            file,
            touch,
            target,
        )
        self._old, self._new = self._content(touch.old), self._content(touch.new)
        self._old_lines, self._new_lines = self._old.split(b"\n"), self._new.split(b"\n")

    def _content(self, id: str | None) -> bytes:
        return b"" if id is None else self._history.blob(id) or b""  # type: ignore[arg-type]  # BlobId is a str

    def changes(self) -> list[Since]:
        paths = dict.fromkeys([self._touch.path, *self._file.paths])
        there = next((content for path in paths if (content := self._target(path)) is not None), None)
        if self._touch.new is None:
            return [] if there is None else [Since(self._touch.path, State.NEEDED, gone=True)]
        blocks = analyse(self._old, self._new, self._old if there is None else there, self._touch.path).blocks
        found = []
        key, added, removed = self._weights.key, self._file.change.added, self._file.change.removed
        old, new = lines_of(self._old), lines_of(self._new)
        for block in blocks:
            change = block.change
            mine = [i for i in range(change.b0, change.b1) if key(new[i]) in added]
            minus = [i for i in range(change.a0, change.a1) if key(old[i]) in removed]
            if mine or minus:
                found.append(self._since(block, mine, minus, gone=there is None))
        return found

    def _since(self, block: BlockFinding, mine: list[int], minus: list[int], *, gone: bool) -> Since:
        state = None if gone else block.state
        if state in SETTLED:
            return Since(self._touch.path, state, guarded=block.measures.guarded)
        w = self._weights
        serving = self._serving(block.change, mine) if self._does else set()
        new = lines_of(self._new)
        lines = [i for i in mine if self._weights.key(new[i])]
        texts = {self._new_lines[i] for i in serving}
        fates: dict[Fate, float] = {}
        keys: set[int | None] = set()
        served: set[int | None] = set()
        before = state in AS_BEFORE
        ends = self._follower(block.change, at_home=before).ends(self._touch, lines)
        for end in ends:
            if end.text in texts:
                served |= set() if end.fate.lives else {end.key}
                continue
            fates[end.fate] = fates.get(end.fate, 0.0) + w(w.key(end.text))
            keys |= set() if end.fate is Fate.STANDS else {end.key}
        telling = [i for i in minus if not self._does or not imports(self._old_lines[i])]
        remains = block.measures.remains if telling and not gone else 0.0
        lost = any(not end.fate.lives and end.text not in texts for end in ends)
        guarded = not gone and block.measures.guarded
        return Since(self._touch.path, state, fates, remains, guarded, frozenset(keys), frozenset(served), lost)

    def _serving(self, change: Change, mine: Collection[int]) -> set[int]:
        """The lines that do nothing of themselves: comments, and imports."""
        said = {squeeze(line) for line in remarks(self._new_lines[change.b0 : change.b1])}
        return {i for i in mine if squeeze(self._new_lines[i]) in said or imports(self._new_lines[i])}

    @property
    def _does(self) -> bool:
        """Whether the patch's change of the file has more than comments and imports."""
        lines = [text for hunk in self._file.hunks for tag, text in hunk.lines if tag != " "]
        said = set(remarks(lines))
        return any(
            line not in said and not imports(line) and self._weights(self._weights.key(line)) > 0 for line in lines
        )

    def _follower(self, change: Change, *, at_home: bool) -> Follower:
        w = self._weights
        out = [line for line in lines_of(self._old)[change.a0 : change.a1] if w(w.key(line)) >= TELLING]
        made = set(self._file.change.added)
        unmade = [line for line in out if w.key(line) not in made]
        removed = {w.key(line) for line in unmade} - set(squeezed_of(self._new))
        return Follower(self._history, self._target, w, self._file.change.added, removed, unmade, at_home)
