"""A downstream repository whose branch is a fork: its trees show what the branch carries as one more file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from syncbot.git.downstream import GitDownstream
from syncbot.model.fork import DOCUMENT, NAMED
from syncbot.model.ids import CommitId
from syncbot.model.trees import FILE, Entry, Tree, blob_id


class ForkedDownstream(GitDownstream):
    """`name`: the package's; `document`: gives `model.fork.written` of what a commit carries. It may raise InputError,
    which is the package's own problem: it is asked when the virtual file is read, not before. Files are those of
    commits: what is not committed yet is on no branch."""

    def __init__(self, start: Path, name: str, document: Callable[[CommitId], bytes]) -> None:
        super().__init__(start)
        self._name = name
        self._document = document
        self._trees: dict[CommitId, ForkTree] = {}

    def files(self, below: Sequence[str] = ()) -> Tree:  # noqa: ARG002  # one package: it is read as a whole
        return self.at(self.head())

    def at(self, commit: CommitId) -> Tree:
        if commit not in self._trees:
            self._trees[commit] = ForkTree(super().at(commit), self._name, lambda: self._document(commit))
        return self._trees[commit]


class ForkTree:
    """The files of a commit, and the two virtual ones."""

    def __init__(self, real: Tree, name: str, document: Callable[[], bytes]) -> None:
        self._real = real
        self._name = name.encode()
        self._make = document
        self._made: bytes | None = None

    def entry(self, path: str) -> Entry | None:
        content = self._virtual(path)
        return self._real.entry(path) if content is None else Entry(FILE, blob_id(content))

    def read(self, path: str) -> bytes | None:
        content = self._virtual(path)
        return self._real.read(path) if content is None else content

    def paths(self) -> Iterable[str]:
        yield from self._real.paths()
        yield NAMED
        yield DOCUMENT

    def _virtual(self, path: str) -> bytes | None:
        if path == NAMED:
            return self._name
        if path != DOCUMENT:
            return None
        if self._made is None:
            self._made = self._make()
        return self._made
