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
    bump: bool = True
    """Whether a package is moved to new releases; else only its patches follow a move that somebody else made."""
    verify: tuple[str, ...] = ()
    """Commands that are run on the patched release before a proposal is made."""
    branch: str = ""
    """The downstream branch, where the workspace has several: each has proposals of its own."""
    locks: bool = True
    """Whether a lock file is made anew with its package manager, where that is at hand."""


@dataclass(frozen=True, slots=True)
class SeriesPatch:
    """One line of the series with its file's bytes. `strip` is the series' `-pN`, None: find it out. `keep` is
    downstream's own word that it stays (its reason). `waiting`: marked in the series as waiting for a person. `path`:
    its file from the repository's root, empty: below the package's folder."""

    name: PatchName
    content: bytes
    strip: int | None = None
    keep: str | None = None
    waiting: bool = False
    path: str = ""
    drop: str = ""
    """Downstream's own word that it goes with the next release: why, empty where nobody says so."""


@dataclass(frozen=True, slots=True)
class Component:
    """A folder of the source tree whose files come in an archive of their own, as Debian's `orig-NAME` tarballs do.
    Each release of the package has that of the same version. `upstream`: where those are, None where they cannot be
    had, and then `why`, a sentence without its subject; `pattern`: as a package's `tag_pattern`."""

    name: str
    upstream: Upstream | None
    pattern: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class LockFile:
    """A file that only a package manager may write, and that must follow every change of the package. `path`: from the
    repository's root; `command`: what a person runs for that, such as npm install in web."""

    path: str
    command: str


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
    history_found: bool = False
    """Whether the recipe named that repository, and no person: such an address may be long gone."""
    files: tuple[str, ...] = ()
    """The files that an edit may touch, from the repository's root; `name/` is a whole folder. Empty: all that lies
    below `path`."""
    declared: str = ""
    """The file in which a person writes what holds for the package; empty: package.toml in its folder."""
    table: str = ""
    """The table of that file which is about the package, empty: the whole file."""
    keyring: bytes = b""
    """The OpenPGP keys by which upstream signs its archives, as the packaging has them; empty: none are named."""
    keys: str = ""
    """The file that they stand in, for people."""
    by_hand: tuple[str, ...] = ()
    """What every change of it leaves to a person, a sentence each, such as tags to be signed."""
    lock: LockFile | None = None
    """The lock file that its moves must be followed by, None where there is none."""
    components: tuple[Component, ...] = ()
    """Folders of its source tree that come in archives of their own."""

    @property
    def settings_file(self) -> str:
        return self.declared or f"{self.path}/package.toml"

    @property
    def keep_table(self) -> str:
        """The table that pins patches."""
        return f"{self.table}.keep" if self.table else "keep"

    @property
    def upstreams(self) -> tuple[Upstream, ...]:
        """The one that it has its releases from, and that of its history."""
        return (self.upstream,) if self.history is None else (self.upstream, self.history)

    @property
    def repository(self) -> Upstream:
        """Where upstream's commits are, as far as it is known."""
        return self.history or self.upstream
