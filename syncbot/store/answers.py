"""What commands that only read ask beside the measures: single judgements, runs, drops, people's words. As `readings`,
the same on every database and driver."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from syncbot.model.ids import PackageName, PatchName
from syncbot.store.rows import Rows, listed, parts, where
from syncbot.store.values import read_text, read_time

if TYPE_CHECKING:  # the values are loaded by those who have any of them
    from syncbot.model.dealings import PatchWord
    from syncbot.model.measures import Inputs
    from syncbot.model.proposals import DroppedPatch, Run, StoredJudgement
    from syncbot.model.releases import Release
    from syncbot.model.running import Note
    from syncbot.store.then import StoreThen


class _Asks(Protocol):
    def _rows(self) -> AbstractContextManager[Rows]: ...


class Answers:
    """Mixed into the stores, which put the questions."""

    def as_of(self: _Asks, at: datetime) -> StoreThen:
        from syncbot.store.then import StoreThen  # noqa: PLC0415  # as above

        return StoreThen(self._rows, at)

    def runs(self: _Asks, limit: int = 20) -> Sequence[Run]:
        from syncbot.model.proposals import Run  # noqa: PLC0415  # as above

        with self._rows() as rows:
            found = rows(f"{_RUNS} ORDER BY id DESC LIMIT :most", most=limit)
        return [
            Run(
                *(id, read_text(kind), read_time(started)),
                finished=None if finished is None else read_time(finished),
                outcome=None if outcome is None else read_text(outcome),
                host=read_text(host or ""),
                pid=pid or 0,
                cause=read_text(cause or ""),
            )
            for id, kind, started, finished, outcome, host, pid, cause in found
        ]

    def notes(self: _Asks, run: int) -> Sequence[Note]:
        from syncbot.model.running import Note, NoteState  # noqa: PLC0415  # as above

        with self._rows() as rows:
            packed = rows("SELECT notes FROM run WHERE id = :id", id=run)
        if not packed or not packed[0][0]:
            return ()
        found = (
            Note(name, NoteState(state), why, datetime.fromisoformat(at), private)
            for name, state, why, at, private in json.loads(zlib.decompress(packed[0][0]))
        )
        return tuple(sorted(found, key=lambda note: note.package))

    def releases_of(self: _Asks, packages: Sequence[PackageName]) -> Mapping[PackageName, Mapping[str, Release]]:
        from syncbot.model.releases import Release  # noqa: PLC0415  # as above

        found: dict[PackageName, dict[str, Release]] = {package: {} for package in packages}
        with self._rows() as rows:
            for package, version, name, identity, date, early, yanked in _of(rows, _RELEASES, "package", packages):
                day = None if date is None else read_time(date)
                known = (read_text(version), read_text(name), read_text(identity), day)
                found[PackageName(read_text(package))][known[0]] = Release(*known, bool(early), bool(yanked))
        return found

    def current_keys(self: _Asks) -> Mapping[PackageName, tuple[str, str]]:
        with self._rows() as rows:
            found = rows('SELECT package, key, asked FROM "current"')
        return {PackageName(read_text(of)): (read_text(key), read_text(asked or key)) for of, key, asked in found}

    def judgement(self: _Asks, key: str) -> StoredJudgement | None:
        with self._rows() as rows:
            return _judgements(rows, [key]).get(key)

    def judgements_by(self: _Asks, keys: Sequence[str]) -> Mapping[str, StoredJudgement]:
        with self._rows() as rows:
            return _judgements(rows, keys)

    def inputs(self: _Asks, keys: Sequence[str]) -> Mapping[str, Inputs]:
        from syncbot.model.measures import Inputs  # noqa: PLC0415  # as above
        from syncbot.store import codec  # noqa: PLC0415  # as above

        with self._rows() as rows:
            found = list(_of(rows, "SELECT key, document FROM inputs", "key", keys))
        return {read_text(key): codec.decode(Inputs, codec.loads(document)) for key, document in found}

    def dropped(self: _Asks, package: PackageName | None = None) -> Sequence[DroppedPatch]:
        from syncbot.store import documents  # noqa: PLC0415  # as above

        conditions, values = ([], {}) if package is None else (["package = :package"], {"package": package})
        with self._rows() as rows:
            found = rows(f"{_DROPPED}{where(*conditions)} ORDER BY at DESC, id DESC", **values)
        return [
            documents.dropped(
                *(PackageName(read_text(of)), PatchName(read_text(name)), bytes(content), strip, document),
                *(read_text(proposal), read_time(at)),
                restored=bool(restored),
            )
            for of, name, content, strip, document, proposal, at, restored in found
        ]

    def patch_words(self: _Asks, package: PackageName | None = None) -> Sequence[PatchWord]:
        from syncbot.model.dealings import PatchWord, Wish  # noqa: PLC0415  # as above

        conditions, values = ([], {}) if package is None else (["package = :package"], {"package": package})
        with self._rows() as rows:
            found = rows(_WORDS + where(*conditions), **values)
        return [
            PatchWord(
                *(PackageName(read_text(of)), read_text(line), PatchName(read_text(name)), read_text(patch_id)),
                *(Wish(wish), read_text(reason), read_text(by), read_time(at)),
            )
            for of, line, name, patch_id, wish, reason, by, at in sorted(found, key=lambda row: (row[7], row[2]))
        ]


_RUNS = "SELECT id, kind, started, finished, outcome, host, pid, cause FROM run"
_RELEASES = 'SELECT package, version, name, identity, date, prerelease, yanked FROM "release"'
_JUDGED = "SELECT key, package, document, at FROM judgement"
_DROPPED = "SELECT package, name, content, strip, document, proposal, at, restored FROM dropped"
_WORDS = 'SELECT package, line, name, patch_id, wish, reason, "by", at FROM patch_word'


def _of(rows: Rows, question: str, column: str, values: Sequence[str]) -> Iterator[Any]:
    """The rows that have one of these values in that column."""
    for some in parts(values):
        text, named = listed(column, some)
        yield from rows(question + where(f"{column} IN {text}"), **named)


def _judgements(rows: Rows, keys: Sequence[str]) -> dict[str, StoredJudgement]:
    from syncbot.store import documents  # noqa: PLC0415  # as above

    found = (
        documents.stored_judgement(read_text(key), PackageName(read_text(package)), document, read_time(at))
        for key, package, document, at in _of(rows, _JUDGED, "key", keys)
    )
    return {one.key: one for one in found}
