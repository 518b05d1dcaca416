"""Where the release has a file that the patch changes: at its path, or moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache

from syncbot.errors import RepositoryDamaged
from syncbot.judge.weights import squeezed_text, telling
from syncbot.model.ids import BlobId
from syncbot.model.trees import ComparedTree, Tree, blob_id

SAME_FILE = 0.5
"""Share of a file's lines that a moved copy under the same name still has; git's own threshold for a rename."""
SAME_CONTENT = 2 / 3
"""The same where not even the name is left: more is asked."""
MAX_CANDIDATES = 200
FEW = 8
"""Lines that are looked for one by one."""
MIN_LINES = 8
"""A file with fewer lines of content says too little to be recognised under another name."""


class Renames:
    """Finds moved files. Only paths that the base does not have are candidates: a file that stands in both trees is
    somebody else. The path lists are read on first need only."""

    def __init__(self, base: Tree, target: Tree) -> None:
        self._base, self._target = base, target
        self._new_by_name: dict[str, list[str]] | None = None
        self._new_by_id: dict[BlobId, list[str]] | None = None
        self._folders: set[str] | None = None
        self._found: dict[tuple[str, int], str | None] = {}

    def moved(self, path: str, content: bytes) -> str | None:
        """The target's path of a file that it has not at `path`; None: nothing there is similar enough."""
        key = (path, hash(content))
        if key not in self._found:
            self._found[key] = self._search(path, content)
        return self._found[key]

    def _search(self, path: str, content: bytes) -> str | None:
        by_name = self._new_paths()
        same = self._of_content(blob_id(content)) if content else []
        if len(same) == 1:
            return same[0]
        lines = said(content)
        if not lines:
            return None
        name = path.rsplit("/", 1)[-1]
        best = self._best(by_name.get(name, []), lines, SAME_FILE, whole=len(lines) < MIN_LINES)
        if best is None and len(lines) >= MIN_LINES:
            best = self._best(self._renamed(path), lines, SAME_CONTENT, whole=True)
        return best

    def _renamed(self, path: str) -> list[str]:
        """New files under other names that may be it: those with its ending, or its name and another ending (a C file
        that became C++, a file that became a template). Where there are many, those of its folder come first."""
        folder, _, name = path.rpartition("/")
        ending, stem = name.rsplit(".", 1)[-1] if "." in name else None, name.split(".", 1)[0]
        found = [
            p
            for other, paths in self._new_paths().items()
            if other != name and (_ends(other, ending) or (stem and other.split(".", 1)[0] == stem))
            for p in paths
        ]
        return sorted(
            found, key=lambda p: (p.rpartition("/")[0] != folder, p.rpartition("/")[2].split(".")[0] != stem, p)
        )

    def is_folder(self, path: str) -> bool:
        """Whether the target has a folder where the base, to which a file is added there, cannot have one."""
        if self._folders is None:
            self._folders = {
                path[:at] for paths in self._new_paths().values() for path in paths for at in _slashes(path)
            }
        return path in self._folders

    def holds(self, lines: frozenset[bytes], least: float) -> bool:
        """Whether one of the target's new files has that share of these (squeezed, telling) lines: what left its place
        went there."""
        if not lines:
            return False
        paths = [path for found in self._new_paths().values() for path in found][:MAX_CANDIDATES]
        fewest = least * len(lines)
        texts = (self._read(path, fewest) for path in paths)
        return any(text is None or _shared(lines, text, fewest) >= fewest for text in texts)

    def _read(self, path: str, fewest: float) -> bytes | None:
        """A new file's text, nothing where it has fewer lines than asked for; None where the repository lacks it: a
        partial clone has no large files."""
        try:
            content = self._target.read(path) or b""
        except RepositoryDamaged:
            return None
        return b"" if content.count(b"\n") + 1 < fewest else content

    def _of_content(self, id: BlobId) -> list[str]:
        """The new paths with exactly this content."""
        if self._new_by_id is None:
            found: dict[BlobId, list[str]] = defaultdict(list)
            for path in (path for paths in self._new_paths().values() for path in paths):
                if (entry := self._target.entry(path)) is not None:
                    found[entry.id].append(path)
            self._new_by_id = dict(found)
        return self._new_by_id.get(id, [])

    def _best(self, paths: list[str], lines: frozenset[bytes], least: float, *, whole: bool) -> str | None:
        scored = [(self._like(p, lines, least, whole), p) for p in paths[:MAX_CANDIDATES]]
        good = sorted((score, p) for score, p in scored if score >= least)
        if not good or (len(good) > 1 and good[-2][0] >= good[-1][0] - 0.05):
            return None  # two homes that look alike: none is known to be it
        return good[-1][1]

    def _like(self, path: str, lines: frozenset[bytes], least: float, whole: bool) -> float:
        """How much of these lines a new file has (0..1), however much more it has; as a share of the larger one where
        the `whole` of it is to be the same. What is below `least` need not be exact."""
        fewest = least * len(lines)  # of these lines one that is alike must have so many
        text = self._read(path, fewest) or b""
        here = _shared(lines, text, fewest) / len(lines)
        return similarity(lines, said(text)) if whole and here >= least else here

    def _new_paths(self) -> dict[str, list[str]]:
        if self._new_by_name is None:
            found: dict[str, list[str]] = defaultdict(list)
            for path in sorted(added(self._base, self._target)):
                found[path.rsplit("/", 1)[-1]].append(path)
            self._new_by_name = dict(found)
        return self._new_by_name


def added(base: Tree, target: Tree) -> Iterable[str]:
    """The target's paths that the base does not have; asked of the target itself, if it can compare trees."""
    if isinstance(target, ComparedTree) and (found := target.added(base)) is not None:
        return found
    return set(target.paths()).difference(base.paths())


def _slashes(path: str) -> list[int]:
    return [at for at, sign in enumerate(path) if sign == "/"]


def _ends(name: str, ending: str | None) -> bool:
    return (name.rsplit(".", 1)[-1] if "." in name else None) == ending


@lru_cache(maxsize=512)
def said(content: bytes) -> frozenset[bytes]:
    """The lines of a text that say something, without white space."""
    return telling(squeezed_text(content))


@lru_cache(maxsize=512)
def _lines_in(content: bytes) -> frozenset[bytes]:
    """All lines without white space: which of them say something need not be asked of one that is looked for."""
    return frozenset(squeezed_text(content).split(b"\n"))


def _shared(lines: frozenset[bytes], content: bytes, fewest: float) -> int:
    """How many of these telling lines a text has; maybe too few where it has fewer than asked for. A few of them are
    looked for by their letters first, which is done before the text is split."""
    if len(lines) <= FEW and (text := squeezed_text(content)) and sum(line in text for line in lines) < fewest:
        return 0
    return len(lines & _lines_in(content))


def said_anew(old: bytes, new: bytes) -> frozenset[bytes]:
    """The lines that new says and old does not: `said(new) - said(old)`, for less."""
    if old == new:
        return frozenset()
    fresh = set(squeezed_text(new).split(b"\n")).difference(squeezed_text(old).split(b"\n"))
    return telling(b"\n".join(fresh))


def similarity(a: frozenset[bytes], b: frozenset[bytes]) -> float:
    """Shared lines as a share of the larger text (0..1)."""
    return len(a & b) / max(len(a), len(b), 1)


Moved = Callable[[str, bytes], str | None]
