"""Whether a commit took a patch in the patch's own form, or in another one that may leave something of it out.

A backport is fitted to an older base: what it takes out reads otherwise there, and it imports other names. That is no
difference. A line that the patch brings in and the commit does not, is.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncbot.diff.lines import Change, changes, lines_of, match
from syncbot.judge.commits import Match
from syncbot.judge.commits_compare import Comparer
from syncbot.judge.commits_kin import imports
from syncbot.judge.commits_lines import Delta, delta, merged
from syncbot.judge.commits_place import NEXT_TO, Spot, definition, spot
from syncbot.judge.commits_score import SPLIT
from syncbot.judge.commits_sketch import Block, Reader, Sketch
from syncbot.judge.enclosing import apart, outline
from syncbot.judge.history import History
from syncbot.judge.homes import places
from syncbot.judge.weights import is_trivial, squeeze

_BESIDE = ((NEXT_TO, NEXT_TO), (NEXT_TO, 0), (0, NEXT_TO), (0, 0))
"""How many lines above and below a change tell its place: upstream may have edited those on one side, or on both."""


class Form:
    """A patch beside the commits that hold it. `target` reads the release."""

    def __init__(
        self, history: History, comparer: Comparer, sketch: Sketch, commits: Sequence[Match], target: Reader
    ) -> None:
        self._history, self._comparer, self._sketch = history, comparer, sketch
        self._commits, self._target = commits, target

    def lost(self, block: Block) -> float:
        """The weight of the block's lines that no commit wrote, or took out, though it could have."""
        if self.stands(block):
            return 0.0
        file = self._sketch.files[block.file]
        sides = self._sides(file.paths)
        hunk = file.hunks[block.hunk]
        key, w = self._sketch.weights.key, self._sketch.weights
        theirs = merged(delta(old, new, key) for old, new in sides)
        had = {key(line) for old, _ in sides for line in old.split(b"\n")}
        there = {key(line) for path in file.paths for line in (self._target(path) or b"").split(b"\n")}
        named = {key(text) for tag, text in hunk.lines[block.first : block.end] if tag != " " and imports(text)}
        serving = named if self._does(block, named) else set()
        removed = {x: n for x, n in _rest(block.change, theirs, 0).items() if x in had or x in there}
        added = _rest(block.change, theirs, 1)
        return sum(w(x) * n for x, n in [*removed.items(), *added.items()] if x not in serving)

    def stands(self, block: Block) -> bool:
        """Whether a commit made the whole hunk of the block, also what it only moved within its file: such lines cancel
        each other out where lines are counted."""
        file = self._sketch.files[block.file]
        hunk, weights = file.hunks[block.hunk], self._sketch.weights
        return any(spot(hunk, old, new, file.base, weights) is Spot.HERE for old, new in self._sides(file.paths))

    def versions(self, paths: Sequence[str]) -> list[bytes]:
        """The file as the commits left it: as the last of them did, where they hold the patch only together."""
        split = self._commits and self._commits[0].rule is SPLIT
        commits = [max(self._commits, key=lambda match: match.commit.key)] if split else self._commits[:1]
        touches = [t for match in commits for t in self._comparer.counterparts(paths, match.commit.key)]
        contents = [self._history.blob(touch.new) for touch in touches if touch.new is not None]
        return [content for content in contents if content is not None]

    def made(self, paths: Sequence[str], before: bytes, after: bytes, change: Change) -> bool:
        """Whether a commit made this very change of the file, from `before` to `after`, at its one place: told by what
        it takes out and the lines around it, in the same function of the same class. Where the commit changed these
        lines and no others, those on one side are enough, or none if what it takes out stands there once in either."""
        return any(self._made(paths, before, after, change, *beside) for beside in _BESIDE)

    def _made(self, paths: Sequence[str], before: bytes, after: bytes, change: Change, above: int, below: int) -> bool:
        a, b = lines_of(before), lines_of(after)
        mine = (a[change.a0 : change.a1], b[change.b0 : change.b1])
        sides = (min(above, change.a0), below)
        was, becomes = (
            lines[start - sides[0] : end + below]
            for lines, start, end in ((a, change.a0, change.a1), (b, change.b0, change.b1))
        )
        if not becomes or all(is_trivial(squeeze(line)) for line in was) or len(places(a, was)) != 1:
            return False
        lines = [line for line in (*mine[1], *mine[0]) if line.strip()]
        first = lines[0] if lines else b""
        home = definition(a, change.a0, first)
        for old, new in self._sides(paths):
            x, y = lines_of(old), lines_of(new)
            spots = places(x, was)
            if len(spots) != 1 or places(x, becomes) or len(places(y, becomes)) != 1:
                continue
            line = spots[0] + sides[0]
            if min(above, below) < NEXT_TO and mine not in _made_at(x, y, line):
                return False
            return definition(x, line, first) == home and not apart(
                outline(before), change.a0, outline(old), line, lines
            )
        return False

    def serves(self, block: Block) -> bool:
        """Whether the block only imports names, for other changes of its file."""
        hunk = self._sketch.files[block.file].hunks[block.hunk]
        lines = [text for tag, text in hunk.lines[block.first : block.end] if tag != " " and text.strip()]
        return all(map(imports, lines)) and self._does(block, set())

    def _does(self, block: Block, named: set[bytes]) -> bool:
        """Whether the patch's change of the file has more than imports."""
        lines = [text for hunk in self._sketch.files[block.file].hunks for tag, text in hunk.lines if tag != " "]
        weights = self._sketch.weights
        return any(not imports(x) and weights(weights.key(x)) > 0 and weights.key(x) not in named for x in lines)

    def _sides(self, paths: Sequence[str]) -> list[tuple[bytes, bytes]]:
        touches = [t for match in self._commits for t in self._comparer.counterparts(paths, match.commit.key)]
        contents = [[b"" if id is None else self._history.blob(id) for id in (t.old, t.new)] for t in touches]
        return [(old, new) for old, new in contents if old is not None and new is not None]


def _made_at(old: list[bytes], new: list[bytes], line: int) -> list[tuple[list[bytes], list[bytes]]]:
    """What was taken out and put in by the change of a commit that begins at a line of the old version."""
    found = changes(match(old, new), len(old), len(new))
    return [(old[c.a0 : c.a1], new[c.b0 : c.b1]) for c in found if c.a0 == line]


def _rest(change: Delta, theirs: Delta, side: int) -> dict[bytes, int]:
    """What of one side (0: removed, 1: added) of a change the other has not."""
    return {line: n - theirs[side].get(line, 0) for line, n in change[side].items() if n > theirs[side].get(line, 0)}
