"""From the findings of a patch's files to what can be said of the whole patch. Each rule has its argument.

Only files of the patch's own kind decide: code where there is code, else tests, else the rest. Tests, documentation and
changelogs of a merged patch are rewritten upstream more often than not, and a patch is carried for its code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from syncbot.judge.blocks import ABSENT, BlockFinding, State
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.weights import Kind, is_program

UPSTREAM = frozenset({State.NOOP, State.PLACED, State.WRAPPED})

SCORE_SMALL, SCORE_MEDIUM, SCORE_LARGE = 0.95, 0.8, 0.7
"""The score that a match needs: a small patch says little, so all of it must be there; a large one may have been edited
since."""
SMALL, MEDIUM = 3.0, 10.0
"""Weights (about: telling lines) below which a patch counts as small or medium."""
MOST_MISSING = 0.15
"""Share of a patch's weight that may stand in blocks which look missing, before it counts as only partly merged."""
STEM = 6
"""Characters from which a file's name says what it belongs to."""
CREDIT = 0.7
"""What a line counts whose successor is another wording of it (in a large patch: anything nearer to it than to what was
there before)."""
WHOLE = 1.0
"""The weight of a file that is compared as one piece (binary, link, mode, deletion)."""
BARE = 0.5
"""The weight of added lines (half a telling one) that may be missing without a successor."""
BARE_SHARE = 0.02
"""The share of a large patch's weight that may be so: upstream does remove a line again."""
PRESENT = 0.5
"""A block that merges with effect, but more than this of which stands at its own place, came in another form."""
MISSING = 0.5
"""A block of a lower score looks missing."""
REMAINS = 0.5
"""A block more of whose removed weight still stands at its place was not merged."""


class Score:
    """The weighing of the files that decide: weighted contrast capped by alignment, over all of their blocks. Worked
    out as far as it is asked for: where something speaks against a match, nobody asks for the score."""

    def __init__(self, files: Sequence[FileFinding]) -> None:
        self._files = files

    @cached_property
    def weight(self) -> float:
        """Of all blocks."""
        total = 0.0
        for file in self._files:
            if not file.blocks and file.state is FileState.NOOP:
                total += WHOLE
            for block in file.blocks:
                total += block.weight
        return total

    @cached_property
    def veto(self) -> str:
        """The first thing that speaks against a merge, empty if nothing does."""
        return next((said for file in self._files for said in _vetoes(file, self._whole) if said), "")

    @property
    def score(self) -> float:
        """The share of the weight (0..1) that is there."""
        return self._shares[0]

    @property
    def missing(self) -> float:
        """The share (0..1) that stands in blocks which look missing."""
        return self._shares[1]

    @cached_property
    def _whole(self) -> float:
        return sum(block.weight for file in self._files for block in file.blocks)

    @cached_property
    def _shares(self) -> tuple[float, float]:
        scored = missing = 0.0
        for file in self._files:
            if not file.blocks and file.state is FileState.NOOP:
                scored += WHOLE
            for block in file.blocks:
                score = block_score(block, self._whole)
                scored += block.weight * score
                missing += block.weight if score < MISSING else 0.0
        return (scored / self.weight, missing / self.weight) if self.weight else (0.0, 0.0)

    @property
    def needed(self) -> float:
        return SCORE_SMALL if self.weight < SMALL else SCORE_MEDIUM if self.weight < MEDIUM else SCORE_LARGE

    @property
    def matches(self) -> bool:
        return self.weight > 0 and not self.veto and self.score >= self.needed and self.missing <= MOST_MISSING


def deciding(files: Sequence[FileFinding]) -> list[FileFinding]:
    """The files that decide: code where there is code, else tests, else all. What a test expects, a new file of data
    that is named after a test of the same patch, belongs to that test wherever it lies."""
    code = [file for file in files if file.kind is Kind.CODE and not is_expected(file, files)]
    return code or [file for file in files if file.kind is Kind.TEST] or list(files)


_EXPECTED = frozenset(
    {"result", "results", "expected", "expect", "golden", "goldens", "baseline", "output", "snapshots"}
)
"""Folders in which projects keep what a test must print."""


def is_expected(file: FileFinding, files: Sequence[FileFinding]) -> bool:
    """Whether a new file holds what a test of the same patch must print."""
    kept = _EXPECTED.intersection(file.change.path.lower().split("/")[:-1])
    if file.change.before is not None or is_program(file.change.path) or not kept:
        return False
    stems = (_stem(other) for other in files if other.kind is Kind.TEST)
    return any(len(stem) >= STEM and _stem(file).startswith(stem) for stem in stems)


def _stem(file: FileFinding) -> str:
    return file.change.path.rpartition("/")[2].partition(".")[0]


def is_upstream(file: FileFinding) -> bool:
    """Whether the release's file is, content and mode, what it would be with the change merged."""
    return file.state is FileState.NOOP


def weigh(files: Sequence[FileFinding]) -> Score:
    """The weighing of these files."""
    return Score(files)


def _vetoes(file: FileFinding, whole: float) -> Iterator[str]:
    """What in a file speaks against the patch (of the weight `whole`) being merged, and empty texts."""
    if not file.blocks:
        yield "" if file.state is FileState.NOOP else f"{file.change.path} is {_WHOLE.get(file.state, _CHANGED)}"
        return
    if is_half(file) or _unnamed(file):
        yield f"{file.change.path} has another mode or name, or what leaves it went elsewhere"
    for block in file.blocks:
        yield against(file, block, whole)


_CHANGED = "changed as a whole"
_WHOLE = {
    FileState.GONE: "gone from the release",
    FileState.UNTOUCHED: "in the release as it was before the patch",
}


def is_half(file: FileFinding) -> bool:
    """Whether every block of a file is there, and yet the file is not as the patch makes it: its mode or name is not,
    or what it removes only moved."""
    return file.state is not FileState.NOOP and all(block.state in UPSTREAM for block in file.blocks)


def _unnamed(file: FileFinding) -> bool:
    """Whether the patch changes the file's mode or name, and the release's file does not have the new one."""
    before, after, there = file.change.before, file.change.after, file.target
    if before is None or after is None or there is None:
        return False
    return after.mode not in (before.mode, there.mode) or after.path not in (before.path, there.path)


def block_score(block: BlockFinding, whole: float) -> float:
    """1 where it is proved to be there, else contrast capped by alignment, with credit for later edits: none in a small
    patch (`whole` is its weight), where one altered word is another patch; for words alone in one of middling size."""
    if block.state in UPSTREAM:
        return 1.0
    if whole < SMALL:
        return block.score
    reworded = block.measures.followed if whole >= MEDIUM else block.measures.reworded
    credit = CREDIT * reworded if block.measures.added else 0.0
    return max(block.edited_score, block.score + (1 - block.score) * credit)


def _rewritten(block: BlockFinding) -> bool:
    """Whether a change that is not there has another in its place: all of it came of what the patch adds, or what the
    patch takes out is gone without an edited form of it. What only adds lines, and has none like them, is missing."""
    found = block.measures
    return found.followed >= 1 or (found.removed > 0 and not found.kept)


def against(file: FileFinding, block: BlockFinding, whole: float) -> str:
    """What in a block speaks against the patch (of the weight `whole`) being merged; empty if nothing does."""
    if block.state in UPSTREAM:
        return ""
    said = _as_before(block, whole)
    if not (block.measures.mute and whole >= SMALL):  # a comment may be in other words, or none
        said = said or _not_there(block, whole) or _otherwise(block, whole)
    return said.replace("{}", f"at line {block.change.b0 + 1} of {file.change.path}")


def _as_before(block: BlockFinding, whole: float) -> str:
    """The release is as it was before the patch."""
    found = block.measures
    if block.state is State.NEEDED and found.acts and block.score < PRESENT:
        return "the change {} still merges cleanly with effect"
    if block.state is State.BESIDE and found.acts:
        return "nothing of the change {} is there"
    if found.white_stays:
        return "the white space that it changes {} is as it was"
    nearly_nothing = _small(block, whole) and found.weight < BARE
    if found.remains >= REMAINS and found.removed and not nearly_nothing:
        return "what it removes {} still stands there"
    return ""


def _not_there(block: BlockFinding, whole: float) -> str:
    """Something is missing, with nothing in its place that came of it."""
    found = block.measures
    absent = (
        block.state in (State.OPEN, State.CUT)
        and found.weight >= BARE
        and found.edited < MISSING
        and block.score <= ABSENT
    )
    told = found.removed > 0 or found.followed > 0  # what is only added, and nothing came of it: the call of a helper
    excused = (_small(block, whole) and told) or found.reworded >= 1 or (whole >= MEDIUM and _rewritten(block))
    if absent and not excused:
        return "nothing of the change {} is there, nor anything like it"
    if found.bare >= BARE and found.bare > BARE_SHARE * whole:
        return "lines that it adds {} are not there, nor anything in their place"
    return ""


def _otherwise(block: BlockFinding, whole: float) -> str:
    """It is there, and does something else."""
    found = block.measures
    strict = whole < MEDIUM and block.state is not State.TWICE
    if strict and found.alike > max(found.edited, found.reworded):
        return "a line that it adds {} is there in another form"
    if strict and found.short:
        return "a statement that it adds {} is not there"
    if whole < SMALL and found.bared:
        return "a line that it only indents {} is not there"
    if found.crossed:
        return "what it adds {} stands on the other side of the line beside it"
    return "what it adds {} stands under a condition that the patch does not have" if found.guarded else ""


def _small(block: BlockFinding, whole: float) -> bool:
    """Whether so little is at stake that upstream may have taken it out again."""
    return block.measures.weight <= BARE_SHARE * whole
