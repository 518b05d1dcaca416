"""A tracked package and the policies that hold for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.releases import Upstream


class Mode(StrEnum):
    """The trust ramp: how far the bot may go."""

    OBSERVE = "observe"
    """Judge and report, propose nothing."""
    PROPOSE = "propose"
    """Open proposals for a person to accept."""
    MERGE = "merge"
    """Accept a proposal by itself if every edit of it is proved."""


class Step(StrEnum):
    """How a package moves over several releases."""

    EACH = "each"
    LATEST = "latest"


class Commits(StrEnum):
    """How a proposal's edits are committed."""

    DECISION = "decision"
    """One commit per decision."""
    STEP = "step"
    """One commit for the whole step."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings that stand in the workspace's settings file and may be overridden in a package's `package.toml`."""

    mode: Mode = Mode.PROPOSE
    step: Step = Step.LATEST
    track: str = "stable"
    """`stable`, `prerelease`, or `branch:NAME`."""
    commits: Commits = Commits.DECISION


@dataclass(frozen=True, slots=True)
class SeriesPatch:
    """One line of the series with its file's bytes. `strip` is the series' `-pN`, None: find it out. `keep` is
    downstream's own word that it stays (its reason). `waiting`: marked in the series as waiting for a person."""

    name: PatchName
    content: bytes
    strip: int | None = None
    keep: str | None = None
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """A package as its layout describes it: upstream, the base release that its series applies to, and the series.

    `range` restricts releases (`8.*`, `>=2,<3`), empty: all. `base` is the version that the layout declares, None
    where it declares none. `private`: judged, but in no proposal, page, feed or document. `path` is the package's
    folder relative to the downstream repository's root, with `/`.
    """

    name: PackageName
    path: str
    upstream: Upstream
    base: str | None
    series: tuple[SeriesPatch, ...]
    range: str = ""
    policy: Policy = field(default_factory=Policy)
    owners: tuple[str, ...] = ()
    private: bool = False
    tag_pattern: str = ""
    """A regular expression with one group, the version; empty: the normaliser finds it out."""
    history: Upstream | None = None
    """The git repository of an upstream whose releases come from elsewhere, None where none is named."""

    @property
    def repository(self) -> Upstream:
        """Where upstream's commits are, as far as it is known."""
        return self.history or self.upstream
