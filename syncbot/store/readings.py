"""What reports read (`syncbot.ports.measures`, the half that only reads): the same on every database and driver."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.measures import Drop, Event, Reading, Standing, Told, Toll
from syncbot.store import codec, kept, metered
from syncbot.store.rows import Rows, listed, parts, where
from syncbot.store.values import read_text, read_time

if TYPE_CHECKING:
    from syncbot.model.judgement import Evidence
    from syncbot.model.running import Failure
    from syncbot.model.verdicts import Verdict

SCOPE = "work tree"


class _Asks(Protocol):
    def _rows(self) -> AbstractContextManager[Rows]: ...


class Readings:
    """Mixed into the stores, which put the questions. Columns are read, not rows: rows take five times as long."""

    def kept(self: _Asks) -> Reading:
        with self._rows() as rows:
            found = rows("SELECT key, document FROM kept WHERE scope = :scope", scope=SCOPE)
        return kept.loads_reading(read_text(found[0][0]), zlib.decompress(found[0][1])) if found else Reading()

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

    def evidence(
        self: _Asks, keys: Sequence[str], verdict: Verdict
    ) -> Mapping[tuple[str, PatchName], tuple[Evidence, ...]]:
        from syncbot.model.judgement import Evidence  # noqa: PLC0415  # most reports tell of none

        found: dict[tuple[str, PatchName], tuple[Evidence, ...]] = {}
        with self._rows() as rows:
            for some in parts(keys):
                text, values = listed("key", some)
                for key, document in rows(_JUDGED + where(f"key IN {text}"), **values):
                    for patch in cast(Any, codec.loads(document))["judgement"]["patches"]:
                        if patch["verdict"] == verdict.value:
                            facts = tuple(codec.decode(Evidence, one) for one in patch["evidence"])
                            found[read_text(key), PatchName(patch["name"])] = facts
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
        conditions, values = ([], {}) if package is None else (["package = :package"], {"package": package})
        with self._rows() as rows:
            found = rows(_DROPS + where(*conditions) + " ORDER BY at DESC, id DESC", **values)
            drops = [
                metered.drop(
                    *(read_text(of), read_text(name), read_text(target), told, read_time(at)),
                    restored=bool(restored),
                )
                for of, name, target, told, at, restored in found
            ]
            return metered.with_days(rows, drops)

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
_JUDGED = "SELECT key, document FROM judgement"
_MET = "SELECT package, name, count(*) FROM met"
_WORD = "word = :word"
_ACCEPTED = (
    "EXISTS (SELECT 1 FROM proposal"
    " WHERE status = 'accepted' AND proposal.package = met.package AND target_version = met.target)"
)
"""An index has all of it."""
_OF_EACH = " GROUP BY package, name"
_DROPS = (
    "SELECT package, name, target_version, CASE told WHEN '' THEN document ELSE told END, at, restored FROM dropped"
)
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
