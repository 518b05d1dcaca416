"""The keys of `[forge]` and `[identity]`: where proposals go, and who they are from."""

from __future__ import annotations

import re
from typing import Any

from syncbot.errors import InputError
from syncbot.model.addresses import check_git, other_scheme
from syncbot.model.settings import ForgeKind, ForgeSettings, Identity, Signing, Words
from syncbot.model.tables import FLAG, NAME, NAMES, TEXT, Key, Values, choice, refined

_DEFAULT, _NOBODY = ForgeSettings(), Identity()
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


def _repository(text: str) -> str | None:
    return None if _REPOSITORY.fullmatch(text) else "`owner/name`"


def _address(text: str) -> str | None:
    good = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", text)
    return None if good else 'an address such as "https://github.example.com", without a path'


def _remote(text: str) -> str | None:
    try:
        check_git(text)
    except InputError as error:
        return f"a git address or a path ({error.what})"
    other = other_scheme(text)
    if other:
        return f"a git address or a path ({other!r} is neither; a host of that name is written ssh://HOST/PATH)"
    return None


KIND = Key(
    "forge.kind",
    choice(ForgeKind),
    _DEFAULT.kind,
    f'"{_DEFAULT.kind}"',
    "Where proposals go: to files in the state folder, to GitHub, or to a branch of any git repository.",
)
REPOSITORY = Key("forge.repository", refined(NAME, _repository), "", "none", "The repository on GitHub, `owner/name`.")
ADDRESS = Key(
    "forge.address",
    refined(NAME, _address),
    _DEFAULT.address,
    f'"{_DEFAULT.address}"',
    "The address of GitHub, or of a GitHub Enterprise server.",
)
BRANCH = Key(
    "forge.branch",
    TEXT,
    _DEFAULT.branch,
    "none",
    "The downstream branch that proposals go to; without it, the one that is checked out.",
)
REMOTE = Key("forge.remote", refined(NAME, _remote), "", "none", "Where the `git` forge pushes: an address or a path.")
WORDS = Key(
    "forge.words",
    choice(Words),
    _DEFAULT.words,
    f'"{_DEFAULT.words}"',
    "What the `git` forge writes a proposal's words as, below the state folder.",
)
TO = Key("forge.to", TEXT, _DEFAULT.to, "none", "Whom the `git` forge's mails are addressed to.")
OTHER_BOTS = Key(
    "forge.other-bots",
    NAMES,
    _DEFAULT.other_bots,
    "empty",
    "Mail addresses of other bots: their commits on a proposal's branch may be overwritten.",
)
STOP = Key("forge.stop", FLAG, _DEFAULT.stop, "false", "The kill switch: nothing is written to the forge.")
NAME_OF_BOT = Key("identity.name", NAME, _NOBODY.name, f'"{_NOBODY.name}"', "The name that the bot's commits bear.")
EMAIL = Key(
    "identity.email", NAME, _NOBODY.email, f'"{_NOBODY.email}"', "The mail address that the bot's commits bear."
)
SIGNING = Key("identity.signing", choice(Signing), _NOBODY.signing, '"none"', "How the bot's commits are signed.")
KEY = Key(
    "identity.key",
    TEXT,
    _NOBODY.key,
    "none",
    "The OpenPGP key's id, or the path of the SSH key file; without it, git's `user.signingKey`.",
)
SIGN_OFF = Key(
    "identity.sign-off", FLAG, _NOBODY.sign_off, "false", "Whether the bot's commits end with `Signed-off-by`."
)

FORGE_KEYS: tuple[Key[Any], ...] = (
    KIND,
    REPOSITORY,
    ADDRESS,
    BRANCH,
    REMOTE,
    WORDS,
    TO,
    OTHER_BOTS,
    STOP,
    NAME_OF_BOT,
    EMAIL,
    SIGNING,
    KEY,
    SIGN_OFF,
)


def read_forge(values: Values) -> ForgeSettings:
    """Raises InputError where the kind needs what is not given."""
    kind = values.get(KIND)
    needed = {ForgeKind.GITHUB: REPOSITORY, ForgeKind.GIT: REMOTE}.get(kind)
    if needed is not None and not values.given(needed):
        raise values.error(KIND, f'forge.kind = "{kind}" needs {needed.name}', f"set {needed.name}")
    return ForgeSettings(
        kind=kind,
        repository=values.get(REPOSITORY),
        address=values.get(ADDRESS),
        branch=values.get(BRANCH),
        remote=values.get(REMOTE),
        words=values.get(WORDS),
        to=values.get(TO),
        other_bots=values.get(OTHER_BOTS),
        stop=values.get(STOP),
    )


def read_identity(values: Values) -> Identity:
    return Identity(
        values.get(NAME_OF_BOT), values.get(EMAIL), values.get(SIGNING), values.get(KEY), values.get(SIGN_OFF)
    )
