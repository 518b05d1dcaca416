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
MIN_LINES = 8
"""A file with fewer lines of content says too little to be recognised under another name."""


Alike = Callable[[frozenset[bytes], frozenset[bytes]], float]
"""How alike the telling lines of an old text and of a new one are (0..1)."""


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
        lines = said(content)
        same = self._of_content(blob_id(content)) if content else []
        if len(same) == 1:
            return same[0]
        if not lines:
            return None
        name = path.rsplit("/", 1)[-1]
        best = self._best(by_name.get(name, []), lines, SAME_FILE, kept if len(lines) >= MIN_LINES else similarity)
        if best is None and len(lines) >= MIN_LINES:
            best = self._best(self._renamed(path), lines, SAME_CONTENT, similarity)
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
        found = [self._said(path, fewest) for path in paths]
        return any(here is None or len(lines & here) >= fewest for here in found)

    def _said(self, path: str, fewest: float) -> frozenset[bytes] | None:
        """What a new file says, nothing where it has fewer lines than asked for; None where the repository lacks it: a
        partial clone has no large files."""
        try:
            content = self._target.read(path) or b""
        except RepositoryDamaged:
            return None
        return frozenset() if content.count(b"\n") + 1 < fewest else said(content)

    def _of_content(self, id: BlobId) -> list[str]:
        """The new paths with exactly this content."""
        if self._new_by_id is None:
            found: dict[BlobId, list[str]] = defaultdict(list)
            for path in (path for paths in self._new_paths().values() for path in paths):
                if (entry := self._target.entry(path)) is not None:
                    found[entry.id].append(path)
            self._new_by_id = dict(found)
        return self._new_by_id.get(id, [])

    def _best(self, paths: list[str], lines: frozenset[bytes], least: float, like: Alike) -> str | None:
        fewest = least * len(lines)  # of these lines one that is alike must have so many
        scored = [(like(lines, self._said(p, fewest) or frozenset()), p) for p in paths[:MAX_CANDIDATES]]
        good = sorted((score, p) for score, p in scored if score >= least)
        if not good or (len(good) > 1 and good[-2][0] >= good[-1][0] - 0.05):
            return None  # two homes that look alike: none is known to be it
        return good[-1][1]

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


def said_anew(old: bytes, new: bytes) -> frozenset[bytes]:
    """The lines that new says and old does not: `said(new) - said(old)`, for less."""
    if old == new:
        return frozenset()
    fresh = set(squeezed_text(new).split(b"\n")).difference(squeezed_text(old).split(b"\n"))
    return telling(b"\n".join(fresh))


def kept(old: frozenset[bytes], new: frozenset[bytes]) -> float:
    """How much of the old text is in the new one (0..1), however much it grew: enough where even the name is the
    same."""
    return len(old & new) / max(len(old), 1)


def similarity(a: frozenset[bytes], b: frozenset[bytes]) -> float:
    """Shared lines as a share of the larger text (0..1)."""
    return len(a & b) / max(len(a), len(b), 1)


Moved = Callable[[str, bytes], str | None]
