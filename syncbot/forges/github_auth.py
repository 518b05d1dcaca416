"""Who syncbot is to GitHub: a token, or an App's installation whose tokens are renewed before they expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import jwt
from jwt.exceptions import PyJWTError

from syncbot.errors import ForgeError, InputError

EARLY = timedelta(minutes=5)
"""An installation's token is renewed this long before it expires: a run may take minutes between two requests."""
_SKEW = 60
_LIFE = 540
"""Seconds: GitHub takes JSON web tokens of at most ten minutes, and its clock may differ from ours."""


class Credentials(Protocol):
    """Gives the header's value for each request. Nothing of it stands in a repr."""

    is_app: bool

    def token(self, now: datetime) -> str: ...

    def refused(self) -> bool:
        """The token was refused: whether a new one may be had, and the request be repeated."""


@dataclass(slots=True)
class Token:
    """A personal token, classic or fine-grained."""

    secret: str = field(repr=False)
    is_app: bool = False

    def token(self, now: datetime) -> str:  # noqa: ARG002  # it does not expire by our clock
        return self.secret

    def refused(self) -> bool:
        return False


Ask = Callable[[str, str, str, Mapping[str, Any] | None], Any]
"""(method, path, JSON web token, body) -> the answer's document. Raises ForgeError."""


class Installation:
    """An App's installation on one repository. `ask` makes a request with the App's own JSON web token."""

    is_app = True

    def __init__(self, app_id: str, private_key: str, repository: str, installation: int | None = None) -> None:
        self._app_id = app_id
        self._key = private_key
        self._repository = repository
        self._installation = installation
        self._token = ""
        self._expires = datetime.min.replace(tzinfo=UTC)
        self.ask: Ask | None = None

    def __repr__(self) -> str:
        return f"Installation(app {self._app_id} on {self._repository})"

    def token(self, now: datetime) -> str:
        """The installation's token, renewed where it expires soon. Raises ForgeError, InputError."""
        if not self._token or now >= self._expires - EARLY:
            self._renew(now)
        return self._token

    def refused(self) -> bool:
        again = bool(self._token)
        self._token = ""
        return again

    def slug(self, now: datetime) -> str:
        """The App's own name, whose account is `<slug>[bot]`."""
        return str(self._asked("GET", "/app", now, None)["slug"])

    def _renew(self, now: datetime) -> None:
        if self._installation is None:
            found = self._asked("GET", f"/repos/{self._repository}/installation", now, None)
            self._installation = int(found["id"])
        # narrowed to the one repository: a token that leaks opens no other
        body = {"repositories": [self._repository.rpartition("/")[2]]}
        made = self._asked("POST", f"/app/installations/{self._installation}/access_tokens", now, body)
        self._token = str(made["token"])
        self._expires = datetime.fromisoformat(str(made["expires_at"]).replace("Z", "+00:00"))

    def _asked(self, method: str, path: str, now: datetime, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        assert self.ask is not None, "the session sets it"
        found = self.ask(method, path, self._signed(now), body)
        if not isinstance(found, Mapping):
            raise ForgeError(f"the forge answers {method} {path} with no object", "is the address that of an API?")
        return found

    def _signed(self, now: datetime) -> str:
        seconds = int(now.timestamp())
        claims = {"iat": seconds - _SKEW, "exp": seconds + _LIFE, "iss": self._app_id}
        try:
            return jwt.encode(claims, self._key, algorithm="RS256")
        except (PyJWTError, ValueError, TypeError) as error:
            raise InputError(
                f"the App's private key cannot be used ({type(error).__name__})", "give the PEM file that GitHub made"
            ) from None
