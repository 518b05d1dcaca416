"""One question's view of the index: the judge's `History`, bound to a base, a target and a head."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import pygit2

from syncbot.errors import Fault, SyncbotError
from syncbot.git.history_reach import Reach
from syncbot.git.history_store import Touches, base_key, keys_of, unpack
from syncbot.git.trees import read_unverified
from syncbot.judge.history import CommitFacts, Link, Mention, Place, Touch, Witness, subject_key
from syncbot.model.ids import BlobId, CommitId

BLOB_BYTES = 32 << 20
"""Content kept in memory by one view."""
LARGEST_BLOB = 4 << 20
"""Larger files are generated, vendored or no text: their lines are not compared."""
_P = ParamSpec("_P")
_R = TypeVar("_R")


class HistoryDamaged(SyncbotError):
    """The history index cannot be read; it is removed, and made anew when it is opened again."""


def _guarded(
    method: Callable[Concatenate[HistoryView, _P], _R],
) -> Callable[Concatenate[HistoryView, _P], _R]:
    """A damaged file is found where a page is read: remove the file, and say so in our own terms."""

    @wraps(method)
    def guarded(self: HistoryView, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.ProgrammingError as error:
            raise Fault(f"a view of the history was used after its index was closed: {error}") from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    return cast("Callable[Concatenate[HistoryView, _P], _R]", guarded)


class HistoryView:
    """Implements `History`. Not for several threads. `base` None: nothing is left out; `head` None: no branch."""

    def __init__(
        self,
        db: sqlite3.Connection,
        reach: Reach,
        repo: pygit2.Repository,
        places: tuple[int | None, int | None, int | None],
        on_damage: Callable[[], None],
    ) -> None:
        self._db = db
        self._reach = reach
        self._odb = repo.odb
        self._on_damage = on_damage
        self._codes = _codes([reach.flags(tip) if tip is not None else b"" for tip in places])
        self._touches: dict[str, tuple[Touch, ...]] = {}
        self._size_of_ids: int | None = None
        self._facts: dict[int, CommitFacts] = {}
        self._blobs: OrderedDict[BlobId, bytes | None] = OrderedDict()
        self._held = 0

    def _damaged(self, error: Exception) -> HistoryDamaged:
        self._on_damage()
        return HistoryDamaged(f"the history index is damaged: {error}", "run again, it is made anew")

    @_guarded
    def touches(self, path: str) -> Sequence[Touch]:
        found = self._touches.get(path)
        if found is None:
            row = self._db.execute("SELECT touches FROM path WHERE path = ?", (_raw(path),)).fetchone()
            rows = () if row is None else Touches(row[0], self._id_size())
            codes, size = self._codes, len(self._codes)
            found = tuple(Touch(k, path, _id(old), _id(new)) for k, old, new in rows if k < size and codes[k] in _AHEAD)
            self._touches[path] = found
        return found

    @_guarded
    def paths_named(self, basename: str) -> Sequence[str]:
        rows = self._db.execute("SELECT path FROM path WHERE base = ?", (base_key(_raw(basename)),))
        return [path for (raw,) in rows if (path := _text(raw)).rsplit("/", 1)[-1] == basename]

    @_guarded
    def knows(self, path: str) -> bool:
        return self._db.execute("SELECT 1 FROM path WHERE path = ?", (_raw(path),)).fetchone() is not None

    @_guarded
    def by_witness(self, witness: Witness) -> Collection[int]:
        keys: set[int] = set()
        subject = subject_key(witness.subject)
        if subject:
            keys.update(k for (k,) in self._db.execute("SELECT k FROM commits WHERE key = ? LIMIT 500", (subject,)))
        if witness.time is not None and witness.author:
            query = "SELECT k, address FROM commits JOIN author ON author.id = commits.author WHERE time = ? LIMIT 500"
            same = witness.author.lower()
            keys.update(k for k, address in self._db.execute(query, (witness.time,)) if address.lower() == same)
        return keys

    @_guarded
    def by_id(self, start: str) -> Sequence[int]:
        query = "SELECT 1 FROM commits WHERE k = ?"
        return [k for k in keys_of(self._db, start.lower()) if self._db.execute(query, (k,)).fetchone()]

    @_guarded
    def commit(self, key: int) -> CommitFacts:
        found = self._facts.get(key)
        if found is None:
            id, address, name, time, subject = self._row(
                "SELECT edge.id, address, name, time, subject FROM commits"
                " JOIN edge USING (k) JOIN author ON author.id = commits.author WHERE k = ?",
                key,
            )
            found = self._facts[key] = CommitFacts(key, CommitId(id.hex()), address, name, time, subject)
        return found

    @_guarded
    def changed(self, key: int) -> Sequence[Touch]:
        (paths,) = self._row("SELECT paths FROM commits WHERE k = ?", key)
        result = []
        for number in unpack(paths):
            name, touches = self._row("SELECT path, touches FROM path WHERE id = ?", number)
            old, new = Touches(touches, self._id_size()).of(key)
            result.append(Touch(key, _text(name), _id(old), _id(new)))
        return result

    @_guarded
    def size(self, key: int) -> int:
        return int(self._row("SELECT size FROM commits WHERE k = ?", key)[0])

    def place(self, key: int) -> Place:
        return _PLACES[self._codes[key]] if key < len(self._codes) else Place.ELSEWHERE

    @_guarded
    def mentions(self, key: int) -> Sequence[Mention]:
        facts = self.commit(key)
        query = "SELECT digits, k, kind FROM link WHERE short = ?"
        found = {
            Mention(k, Link(kind))
            for digits, k, kind in self._db.execute(query, (facts.id[:7],))
            if facts.id.startswith(digits)
        }
        for digits, k, kind in self._db.execute(query, ("",)):
            if any(self._merged_by(merge, key) for merge in keys_of(self._db, digits)):
                found.add(Mention(k, Link(kind)))
        by_subject = subject_key(f'Revert "{facts.subject}"') if facts.subject else 0
        for (k,) in self._db.execute("SELECT k FROM commits WHERE key = ? AND k > ?", (by_subject, key)):
            if not any(mention.key == k for mention in found) and not self._names_another(k):
                found.add(Mention(k, Link.REVERTS_SUBJECT))
        return sorted(found)

    def blob(self, id: BlobId) -> bytes | None:
        if id in self._blobs:
            self._blobs.move_to_end(id)
            return self._blobs[id]
        content: bytes | None = None
        try:
            # What is read here is evidence; what is proved is proved on trees, which are read verified.
            kind, data = read_unverified(self._odb, id)
            if kind == pygit2.GIT_OBJECT_BLOB and len(data) <= LARGEST_BLOB:
                content = data
        except (KeyError, pygit2.GitError, ValueError):
            content = None  # a partial mirror, or a submodule's commit
        self._blobs[id] = content
        self._held += len(content or b"")
        while self._held > BLOB_BYTES:
            _, old = self._blobs.popitem(last=False)
            self._held -= len(old or b"")
        return content

    def _row(self, query: str, *values: int) -> tuple[Any, ...]:
        """The one row that an intact index has."""
        row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        if row is None:
            raise sqlite3.DatabaseError(f"row {values} is missing")
        return row

    def _id_size(self) -> int:
        """Bytes of an id."""
        if self._size_of_ids is None:
            self._size_of_ids = int(self._row("SELECT length(id) FROM edge LIMIT 1")[0])
        return self._size_of_ids

    def _merged_by(self, merge: int, key: int) -> bool:
        """Whether key came in by this merge: reached from it, and not from its first parent."""
        parents = unpack(self._row("SELECT parents FROM edge WHERE k = ?", merge)[0])
        if len(parents) < 2 or not self._reach.contains(merge, key):
            return False
        return not self._reach.contains(parents[0], key)

    def _names_another(self, key: int) -> bool:
        """Whether the message of key says by id what it reverts: then its subject says no more."""
        query = "SELECT 1 FROM link WHERE k = ? AND kind = ? AND short <> ''"
        return self._db.execute(query, (key, Link.REVERTS.value)).fetchone() is not None


_PLACES = tuple(
    Place.BASE if code & 1 else Place.RELEASE if code & 2 else Place.BRANCH if code & 4 else Place.ELSEWHERE
    for code in range(8)
)
_AHEAD = frozenset(code for code, place in enumerate(_PLACES) if place in (Place.RELEASE, Place.BRANCH))


def _codes(sets: Sequence[bytes]) -> bytes:
    """One byte per key: bit 0 for the first set, bit 1 for the second, bit 2 for the third."""
    joined = 0
    for bit, flags in enumerate(sets):
        joined |= int.from_bytes(flags, "little") << bit
    return joined.to_bytes(max(map(len, sets)), "little")


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _id(raw: bytes) -> BlobId | None:
    return BlobId(raw.hex()) if any(raw) else None
