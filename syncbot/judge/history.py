"""What the pure judge asks of an upstream's history, and the values it is answered with.

A history is bound to one question: a base, a target and a branch head. Every commit stands in one `Place` of it.
Commits are named by `key`, a small integer that grows from ancestors to descendants, so that an order of keys is an
order in time along every line of history.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from syncbot.model.ids import BlobId, CommitId


class Place(StrEnum):
    """Where a commit stands, seen from the judged release; the first that holds."""

    BASE = "base"
    """Reachable from the base (and perhaps from the target too)."""
    RELEASE = "release"
    """Reachable from the target, not from the base: what the release brings."""
    BRANCH = "branch"
    """Reachable from the branch head alone: what a later release may bring."""
    ELSEWHERE = "elsewhere"
    """Known to the index, but on another line."""


class Touch(NamedTuple):
    """One file that one commit changed. An id is None where that side has no file. Modes are not kept: a change of mode
    alone has two equal ids."""

    key: int
    path: str
    old: BlobId | None
    new: BlobId | None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """A commit without its content. `time` is the author's, in seconds since 1970, UTC; `author` the address."""

    key: int
    id: CommitId
    author: str
    author_name: str
    time: int
    subject: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What a patch's header says of its own making; empty or None where it says nothing."""

    author: str = ""
    time: int | None = None
    subject: str = ""


NO_WITNESS = Witness()


class Link(StrEnum):
    """How one commit's message names another."""

    REVERTS = "reverts"
    """`This reverts commit X`, with X's id."""
    PARTLY = "partly"
    """It says that it reverts a part of X: only the content can tell which."""
    REVERTS_SUBJECT = "reverts-subject"
    """`Revert "subject of X"` without an id."""
    PICKED = "picked"
    """`cherry picked from commit X`, `[ Upstream commit X ]`: the same change on another line."""


class Mention(NamedTuple):
    """`key` is the commit whose message names the one that was asked for."""

    key: int
    link: Link


class History(Protocol):
    """An upstream's commits as they matter to one base, target and head. Nothing here raises for content that is
    missing (a partial mirror): it is None."""

    def touches(self, path: str) -> Sequence[Touch]:
        """What RELEASE and BRANCH commits did to this path, oldest first."""

    def paths_named(self, basename: str) -> Sequence[str]:
        """Every path with this last component that upstream ever had."""

    def knows(self, path: str) -> bool:
        """Whether upstream ever had a file at path."""

    def by_witness(self, witness: Witness) -> Collection[int]:
        """Keys of commits, wherever they stand, with the same normalised subject, or the same author and author
        time."""

    def by_id(self, start: str) -> Sequence[int]:
        """Keys of the commits, merges left out, whose id starts with these (7 to 40) hex digits."""

    def commit(self, key: int) -> CommitFacts: ...

    def changed(self, key: int) -> Sequence[Touch]:
        """Every file that the commit changed. Empty for a merge."""

    def size(self, key: int) -> int:
        """How many files the commit changed."""

    def place(self, key: int) -> Place: ...

    def mentions(self, key: int) -> Sequence[Mention]:
        """Who names this commit as reverted or picked, oldest first, wherever they stand."""

    def blob(self, id: BlobId) -> bytes | None:
        """The content, None where the mirror lacks it or it is no file."""


# Subjects are upstream's, and may be made to stall a pattern: nothing here repeats what repeats, or without a bound.
_TAG = re.compile(
    r"\[[^\]]{0,40}\b(?:patch|rfc|stable|backport|upstream|v\d)[^\]]{0,40}\]"
    r"|(?:re|fwd|upstream|backport|\d{1,9}) ?:|<(?:carry|drop)> ?:?",
    re.I,
)
_NUMBER = re.compile(r"(?:\(#\d{1,9}\)|\[#\d{1,9}\])$")
_LONGEST = 1000


def plain_subject(subject: str) -> str:
    """A subject without what mail, forges and branches add to it: `[PATCH 1/2]`, `UPSTREAM:`, `(#12)`, case, spaces."""
    plain = " ".join(subject[:_LONGEST].lower().split())
    while found := _TAG.match(plain):
        plain = plain[found.end() :].lstrip()
    plain = plain.rstrip(" .")
    while found := _NUMBER.search(plain[-12:]):
        plain = plain[: len(plain) - len(found[0])].rstrip(" .")
    if plain.startswith('revert "') and plain.endswith('"') and len(plain) > len('revert ""'):
        return f'revert "{plain_subject(plain[8:-1])}"'
    return plain


def subject_key(subject: str) -> int:
    """A 63-bit number for the plain subject, 0 for an empty one: what an index may look up instead of the text."""
    plain = plain_subject(subject)
    if not plain:
        return 0
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
