"""A patch as the commit search sees it: its changed blocks, what they weigh, and the lines to look for first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from syncbot.diff.patch import FilePatch, Hunk
from syncbot.judge.commits_lines import Delta, Key, Weights, delta_of, exact
from syncbot.judge.weights import Kind, kind_of, squeeze

MOST_PROBES = 8
"""Lines looked for in each version of a file: the most telling one of each block, the weightiest blocks first."""
SEEN_BYTES = 1 << 20
INDENTS = 0.2
"""A patch whose weight without white space is less than this share of its weight with it is one that re-indents."""

Reader = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of changed lines without context between them. `file` and `hunk` count from 0 in the patch; `first` is the
    index of its first line in the hunk, `end` one past its last."""

    file: int
    hunk: int
    first: int
    end: int
    change: Delta
    weight: float


@dataclass(frozen=True, slots=True)
class FileSketch:
    """One file of the patch. `paths`: its old and new path, and others it may have upstream, without repeats."""

    paths: tuple[str, ...]
    change: Delta
    weight: float
    probes: tuple[bytes, ...]
    hunks: tuple[Hunk, ...]
    base: bytes | None
    """The file before the patch, where it could be read."""

    @property
    def is_code(self) -> bool:
        return kind_of(self.paths[0]) is Kind.CODE if self.paths else True


@dataclass(frozen=True, slots=True)
class Sketch:
    files: tuple[FileSketch, ...]
    blocks: tuple[Block, ...]
    weight: float
    weights: Weights


def sketch(
    files: Sequence[FilePatch], base: Reader | None = None, aliases: Mapping[str, Collection[str]] | None = None
) -> Sketch:
    """`base` reads files before the patch; None: lines are weighed by their looks alone. Files that come more than once
    (a patch of several commits) are taken one by one."""
    contents = [base(file.old_path) if base is not None and file.old_path is not None else None for file in files]
    made = _sketched(files, contents, aliases or {}, squeeze)
    if made.weight < INDENTS * sum(file.lines_changed for file in files):
        as_it_is = _sketched(files, contents, aliases or {}, exact)
        return as_it_is if made.weight < INDENTS * as_it_is.weight else made
    return made


def _sketched(
    files: Sequence[FilePatch], contents: Sequence[bytes | None], aliases: Mapping[str, Collection[str]], key: Key
) -> Sketch:
    weights = Weights(_counter(files, contents, key), key)
    sketches = []
    blocks: list[Block] = []
    for number, file in enumerate(files):
        parts = [block for index, hunk in enumerate(file.hunks) for block in _blocks(number, index, hunk, weights)]
        change = delta_of(
            [text for hunk in file.hunks for text in hunk.removed],
            [text for hunk in file.hunks for text in hunk.added],
            key,
        )
        own = [path for path in (file.old_path, file.new_path) if path is not None]
        paths = tuple(dict.fromkeys([*own, *(other for path in own for other in aliases.get(path, ()))]))
        sketches.append(
            FileSketch(
                paths, change, weights.change(change), _probes(parts, file, weights), file.hunks, contents[number]
            )
        )
        blocks.extend(parts)
    return Sketch(tuple(sketches), tuple(blocks), sum(file.weight for file in sketches), weights)


def _blocks(file: int, index: int, hunk: Hunk, weights: Weights) -> list[Block]:
    result = []
    start: int | None = None
    for at, tag in enumerate([*(tag for tag, _ in hunk.lines), " "]):
        if tag != " " and start is None:
            start = at
        elif tag == " " and start is not None:
            lines = hunk.lines[start:at]
            change = delta_of([t for tag, t in lines if tag == "-"], [t for tag, t in lines if tag == "+"], weights.key)
            result.append(Block(file, index, start, at, change, weights.change(change)))
            start = None
    return result


def _probes(blocks: Sequence[Block], file: FilePatch, weights: Weights) -> tuple[bytes, ...]:
    """Stripped lines to count in two versions of a file; with the line end before them where indentation matters. Every
    block has its chance, the most telling line of each."""
    chosen = []
    for block in sorted(blocks, key=lambda block: -block.weight)[:MOST_PROBES]:
        lines = file.hunks[block.hunk].lines[block.first : block.end]
        telling = [
            (weights(key), len(key), text.strip() if weights.key is squeeze else b"\n" + key)
            for _, text in lines
            if (key := weights.key(text)) in block.change.removed or key in block.change.added
        ]
        if telling:
            weight, _, text = max(telling)
            if weight > 0:
                chosen.append(text)
    return tuple(dict.fromkeys(chosen))


def _counter(files: Sequence[FilePatch], contents: Sequence[bytes | None], key: Key) -> Callable[[bytes], int]:
    """How often a squeezed line of the patch stands in the files before it; not counted in very large ones. Lines are
    counted as they are, indentation and all, since squeezing whole files would cost more than everything else."""
    wanted = {text.rstrip(b"\r\n") for file in files for hunk in file.hunks for tag, text in hunk.lines if tag != " "}
    counts: Counter[bytes] = Counter()
    for content in set(contents):
        if content and len(content) <= SEEN_BYTES:
            for line, copies in Counter(filter(wanted.__contains__, content.split(b"\n"))).items():
                counts[key(line)] += copies
    return counts.__getitem__
