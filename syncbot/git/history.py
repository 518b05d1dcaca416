"""The history index of one upstream repository: kept up to date by one pass of git, shared by processes.

Everything in it is derived from the repository. So whatever is doubtful (damaged, of an older version, of a history
that upstream rewrote) is not repaired but made anew. A first fill is built aside and moved into place; later ones are
one transaction. A lock file serialises those who fill; who only reads never waits for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.history_log import LOG, read_log
from syncbot.git.history_reach import Reach
from syncbot.git.history_store import Writer, connect, create, is_current
from syncbot.git.history_view import HistoryDamaged, HistoryView
from syncbot.git.run import git_stream
from syncbot.model.ids import CommitId

__all__ = ["HistoryDamaged", "HistoryIndex", "HistoryView"]


def history_file(git_dir: Path, cache: Path) -> Path:
    """Where what is known of that repository's commits is kept."""
    return cache / f"history-{hashlib.sha256(os.fsencode(git_dir.resolve())).hexdigest()[:24]}.sqlite"


class HistoryIndex:
    """Facts about the commits of the repository at `git_dir` (a bare repository or a `.git`), kept in a file under
    `cache`. Open it once per process and repository; not for several threads. A view holds until the next `ensure` or
    `close`."""

    def __init__(self, git_dir: Path, cache: Path) -> None:
        self._git_dir = git_dir.resolve()
        self.file = history_file(self._git_dir, cache)
        self._lock = self.file.with_suffix(".lock")
        try:
            cache.mkdir(parents=True, exist_ok=True)
            self._repo = pygit2.Repository(str(self._git_dir))
        except OSError as error:
            raise InputError(f"cannot write below {cache}: {error.strerror}", "give another cache folder") from None
        except pygit2.GitError:
            raise InputError(f"{git_dir} is no git repository", "give the path of one") from None
        self._db: sqlite3.Connection | None = None
        self._reach: Reach | None = None

    def __enter__(self) -> HistoryIndex:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. The index opens it again when it is asked something."""
        if self._db is not None:
            self._db.close()
        self._db = self._reach = None

    def ensure(self, tips: Iterable[CommitId], refs: Mapping[str, CommitId] | None = None) -> int:
        """Know every commit that `tips` and `refs` ({full reference name: commit}) reach. Gives how many commits were
        read for it, 0 where all were known. A reference that moved to a commit that does not descend from where it was
        means that upstream rewrote its history: everything is read anew. Raises GitFailed where a commit is not there.
        """
        named = dict(refs or {})
        wanted = list(dict.fromkeys([*tips, *named.values()]))
        if self._is_known(wanted, named):
            return 0
        try:
            with self._locked():
                return self._know(wanted, named)
        except OSError as error:
            raise InputError(f"cannot write {self.file}: {error.strerror}", "give another cache folder") from None
        except sqlite3.Error as error:
            raise InputError(f"cannot write {self.file}: {error}", "make room, or give another cache folder") from None

    def view(self, base: CommitId | None, target: CommitId, head: CommitId | None = None) -> HistoryView:
        """The history as seen from a base, a target and a branch head (which `ensure` has been given). base None:
        nothing counts as known before."""
        with self._healing():
            db, reach = self._open()
            keys = [None if id is None else self._key(id) for id in (base, target, head)]
            return HistoryView(db, reach, self._repo, (keys[0], keys[1], keys[2]), self.discard)

    def contains(self, tip: CommitId, commit: CommitId) -> bool:
        """Whether commit is tip or one of its ancestors. Both must be known (`ensure`)."""
        with self._healing():
            return self._open()[1].contains(self._key(tip), self._key(commit))

    def reaches(self, tip: CommitId, commit: CommitId) -> bool:
        """The same of any commit: one that is not known is no ancestor of a tip that is."""
        with self._healing():
            key = self._find(commit)
            return key is not None and self._open()[1].contains(self._key(tip), key)

    def first_release(self, commit: CommitId, releases: Sequence[tuple[str, CommitId]]) -> str | None:
        """The earliest of `releases` (oldest first, from after the base to the target) from which every one up to the
        last has the commit; None where the last has it not."""
        with self._healing():
            self._open()[1].know([self._key(tip) for _, tip in releases])
        first = None
        for name, tip in reversed(releases):
            if not self.contains(tip, commit):
                break
            first = name
        return first

    def discard(self) -> None:
        """Remove the file; the next `ensure` makes it anew."""
        self.close()
        self._remove()

    def _know(self, wanted: Sequence[CommitId], named: Mapping[str, CommitId]) -> int:
        """`ensure`, with the lock held."""
        self.close()
        if self._is_known(wanted, named):  # another process did it while we waited
            return 0
        if not self._can_grow(named):
            return self._fill_aside(wanted, named)
        try:
            count = self._grow(wanted)
            if not self._rewritten(named):
                self._note(named)
                return count
        except sqlite3.DatabaseError:
            return self._fill_aside(wanted, named)
        return self._fill_aside(wanted, named)

    @contextlib.contextmanager
    def _healing(self) -> Iterator[None]:
        """What cannot be read is removed, and said in our own terms."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.discard()
            raise HistoryDamaged(f"the history index is damaged: {error}", "run again, it is made anew") from error

    def _open(self) -> tuple[sqlite3.Connection, Reach]:
        if self._db is None or self._reach is None:
            self._db = connect(self.file)
            self._reach = Reach(self._db)
        return self._db, self._reach

    def _key(self, id: CommitId) -> int:
        found = self._find(id)
        if found is None:
            raise InputError(f"commit {id} is not in the history index", "ensure it first")
        return found

    def _find(self, id: CommitId) -> int | None:
        row = self._open()[0].execute("SELECT k FROM edge WHERE id = ?", (bytes.fromhex(id),)).fetchone()
        return None if row is None else int(row[0])

    def _is_known(self, wanted: Sequence[CommitId], named: Mapping[str, CommitId]) -> bool:
        """Whether the file is there, intact at first sight, and knows all of this."""
        try:
            if not self.file.exists() or not is_current(self._open()[0]):
                return False
            heads = self._heads()
            return all(heads.get(name) == id for name, id in named.items()) and all(self._find(i) for i in wanted)
        except sqlite3.DatabaseError:
            self.close()
            return False

    def _heads(self) -> dict[str, CommitId]:
        """{name: commit}; a head without a name stands under its own id."""
        rows = self._open()[0].execute("SELECT id, name FROM head")
        return {name or id.hex(): CommitId(id.hex()) for id, name in rows}

    def _can_grow(self, named: Mapping[str, CommitId]) -> bool:
        """Whether the file can be read and what it stands on is still in the repository."""
        try:
            if not self.file.exists() or not is_current(self._open()[0]):
                return False
            heads = self._heads()
            gone = any(id not in self._repo for id in heads.values())
            return bool(heads) and not gone and not self._rewritten(named)
        except sqlite3.DatabaseError:
            return False

    def _rewritten(self, named: Mapping[str, CommitId]) -> bool:
        """Whether a reference left the line that it was on. Only what is known already is looked at."""
        for name, old in self._heads().items():
            new = named.get(name)
            if new is not None and new != old and self._find(new) is not None and not self.contains(new, old):
                return True
        return False

    def _grow(self, wanted: Sequence[CommitId]) -> int:
        db, _ = self._open()
        db.execute("BEGIN IMMEDIATE")
        try:
            missing = [id for id in wanted if self._find(id) is None]
            count = self._fill(db, missing, list(self._heads().values())) if missing else 0
            db.executemany("INSERT OR IGNORE INTO head VALUES ('', ?)", [(bytes.fromhex(id),) for id in missing])
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.DatabaseError):
                db.execute("ROLLBACK")
            raise
        return count

    def _note(self, named: Mapping[str, CommitId]) -> None:
        """Record where references are now, and forget heads that others reach."""
        db, reach = self._open()
        with _transaction(db):
            for name, id in named.items():
                db.execute("DELETE FROM head WHERE name = ?", (name,))
                db.execute("INSERT INTO head VALUES (?, ?)", (name, bytes.fromhex(id)))
            rows = db.execute("SELECT name, id, k FROM head JOIN edge USING (id) ORDER BY name = '', k DESC").fetchall()
            covered: list[int] = []  # the first ones: named ones, newest first
            for name, id, k in rows:
                if not name and any(reach.contains(tip, k) for tip in covered[:2]):
                    db.execute("DELETE FROM head WHERE name = '' AND id = ?", (id,))
                covered.append(k)

    def _fill(self, db: sqlite3.Connection, tips: Sequence[CommitId], known: Sequence[CommitId]) -> int:
        revisions = "".join([*(f"{tip}\n" for tip in tips), *(f"^{id}\n" for id in known)])
        writer = Writer(db)
        for commit in read_log(git_stream(["--git-dir", str(self._git_dir), *LOG], stdin=revisions.encode())):
            writer.add(commit)
        writer.finish()
        return writer.count

    def _fill_aside(self, wanted: Sequence[CommitId], named: Mapping[str, CommitId]) -> int:
        """Everything anew, in another file that takes the place of the old one when it is whole."""
        self.close()
        aside = self.file.with_suffix(".new")
        aside.unlink(missing_ok=True)
        db = create(aside)
        try:
            db.execute("BEGIN")
            count = self._fill(db, wanted, [])
            rows = [*(("", id) for id in wanted if id not in set(named.values())), *named.items()]
            db.executemany("INSERT INTO head VALUES (?, ?)", [(name, bytes.fromhex(id)) for name, id in rows])
            db.execute("COMMIT")
        except BaseException:
            db.close()
            aside.unlink(missing_ok=True)
            raise
        db.close()
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        self._remove()  # with its journal, which must not be taken for the new file's
        aside.rename(self.file)
        return count

    def _remove(self) -> None:
        for suffix in ("", "-journal", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One filler at a time. The system lets go of the lock however its holder ends."""
        with self._lock.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
