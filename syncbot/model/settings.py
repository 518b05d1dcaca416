"""A workspace's settings as values. Read and checked by `syncbot.settings`, the edge that opens the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from syncbot.model.news_kinds import NewsKind
from syncbot.model.packages import Commits, Policy
from syncbot.model.schedules import Pause, Schedule


@dataclass(frozen=True, slots=True)
class Limits:
    """What input may cost at most. Sizes in bytes; an archive's count when unpacked. `verify_seconds`: what one command
    may take; `lock_seconds`: what making a lock file anew may take."""

    patch_bytes: int = 32 * 1024 * 1024
    archive_bytes: int = 1024 * 1024 * 1024
    unpacked_bytes: int = 4 * 1024 * 1024 * 1024
    archive_members: int = 400_000
    file_bytes: int = 64 * 1024 * 1024
    verify_seconds: int = 1800
    lock_seconds: int = 300


class Signing(StrEnum):
    """How commits are signed."""

    NONE = "none"
    OPENPGP = "openpgp"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot's commits say they are from. `key`: the key's id for OpenPGP, the path of the key file for SSH;
    empty: as git's `user.signingKey` says. `sign_off`: whether messages end with Signed-off-by."""

    name: str = "syncbot"
    email: str = "syncbot@localhost"
    signing: Signing = Signing.NONE
    key: str = ""
    sign_off: bool = False


class ForgeKind(StrEnum):
    LOCAL = "local"
    GITHUB = "github"
    GIT = "git"


class Words(StrEnum):
    """What the `git` forge writes a proposal's words as."""

    MARKDOWN = "markdown"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """`repository`: `owner/name`; `address`: where GitHub's web pages are; `branch`: the downstream branch, empty: the
    one that is checked out; `remote`, `words` and `to` are the `git` forge's. `other_bots`: mail addresses whose
    commits on a proposal's branch may be overwritten. `stop`: the kill switch."""

    kind: ForgeKind = ForgeKind.LOCAL
    repository: str = ""
    address: str = "https://github.com"
    branch: str = ""
    remote: str = ""
    words: Words = Words.MARKDOWN
    to: str = ""
    other_bots: tuple[str, ...] = ()
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Manners:
    """How the bot behaves towards the people who review. A limit of None: none. `windows`: see `model.windows`, empty:
    always. `reviewers`: logins, or `org/team`."""

    max_open: int | None = 50
    per_hour: int | None = 20
    windows: tuple[str, ...] = ()
    labels: tuple[str, ...] = ("syncbot",)
    draft_label: str = "needs-person"
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    ask_owners: bool = True
    dashboard: bool = True


_ONE_COMMIT = frozenset({"apkbuild", "conda", "dist-git", "fork", "melange", "npm", "openembedded"})


def commits_of(layout: str) -> Commits:
    """How the people of a packaging format expect a proposal to be committed, where nobody says otherwise: most of them
    take one commit for a new version, with its patches."""
    return Commits.STEP if layout in _ONE_COMMIT else Policy().commits


@dataclass(frozen=True, slots=True)
class DownstreamSettings:
    """The packaging repository. `repository`: a path or a URL, empty: the one that the workspace lies in; `branch`:
    empty: the one that is checked out; `path`: the folder to look for packages in, empty: all of it."""

    repository: str = ""
    branch: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """How `syncbot run` works. `schedules`: those beside the workspace's own; `address`: HOST:PORT, empty: nothing is
    served; `textfile`: a path, relative to the workspace, empty: none."""

    schedules: tuple[Schedule, ...] = ()
    jitter: timedelta = timedelta()
    misfire: timedelta = timedelta(hours=6)
    windows: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    address: str = ""
    textfile: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """What becomes of a package that keeps failing: `after` so many failures it pauses for `first`, then twice as long
    each time, up to `longest`."""

    after: int = 3
    first: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Politeness:
    """How upstreams are treated. `interval`: for how long none is asked again; `per_minute`: None: no limit."""

    interval: timedelta = timedelta()
    per_host: int = 4
    per_minute: int | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told news. `feed`: a path, relative to the workspace, empty: none."""

    urls: tuple[str, ...] = ()
    events: tuple[NewsKind, ...] = tuple(NewsKind)
    feed: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long things are kept that nothing needs. None: for ever."""

    mirrors: timedelta | None = timedelta(days=90)
    downloads: timedelta | None = timedelta(days=90)
    verdicts: timedelta | None = timedelta(days=400)
    runs: timedelta | None = timedelta(days=400)
    logs: timedelta | None = timedelta(days=90)
    bundles: timedelta | None = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Settings:
    """`[tool.syncbot]` of pyproject.toml or the whole of syncbot.toml.

    `rewrite`: {prefix of an upstream address: what to put in its place}, the longest match wins, as git's
    `url.<base>.insteadOf` does. `max_new_proposals`: per run; None: no cap. `schedule`: a five-field cron expression
    for `syncbot run`. `jobs`: how many processes work on packages; None: as many as there are cores. `advisories`:
    files, folders and URLs of OSV records, paths relative to the workspace's root. `patches` and `state` are relative
    to the workspace's root. `branches`: downstream branches that are tracked side by side, empty: there is one.
    `layout`: the name of one, empty: it is recognised.
    """

    patches: str = "patches"
    state: str = "state"
    layout: str = ""
    branches: tuple[str, ...] = ()
    downstream: DownstreamSettings = field(default_factory=DownstreamSettings)
    policy: Policy = field(default_factory=Policy)
    max_new_proposals: int | None = 20
    schedule: str = "0 3 * * *"
    timezone: str = "UTC"
    rewrite: tuple[tuple[str, str], ...] = ()
    identity: Identity = field(default_factory=Identity)
    limits: Limits = field(default_factory=Limits)
    jobs: int | None = None
    advisories: tuple[str, ...] = ()
    manners: Manners = field(default_factory=Manners)
    forge: ForgeSettings = field(default_factory=ForgeSettings)
    running: Running = field(default_factory=Running)
    failing: Failing = field(default_factory=Failing)
    polite: Politeness = field(default_factory=Politeness)
    hooks: Hooks = field(default_factory=Hooks)
    retention: Retention = field(default_factory=Retention)

    @property
    def other_branch(self) -> str:
        """Of several downstream branches the one that this is about, if it is not the first; else empty."""
        return "" if self.policy.branch in ("", *self.branches[:1]) else self.policy.branch
