"""What reports read (`syncbot.ports.measures`, the half that only reads): the same on every database and driver."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from syncbot.model.events import Event
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Drop, Held, Reading, Standing, Told, Toll
from syncbot.model.verdicts import Verdict
from syncbot.store import codec, kept, metered
from syncbot.store.rows import Rows, listed, parts, where
from syncbot.store.values import read_text, read_time

if TYPE_CHECKING:
    from syncbot.model.running import Failure

SCOPE = "work tree"


class _Asks(Protocol):
    def _rows(self) -> AbstractContextManager[Rows]: ...


class Readings:
    """Mixed into the stores, which put the questions. Columns are read, not rows: rows take five times as long."""

    def kept(self: _Asks) -> Reading:
        with self._rows() as rows:
            found = rows("SELECT key, document FROM kept WHERE scope = :scope", scope=SCOPE)
        try:
            return kept.loads_reading(read_text(found[0][0]), zlib.decompress(found[0][1])) if found else Reading()
        except (zlib.error, ValueError, TypeError, KeyError):
            return Reading()  # it is damaged: the work tree is read again

    def kept_key(self: _Asks) -> str:
        with self._rows() as rows:
            found = rows("SELECT key FROM kept WHERE scope = :scope", scope=SCOPE)
        return read_text(found[0][0]) if found else ""

    def standings(self: _Asks) -> Mapping[PackageName, Standing]:
        with self._rows() as rows:
            found = [_standing(*row) for row in rows(_STANDINGS)]
        return {one.package: one for one in found}

    def told(self: _Asks) -> Sequence[Told]:
        with self._rows() as rows:
            found = rows(_TOLD)
        made = [
            Told(
                PackageName(read_text(package)),
                PatchName(read_text(name)),
                *(read_text(key), read_text(base), read_text(target)),
                metered.VERDICTS[verdict],
                metered.ACTIONS[action],
                None if proof is None else metered.PROOFS[proof],
                lines,
                read_time(at),
            )
            for package, name, key, base, target, verdict, action, proof, lines, at in found
        ]
        return sorted(made, key=lambda one: one.package)  # a server may have the order of some language

    def held(self: _Asks, keys: Sequence[str]) -> Mapping[tuple[str, PatchName], Sequence[Held]]:
        with self._rows() as rows:
            told = [(read_text(key), name, held) for key, name, held in rows(_HELD, verdict=Verdict.HELD.value)]
            known = {key for key, _, _ in told} - {key for key, _, held in told if not held}
            here = [(key, PatchName(read_text(name)), held) for key, name, held in told if key in known]
            wanted = set(keys)
            found = {(key, name): metered.held(held) for key, name, held in here if key in wanted}
            for some in parts(sorted(wanted - known)):
                text, values = listed("key", some)
                for key, document in rows(_JUDGED + where(f"key IN {text}"), **values):
                    for patch in cast(Any, codec.loads(document))["judgement"]["patches"]:
                        if patch["verdict"] == Verdict.HELD.value:
                            found[read_text(key), PatchName(patch["name"])] = metered.held(metered.told_of_held(patch))
        return found

    def tolls(self: _Asks) -> Mapping[tuple[PackageName, PatchName], Toll]:
        with self._rows() as rows:
            seen = rows("SELECT package, name, at FROM met WHERE word = :word", word=metered.SEEN)
            conflicts = _counts(rows(_MET + where(_WORD) + _OF_EACH, word=metered.CONFLICT))
            refreshed = _counts(rows(_MET + where(_WORD, _ACCEPTED) + _OF_EACH, word=metered.REWRITE))
        return {
            (PackageName(read_text(package)), PatchName(read_text(name))): Toll(
                read_time(at), refreshed.get((package, name), 0), conflicts.get((package, name), 0)
            )
            for package, name, at in seen
        }

    def drops(self: _Asks, package: PackageName | None = None) -> Sequence[Drop]:
        with self._rows() as rows:
            found = list(metered.drops(rows, package))
        return [drop._replace(restored=True) if restored else drop for _, restored, drop in found]

    def waiting(self: _Asks) -> Sequence[tuple[PackageName, str, str]]:
        with self._rows() as rows:
            found = rows("SELECT package, line, id FROM proposal WHERE status = 'open'")
        return [(PackageName(read_text(package)), read_text(line), read_text(id)) for package, line, id in found]

    def events(self: _Asks, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]:
        with self._rows() as rows:
            return metered.in_order(
                [*metered.judged(rows, package, since), *metered.dealt(rows, package, since)],
            )

    def dealt(self: _Asks) -> Sequence[Event]:
        with self._rows() as rows:
            return list(metered.dealt(rows))

    def failures(self: _Asks) -> Mapping[PackageName, Failure]:
        with self._rows() as rows:
            found = sorted((_failure(*row) for row in rows(_FAILURES)), key=lambda one: one.package)
        return {one.package: one for one in found}


_STANDINGS = (
    "SELECT package, base, base_identity, newest, behind, at, first_missed, missed_since, weighed, files, weight"
    " FROM standing"
)
_TOLD = (
    "SELECT package, name, key, base, target, verdict, action, proof, lines_after, at FROM told ORDER BY package, place"
)
_HELD = "SELECT key, name, held FROM told WHERE verdict = :verdict"
"""`held` is empty where an earlier syncbot that still runs wrote it."""
_JUDGED = "SELECT key, document FROM judgement"
_MET = "SELECT package, name, count(*) FROM met"
_WORD = "word = :word"
_ACCEPTED = (
    "EXISTS (SELECT 1 FROM proposal"
    " WHERE status = 'accepted' AND proposal.package = met.package AND target_version = met.target)"
)
"""An index has all of it."""
_OF_EACH = " GROUP BY package, name"
_FAILURES = "SELECT package, kind, what, count, first, last, until, about, private FROM failure"


def _standing(*row: Any) -> Standing:
    package, base, identity, newest, behind, at, first, since, weighed, files, weight = row
    return Standing(
        PackageName(read_text(package)),
        *(read_text(base), read_text(identity), read_text(newest), behind, read_time(at), read_text(first)),
        None if since is None else read_time(since),
        *(read_text(weighed), files, weight),
    )


def _failure(*row: Any) -> Failure:
    from syncbot.model.running import Failure  # noqa: PLC0415  # hardly any package fails

    package, kind, what, count, first, last, until, about, private = row
    return Failure(
        PackageName(read_text(package)),
        *(read_text(kind), read_text(what), count, read_time(first), read_time(last)),
        None if until is None else read_time(until),
        *(read_text(about), bool(private)),
    )


def _counts(found: Any) -> dict[tuple[str, str], int]:
    return {(package, name): count for package, name, count in found}
