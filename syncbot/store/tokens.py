"""The store's parts for faces that stay open: tokens (`syncbot.ports.tokens`) and glances (`syncbot.ports.glance`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from syncbot.errors import StoreError
from syncbot.model.events import Event
from syncbot.model.ids import CommitId, Fingerprint, PackageName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.model.tokens import ApiToken, Scope
from syncbot.store import metered
from syncbot.store.dealing_models import FactRow, PatchWordRow
from syncbot.store.engine import in_session
from syncbot.store.measure_models import StandingRow, StoodRow
from syncbot.store.models import DroppedRow, JudgementRow, ProposalRow, RunRow
from syncbot.store.order import by_bytes
from syncbot.store.past_models import ProposalPastRow
from syncbot.store.token_models import TokenRow

_FORGE = "forge"
"""The kind of the fact that tells of which forge the ids of proposals are."""
_ELSEWHERE = ":"
"""As in `sql.py`: stands in the id of a proposal of another forge."""


class _Sessions(Protocol):
    def _session(self, *, writes: bool) -> AbstractContextManager[Session]: ...


class SqlTokens:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def tokens(self: _Sessions) -> Sequence[ApiToken]:
        with self._session(writes=False) as session:
            rows = session.exec(select(TokenRow).order_by(col(TokenRow.created), col(TokenRow.id)))
            return [_token(row) for row in rows]

    def token(self: _Sessions, id: str) -> ApiToken | None:
        with self._session(writes=False) as session:
            row = session.get(TokenRow, id)
            return None if row is None else _token(row)

    def save_token(self: _Sessions, token: ApiToken) -> None:
        with self._session(writes=True) as session:
            if session.get(TokenRow, token.id) is not None:
                raise StoreError(f"there is a token {token.id} already", "run the command again")
            session.add(
                TokenRow(
                    id=token.id,
                    name=token.name,
                    digest=token.digest,
                    scopes=json.dumps([scope.value for scope in token.scopes]),
                    owners=json.dumps(token.owners),
                    created=token.created,
                    expires=token.expires,
                    revoked=token.revoked,
                )
            )

    def revoke_token(self: _Sessions, id: str, at: datetime) -> None:
        with self._session(writes=True) as session:
            row = session.get(TokenRow, id)
            if row is not None and row.revoked is None:
                row.revoked = at
                session.add(row)


class SqlGlance:
    """Mixed into `SqlStore`, whose sessions it uses."""

    def glance(self: _Sessions) -> str:
        def of(*what: Any) -> list[Any]:
            return [sql_select(one).scalar_subquery() for one in what]

        restored = sql_select(func.count()).where(col(DroppedRow.restored).is_(True)).scalar_subquery()
        asked = sql_select(
            *of(func.max(RunRow.id), func.max(RunRow.finished), func.max(JudgementRow.id), func.max(StoodRow.id)),
            *of(func.max(StandingRow.at), func.max(ProposalRow.updated), func.count(col(ProposalRow.id))),
            *of(func.max(DroppedRow.id), func.count(col(FactRow.key)), func.max(PatchWordRow.at)),
            restored,
        )
        open_ = sql_select(func.count()).where(col(ProposalRow.status) == ProposalStatus.OPEN.value)
        facts: tuple[Any, ...] = (FactRow.kind, FactRow.key, FactRow.value)
        with self._session(writes=False) as session:
            run = session.connection().execute
            small = sorted(map(tuple, run(sql_select(*facts))))
            return repr((tuple(run(asked).one()), run(open_).scalar(), small))

    def marks(self: _Sessions) -> tuple[str, str]:
        judged, past, gone = JudgementRow, ProposalPastRow, DroppedRow
        newest: tuple[Any, ...] = (
            sql_select(col(judged.id), col(judged.key)).order_by(col(judged.id).desc()).limit(1),
            sql_select(col(past.number), col(past.proposal), col(past.at)).order_by(col(past.number).desc()).limit(1),
            sql_select(col(gone.id), col(gone.at)).order_by(col(gone.id).desc()).limit(1),
            sql_select(func.count(col(judged.id))),
            sql_select(func.count(col(past.number))),
            sql_select(func.count(col(gone.id))),
            sql_select(func.max(col(ProposalRow.updated)), func.count(col(ProposalRow.id))),
            sql_select(col(FactRow.value)).where(col(FactRow.kind) == _FORGE),
        )
        with self._session(writes=False) as session:
            a, b, c, d, e, f, g, h = [tuple(session.connection().execute(one).all()) for one in newest]
        return repr((a, d)), repr((b, c, e, f, g, h))

    def weighed(self: _Sessions) -> Sequence[Event]:
        with self._session(writes=False) as session:
            return metered.weighed(in_session(session))

    def proposed(self: _Sessions) -> Sequence[ProposalRecord]:
        row = ProposalRow
        columns: tuple[Any, ...] = (
            *(row.id, row.package, row.line, row.branch, row.tip, row.parent, row.title, row.fingerprint, row.draft),
            *(row.target_version, row.status, row.opened, row.updated, row.note),
        )
        newest = (col(row.opened).desc(), func.length(row.id).desc(), by_bytes(row.id).desc())
        query = sql_select(*columns).order_by(*newest)
        with self._session(writes=False) as session:
            rows = session.connection().execute(query).all()
        return [_proposed(*values) for values in rows if _ELSEWHERE not in values[0]]


def _token(row: TokenRow) -> ApiToken:
    scopes = tuple(Scope(word) for word in json.loads(row.scopes))
    owners = tuple(json.loads(row.owners))
    return ApiToken(row.id, row.name, row.digest, scopes, owners, row.created, row.expires, row.revoked)


_STATES = {status.value: status for status in ProposalStatus}


def _proposed(*values: Any) -> ProposalRecord:
    id, package, line, branch, tip, parent, title, fingerprint, draft, target, status, opened, updated, note = values
    return ProposalRecord(
        id=id,
        package=PackageName(package),
        line=line,
        branch=branch,
        tip=CommitId(tip),
        parent=CommitId(parent),
        title=title,
        body="",
        fingerprint=Fingerprint(fingerprint),
        draft=draft,
        target_version=target,
        status=_STATES[status],
        opened=opened,
        updated=updated,
        note=note,
    )
