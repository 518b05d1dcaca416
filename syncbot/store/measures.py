"""The store's part that the measures of the delta rest on (`syncbot.ports.measures`)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import delete
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.model.ids import PackageName
from syncbot.model.measures import Inputs, Reading, Standing
from syncbot.model.proposals import StoredJudgement
from syncbot.model.verdicts import Action, Verdict
from syncbot.store import codec, kept, metered
from syncbot.store.measure_models import InputsRow, KeptRow, MetRow, StandingRow, StoodRow, ToldRow
from syncbot.store.models import JudgementRow
from syncbot.store.past import note_past, note_past_json
from syncbot.store.readings import SCOPE, Readings
from syncbot.store.then import STANDING, TOLD


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlMeasures(Readings):
    """Mixed into `SqlStore`, whose sessions it uses."""

    def save_kept(self: _Sessions, reading: Reading) -> None:
        with self._session(writes=True) as session:
            row, document = session.get(KeptRow, SCOPE), zlib.compress(kept.dumps_reading(reading), 1)
            if row is None or (row.key, row.document) != (reading.key, document):
                session.merge(KeptRow(scope=SCOPE, key=reading.key, document=document))

    def save_standings(self: _Sessions, standings: Sequence[Standing]) -> None:
        with self._session(writes=True) as session:
            for standing in standings:
                row = session.get(StandingRow, standing.package)
                values = {name: getattr(standing, name) for name in Standing.__dataclass_fields__}
                if row is not None and all(getattr(row, n) == value for n, value in values.items() if n != "at"):
                    continue
                session.merge(StandingRow(**values))
                note_past(session, STANDING, standing.package, standing.at, standing)

    def save_inputs(self: _Sessions, inputs: Inputs) -> None:
        with self._session(writes=True) as session:
            if session.get(InputsRow, inputs.key) is None:
                document = codec.dumps(codec.encode(inputs))
                session.add(InputsRow(key=inputs.key, package=inputs.package, document=document))


def note_met(session: Session, judgement: StoredJudgement) -> None:
    """What the patches of a judgement met, each thing the first time."""
    of_package: tuple[Any, ...] = (MetRow.name, MetRow.word, MetRow.target)
    rows = session.execute(sql_select(*of_package).where(col(MetRow.package) == judgement.package))
    known = {tuple(row) for row in rows}
    for name, word, target in _words(judgement):
        if (name, word, target) not in known:
            known.add((name, word, target))
            session.add(MetRow(package=judgement.package, name=name, word=word, target=target, at=judgement.at))


def _words(judgement: StoredJudgement) -> Iterator[tuple[str, str, str]]:
    moves = judgement.base.version != judgement.target.version
    for patch in judgement.judgement.patches:
        yield patch.name, metered.SEEN, ""
        if moves and patch.verdict is Verdict.CONFLICT:
            yield patch.name, metered.CONFLICT, judgement.target.version
        if moves and patch.action is Action.REWRITE:
            yield patch.name, metered.REWRITE, judgement.target.version


def note_told(session: Session, package: PackageName, key: str, at: datetime | None) -> None:
    """What the judgement of that key, which is the package's current one from now on, says of each patch. `at`: when it
    became so, None: when it was made."""
    row = session.exec(select(JudgementRow).where(JudgementRow.key == key)).first()
    if row is None:
        return  # the foreign key of `current` refuses it
    document = cast(Any, codec.loads(row.document))
    session.execute(delete(ToldRow).where(col(ToldRow.package) == package))
    head = {"key": key, "base": row.base_version, "target": row.target_version}
    told = []
    for place, patch in enumerate(document["judgement"]["patches"], 1):
        said = head | {word: patch[word] for word in ("name", "verdict", "action", "proof", "lines_after")}
        held = metered.told_of_held(patch) if patch["verdict"] == Verdict.HELD.value else ""
        session.add(ToldRow(package=package, place=place, at=row.at, held=held, **said))
        told.append({"package": package, "at": row.at.isoformat(), **said})
    note_past_json(session, TOLD, package, at or row.at, told)
    session.add(StoodRow(package=package, key=key, at=at or row.at))
