"""A fork: a downstream branch of commits on an upstream release, as a value, and as the bytes of a virtual file.

A layout reads and writes files of a tree. What a fork carries are commits, so the tree of its branch shows them in one
more file, at a path that no real tree can hold: git refuses `.git` in its own trees, and so does whatever writes files
here. A layout edits that file like any other; only `git.build` knows what to make of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from syncbot.errors import Fault
from syncbot.model.ids import CommitId, PatchName

DOCUMENT = ".git/downstream-commits"
"""The virtual file: `written`."""
NAMED = ".git/downstream-package"
"""Another one: the package's name, which is known before any history is read."""
REBUILT = "Syncbot-Rebuilt"
"""The trailer of the commit that a rebuilt branch starts with: how many commits were made anew on top of it."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a commit and when: seconds since 1970, minutes east of Greenwich."""

    name: str
    mail: str
    time: int
    offset: int


@dataclass(frozen=True, slots=True)
class Carried:
    """One change that is carried. `commits`: the commits that it is made of, those folded into the first included;
    `message`: whole; `patch`: what it does, with a mail's header; `signed`: whether one of them bears a signature.
    `waiting`: it does not go onto the branch that is built, since a person must mend it first."""

    name: PatchName
    commits: tuple[CommitId, ...]
    message: str
    author: Author | None
    patch: bytes
    signed: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Fork:
    """`version`, `release` and `base`: the upstream release that the branch stands on, its tag and its commit.
    `objects`: a repository on this machine that has upstream's and downstream's commits. `left`: merges that are not
    made anew, a sentence each."""

    version: str
    release: str
    base: CommitId
    objects: str
    upstream: str
    carried: tuple[Carried, ...]
    left: tuple[str, ...] = ()

    def with_carried(self, carried: tuple[Carried, ...]) -> Fork:
        return replace(self, carried=carried)


def written(fork: Fork) -> bytes:
    return json.dumps(
        {
            "version": fork.version,
            "release": fork.release,
            "base": fork.base,
            "objects": fork.objects,
            "upstream": fork.upstream,
            "left": fork.left,
            "carried": [_row(one) for one in fork.carried],
        }
    ).encode("ascii")


@lru_cache(maxsize=4)
def read(content: bytes) -> Fork:
    """What `written` wrote. Raises Fault for anything else."""
    try:
        data = json.loads(content)
        told = {key: str(data[key]) for key in ("version", "release", "objects", "upstream")}
        carried = tuple(_carried(row) for row in data["carried"])
        return Fork(base=CommitId(data["base"]), carried=carried, left=tuple(map(str, data["left"])), **told)
    except (ValueError, KeyError, TypeError) as error:
        raise Fault("a fork's commits cannot be read back") from error


def _row(one: Carried) -> dict[str, object]:
    author = one.author
    return {
        "name": one.name,
        "commits": one.commits,
        "message": one.message,
        "author": None if author is None else [author.name, author.mail, author.time, author.offset],
        "patch": one.patch.decode("latin-1"),
        "signed": one.signed,
        "waiting": one.waiting,
    }


def _carried(row: Mapping[str, Any]) -> Carried:
    return Carried(
        PatchName(row["name"]),
        tuple(map(CommitId, row["commits"])),
        row["message"],
        None if row["author"] is None else Author(*row["author"]),
        row["patch"].encode("latin-1"),
        row["signed"] is True,
        row["waiting"] is True,
    )
