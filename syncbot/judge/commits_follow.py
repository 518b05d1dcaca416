"""What became of the lines that a commit wrote: followed through every later commit that touched their file.

The final text alone cannot tell an edit from an undoing. Here each line that is not in the release any more has the
commit that took it away, and that commit's own edit says how: another line came of it, it moved, it went together with
what it stood in, or it was taken out and what it stood in was left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from syncbot.diff.lines import Change
from syncbot.judge.commits_edit import Edit, at_home, neighbour
from syncbot.judge.commits_fates import End, Fate, Line
from syncbot.judge.commits_kin import (
    LEAVES,
    keeps,
    nearer,
    one_word,
    raised,
    recalls,
    returns,
    statements,
    successors,
    turned,
)
from syncbot.judge.commits_lines import Weights
from syncbot.judge.commits_sketch import Reader
from syncbot.judge.history import History, Place, Touch
from syncbot.judge.locate import SAME_FILE, said, similarity
from syncbot.judge.weights import is_trivial, squeeze, squeezed_text
from syncbot.judge.wrapped import reflowed
from syncbot.model.ids import BlobId

MOST_TOUCHES = 600
"""Later touches of one file that are looked through."""
MOST_FILES = 200
"""Files of one commit in which lines are looked for that left another one."""
MOST_MOVES = 3
"""Times that a line is followed into another file."""
GOES_ON = 0.3
"""Share of what stood around lines in another file from which it counts as having gone on there."""
SWEPT = 2.0
"""What goes together with lines weighs at least so many times as much as they do, or they did not go with it."""


@dataclass(slots=True)
class _File:
    """Where a walk stands: a version of the file, and the lines that are followed, by their index in it."""

    path: str
    content: bytes
    blob: BlobId | None
    key: int
    lines: dict[int, Line] = field(default_factory=dict)
    joined: dict[bytes, list[bytes]] = field(default_factory=dict)
    """{a followed line: those that a later commit joined to it}: what becomes of it becomes of them."""


class Follower:
    """Follows lines of one patch. `added` and `removed`: the lines (as `weights.key` has them) that the patch adds to
    the file and takes from it; `unmade`: the latter as they are written. `at_home`: whether a line counts as standing
    only in the function that it was written in, for its place there is as it was before."""

    def __init__(
        self,
        history: History,
        target: Reader,
        weights: Weights,
        added: Collection[bytes],
        removed: Collection[bytes],
        unmade: Sequence[bytes],
        at_home: bool = False,
    ) -> None:
        self._at_home = at_home
        self._history, self._target, self._weights = history, target, weights
        self._added, self._removed, self._unmade = added, removed, unmade

    def ends(self, touch: Touch, lines: Iterable[int], moves: int = 0) -> list[End]:
        """What became of these lines (indices) of the version that the touch made."""
        content = self._content(touch.new)
        text = content.split(b"\n")
        followed = {i: Line(text[i]) for i in lines}
        file = _File(touch.path, content, touch.new, touch.key, followed)
        found: list[End] = []
        self._stand(file, found)
        if file.lines:
            self._walk(file, found, moves)
        return [*found, *(end._replace(text=text) for end in found for text in file.joined.pop(end.text, ()))]

    def _kept(self, edit: Edit, lines: Iterable[int]) -> dict[int, int]:
        kept = edit.kept(lines)
        return {i: j for i, j in kept.items() if not self._at_home or at_home(edit, i, j)}

    def _content(self, id: BlobId | None) -> bytes:
        return b"" if id is None else self._history.blob(id) or b""

    def _changed(self, key: int, path: str, blob: BlobId | None = None) -> list[Touch]:
        """What else a commit changed, so much as is looked through: first what has this very content, then the files of
        the same name. A commit may move hundreds of files, each to its own name."""
        name = path.rpartition("/")[2]
        touches = self._history.changed(key)
        if len(touches) > MOST_FILES:
            near = sorted(touches, key=lambda t: (blob is None or t.new != blob, t.path.rpartition("/")[2] != name))
            return near[:MOST_FILES]
        return list(touches)

    def _stand(self, file: _File, found: list[End]) -> None:
        """The lines that the release has at their place need no following."""
        there = self._target(file.path)
        if there is None:
            return
        for index in self._kept(Edit(file.content, there, None), file.lines):
            line = file.lines.pop(index)
            found.append(End(*line))

    def _walk(self, file: _File, found: list[End], moves: int) -> None:
        seen = 0
        while file.lines:
            later = [t for t in self._history.touches(file.path) if t.key > file.key]
            gone: Touch | None = None
            for touch in later:
                seen += 1
                if self._history.place(touch.key) is not Place.RELEASE or seen > MOST_TOUCHES:
                    continue
                if not self._meets(file, touch, found, moves):
                    continue  # on a line of development that has not met the followed one
                if touch.new is None:
                    gone = touch
                    break
                self._step(file, self._content(touch.new), touch, found, moves)
                if not file.lines:
                    return
            if gone is None:
                break
            if not self._renamed(file, gone, found, moves) and not self._restored(file, gone, later, found, moves):
                self._file_gone(file, gone.key, found, moves)
                return
        there = self._target(file.path)
        if there is None:
            found.extend(End(line.text, Fate.TAKEN, None) for line in file.lines.values())
            return
        self._lose(file, Edit(file.content, there, None), found, moves)
        found.extend(End(*line) for line in file.lines.values())

    def _meets(self, file: _File, touch: Touch, found: list[End], moves: int) -> bool:
        """Bring the walk to the version that the touch starts from; False where that has not the lines."""
        if touch.old == file.blob:
            return True
        old = self._content(touch.old)
        edit = Edit(file.content, old, None)
        if 2 * len(edit.kept(file.lines)) < len(file.lines):
            return False
        self._lose(file, edit, found, moves)
        file.content, file.blob = old, touch.old
        return True

    def _step(self, file: _File, new: bytes, touch: Touch, found: list[End], moves: int) -> None:
        self._lose(file, Edit(file.content, new, touch.key), found, moves)
        file.content, file.blob, file.key = new, touch.new, touch.key

    def _renamed(self, file: _File, gone: Touch, found: list[End], moves: int) -> bool:
        """Go on in the file that the commit moved this one to, if it did."""
        best = self._moved_to(gone, file.content)
        if best is None:
            return False
        file.path = best.path
        self._step(file, self._content(best.new), best, found, moves)
        return True

    def _restored(self, file: _File, gone: Touch, later: Sequence[Touch], found: list[End], moves: int) -> bool:
        """Go on where a later commit made the file anew, if one did."""
        made = (t for t in later if t.key > gone.key and t.old is None and t.new is not None)
        touch = next((t for t in made if self._history.place(t.key) is Place.RELEASE), None)
        if touch is not None:
            self._step(file, self._content(touch.new), touch, found, moves)
        return touch is not None

    def _moved_to(self, gone: Touch, content: bytes) -> Touch | None:
        """The file that the commit made of a deleted one."""
        own = said(content)
        come = [t for t in self._changed(gone.key, gone.path, gone.old) if t.old is None and t.new is not None]
        scored = [(similarity(own, said(self._content(t.new))), t.path, t) for t in come]
        likeness, _, best = max(scored, default=(0.0, "", None))
        return best if likeness >= SAME_FILE else None

    def _file_gone(self, file: _File, key: int, found: list[End], moves: int) -> None:
        """The file went: its lines went with it, unless it was little but them, or the rest of it went on elsewhere."""
        moved = self._elsewhere(file.path, key, {squeeze(line.text) for line in file.lines.values()}, moves)
        rest = said(file.content) - {squeeze(line.text) for line in file.lines.values()}
        alone = len(rest) < SWEPT * len(file.lines)
        left = alone or (not moved and self._goes_on(file, key, rest))
        for line in file.lines.values():
            end = moved.get(squeeze(line.text))
            found.append(end or End(line.text, Fate.TAKEN if left else Fate.SWEPT, key))
        file.lines.clear()

    def _goes_on(self, file: _File, key: int, rest: frozenset[bytes]) -> bool:
        """Whether a fair part of what stood around the lines came to another file since: with this commit, or when a
        file of the same name was made. What is gone for good by now needs no patch."""
        touches = self._changed(key, file.path)
        for other in self._history.paths_named(file.path.rsplit("/", 1)[-1]):
            made = [t for t in self._history.touches(other) if t.old is None and other != file.path]
            touches += made[:1] if made and not self._given_up(other) else []
        for touch in touches:
            came = said(self._content(touch.new)) - said(self._content(touch.old))
            if rest and len(rest & came) >= GOES_ON * len(rest):
                return True
        return False

    def _given_up(self, path: str) -> bool:
        """Whether a file is gone from the release, and did not move."""
        last = self._history.touches(path)[-1]
        gone = self._target(path) is None and last.new is None
        return gone and self._moved_to(last, self._content(last.old)) is None

    def _elsewhere(self, path: str, key: int | None, texts: Collection[bytes], moves: int) -> dict[bytes, End]:
        """Those of the squeezed texts that the commit wrote in other files, and what became of them there."""
        if key is None or moves >= MOST_MOVES:
            return {}
        found: dict[bytes, End] = {}
        for touch in self._changed(key, path):
            if touch.path == path or touch.new is None or len(found) == len(texts):
                continue
            content = self._content(touch.new)
            squeezed = squeezed_text(content)
            if not any(text in squeezed for text in texts):
                continue
            edit = Edit(self._content(touch.old), content, key)
            new = [i for c in edit.changes for i in range(c.b0, c.b1) if squeeze(edit.b[i]) in texts]
            before = {squeeze(edit.a[i]) for c in edit.changes for i in range(c.a0, c.a1)}
            fresh = [i for i in new if squeeze(edit.b[i]) not in before and squeeze(edit.b[i]) not in found]
            if fresh:
                found.update((squeeze(end.text), end) for end in self.ends(touch, fresh, moves + 1))
        return found

    def _lose(self, file: _File, edit: Edit, found: list[End], moves: int) -> None:
        """Take the walk over one edit: lines that stay keep on, those that go get their end."""
        kept = self._kept(edit, file.lines)
        lost = {i: line for i, line in file.lines.items() if i not in kept}
        lines = {kept[i]: line for i, line in file.lines.items() if i in kept}
        if not lost:
            file.lines = lines
            return
        ends: list[tuple[int, Change, End]] = []
        for change in edit.changes:
            inside = {i: lost[i] for i in range(change.a0, change.a1) if i in lost}
            if inside:
                self._change(file, edit, change, inside, lines, ends)
        file.lines = lines
        within = {i for change in edit.changes for i in range(change.a0, change.a1)}
        found.extend(End(line.text, Fate.TAKEN, edit.key) for i, line in lost.items() if i not in within)
        if not ends:
            return
        self._moved_within(edit, ends, lines)
        moved = self._elsewhere(file.path, edit.key, {squeeze(end.text) for _, _, end in ends}, moves)
        alone = self._undoes_alone(edit)
        for _, change, end in ends:
            left = end.fate is Fate.SWEPT and self._left_behind(edit, change, file.path)
            fate = Fate.TAKEN if left else end.fate
            found.append(moved.get(squeeze(end.text)) or end._replace(fate=fate, alone=alone))

    def _undoes_alone(self, edit: Edit) -> bool:
        """Whether a step does nothing but take lines of the patch out, or put back what it took out."""
        key = self._weights.key
        gone = (key(edit.a[i]) for c in edit.changes for i in range(c.a0, c.a1) if not is_trivial(edit.na[i]))
        come = (key(edit.b[j]) for c in edit.changes for j in range(c.b0, c.b1) if not is_trivial(edit.nb[j]))
        return all(line in self._added for line in gone) and all(line in self._removed for line in come)

    def _change(
        self,
        file: _File,
        edit: Edit,
        change: Change,
        inside: dict[int, Line],
        lines: dict[int, Line],
        ends: list[tuple[int, Change, End]],
    ) -> None:
        """What one change of an edit makes of the followed lines in it."""
        old, new = edit.a[change.a0 : change.a1], edit.b[change.b0 : change.b1]
        came = successors(old, new)
        flowed = reflowed(old, new, came, file.path)
        own = {i - change.a0 for i in inside}
        own |= {i for i, line in enumerate(old) if i not in came and self._weights.key(line) in self._added}
        for index, line in inside.items():
            at = index - change.a0
            spot = flowed.get(at, came.get(at))
            if spot is None:
                fate = self._gone(old, new, came, own, at)
                if fate is not Fate.BACK and self._swept(edit, change, index, came, own):
                    fate = Fate.SWEPT
                ends.append((index, change, End(line.text, fate, edit.key)))
                continue
            fate = line.fate if at in flowed else self._became(line, old, new, came, at)
            word = one_word(line.text, new[spot]) and not raised(new[spot], line.text, self._unmade)
            now = Line(line.text, fate, edit.key, word)
            if not fate.lives:
                ends.append((index, change, End(*now)))
                continue
            same = fate is Fate.STANDS or at in flowed
            here = lines.setdefault(change.b0 + spot, line if same else now)
            if here.text != line.text:
                file.joined.setdefault(here.text, []).append(line.text)

    def _became(self, line: Line, old: Sequence[bytes], new: Sequence[bytes], came: dict[int, int], at: int) -> Fate:
        """What an edit made of a line. What seems to have turned may only go on in the next line."""
        fate = self._edited(line, old[at], new[came[at]])
        whole = statements(old, new, came, at) if fate is Fate.TURNED else None
        fate = fate if whole is None else self._edited(line, *whole)
        fresh = (text for j, text in enumerate(new) if j not in came.values())
        again = fate in (Fate.EDITED, Fate.ALTERED) and any(recalls(text, line.text, self._unmade) for text in fresh)
        return Fate.TURNED if again else fate

    def _edited(self, line: Line, old: bytes, new: bytes) -> Fate:
        if self._weights.key(old) == self._weights.key(new):
            return Fate.STANDS
        if self._weights.key(new) in self._removed:
            return Fate.BACK
        if raised(new, line.text, self._unmade):
            return Fate.EDITED
        if turned(old, new):
            return Fate.TURNED
        if not nearer(new, line.text, self._unmade):
            return Fate.BACK if returns(new, line.text, self._unmade) else Fate.REPLACED
        return Fate.EDITED if keeps(new, line.text, self._unmade) else Fate.ALTERED

    def _gone(
        self,
        old: Sequence[bytes],
        new: Sequence[bytes],
        came: dict[int, int],
        own: Collection[int],
        at: int,
    ) -> Fate:
        """Why a line is gone of which no other came: by what became of its neighbours in the same change."""
        up = neighbour(old, range(at - 1, -1, -1), own)
        down = neighbour(old, range(at + 1, len(old)), own)
        fresh = self._between(new, came, up, down)
        if any(self._weights.key(line) in self._removed for line in fresh):
            return Fate.BACK
        toothless = LEAVES.match(old[at]) and not any(map(LEAVES.match, fresh))
        return Fate.REPLACED if fresh and not toothless else Fate.TAKEN

    def _swept(self, edit: Edit, change: Change, index: int, came: dict[int, int], own: Collection[int]) -> bool:
        """Whether a line went together with what it stood in: its function is no more, or far more around it goes and
        nothing comes. Without a commit nothing counts as having gone along."""
        old, at = edit.a[change.a0 : change.a1], index - change.a0
        up = neighbour(old, range(at - 1, -1, -1), own)
        down = neighbour(old, range(at + 1, len(old)), own)
        stays = (up is None or up in came) and (down is None or down in came)
        if stays or edit.key is None:
            return False
        if edit.homeless(index, {squeeze(line) for line in self._added}):
            return True
        with_it = sum(self._heft(line) for i, line in enumerate(old) if i not in own and i not in came)
        mine = sum(self._heft(old[i]) for i in own if i not in came)
        return with_it >= SWEPT * mine and not self._between(edit.b[change.b0 : change.b1], came, None, None)

    def _between(self, new: Sequence[bytes], came: dict[int, int], up: int | None, down: int | None) -> list[bytes]:
        """The telling lines that came new between what became of two neighbours (None: the end of the change)."""
        low = came.get(up, -1) if up is not None else -1
        high = came.get(down, len(new)) if down is not None else len(new)
        taken = set(came.values())
        return [new[j] for j in range(low + 1, high) if j not in taken and not is_trivial(squeeze(new[j]))]

    def _heft(self, line: bytes) -> float:
        return self._weights(self._weights.key(line))

    def _moved_within(self, edit: Edit, ends: list[tuple[int, Change, End]], lines: dict[int, Line]) -> None:
        """Lines that the edit only moved within their file go on from there, if their home moved too, or is no more."""
        old = Counter(squeeze(edit.a[i]) for c in edit.changes for i in range(c.a0, c.a1))
        where: dict[bytes, list[int]] = {}
        for change in edit.changes:
            for j in range(change.b0, change.b1):
                where.setdefault(squeeze(edit.b[j]), []).append(j)
        for entry in list(ends):
            index, _, end = entry
            text = squeeze(edit.a[index])
            if len(where.get(text, ())) < old[text]:
                continue
            gone = end.fate is Fate.SWEPT
            spots = (j for j in where[text] if j not in lines and (gone or at_home(edit, index, j)))
            if (spot := next(spots, None)) is not None:
                lines[spot] = Line(end.text, key=edit.key)
                ends.remove(entry)

    def _left_behind(self, edit: Edit, change: Change, path: str) -> bool:
        """Whether most of what seems to have gone with a line only moved, and the line is not with it."""
        around = {squeeze(line) for line in edit.a[change.a0 : change.a1] if self._weights.key(line) not in self._added}
        around = {line for line in around if not is_trivial(line)}
        gone = around - {squeeze(line) for line in edit.b[change.b0 : change.b1]}
        if not gone or edit.key is None:
            return False
        came = {squeeze(edit.b[j]) for c in edit.changes for j in range(c.b0, c.b1)}
        for touch in self._changed(edit.key, path):
            if touch.path != path and touch.new is not None:
                came |= said(self._content(touch.new)) - said(self._content(touch.old))
        return 2 * len(gone & came) > len(gone)
