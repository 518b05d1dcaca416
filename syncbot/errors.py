"""The error family. One base, one sentence per subclass, data as attributes.

Messages are lower case: what failed and with which value, then the remedy. They are shown to people and
logged, so they never hold a secret: addresses go through `syncbot.model.addresses.shown` first.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from enum import IntEnum


class Exit(IntEnum):
    """What every command's exit code means."""

    DONE = 0
    """The work was done, also when a person is needed or one package failed and was reported."""
    PERSON = 1
    """With --exit-code: something needs a person. Of reproduce: something came out otherwise."""
    INPUT = 2
    """Usage, settings or input that cannot be read, or output that cannot be written."""
    FAULT = 3
    """Our fault."""
    UNREACHABLE = 4
    """Every upstream or the forge was out of reach."""


class SyncbotError(Exception):
    """The base of all errors that syncbot raises on purpose."""

    exit_code = Exit.FAULT

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what if not remedy else f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class InputError(SyncbotError):
    """A file, an argument or a setting cannot be read or does not make sense."""

    exit_code = Exit.INPUT

    def __init__(self, what: str, remedy: str = "", *, path: str | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(place + what, remedy)
        self.path = path
        self.line = line


class Uncommitted(InputError):
    """A package's folder has changes that no commit has: a proposal would not know of them."""

    def __init__(self, folder: str, changed: Sequence[str]) -> None:
        which = changed[0] if len(changed) == 1 else f"{len(changed)} files"
        what = f"{folder} has uncommitted changes ({which}), so nothing is proposed for it"
        super().__init__(what, f"commit them: git add {shlex.quote(folder)} && git commit")
        self.folder = folder


class HostileInput(InputError):
    """Input from outside tries to leave its place (path, option, transport) or exceeds a limit."""


class PatchError(InputError):
    """A patch file cannot be parsed, or is no patch."""


class RepositoryDamaged(SyncbotError):
    """A repository lacks an object that it should have: no patch's fault, so nothing is said of any."""

    exit_code = Exit.INPUT


class UpstreamUnreachable(SyncbotError):
    """An upstream could not be asked (network, authentication, not found)."""

    exit_code = Exit.UNREACHABLE


class UpstreamBusy(UpstreamUnreachable):
    """An upstream asks for fewer requests. `wait`: seconds until it may be asked again."""

    def __init__(self, what: str, remedy: str = "", *, wait: float = 900.0) -> None:
        super().__init__(what, remedy)
        self.wait = wait


class UpstreamChanged(SyncbotError):
    """A release that was seen before is gone or has other content now: a supply-chain event."""

    exit_code = Exit.INPUT


class DigestMismatch(UpstreamChanged):
    """A download's digest is not the one that the registry published."""


class SignatureBad(UpstreamChanged):
    """A download's signature is not of it, or not by a key that upstream is known to sign with."""


class ForgeError(SyncbotError):
    """The forge refused, or could not be reached."""

    exit_code = Exit.UNREACHABLE


class ForgeRefused(ForgeError):
    """The forge was reached and will not do it: what was asked does not go together with what stands there."""

    exit_code = Exit.INPUT


class ForgeStopped(ForgeRefused):
    """The kill switch is on: nothing is written to the forge."""


class ForgeBusy(ForgeError):
    """The forge asks for fewer requests. `wait`: seconds until it may be asked again."""

    def __init__(self, what: str, remedy: str = "", *, wait: float = 60.0) -> None:
        super().__init__(what, remedy)
        self.wait = wait


class StoreError(SyncbotError):
    """The state database cannot be used."""


class DiskFull(StoreError):
    """There is no room for what is to be written. What was written before is whole."""


class Fault(SyncbotError):
    """Something that must not happen did: a defect of syncbot."""
