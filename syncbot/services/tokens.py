"""Tokens of the HTTP interface: made, checked, taken back. The secret is shown once; its digest is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta

from syncbot.errors import InputError
from syncbot.model.tokens import PREFIX, ApiToken, Scope
from syncbot.services.workspace import Workspace

_FORM = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_[A-Za-z0-9_-]{{43}}", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


def create(
    workspace: Workspace, name: str, scopes: Sequence[Scope], owners: Sequence[str], days: int | None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can be told again. `owners`: it acts on packages of these alone, empty:
    on all; `days`: for so long, None: until it is revoked. Raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name for a token", "say who will use it, in at most 100 characters")
    if not scopes:
        raise InputError("a token without a scope allows nothing", "reading needs no token; give --scope")
    id, now = secrets.token_hex(4), workspace.clock.now()
    secret = f"{PREFIX}_{id}_{secrets.token_urlsafe(32)}"
    expires = None if days is None else now + timedelta(days=days)
    token = ApiToken(id, name, _digest(secret), tuple(dict.fromkeys(scopes)), tuple(owners), now, expires)
    workspace.store.save_token(token)
    return token, secret


def listed(workspace: Workspace) -> Sequence[ApiToken]:
    return workspace.store.tokens()


def revoke(workspace: Workspace, which: str) -> ApiToken:
    """By id, or by a name that one token alone has. Raises InputError."""
    known = workspace.store.tokens()
    found = [t for t in known if t.id == which] or [t for t in known if t.name == which and t.revoked is None]
    if len(found) != 1:
        what = f"there is no token {which!r}" if not found else f"{len(found)} tokens are named {which!r}"
        raise InputError(what, "`syncbot token list` shows the ids")
    now = workspace.clock.now()
    workspace.store.revoke_token(found[0].id, now)
    revoked = workspace.store.token(found[0].id)
    assert revoked is not None, "it was there a moment ago"
    return revoked


def bearer(workspace: Workspace, secret: str) -> ApiToken | None:
    """The token that this is the secret of, None where it is none, or may no longer be used."""
    form = _FORM.fullmatch(secret)
    token = None if form is None else workspace.store.token(form[1])
    kept = "" if token is None else token.digest
    right = hmac.compare_digest(_digest(secret), kept)
    if token is None or not right or token.state(workspace.clock.now()) != "active":
        return None
    return token


def _digest(secret: str) -> str:
    """The secret has 256 random bits: a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
