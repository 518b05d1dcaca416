"""A plan is a value: what would be done to one package to bring it to one release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncbot.model.ids import Fingerprint, PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import Package
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action


@dataclass(frozen=True, slots=True)
class Edit:
    """What happens to one entry of the series. `content`: the patch's new bytes where it is rewritten."""

    action: Action
    name: PatchName
    judgement: Judgement
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Move `package` from `base` to `target` with one edit per entry of the series, in order.

    `draft`: something waits for a person. `fingerprint` covers package, target identity and every edit's content.
    """

    package: Package
    base: Release
    target: Release
    edits: tuple[Edit, ...]
    draft: bool
    fingerprint: Fingerprint
    lines_before: int
    lines_after: int


@dataclass(frozen=True, slots=True)
class Note:
    """One decision, for a changelog. `commit`: upstream's that made the patch obsolete, where it is known. `upstream`:
    whether what is dropped is in the release; else it goes on somebody's word."""

    name: PatchName
    action: Action
    reason: str
    commit: str | None = None
    upstream: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """To which release a package moves, and who says so when. `version` None: it stays, only its patches change.
    `commit`: what the release's tag points to, where upstream is a git repository. `who`: `Name <mail>`."""

    version: str | None
    commit: str | None
    who: str
    when: datetime
    notes: tuple[Note, ...] = ()
    name: str = ""
    """Upstream's own word for the release, such as its tag."""
