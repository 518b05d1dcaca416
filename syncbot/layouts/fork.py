"""fork: a downstream branch of commits on an upstream release, as Git for Windows, OpenShift and vendors' kernels have.

The commits are read by `git.fork` and shown as one virtual file (`model.fork`). A patch is named after its commit's
subject, since ids change with every rebuild. A drop leaves the commit out, a rewrite gives it another change, a move
puts all of them on another release; the branch itself is made by `git.rebuild`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from syncbot.errors import InputError
from syncbot.layouts.recipe import Download, Known, Listed, Move, Place
from syncbot.model.addresses import parse
from syncbot.model.fork import DOCUMENT, NAMED, Carried, Fork, read, written
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.trees import Tree

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SUBJECT = re.compile(rb"^Subject:[ \t]*(?P<text>[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.MULTILINE | re.IGNORECASE)
_DIFF = re.compile(rb"^(?:---[ \t]*$|diff |--- )", re.MULTILINE)


class ForkFormat:
    """The one package of a repository whose branch is commits on upstream's."""

    name = "fork"

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:  # noqa: ARG002  # the branch is one package
        if tree.entry(NAMED) is not None:
            yield Place((tree.read(NAMED) or b"").decode("utf-8", "replace"), "")

    def read(self, tree: Tree, place: Place) -> ForkRecipe:  # noqa: ARG002  # likewise
        content = tree.read(DOCUMENT) or b""
        return ForkRecipe(read(content), content)


@dataclass(frozen=True, slots=True)
class ForkRecipe:
    """`before`: what was read."""

    fork: Fork
    before: bytes

    @property
    def version(self) -> str:
        return self.fork.version

    @property
    def patches(self) -> tuple[Listed, ...]:
        return tuple(Listed(one.name, DOCUMENT, 1) for one in self.fork.carried)

    @property
    def known(self) -> Known:
        signed = sum(one.signed for one in self.fork.carried)
        what = "commit is" if signed == 1 else "commits are"
        again = f"sign again what must be signed: {signed} {what} signed, and a commit made anew is another commit"
        return Known(upstream=parse(self.fork.upstream), by_hand=(again,) if signed else ())

    def content(self, name: PatchName) -> bytes:
        return self._of(name).patch

    def without(self, name: PatchName) -> ForkRecipe:
        gone = self._of(name)
        return self._with(one for one in self.fork.carried if one is not gone)

    def rewritten(self, name: PatchName, content: bytes) -> ForkRecipe:
        old = self._of(name)
        return self._with(replace(one, patch=content) if one is old else one for one in self.fork.carried)

    def waiting(self, name: PatchName) -> ForkRecipe:
        old = self._of(name)
        return self._with(replace(one, waiting=True) if one is old else one for one in self.fork.carried)

    def adding(self, name: PatchName, content: bytes) -> ForkRecipe:
        if any(one.name == name for one in self.fork.carried):
            raise InputError(f"{name} is on the branch already", "choose another name")
        back = Carried(name, (), _message(name, content), None, content)
        return self._with((*self.fork.carried, back))

    def moved(self, move: Move) -> ForkRecipe:
        """The commit that the release's tag points to is where the branch is built."""
        if move.version is None:
            return self
        if move.commit is None or not _COMMIT.fullmatch(move.commit):
            what = f"which commit is {move.version} is not known, so no branch can be built on it"
            raise InputError(what, "track the fork's upstream as git:URL")
        onto = replace(self.fork, version=move.version, release=move.name or move.version, base=CommitId(move.commit))
        return replace(self, fork=onto)

    def downloads(self) -> tuple[Download, ...]:
        return ()

    def checked(self, digests: Mapping[Download, str]) -> ForkRecipe:
        if digests:
            raise InputError("a fork pins no downloads", "take this up with whoever calls")
        return self

    def changes(self) -> Mapping[str, bytes | None]:
        now = written(self.fork)
        return {} if now == self.before else {DOCUMENT: now}

    def _of(self, name: PatchName) -> Carried:
        for one in self.fork.carried:
            if one.name == name:
                return one
        raise InputError(f"{name} is not on the branch", "read it again")

    def _with(self, carried: Iterable[Carried]) -> ForkRecipe:
        return replace(self, fork=self.fork.with_carried(tuple(carried)))


def _message(name: str, content: bytes) -> str:
    """The message of a patch that comes back: that of its mail, else its name."""
    head = _DIFF.split(content, maxsplit=1)[0]
    found = _SUBJECT.search(head)
    if found is None:
        return f"{name}\n"
    subject = b" ".join(found["text"].split()).decode("utf-8", "replace")
    body = head[found.end() :].partition(b"\n\n")[2].decode("utf-8", "replace").strip("\n")
    return f"{subject}\n\n{body}\n" if body else f"{subject}\n"
