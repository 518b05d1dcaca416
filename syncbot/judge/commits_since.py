"""What became of an absorbing commit's own changes: each of them against the release, as far as they are the patch's.

A patch is for its base, and the release may be far from that. The commit is upstream's own, so its surroundings are the
release's: what stands there to the letter, what is as it was before the commit, and what was changed since can be told
apart far better than for the patch itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from syncbot.diff.lines import Change
from syncbot.judge.blocks import BlockFinding, State, analyse
from syncbot.judge.commits import Match
from syncbot.judge.commits_compare import Comparer
from syncbot.judge.commits_fates import Fate
from syncbot.judge.commits_follow import MOST_FILES, Follower
from syncbot.judge.commits_kin import directs, imports, orphaned
from syncbot.judge.commits_score import SPLIT
from syncbot.judge.commits_sketch import FileSketch, Reader, Sketch
from syncbot.judge.history import History, Touch
from syncbot.judge.texts import lines_of
from syncbot.judge.weights import is_program, is_trivial, remarks, squeeze, squeezed_text

TELLING = 0.5
"""Weight from which a line or a change says anything."""
MOST_LIVES = 2 / 3
"""Share of a change's weight that must live on where its place is as it was before the commit."""
MOST_OUT = 0.5
"""Share of a change's weight that, taken out, leaves no more than odds and ends of it."""
MOST_MOVED = 50
"""Lines of a change that only moved and are followed: of a patch with more, a single word is not all."""
MOST_IMPORTS = 20
"""Imports that a change takes out and that are looked after: who takes out more moves a file's head."""
SETTLED = frozenset({State.NOOP, State.PLACED, State.WRAPPED})
AS_BEFORE = frozenset({State.NEEDED, State.BESIDE})
_ANEW = (Fate.EDITED, Fate.ALTERED, Fate.REPLACED, Fate.TURNED)


@dataclass(frozen=True, slots=True)
class Since:
    """One change of an absorbing commit that is the patch's, and what became of it. `state`: of the change in the
    release, None where the file is gone. `fates`: {fate: weight of its lines that do something}; a change that only
    takes out has none. `remains`: share of what it takes out that stands there (again). `guarded`: it stands under a
    condition that it did not have. `keys`: the commits that edited or took its lines. `served`: the same of the lines
    that are lost and only serve others, comments and imports. `gone`: whether anything of it is lost. `rewrites`: it
    puts something in the place of what it takes out. `again`: what it takes out was written again, in its file or by a
    commit that took its lines, or no commit is known that took some of them. `word`: one of its lines is there but for
    a single word. `disarmed`: a line that decides or leaves was taken out of it. `orphaned`: an import that
    is used still was. `alone`: a commit that did nothing else to the file took lines of it out. `returned`: share,
    by weight, of the lines of which the commit had left none in its file that stand there again, wherever."""

    path: str
    state: State | None
    fates: Mapping[Fate, float] = field(default_factory=dict)
    remains: float = 0.0
    guarded: bool = False
    keys: frozenset[int | None] = frozenset()
    served: frozenset[int | None] = frozenset()
    gone: bool = False
    rewrites: bool = False
    again: bool = False
    word: bool = False
    disarmed: bool = False
    orphaned: bool = False
    alone: bool = False
    returned: float = 0.0

    @property
    def settled(self) -> bool:
        return self.state in SETTLED and not self.guarded

    @property
    def as_before(self) -> bool:
        """Whether its place is as it was before the commit."""
        return self.state in AS_BEFORE

    @property
    def taken(self) -> bool:
        """Whether it was taken out, and nothing put in its place. What is left may be lines that others share."""
        return 0 < MOST_OUT * sum(self.fates.values()) <= self.fates.get(Fate.TAKEN, 0.0)

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

    @property
    def _paths(self) -> dict[str, None]:
        return dict.fromkeys([self._touch.path, *self._file.paths])

    def _content(self, id: str | None) -> bytes:
        return b"" if id is None else self._history.blob(id) or b""  # type: ignore[arg-type]  # BlobId is a str

    def changes(self) -> list[Since]:
        there = next((content for path in self._paths if (content := self._target(path)) is not None), None)
        if self._touch.new is None:
            return [] if there is None else [Since(self._touch.path, State.NEEDED, gone=True)]
        blocks = analyse(self._old, self._new, self._old if there is None else there, self._touch.path).blocks
        found = []
        key, added, removed = self._weights.key, self._file.change.added, self._file.change.removed
        old, new = lines_of(self._old), lines_of(self._new)
        carried = self._carried
        for block in blocks:
            change = block.change
            mine = [i for i in range(change.b0, change.b1) if key(new[i]) in added]
            minus = [i for i in range(change.a0, change.a1) if key(old[i]) in removed]
            moved = [i for i in range(change.b0, change.b1) if key(new[i]) in carried][:MOST_MOVED]
            if mine or minus or moved:
                found.append(self._since(block, mine, minus, moved, gone=there is None))
        return found

    @cached_property
    def _carried(self) -> frozenset[bytes]:
        """Lines that say something and that the patch only moves, or moves in."""
        w = self._weights
        written = {w.key(line) for hunk in self._file.hunks for line in hunk.added}
        return frozenset(line for line in written if line not in self._file.change.added and w(line) >= TELLING)

    def _since(self, block: BlockFinding, mine: list[int], minus: list[int], moved: list[int], *, gone: bool) -> Since:
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
        before, orphan = state in AS_BEFORE, False
        follower = self._follower(block.change, at_home=before)
        ends = follower.ends(self._touch, lines)
        if before:  # what it stood in is there
            ends = [end._replace(fate=Fate.TAKEN) if end.fate is Fate.SWEPT else end for end in ends]
        for end in ends:
            if end.text in texts:
                served |= set() if end.fate.lives else {end.key}
                orphan = orphan or (end.fate is not Fate.STANDS and self._orphaned(end.text))
                continue
            fates[end.fate] = fates.get(end.fate, 0.0) + w(w.key(end.text))
            keys |= set() if end.fate is Fate.STANDS else {end.key}
        serves = {i for i in minus if self._does and imports(self._old_lines[i])}
        telling = [i for i in minus if i not in serves or (len(serves) <= MOST_IMPORTS and self._unused(i))]
        remains = block.measures.remains if telling and not gone else 0.0
        lost = any(not end.fate.lives and end.text not in texts for end in ends)
        guarded = not gone and block.measures.guarded
        out = {w.key(self._old_lines[i]) for i in telling} - self._new_keys
        rewrites = any(w(line) >= TELLING for line in out)
        again = None in keys or (bool(keys) and self._written_again({x for x in out if w(x) >= TELLING}, keys))
        return Since(
            self._touch.path,
            state,
            fates,
            remains,
            guarded,
            frozenset(keys),
            frozenset(served),
            lost,
            rewrites,
            again,
            any(end.word and end.fate in _ANEW for end in [*ends, *follower.ends(self._touch, moved)]),
            any(end.fate is Fate.TAKEN and directs(end.text) for end in ends),
            orphan,
            any(end.alone and not end.fate.lives for end in ends),
            self._returned({x for x in out if w(x) >= TELLING}),
        )

    def _unused(self, index: int) -> bool:
        """Whether an import that the patch takes out stands there again, and serves nobody."""
        line = self._old_lines[index]
        if self._weights.key(line) not in self._there_keys:
            return False
        there = next((content for path in self._paths if (content := self._target(path)) is not None), b"")
        without = b"\n".join(text for text in there.split(b"\n") if text.strip() != line.strip())
        return without != there and not orphaned(line, without)

    def _returned(self, out: Collection[bytes]) -> float:
        """The share of lines that the change takes out which stands in the release's file."""
        w = self._weights
        return sum(map(w, self._there_keys.intersection(out))) / max(sum(map(w, out)), TELLING)

    @cached_property
    def _new_keys(self) -> frozenset[bytes]:
        return frozenset(map(self._weights.key, self._new_lines))

    @cached_property
    def _there_keys(self) -> frozenset[bytes]:
        return frozenset(
            self._weights.key(line) for path in self._paths for line in (self._target(path) or b"").split(b"\n")
        )

    def _orphaned(self, line: bytes) -> bool:
        there = next((content for path in self._paths if (content := self._target(path)) is not None), b"")
        return is_program(self._touch.path) and orphaned(line, there)

    def _written_again(self, out: Collection[bytes], keys: Collection[int | None]) -> bool:
        """Whether one of the lines that the change takes out stands in the release's file, or was written by one of
        these commits, in whatever file."""
        if self._returned(out):
            return True
        touches = (touch for k in keys if k is not None for touch in self._history.changed(k)[:MOST_FILES])
        return any(self._writes(touch, out) for touch in touches)

    def _writes(self, touch: Touch, out: Collection[bytes]) -> bool:
        new = self._content(touch.new)
        if not any(map(squeezed_text(new).__contains__, map(squeeze, out))):
            return False
        old, key = self._content(touch.old), self._weights.key
        there = {line for line in map(key, new.split(b"\n")) if line in out}
        return bool(there) and not there <= set(map(key, old.split(b"\n")))

    def _serving(self, change: Change, mine: Collection[int]) -> set[int]:
        """The lines that do nothing of themselves: comments, and imports."""
        said = {squeeze(line) for line in remarks(self._new_lines[change.b0 : change.b1])}
        return {i for i in mine if squeeze(self._new_lines[i]) in said or imports(self._new_lines[i])}

    @cached_property
    def _does(self) -> bool:
        """Whether the patch's change of the file has more than comments and imports."""
        lines = [text for hunk in self._file.hunks for tag, text in hunk.lines if tag != " "]
        said = set(remarks(lines))
        return any(
            line not in said and not imports(line) and self._weights(self._weights.key(line)) > 0 for line in lines
        )

    def _follower(self, change: Change, *, at_home: bool) -> Follower:
        w = self._weights
        out = [line for line in lines_of(self._old)[change.a0 : change.a1] if not is_trivial(squeeze(line))]
        made = set(self._file.change.added)
        unmade = [line for line in out if w.key(line) not in made]
        removed = {w.key(line) for line in unmade}
        removed |= set(self._file.change.removed).difference(map(w.key, self._old_lines))  # upstream's was another
        written = made | {w.key(line) for hunk in self._file.hunks for line in hunk.added}
        return Follower(self._history, self._target, w, written, removed, unmade, at_home)
