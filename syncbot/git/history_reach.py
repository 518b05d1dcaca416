"""Which commits a commit reaches, as one byte per key: containment is then an index into bytes.

Keys grow from parents to children, so one pass over the edges in falling order visits every commit after all its
children. Known sets are reused where the pass meets their tip, so that the next release costs only what it adds.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from sys import byteorder

from syncbot.git.history_store import BUSY_MILLISECONDS, unpack

KEPT = 64
"""Sets kept in the file; the oldest goes first. One takes about a hundredth of a byte for each commit."""
_CHECK_EVERY = 512
_SETTLED = bytes([0, 2]) + bytes(range(2, 256))
_PRESENT = bytes([0]) + bytes([1]) * 255


class Reach:
    """Sets of ancestors by tip, kept in memory (`limit` of them) and in the index."""

    def __init__(self, db: sqlite3.Connection, limit: int = 32) -> None:
        self._db = db
        self._limit = limit
        self._memory: OrderedDict[int, bytes] = OrderedDict()

    def flags(self, tip: int) -> bytes:
        """`flags[k]` is 1 for tip and its ancestors, else 0; as long as tip + 1."""
        found = self._memory.get(tip)
        if found is None:
            found = self._stored(tip)
            if found is None:
                found = self._walk(tip)
                self._store({tip: found})
            self._memory[tip] = found
            self._forget()
        else:
            self._memory.move_to_end(tip)
        return found

    def know(self, tips: Sequence[int]) -> None:
        """Work out the sets of many tips that are not known yet: the oldest first, so that each costs what it adds."""
        missing = sorted(set(tips).difference(self._memory, self._kept()))
        for tip in missing[-self._limit :]:
            self._memory[tip] = self._walk(tip)
        self._store({tip: self._memory[tip] for tip in missing[-self._limit :]})
        self._forget()

    def contains(self, tip: int, key: int) -> bool:
        return key <= tip and self.flags(tip)[key] == 1

    def _forget(self) -> None:
        while len(self._memory) > self._limit:
            self._memory.popitem(last=False)

    def _kept(self) -> set[int]:
        return {k for (k,) in self._db.execute("SELECT k FROM reach")}

    def _stored(self, tip: int) -> bytes | None:
        row = self._db.execute("SELECT flags FROM reach WHERE k = ?", (tip,)).fetchone()
        if row is None:
            return None
        flags = zlib.decompress(row[0])
        if len(flags) != tip + 1:
            raise sqlite3.DatabaseError("a set of ancestors is damaged")
        return flags

    def _walk(self, tip: int) -> bytes:
        known = {k for k in self._kept().union(self._memory) if k < tip}
        marks = bytearray(tip + 1)  # 1: reached, to be followed; 2 and more: settled by a known set
        marks[tip] = 1
        rows = self._db.execute("SELECT k, parents FROM edge WHERE k <= ? ORDER BY k DESC", (tip,))
        for count, (k, parents) in enumerate(rows, 1):
            if marks[k] == 1:
                if k in known:
                    marks[: k + 1] = _joined(marks[: k + 1], self._memory.get(k) or self._stored(k) or b"")
                elif len(parents) == 4:  # one parent, as nearly all have
                    marks[int.from_bytes(parents, byteorder)] |= 1
                else:
                    for parent in unpack(parents):
                        marks[parent] |= 1
            if count % _CHECK_EVERY == 0 and known and 1 not in marks[:k]:
                break
        rows.close()
        return bytes(marks.translate(_PRESENT))

    def _store(self, sets: Mapping[int, bytes]) -> None:
        """Keep them for others, if the file can be written now; a process that fills has precedence."""
        if self._db.in_transaction or not sets:
            return
        try:
            self._db.execute("PRAGMA busy_timeout = 50")
            self._db.execute("BEGIN IMMEDIATE")
            rows = ((tip, zlib.compress(flags, 1)) for tip, flags in sets.items())
            self._db.executemany("INSERT OR REPLACE INTO reach VALUES (?, ?)", rows)
            oldest = "SELECT k FROM reach ORDER BY k DESC LIMIT 1 OFFSET ?"
            self._db.execute(f"DELETE FROM reach WHERE k <= ({oldest})", (KEPT,))  # noqa: S608  # our own words
            self._db.execute("COMMIT")
        except sqlite3.OperationalError:
            self._db.rollback()
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")


def _joined(marks: bytes | bytearray, known: bytes) -> bytes:
    """marks, with everything that is known settled."""
    settled = int.from_bytes(known.translate(_SETTLED), "little") | int.from_bytes(marks, "little")
    return settled.to_bytes(len(marks), "little")
