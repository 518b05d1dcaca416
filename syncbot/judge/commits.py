"""The commit search: which upstream commits took a patch in, which took it back, which wait on the branch.

Pure: everything is asked of a `History`. Candidates are commits with the patch's subject, or its author and author
time, and commits that touched its files and changed how often one of its most telling lines stands there. Each
candidate's changed lines are compared with the patch's (`commits_score` has the rules), and where it wrote them
(`commits_place`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncbot.diff.patch import FilePatch
from syncbot.judge.commits_compare import TAKEN, WRITTEN, Compared, Comparer
from syncbot.judge.commits_score import PART, PLACED, SPLIT, Rule, Score
from syncbot.judge.commits_sketch import Block, Reader, Sketch, sketch
from syncbot.judge.history import NO_WITNESS, CommitFacts, History, Link, Place, Touch, Witness
from syncbot.model.ids import CommitId

MOST_NAMESAKES = 8
"""Other paths with the same last component that are looked at for one file."""
MOST_AHEAD = 8
"""Changes of one file beyond the release that are looked through for a held patch without the commit's subject."""
ABSENT = 0.3
"""Share of the added lines in the target below which the target is taken not to have the patch."""
ALIVE = 0.9
"""Share of the added lines in the target from which nobody took the patch back."""
MOST_OF_CODE = 0.5
"""Share of the patch's code from which a commit is where upstream took it, and not where it took the tests."""
MOST_LINKS = 6
"""Reverts of reverts of reverts ... that are followed."""


@dataclass(frozen=True, slots=True)
class Match:
    """A commit that holds the patch or a part of it. `blocks`: per block of the patch the share (0..1) of its weight
    that the commit wrote at the block's place, 0 for blocks that weigh nothing."""

    commit: CommitFacts
    place: Place
    rule: Rule
    score: Score
    witnessed: bool
    blocks: tuple[float, ...]
    answered: tuple[bool, ...]
    touches: tuple[Touch, ...]
    """The commit's changes of the patch's files: paths and blob ids."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A later commit of the release that took an absorbed change back. `share`: how much of the patch's weight goes
    with it, as far as its content tells. `by_message`: its message says so; else the mirrored content is a hint, to be
    held against the target's tree."""

    commit: CommitFacts
    of: CommitId
    by_message: bool
    share: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What history says of a patch.

    `absorbed`: commits of the release that hold it, best first where each alone does, oldest first where they do so
    only together (rule `split`). `blocks`: per block of `sketch.blocks` the greatest share that one of them accounts
    for. `taken_back`: by later commits; if not empty, `absorbed` is what they took back. `held`: commits beyond the
    release. `partial`: commits of the release that account for some blocks though they do not hold the patch. `twins`:
    commits with the patch's lines at another place.
    """

    sketch: Sketch
    absorbed: tuple[Match, ...] = ()
    blocks: tuple[float, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    held: tuple[Match, ...] = ()
    partial: tuple[Match, ...] = ()
    twins: tuple[CommitFacts, ...] = ()
    live: tuple[Match, ...] = ()
    """Of the absorbed those that nobody took back: a commit that was, accounts for nothing."""

    @property
    def edited(self) -> tuple[Block, ...]:
        """Blocks that upstream took in another form: an absorbing commit changed their place, but not to their
        lines."""
        return tuple(block for block, share, answer in self._weighing() if share < WRITTEN and answer)

    @property
    def missing(self) -> tuple[Block, ...]:
        """Blocks with weight that no absorbing commit accounts for: it wrote neither them nor anything at their
        place."""
        return tuple(block for block, share, answer in self._weighing() if share < WRITTEN and not answer)

    def _weighing(self) -> Iterator[tuple[Block, float, bool]]:
        for index, (block, share) in enumerate(zip(self.sketch.blocks, self.blocks, strict=True)):
            if block.weight > 0:
                yield block, share, any(match.answered[index] for match in self.live)


class CommitSearch:
    """Searches one history. Keep it for all patches of a package: what it compared it remembers, within bounds."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.comparer = Comparer(history)

    def find(
        self,
        files: Sequence[FilePatch],
        witness: Witness = NO_WITNESS,
        base: Reader | None = None,
        target: Reader | None = None,
        aliases: Mapping[str, Collection[str]] | None = None,
    ) -> Findings:
        """`base` and `target` read files of those trees by path; without target, later commits are always looked
        through for a taking back. `aliases`: {path of the patch: other paths that the file has upstream}."""
        return _Hunt(self._history, self.comparer, sketch(files, base, aliases), witness, target).run()


class _Hunt:
    """One patch's search."""

    def __init__(
        self, history: History, comparer: Comparer, wanted: Sketch, witness: Witness, target: Reader | None
    ) -> None:
        self._history = history
        self._comparer = comparer
        self._sketch = wanted
        self._target = target
        self._witnessed = set(history.by_witness(witness))
        self._like: dict[Place, set[int]] = {}
        self._compared: dict[int, Compared] = {}
        self._back: dict[int, float] = {}

    def run(self) -> Findings:
        nothing = (0.0,) * len(self._sketch.blocks)
        if self._sketch.weight <= 0:
            return self._weightless(nothing)
        absorbed = self._matches(self._named(Place.RELEASE))
        held = () if absorbed else self._matches(self._named(Place.BRANCH))
        if not absorbed and not (held and self._is_absent()):
            absorbed = self._matches(self._named_or_like(Place.RELEASE))
        if not absorbed or absorbed[0].rule is PART:
            absorbed = self._together() or absorbed
        if absorbed:
            absorbed, live, taken_back = self._settled(absorbed)
            return Findings(self._sketch, absorbed, self._accounted(live or absorbed), taken_back, live=live)
        held = held or self._matches(self._named_or_like(Place.BRANCH))
        twins = tuple(self._history.commit(key) for key, compared in self._compared.items() if compared.twin)
        return Findings(self._sketch, blocks=nothing, held=held, partial=self._partial(), twins=twins)

    def _weightless(self, nothing: tuple[float, ...]) -> Findings:
        """Nothing can be searched for: only commits of the patch's name, that did it to the letter, in its place."""
        same = {
            place: tuple(
                match
                for key in self._named(place)
                if self._comparer.in_place(self._sketch, key) and (match := self._match(key, PLACED)) is not None
            )
            for place in (Place.RELEASE, Place.BRANCH)
        }
        if not same[Place.RELEASE]:
            return Findings(self._sketch, blocks=nothing, held=same[Place.BRANCH])
        absorbed, live, taken_back = self._settled(same[Place.RELEASE])
        return Findings(self._sketch, absorbed, nothing, taken_back, live=live)

    def _is_absent(self) -> bool:
        """Whether the target has next to nothing of the patch. With the commit itself found beyond the release, nobody
        needs to look for another one within it."""
        return self._target is not None and self._comparer.alive(self._sketch, (), self._target) < ABSENT

    def _named(self, place: Place) -> list[int]:
        return [key for key in sorted(self._witnessed) if self._history.place(key) is place]

    def _named_or_like(self, place: Place) -> list[int]:
        return sorted(self._changing(place).union(self._named(place)))

    def _changing(self, place: Place) -> set[int]:
        """Commits that change how often one of the telling lines of a file of the patch stands there."""
        found = self._like.get(place)
        if found is None:
            found = self._like[place] = {
                touch.key
                for number, file in enumerate(self._sketch.files)
                if file.probes
                for path in self._paths(number)
                for touch in self._nearest(path, place)
                if self._comparer.may_hold(file.probes, touch)
            }
        return found

    def _nearest(self, path: str, place: Place) -> Sequence[Touch]:
        """The touches of a place; of the branch only the first ones: what is held is told, and decides nothing."""
        touches = [touch for touch in self._history.touches(path) if self._history.place(touch.key) is place]
        return touches[:MOST_AHEAD] if place is Place.BRANCH else touches

    def _paths(self, number: int) -> Sequence[str]:
        """A file's own paths; where upstream never had them, or has them no more, those of the same name elsewhere."""
        own = self._sketch.files[number].paths
        known = [path for path in own if self._history.knows(path)]
        if known and not any(touches and touches[-1].new is None for touches in map(self._history.touches, known)):
            return own
        others = [
            path for name in {_last(p) for p in own} for path in self._history.paths_named(name) if path not in own
        ]
        others.sort(key=lambda path: -max(_common_tail(path, mine) for mine in own))
        return [*own, *others[:MOST_NAMESAKES]]

    def _compare(self, key: int) -> Compared:
        found = self._compared.get(key)
        if found is None:
            found = self._compared[key] = self._comparer.compare(self._sketch, key, key in self._witnessed)
        return found

    def _matches(self, keys: Iterable[int]) -> tuple[Match, ...]:
        found = [match for key in keys if (match := self._match(key)) is not None]
        return tuple(sorted(found, key=_best_first))

    def _match(self, key: int, rule: Rule | None = None) -> Match | None:
        compared = self._compare(key)
        chosen = rule or compared.rule
        if chosen is None:
            return None
        facts = self._history.commit(key)
        return Match(
            facts,
            self._history.place(key),
            chosen,
            compared.score,
            key in self._witnessed,
            compared.blocks,
            compared.answered,
            compared.touches,
        )

    def _together(self) -> tuple[Match, ...]:
        """Several commits that each are nearly nothing but a part of the patch, and together hold it."""
        parts = [key for key in self._named_or_like(Place.RELEASE) if self._compare(key).is_part]
        if len(parts) < 2:
            return ()
        covered = [0.0] * len(self._sketch.blocks)
        used = []
        for key in parts:
            blocks = self._compare(key).blocks
            if any(share > have for share, have in zip(blocks, covered, strict=True)):
                covered = [min(1.0, share + have) for share, have in zip(blocks, covered, strict=True)]
                used.append(key)
        weights = [block.weight for block in self._sketch.blocks]
        held = sum(share * weight for share, weight in zip(covered, weights, strict=True))
        if len(used) < 2 or held < 0.8 * sum(weights):
            return ()
        return tuple(match for key in used if (match := self._match(key, SPLIT)) is not None)

    def _accounted(self, absorbed: Sequence[Match]) -> tuple[float, ...]:
        if absorbed[0].rule is SPLIT:
            return tuple(min(1.0, sum(shares)) for shares in zip(*(m.blocks for m in absorbed), strict=True))
        return tuple(map(max, zip(*(match.blocks for match in absorbed), strict=True)))

    def _partial(self) -> tuple[Match, ...]:
        keys = [
            key
            for key, compared in self._compared.items()
            if compared.is_part and max(compared.blocks, default=0) >= WRITTEN
        ]
        return tuple(
            m for key in sorted(keys) if self._history.place(key) is Place.RELEASE and (m := self._match(key, PART))
        )

    def _settled(
        self, absorbed: tuple[Match, ...]
    ) -> tuple[tuple[Match, ...], tuple[Match, ...], tuple[TakenBack, ...]]:
        """The matches, those of them that live, and what undid them; if something did, and other commits took the patch
        in again after that, those first."""
        taken = self._said_back(absorbed) or (() if self._lives_on(absorbed) else self._shown_back(absorbed))
        if not taken:
            return absorbed, absorbed, ()
        last = max(back.commit.key for back in taken)
        later = self._matches(key for key in self._named_or_like(Place.RELEASE) if key > last)
        again = tuple(match for match in later if match.rule is not PART)
        if not again:
            return absorbed, (), taken
        anew, live, taken_again = self._settled(again)
        return (*anew, *(match for match in absorbed if match not in anew)), live, taken_again

    def _said_back(self, absorbed: Sequence[Match]) -> tuple[TakenBack, ...]:
        """Later commits whose message says so."""
        return tuple(
            TakenBack(self._history.commit(key), match.commit.id, True, self._undone(key))
            for match in absorbed
            for key in self._reverting(match.commit.key)
        )

    def _shown_back(self, absorbed: Sequence[Match]) -> tuple[TakenBack, ...]:
        """Later commits whose content does so, and not because they gave up all that lay around it."""
        last = max(match.commit.key for match in absorbed)
        brought = {touch.path for match in absorbed for touch in self._history.changed(match.commit.key)}
        brought |= {path for file in self._sketch.files for path in file.paths}
        return tuple(
            TakenBack(self._history.commit(key), absorbed[-1].commit.id, False, self._undone(key))
            for key in self._named_or_like(Place.RELEASE)
            if key > last and self._undone(key) >= TAKEN
            if self._comparer.undone(self._sketch, key, brought) >= TAKEN
        )

    def _reverting(self, key: int, depth: int = 0) -> list[int]:
        """Commits of the release whose message reverts key, and that are not reverted themselves. A subject without an
        id may mean another commit of that name: then the content must agree."""
        if depth >= MOST_LINKS:
            return []
        found = []
        for other, link in self._history.mentions(key):
            said = link is Link.REVERTS or (link is Link.REVERTS_SUBJECT and (depth or self._undone(other) > 0))
            if said and self._history.place(other) is Place.RELEASE and not self._reverting(other, depth + 1):
                found.append(other)
        return found

    def _undone(self, key: int) -> float:
        found = self._back.get(key)
        if found is None:
            found = self._back[key] = self._comparer.undone(self._sketch, key)
        return found

    def _lives_on(self, absorbed: Sequence[Match]) -> bool:
        touches = [touch for match in absorbed for touch in match.touches]
        return self._target is not None and self._comparer.alive(self._sketch, touches, self._target) >= ALIVE


def _best_first(match: Match) -> tuple[bool, float, int]:
    """The one that has the code first: what wrote the tests of a patch alone is not where upstream took it."""
    score = match.score
    both = 2 * score.f * score.q / (score.f + score.q) if score.f + score.q else 0.0
    codeless = score.code_weight > 0 and score.code < MOST_OF_CODE
    return (codeless, -(both + match.witnessed), match.commit.key)


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _common_tail(a: str, b: str) -> int:
    """How many last components two paths share."""
    count = 0
    for x, y in zip(reversed(a.split("/")), reversed(b.split("/")), strict=False):
        if x != y:
            break
        count += 1
    return count
