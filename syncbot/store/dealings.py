"""The store's part that remembers dealings with people and forges (`syncbot.ports.dealings`)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete
from sqlmodel import Session, col, select

from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.ids import PackageName, PatchName
from syncbot.plan import pace
from syncbot.store.dealing_models import FactRow, ObeyedRow, PatchWordRow, TurnRow


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlDealings:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def save_patch_word(self: _Sessions, word: PatchWord) -> None:
        with self._session(writes=True) as session:
            session.merge(
                PatchWordRow(
                    package=word.package,
                    line=word.line,
                    patch_id=word.patch_id,
                    name=word.name,
                    wish=word.wish.value,
                    reason=word.reason,
                    by=word.by,
                    at=word.at,
                )
            )

    def forget_patch_words(self: _Sessions, package: PackageName, line: str) -> None:
        with self._session(writes=True) as session:
            of_line = (col(PatchWordRow.package) == package, col(PatchWordRow.line) == line)
            session.connection().execute(delete(PatchWordRow).where(*of_line))

    def obeyed(self: _Sessions, order: str) -> bool:
        with self._session(writes=False) as session:
            return session.get(ObeyedRow, order) is not None

    def set_obeyed(self: _Sessions, order: str, at: datetime) -> None:
        with self._session(writes=True) as session:
            if session.get(ObeyedRow, order) is None:
                session.add(ObeyedRow(key=order, at=at))

    def facts(self: _Sessions, kind: str) -> Mapping[str, str]:
        with self._session(writes=False) as session:
            return {row.key: row.value for row in session.exec(select(FactRow).where(FactRow.kind == kind))}

    def set_fact(self: _Sessions, kind: str, key: str, value: str | None) -> None:
        with self._session(writes=True) as session:
            row = session.get(FactRow, (kind, key))
            if row is None and value is not None:
                session.add(FactRow(kind=kind, key=key, value=value))
            elif row is not None and value is None:
                session.delete(row)
            elif row is not None and value is not None and row.value != value:
                row.value = value
                session.add(row)

    def take_turn(self: _Sessions, account: str, at: datetime) -> float:
        with self._session(writes=True) as session:
            session.connection().execute(delete(TurnRow).where(col(TurnRow.at) < at - pace.HOUR))
            made = session.exec(select(TurnRow.at).where(TurnRow.account == account)).all()
            seconds = pace.wait(made, at)
            if not seconds:
                session.add(TurnRow(account=account, at=at))
            return seconds


def _word(row: PatchWordRow) -> PatchWord:
    name = PatchName(row.name)
    return PatchWord(PackageName(row.package), row.line, name, row.patch_id, Wish(row.wish), row.reason, row.by, row.at)
