"""The history index as one SQLite file: schema, writing and look-ups. Derived data: it may be deleted at any time.

Compact on purpose: raw ids, integers for commits, paths and authors, and what changed a path in one row. About 3 MB
for 10,000 commits.
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from syncbot.git.history_log import RawCommit
from syncbot.judge.history import Link, subject_key

SCHEMA_VERSION = 4
BUSY_MILLISECONDS = 60_000
_TABLES = """
CREATE TABLE head (name TEXT NOT NULL, id BLOB NOT NULL, PRIMARY KEY (name, id)) WITHOUT ROWID;
CREATE TABLE author (id INTEGER PRIMARY KEY, address TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE path (id INTEGER PRIMARY KEY, path BLOB NOT NULL, base INTEGER NOT NULL, touches BLOB NOT NULL);
CREATE TABLE edge (k INTEGER PRIMARY KEY, parents BLOB NOT NULL, id BLOB NOT NULL);
CREATE TABLE commits (k INTEGER PRIMARY KEY, author INTEGER NOT NULL, time INTEGER NOT NULL,
    key INTEGER NOT NULL, subject TEXT NOT NULL, size INTEGER NOT NULL, paths BLOB NOT NULL);
CREATE TABLE link (short TEXT NOT NULL, digits TEXT NOT NULL, k INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (short, digits, k, kind)) WITHOUT ROWID;
CREATE TABLE reach (k INTEGER PRIMARY KEY, flags BLOB NOT NULL);
"""
_INDEXES = (
    "CREATE UNIQUE INDEX author_who ON author (address, name)",
    "CREATE UNIQUE INDEX path_path ON path (path)",
    "CREATE UNIQUE INDEX edge_id ON edge (id)",
    "CREATE INDEX path_base ON path (base)",
    "CREATE INDEX commits_key ON commits (key)",
    "CREATE INDEX commits_time ON commits (time)",
)
"""Made when a first fill is done: sorting once is cheaper than keeping order all the way."""
_COLUMNS = {"author": 3, "edge": 3, "commits": 7, "link": 4}


def connect(file: Path) -> sqlite3.Connection:
    """Open or create the file. Raises sqlite3.Error."""
    db = sqlite3.connect(file, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -16384")
    db.execute("PRAGMA mmap_size = 268435456")
    return db


def create(file: Path) -> sqlite3.Connection:
    """A new, empty index for a first fill aside: no journal, since the file is thrown away if the fill is not
    finished."""
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -65536")
    db.executescript(_TABLES)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    return db


def is_current(db: sqlite3.Connection) -> bool:
    """Whether the file holds a finished index of this version. Raises sqlite3.DatabaseError where it is no database."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(version == SCHEMA_VERSION)


def base_key(path: bytes) -> int:
    return zlib.crc32(path.rsplit(b"/", 1)[-1])


def pack(numbers: Iterable[int]) -> bytes:
    return array("I", numbers).tobytes()


_pack_one = struct.Struct("=I").pack


def unpack(data: bytes) -> Sequence[int]:
    return memoryview(data).cast("I")


class Touches:
    """What changed one path: (commit's key, raw ids before and after in one), oldest first, as one row holds it.
    `size`: bytes of an id. Raises sqlite3.DatabaseError where that is damaged."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size
        if len(data) % (4 + 2 * size):
            raise sqlite3.DatabaseError("what changed a path is cut short")

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        """(key, id before, id after)."""
        return struct.iter_unpack(f"=I{self._size}s{self._size}s", self._data)

    def of(self, key: int) -> tuple[bytes, bytes]:
        """The ids before and after that commit."""
        step = 4 + 2 * self._size
        keys = memoryview(self._data).cast("I")[:: step // 4]
        at = bisect_left(keys, key)
        if at == len(keys) or keys[at] != key:
            raise sqlite3.DatabaseError(f"a change of commit {key} is missing")
        start = at * step + 4
        return self._data[start : start + self._size], self._data[start + self._size : (at + 1) * step]


def keys_of(db: sqlite3.Connection, start: str) -> list[int]:
    """Keys of the commits whose id starts with these hex digits."""
    even = start[: len(start) // 2 * 2]
    low = bytes.fromhex(even)
    rows = db.execute("SELECT id, k FROM edge WHERE id >= ? AND id < ?", (low, low + b"\xff" * 32))
    return [k for id, k in rows if id.hex().startswith(start)]


class Writer:
    """Adds commits, parents first. The caller holds the transaction."""

    BATCH = 1_000
    """Commits held in memory, so that much is written while git is still at work."""
    TOUCHES = 150_000
    """Touches held in memory; the more, the fewer rows are written twice."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        (last,) = db.execute("SELECT coalesce(max(k), 0) FROM edge").fetchone()
        self._next = int(last) + 1
        self._empty = last == 0
        self._keys: dict[bytes, int] = {}
        self._paths: dict[bytes, int] = {}
        self._authors: dict[tuple[str, str], int] = {}
        self._last_path = self._stored_path = db.execute("SELECT coalesce(max(id), 0) FROM path").fetchone()[0]
        self._last_author = db.execute("SELECT coalesce(max(id), 0) FROM author").fetchone()[0]
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _COLUMNS}
        self._new_paths: list[bytes] = []
        self._touches: dict[int, bytearray] = {}
        self._touched = 0
        self._reverts: list[tuple[str, int]] = []
        self.count = 0

    def add(self, commit: RawCommit) -> None:
        k, self._next = self._next, self._next + 1
        self._keys[commit.id] = k
        # a shallow border has unknown parents
        parents = [parent for id in commit.parents if (parent := self._key(id)) is not None]
        rows = self._rows
        rows["edge"].append((k, _pack_one(parents[0]) if len(parents) == 1 else pack(parents), commit.id))
        if len(commit.parents) < 2:
            self._content(k, commit)
        self.count += 1
        if len(rows["edge"]) >= self.BATCH:
            self._flush()
        if self._touched >= self.TOUCHES:
            self._flush_paths()

    def _content(self, k: int, commit: RawCommit) -> None:
        rows = self._rows
        paths = []
        touches, known, packed = self._touches, self._paths, _pack_one(k)
        for path, ids in commit.touches:
            number = known.get(path) or self._path(path)
            paths.append(number)
            if number in touches:
                touches[number] += packed + ids
            else:
                touches[number] = bytearray(packed + ids)
        self._touched += len(paths)
        author = self._author(commit.author, commit.author_name)
        key = subject_key(commit.subject)
        rows["commits"].append((k, author, commit.time, key, commit.subject[:500], len(paths), pack(paths)))
        for link, digits in commit.named:
            rows["link"].append((digits[:7], digits, k, link.value))
            if link is Link.REVERTS:
                self._reverts.append((digits, k))

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            marks = ",".join("?" * _COLUMNS[table])
            self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608  # our names
            rows.clear()

    def _flush_paths(self) -> None:
        touches, first = self._touches, self._stored_path + 1
        new = ((n, path, base_key(path), touches.pop(n)) for n, path in enumerate(self._new_paths, first))
        self._db.executemany("INSERT INTO path VALUES (?, ?, ?, ?)", new)
        more = ((found, number) for number, found in sorted(touches.items()))
        self._db.executemany("UPDATE path SET touches = CAST(touches || ? AS BLOB) WHERE id = ?", more)
        self._stored_path, self._touched = self._last_path, 0
        self._new_paths.clear()
        touches.clear()

    def finish(self) -> None:
        """Write the rest. A revert of a merge is kept a second time, where it is found for every commit of the
        merge."""
        self._flush()
        self._flush_paths()
        if self._empty:
            for index in _INDEXES:
                self._db.execute(index)
        for digits, k in self._reverts:
            for merge in keys_of(self._db, digits):
                row = self._db.execute("SELECT parents FROM edge WHERE k = ?", (merge,)).fetchone()
                if len(unpack(row[0])) > 1:
                    self._db.execute("INSERT OR IGNORE INTO link VALUES ('', ?, ?, ?)", (digits, k, Link.REVERTS.value))
        self._reverts.clear()

    def _key(self, id: bytes) -> int | None:
        found = self._keys.get(id)
        if found is None and not self._empty:
            row = self._db.execute("SELECT k FROM edge WHERE id = ?", (id,)).fetchone()
            if row is not None:
                found = self._keys[id] = row[0]
        return found

    def _path(self, path: bytes) -> int:
        found = self._paths.get(path)
        if found is None:
            row = None if self._empty else self._db.execute("SELECT id FROM path WHERE path = ?", (path,)).fetchone()
            if row is None:
                self._last_path += 1
                found = int(self._last_path)
                self._new_paths.append(path)
            else:
                found = int(row[0])
            self._paths[path] = found
        return found

    def _author(self, address: str, name: str) -> int:
        found = self._authors.get((address, name))
        if found is None:
            query = "SELECT id FROM author WHERE address = ? AND name = ?"
            row = None if self._empty else self._db.execute(query, (address, name)).fetchone()
            if row is None:
                self._last_author += 1
                found = int(self._last_author)
                self._rows["author"].append((found, address, name))
            else:
                found = int(row[0])
            self._authors[(address, name)] = found
        return found
