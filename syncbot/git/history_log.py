"""One pass of `git log --raw`: bytes to records, without keeping more than one commit.

What git prints is upstream's: messages in any encoding, names with any byte but NUL. So fields end with NUL, which no
message, name or path can hold.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from syncbot.judge.history import Link

FIELDS = "%H%x00%P%x00%at%x00%an%x00%ae%x00%s%x00%b%x00"
_FIELD_COUNT = 7
_NO_COMMIT = (b"", b"\n:", b":0", b":1")  # how a token begins that is no commit id: a separator or a raw entry

# Every option that a user's configuration could otherwise turn.
LOG = (
    "-c", "log.showRoot=true", "-c", "diff.ignoreSubmodules=none", "-c", "diff.orderFile=/dev/null",
    "-c", "log.follow=false", "-c", "core.deltaBaseCacheLimit=256m",  # a fifth faster than with git's own limit
    "-c", "protocol.allow=never",  # a partial mirror must not fetch what it lacks
    "log", "--raw", "-z", "--full-history", "--topo-order", "--reverse", "--no-renames", "--no-abbrev",
    "--diff-merges=off", "--no-show-signature", "--no-notes", "--no-color", "--no-ext-diff", "--no-textconv",
    "--no-relative", "--no-decorate", "--encoding=UTF-8", f"--format=tformat:{FIELDS}", "--stdin",
)  # fmt: skip


RawTouch = tuple[bytes, bytes]
"""A changed file: its path, and its raw ids before and after in one, all zero where that side has none."""


class RawCommit(NamedTuple):
    """A commit with raw ids. Of a merge, only its own and its parents' ids. `named` are (link, hex digits of the commit
    that the message names)."""

    id: bytes
    parents: tuple[bytes, ...]
    time: int
    author_name: str
    author: str
    subject: str
    named: tuple[tuple[Link, str], ...]
    touches: Sequence[RawTouch]


def read_log(chunks: Iterable[bytes]) -> Iterator[RawCommit]:
    """Records in the order that git prints them. Raises ValueError where the stream is not what `LOG` asks for."""
    tokens = chain.from_iterable(_tokens(chunks))
    token = next(tokens, None)
    while token is not None:
        head = [token, *islice(tokens, _FIELD_COUNT - 1)]
        if len(head) != _FIELD_COUNT:
            raise ValueError("the log ends within a commit")
        touches: list[RawTouch] = []
        for token in tokens:
            if token[:2] not in _NO_COMMIT:
                break
            if token:
                touches.append(_touch(token, next(tokens, b"")))
        else:
            token = None
        yield _commit(head, touches)


def _tokens(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        parts = (rest + chunk).split(b"\0")
        rest = parts.pop()
        yield parts
    if rest.strip():
        raise ValueError("the log ends within a field")


def _touch(entry: bytes, path: bytes) -> RawTouch:
    """`:100644 100644 <old> <new> M`, perhaps after the newline that ends the message."""
    end = len(entry) - 2
    start = entry.find(b":") + 15
    middle = (start + end) // 2
    if not path or entry[middle : middle + 1] != b" " or end - middle != middle + 1 - start:
        raise ValueError(f"no entry of a raw diff: {entry[:80]!r}")
    return path, unhexlify(entry[start:middle] + entry[middle + 1 : end])


def _commit(head: list[bytes], touches: list[RawTouch]) -> RawCommit:
    id, parents, time, name, address, subject, body = head
    if b" " in parents:  # a merge: where it stands in the graph is all that is kept
        return RawCommit(unhexlify(id), tuple(map(unhexlify, parents.split())), 0, "", "", "", (), ())
    try:
        seconds = int(time)
    except ValueError:  # a commit object with a broken author line
        seconds = 0
    return RawCommit(
        unhexlify(id),
        (unhexlify(parents),) if parents else (),
        seconds if abs(seconds) < 1 << 62 else 0,
        name.decode("utf-8", "replace"),
        address.decode("utf-8", "replace"),
        subject.decode("utf-8", "replace"),
        mentions(subject + b"\n" + body),
        touches,
    )


_NAMED = (
    (
        Link.PARTLY,
        re.compile(
            rb"\b(?:partial(?:ly)?[ -]+revert(?:s|ed)?|reverts? (?:a )?parts?)\b[^\n.]{0,40}?\b([0-9a-f]{7,64})\b", re.I
        ),
    ),
    (Link.REVERTS, re.compile(rb"\bthis reverts[ \n](?:commit[ \n])?([0-9a-f]{7,64})\b", re.I)),
    (
        Link.REVERTS,
        re.compile(
            rb"^(?:[ \t]{0,9}[*-][ \t]{0,9})?reverts?:?[ \t]{1,9}(?:commit[ \t]{1,9})?[\"'(<]?([0-9a-f]{7,64})\b",
            re.I | re.M,
        ),
    ),
    (Link.PICKED, re.compile(rb"cherry[- ]picked from (?:commit )?([0-9a-f]{7,64})\b", re.I)),
    (Link.PICKED, re.compile(rb"\bback-?ported from (?:commit )?([0-9a-f]{7,64})\b", re.I)),
    (Link.PICKED, re.compile(rb"\[[ \t]{0,9}upstream commit ([0-9a-f]{7,64})[ \t]{0,9}\]", re.I)),
    (Link.PICKED, re.compile(rb"^[ \t]{0,9}commit ([0-9a-f]{7,64}) upstream\b", re.I | re.M)),
)


def mentions(message: bytes) -> tuple[tuple[Link, str], ...]:
    """Which commits a message says that it reverts or was picked from: (link, hex digits), without repeats. A commit
    that is said to be reverted in part is not also said to be reverted."""
    lower = message.lower()
    if not (b"revert" in lower or b"cherry" in lower or b"upstream" in lower or b"ported" in lower):
        return ()  # none of the patterns can be in it
    found: dict[str, Link] = {}
    for link, pattern in _NAMED:
        for match in pattern.finditer(message):
            found.setdefault(match[1].decode("ascii").lower(), link)
    return tuple((link, digits) for digits, link in found.items())
