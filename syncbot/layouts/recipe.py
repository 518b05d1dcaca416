"""What packaging formats have in common: a recipe is read without loss, says what it carries, is edited line by line.

A recipe is a value that holds the bytes of the files it may edit. An edit gives another recipe; `changes` is what
differs from what was read. No recipe is ever run: no shell, no macro with a command, no template engine with code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from syncbot.model.ids import PatchName
from syncbot.model.packages import Component, LockFile
from syncbot.model.releases import Upstream
from syncbot.model.trees import Tree
from syncbot.plan.model import Move, Note

__all__ = ["Deferring", "Download", "Format", "Holding", "Known", "Listed", "Move", "Note", "Place", "Recipe"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A patch as the recipe lists it, in the order in which it is applied.

    `path`: its file from the repository's root. `strip`: the recipe's `-pN`, None where it says nothing. `condition`:
    what must hold for it to be applied, in the recipe's own words, empty where it always is.
    """

    name: PatchName
    path: str
    strip: int | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a recipe says of where its software comes from. `doubts`: what could not be found out, a sentence each.
    `by_hand`: what every change of it leaves to a person, a sentence each; `lock`: a file that only its package manager
    may write, and that follows every move."""

    upstream: Upstream | None = None
    history: Upstream | None = None
    tag_pattern: str = ""
    owners: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    lock: LockFile | None = None
    components: tuple[Component, ...] = ()
    signing_keys: tuple[str, ...] = ()
    """Where the keys by which upstream signs may stand, from the repository's root; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the recipe pins by a checksum and that must be fetched before it is right again. `algorithm` as
    hashlib names it."""

    url: str
    algorithm: str


class Recipe(Protocol):
    """One package's recipe. Every edit raises InputError where it cannot be done without loss."""

    @property
    def version(self) -> str | None:
        """Upstream's version as the recipe states it, without epoch or release; None where it states none."""

    @property
    def patches(self) -> tuple[Listed, ...]:
        """The patches in order."""

    @property
    def known(self) -> Known:
        """Where the software comes from, and who looks after it."""

    def without(self, name: PatchName) -> Self:
        """The recipe without that patch; its file goes, too, unless something else in the recipe names it."""

    def rewritten(self, name: PatchName, content: bytes) -> Self:
        """The patch's file with other bytes; a checksum that the recipe keeps of it follows."""

    def adding(self, name: PatchName, content: bytes) -> Self:
        """The recipe with one more patch at the end, its file beside the others."""

    def moved(self, move: Move) -> Self:
        """The version, the release counter reset, and a changelog entry where the format has one."""

    def downloads(self) -> tuple[Download, ...]:
        """What the recipe pins by checksum and was not `checked` since it moved."""

    def checked(self, digests: Mapping[Download, str]) -> Self:
        """The recipe with those checksums, lower-case hex."""

    def changes(self) -> Mapping[str, bytes | None]:
        """{path from the repository's root: new bytes, None: deleted}, only what differs from what was read."""


@runtime_checkable
class Holding(Protocol):
    """A recipe that itself holds the text of its patches, as a mailbox does: no file of the tree is one patch. Recipes
    whose patches are files need none of this."""

    def content(self, name: PatchName) -> bytes:
        """The patch's bytes as they stand now."""


@runtime_checkable
class Deferring(Protocol):
    """A recipe that must be told which patches wait for a person: its packages cannot carry those on as they are."""

    def waiting(self, name: PatchName) -> Self:
        """The recipe in which that patch waits."""


@dataclass(frozen=True, slots=True)
class Place:
    """A package in a repository: its `name`, and the `path` of what describes it (a folder or a file)."""

    name: str
    path: str


class Format(Protocol):
    """One packaging format: finds its packages in a repository and reads one."""

    name: str

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        """Every package at or below `folder` (empty: everywhere), by path. Reads as little as it can."""

    def read(self, tree: Tree, place: Place) -> Recipe:
        """The recipe of one package. Raises InputError where it cannot be read, or not be edited without loss, with
        the line where that is so."""


@runtime_checkable
class Glancing(Protocol):
    """A format that can tell at a glance that a package carries nothing: of thousands, most do not."""

    def may_carry(self, tree: Tree, place: Place) -> bool:
        """False only where it certainly has no patches."""
