"""One commit against one patch: what they share, by file, block and place."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from syncbot.judge.commits_lines import NOTHING, Delta, Key, delta, exact, merged, middles, mirrored
from syncbot.judge.commits_place import Spot, answered, spot, undone
from syncbot.judge.commits_score import NO_SCORE, TELLING, Rule, Score, rule
from syncbot.judge.commits_sketch import Block, Reader, Sketch
from syncbot.judge.history import History, Touch
from syncbot.model.ids import BlobId

UNREADABLE = 10.0
"""Weight of a changed file whose lines cannot be compared (binary, missing, huge): it is something, so q must fall."""
MOST_FILES = 60
"""Commits with more files are not searched for moved code: files are compared under their own name alone."""
REMEMBERED = 4096
MIDDLE_BYTES = 8 << 20
TAKEN = 0.8
"""Share of the patch's code that one later commit must undo in place to be taken for its revert."""
ALONG = 3
"""Other files of its folder that a commit deletes, from which a file went along with them."""
WRITTEN = 0.8
"""Share of a block's weight from which a commit is said to have written the block."""
_LEAST_Q = 0.03


class Pair(NamedTuple):
    """A file before and after a commit, a rename already joined."""

    old_path: str | None
    path: str
    old: BlobId | None
    new: BlobId | None


@dataclass(frozen=True, slots=True)
class Compared:
    """`blocks`: per block of the patch, the share of its weight written at its place. `answered`: whether the
    commit changed what stands at the block's place, in this or another way. `twin`: a rule would hold but for
    the place. `is_part`: the commit is nearly nothing but some of the patch."""

    score: Score
    rule: Rule | None
    blocks: tuple[float, ...]
    answered: tuple[bool, ...]
    twin: bool
    is_part: bool
    touches: tuple[Touch, ...]


class Comparer:
    """Compares through a history, and remembers what files' changes came to."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._deltas: OrderedDict[tuple[BlobId | None, BlobId | None, Key], Delta | None] = OrderedDict()
        self._middles: OrderedDict[tuple[BlobId | None, BlobId | None], tuple[bytes, bytes] | None] = OrderedDict()
        self._held = 0

    def may_hold(self, probes: tuple[bytes, ...], touch: Touch) -> bool:
        """Whether the touch changes how often one of these lines stands in the file. True where that cannot be told,
        and where the file goes: its lines may stand in another one then."""
        if touch.new is None:
            return True
        sides = self._sides(touch.old, touch.new)
        if sides is None:
            return True
        old, new = b"\n" + sides[0], b"\n" + sides[1]
        return any(old.count(line) != new.count(line) for line in probes)

    def _sides(self, old: BlobId | None, new: BlobId | None) -> tuple[bytes, bytes] | None:
        """What differs between two versions, None where one cannot be read. Small mostly, so it is remembered: what is
        asked of one file for the next patch needs no content any more."""
        ids = (old, new)
        if ids not in self._middles:
            before, after = self._content(old), self._content(new)
            found = None if before is None or after is None else middles(before, after)
            self._middles[ids] = found
            self._held += sum(map(len, found or ()))
            while self._held > MIDDLE_BYTES or len(self._middles) > REMEMBERED:
                _, gone = self._middles.popitem(last=False)
                self._held -= sum(map(len, gone or ()))
            return found
        return self._middles[ids]

    def compare(self, sketch: Sketch, commit: int, witnessed: bool) -> Compared:
        touches = self._history.changed(commit)
        pairs = self._pairs(touches) if len(touches) <= MOST_FILES else [_pair(touch) for touch in touches]
        ours = [_counterparts(file.paths, pairs) for file in sketch.files]
        key = sketch.weights.key
        shared = list(dict.fromkeys(index for found in ours for index in found))
        small = len(pairs) <= MOST_FILES
        rest = [index for index in range(len(pairs)) if index not in set(shared)]
        spare = merged(self._delta(pairs[i], key) or NOTHING for i in rest) if small and not all(ours) else NOTHING
        changes = [merged(self._delta(pairs[i], key) or NOTHING for i in found) if found else spare for found in ours]
        score = self._score(sketch, changes, pairs, shared, rest)
        own = tuple(touches[i] for i in range(len(touches)) if any(touches[i].path in f.paths for f in sketch.files))
        nothing = (0.0,) * len(sketch.blocks)
        if rule(score, witnessed) is None and not _is_part(score):
            return Compared(score, None, nothing, (False,) * len(nothing), False, False, own)
        spots = self._spots(sketch, ours, pairs)
        blocks = self._blocks(sketch, changes, spots)
        answers = self._answered(sketch, blocks, ours, pairs)
        placed = self._placed(sketch, score, changes, spots)
        chosen = rule(placed, witnessed)
        if chosen is not None and not witnessed and score.weight < TELLING and Spot.HERE not in spots.values():
            chosen = None
        twin = chosen is None and rule(score, witnessed) is not None
        return Compared(placed, chosen, blocks, answers, twin, _is_part(placed), own)

    def counterparts(self, paths: Sequence[str], commit: int) -> list[Touch]:
        """The commit's changes of the patch's file, renames joined: from what it was to what it became."""
        touches = self._history.changed(commit)
        pairs = self._pairs(touches) if len(touches) <= MOST_FILES else [_pair(touch) for touch in touches]
        return [Touch(commit, pairs[i].path, pairs[i].old, pairs[i].new) for i in _counterparts(paths, pairs)]

    def in_place(self, sketch: Sketch, commit: int) -> bool:
        """Whether the commit wrote every hunk of the patch, context and all, where it was not before: what can be said
        for lines that weigh nothing."""
        touches = self._history.changed(commit)
        pairs = [_pair(touch) for touch in touches]
        ours = [_counterparts(file.paths, pairs) for file in sketch.files]
        spots = self._spots(sketch, ours, pairs)
        hunks = sum(len(file.hunks) for file in sketch.files)
        return 0 < hunks == len(spots) and set(spots.values()) == {Spot.HERE}

    def alive(self, sketch: Sketch, touches: Sequence[Touch], target: Reader) -> float:
        """The share of what the patch adds that stands somewhere in its files in the target, under any of the paths
        that are known; 0 where it adds nothing that weighs."""
        w = sketch.weights
        have = want = 0.0
        others = [touch.path for touch in touches]
        for file in sketch.files:
            added = {text.rstrip() if w.key is exact else text.strip() for hunk in file.hunks for text in hunk.added}
            telling = {text: w(key) for text in added if (key := w.key(text)) in file.change.added}
            paths = dict.fromkeys([*file.paths, *(p for p in others if _name(p) in {_name(own) for own in file.paths})])
            contents = [content for path in paths if (content := target(path))]
            want += sum(telling.values())
            have += sum(weight for text, weight in telling.items() if any(text in content for content in contents))
        return have / want if want else 0.0

    def _score(
        self,
        sketch: Sketch,
        changes: Sequence[Delta],
        pairs: Sequence[Pair],
        shared: Sequence[int],
        rest: Sequence[int],
    ) -> Score:
        w = sketch.weights
        overlaps = [w.overlap(file.change, change) for file, change in zip(sketch.files, changes, strict=True)]
        matched = sum(overlaps)
        if matched <= 0:
            return replace(NO_SCORE, weight=sketch.weight)
        known = [any(map(self._history.knows, file.paths)) for file in sketch.files]
        own = sum(file.weight for file, is_known in zip(sketch.files, known, strict=True) if is_known)
        in_known = sum(o for o, is_known in zip(overlaps, known, strict=True) if is_known)
        mine = sum(self._weight(sketch, pairs[i]) for i in shared)
        whole = mine
        for index in rest:
            whole += self._weight(sketch, pairs[index])
            if whole > matched / _LEAST_Q:
                break  # no rule holds below: what else the commit does is of no matter
        fs = in_known / own if own else 0.0
        code = sum(file.weight for file in sketch.files if file.is_code)
        in_code = sum(o for o, file in zip(overlaps, sketch.files, strict=True) if file.is_code)
        f, q, qs = matched / sketch.weight, _share(matched, whole), _share(matched, mine)
        return Score(f, q, fs, qs, sketch.weight, _share(in_code, code), code)

    def _placed(
        self, sketch: Sketch, score: Score, changes: Sequence[Delta], spots: dict[tuple[int, int], Spot]
    ) -> Score:
        """The score without the lines that the commit wrote at another place."""
        if Spot.THERE not in spots.values():
            return score
        w = sketch.weights
        kept = in_code = 0.0
        for number, (file, change) in enumerate(zip(sketch.files, changes, strict=True)):
            own = [
                b.change for b in sketch.blocks if b.file == number and spots.get((number, b.hunk)) is not Spot.THERE
            ]
            overlap = min(w.overlap(merged(own), change), w.overlap(file.change, change))
            kept += overlap
            in_code += overlap if file.is_code else 0.0
        left = min(1.0, kept / (score.f * score.weight))
        f, q, fs, qs = (share * left for share in (score.f, score.q, score.fs, score.qs))
        return Score(f, q, fs, qs, score.weight, _share(in_code, score.code_weight), score.code_weight)

    def _spots(
        self, sketch: Sketch, ours: Sequence[Sequence[int]], pairs: Sequence[Pair]
    ) -> dict[tuple[int, int], Spot]:
        found = {}
        for number, file in enumerate(sketch.files):
            for index, hunk in enumerate(file.hunks):
                if not ours[number]:
                    continue
                pair = pairs[ours[number][0]]
                old, new = self._content(pair.old), self._content(pair.new)
                if old is not None and new is not None:
                    found[(number, index)] = spot(hunk, old, new, file.base, sketch.weights)
        return found

    def _blocks(
        self, sketch: Sketch, changes: Sequence[Delta], spots: dict[tuple[int, int], Spot]
    ) -> tuple[float, ...]:
        w = sketch.weights
        return tuple(
            0.0
            if block.weight <= 0 or spots.get((block.file, block.hunk)) is Spot.THERE
            else w.overlap(block.change, changes[block.file]) / block.weight
            for block in sketch.blocks
        )

    def _answered(
        self, sketch: Sketch, blocks: Sequence[float], ours: Sequence[Sequence[int]], pairs: Sequence[Pair]
    ) -> tuple[bool, ...]:
        return tuple(
            share >= WRITTEN
            or any(self._answers(sketch, block, pairs[index]) for index in ours[block.file] if block.weight > 0)
            for block, share in zip(sketch.blocks, blocks, strict=True)
        )

    def _answers(self, sketch: Sketch, block: Block, pair: Pair) -> bool:
        old, new = self._content(pair.old), self._content(pair.new)
        if old is None or new is None:
            return False
        hunk = sketch.files[block.file].hunks[block.hunk]
        return answered(hunk, block.first, block.end, old, new, sketch.weights)

    def undone(self, sketch: Sketch, commit: int, brought: Collection[str] | None = None) -> float:
        """The share of the patch's code (of all of it, where there is no code) that the commit takes back in place, and
        does not write elsewhere instead. `brought`: the files that came with the patch; where given, a file that went
        among others of its folder was not taken back."""
        w = sketch.weights
        touches = self._history.changed(commit)
        pairs = self._pairs(touches) if len(touches) <= MOST_FILES else [_pair(touch) for touch in touches]
        code = any(file.is_code and file.weight > 0 for file in sketch.files)
        judged = [file for file in sketch.files if file.is_code or not code]
        total = 0.0
        for file in judged:
            for index in _counterparts(file.paths, pairs):
                if brought is not None and _went_along(pairs[index], pairs, brought):
                    continue
                change = self._delta(pairs[index], w.key)
                old, new = self._content(pairs[index].old), self._content(pairs[index].new)
                if change and old is not None and new is not None and w.overlap(mirrored(file.change), change):
                    total += w.overlap(file.change, undone(file.change, old, new, w))
        if not total:
            return 0.0
        written = merged(self._delta(pair, w.key) or NOTHING for pair in pairs[:MOST_FILES])
        total -= sum(w.shared(file.change.added, written.added) for file in judged)
        return max(0.0, total / sum(file.weight for file in judged))

    def _weight(self, sketch: Sketch, pair: Pair) -> float:
        change = self._delta(pair, sketch.weights.key)
        return UNREADABLE if change is None else sketch.weights.change(change)

    def _delta(self, pair: Pair, key: Key) -> Delta | None:
        """The file's changed lines, None where they cannot be read."""
        ids = (pair.old, pair.new, key)
        if ids in self._deltas:
            self._deltas.move_to_end(ids)
            return self._deltas[ids]
        sides = self._sides(pair.old, pair.new)
        found = None if sides is None else delta(*sides, key)
        self._deltas[ids] = found
        if len(self._deltas) > REMEMBERED:
            self._deltas.popitem(last=False)
        return found

    def _content(self, id: BlobId | None) -> bytes | None:
        """A side's text: empty where there is no file, None where it cannot be compared."""
        if id is None:
            return b""
        content = self._history.blob(id)
        return None if content is None or b"\0" in content[:8000] else content

    def _pairs(self, touches: Sequence[Touch]) -> list[Pair]:
        """Files before and after, where a file that goes and one that comes are one that moved."""
        gone = [touch for touch in touches if touch.new is None]
        come = [touch for touch in touches if touch.old is None]
        pairs = []
        for new in come:
            old = self._moved_from(new, gone) if gone else None
            if old is not None:
                gone.remove(old)
            pairs.append(Pair(old.path if old else None, new.path, old.old if old else None, new.new))
        pairs.extend(_pair(touch) for touch in gone)
        pairs.extend(_pair(touch) for touch in touches if touch.old is not None and touch.new is not None)
        return pairs

    def _moved_from(self, new: Touch, gone: Sequence[Touch]) -> Touch | None:
        for test in (lambda old: old.old == new.new, lambda old: _name(old.path) == _name(new.path)):
            for old in gone:
                if test(old):
                    return old
        content = self._content(new.new)
        for old in gone[:8]:
            before = self._content(old.old)
            if content and before and _alike(before, content):
                return old
        return None


def _is_part(score: Score) -> bool:
    """Whether the commit is nearly nothing but some of the patch."""
    return score.qs >= 0.9 and score.q >= 0.5 and score.f * score.weight >= 1


def _alike(a: bytes, b: bytes) -> bool:
    """Whether most lines of two files are the same."""
    x, y = Counter(a.split(b"\n")), Counter(b.split(b"\n"))
    return (x & y).total() * 2 > max(x.total(), y.total())


def _pair(touch: Touch) -> Pair:
    return Pair(touch.path, touch.path, touch.old, touch.new)


def _went_along(pair: Pair, pairs: Sequence[Pair], brought: Collection[str]) -> bool:
    """Whether a commit deletes a file among more of the same folder that did not come with it: what it takes away is
    what the folder is for."""
    if pair.new is not None:
        return False
    folder = pair.path.rpartition("/")[0]
    others = (p for p in pairs if p.new is None and p.path not in brought and p.path.rpartition("/")[0] == folder)
    return sum(1 for _ in others) >= ALONG


def _counterparts(paths: Sequence[str], pairs: Sequence[Pair]) -> list[int]:
    """The commit's files that are the patch's file: of the same path, else of the same name."""
    exact = [i for i, pair in enumerate(pairs) if pair.path in paths or pair.old_path in paths]
    if exact:
        return exact
    names = {_name(path) for path in paths}
    return [i for i, pair in enumerate(pairs) if _name(pair.path) in names]


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0
