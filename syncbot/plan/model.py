"""A plan is a value: what would be done to one package to bring it to one release."""

from __future__ import annotations

from dataclasses import dataclass

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
