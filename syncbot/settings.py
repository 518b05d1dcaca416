"""The workspace and its settings: found from a folder upwards, read from `syncbot.toml` or `[tool.syncbot]`.

This is the edge that opens the files and is given the environment; everything below sees values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from syncbot.errors import InputError
from syncbot.model.forge_keys import FORGE_KEYS, read_forge, read_identity
from syncbot.model.layout_keys import BRANCH_KEYS, BRANCHES, LAYOUT_KEYS, inside, read_layout
from syncbot.model.manner_keys import MANNER_KEYS, read_manners
from syncbot.model.policy_keys import POLICY_KEYS, read_policy
from syncbot.model.schedules import misunderstood
from syncbot.model.settings import Limits, Settings, commits_of
from syncbot.model.tables import (
    COUNT,
    NAME,
    NAME_TABLE,
    NAMES,
    SIZE,
    TEXT,
    Document,
    Key,
    Kind,
    Values,
    Wrong,
    check,
    parse,
    refined,
)
from syncbot.model.work_keys import (
    SCHEDULES,
    WORK_KEYS,
    read_failing,
    read_hooks,
    read_politeness,
    read_retention,
    read_running,
)
from syncbot.plan.identity import slug

FILE = "syncbot.toml"
PYPROJECT = "pyproject.toml"
STATE_VARIABLE = "SYNCBOT_STATE"
DATABASE_VARIABLE = "SYNCBOT_DATABASE_URL"
DATABASE_FILE = "syncbot.db"
TOKEN_VARIABLE = "SYNCBOT_GITHUB_TOKEN"  # noqa: S105  # the name of a variable
APP_VARIABLE = "SYNCBOT_GITHUB_APP_ID"
KEY_VARIABLE = "SYNCBOT_GITHUB_APP_KEY"
PASSWORD_VARIABLE = "SYNCBOT_FORGE_PASSWORD"  # noqa: S105  # the name of a variable
STOP_VARIABLE = "SYNCBOT_STOP"
BRANCH_VARIABLE = "SYNCBOT_BRANCH"
HOOK_VARIABLE = "SYNCBOT_HOOK_SECRET"
LOG_VARIABLE = "SYNCBOT_LOG"
WEBHOOK_VARIABLE = "SYNCBOT_WEBHOOK_SECRET"

_DEFAULT = Settings()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as it was found. `root` and `state` are absolute; `settings_file` is None where there is none.
    `database_url` may hold a password and stays out of every repr."""

    root: Path
    settings: Settings
    settings_file: Path | None
    state: Path
    database_url: str = field(repr=False)
    shared: Path | None = None
    """The state folder of all downstream branches, where there are several and this is one of them."""

    @property
    def cache(self) -> Path:
        """Mirrors and downloads."""
        return (self.shared or self.state) / "cache"

    @property
    def patches(self) -> Path:
        return self.root / self.settings.patches


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """What the documentation must say of one setting or environment variable."""

    name: str
    type: str
    default: str
    sentence: str


def _timezone(text: str) -> str | None:
    if text == "UTC":
        return None
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # only where one is set: start-up time

    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        return 'a time zone of this machine\'s database, such as "Europe/Berlin" or "UTC"'
    return None


def _cap(value: object) -> int | None:
    if value == "none":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Wrong('a whole number, or "none"')
    return value


def _jobs(value: object) -> int | None:
    if value == "cores":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Wrong('a whole number from 1, or "cores"')
    return value


def _shown_size(size: int) -> str:
    gib, mib = divmod(size, 1024**3), divmod(size, 1024**2)
    return f'"{gib[0]} GiB"' if not gib[1] else f'"{mib[0]} MiB"'


PATCHES = Key("patches", refined(NAME, inside), _DEFAULT.patches, '"patches"', "The folder of the tracked packages.")
STATE = Key("state", refined(NAME, inside), _DEFAULT.state, '"state"', "The folder that the bot writes to.")
CAP: Key[int | None] = Key(
    "max-new-proposals",
    Kind('integer or `"none"`', _cap),
    _DEFAULT.max_new_proposals,
    str(_DEFAULT.max_new_proposals),
    "How many new proposals one run may open.",
)
JOBS: Key[int | None] = Key(
    "jobs",
    Kind('integer or `"cores"`', _jobs),
    _DEFAULT.jobs,
    '"cores"',
    "How many processes work on packages; a few packages take none.",
)
ADVISORIES = Key(
    "advisories",
    NAMES,
    _DEFAULT.advisories,
    "none",
    "Files, folders or URLs of OSV records: evidence for the judge, never a ground to drop, and what `vex` rests on.",
)
SCHEDULE = Key(
    "schedule",
    refined(TEXT, misunderstood, "schedule"),
    _DEFAULT.schedule,
    f'"{_DEFAULT.schedule}"',
    "When `syncbot run` syncs: minute, hour, day, month, weekday; or `every 6h`, or `never`.",
)
TIMEZONE = Key(
    "timezone",
    refined(TEXT, _timezone, "time zone"),
    _DEFAULT.timezone,
    f'"{_DEFAULT.timezone}"',
    "The time zone that the schedule is meant in.",
)
REWRITE: Key[tuple[tuple[str, str], ...]] = Key(
    "rewrite",
    NAME_TABLE,
    (),
    "empty",
    "What to put in place of an upstream address's prefix; the longest prefix wins.",
)


def _limit(name: str, default: int, sentence: str) -> Key[int]:
    return Key(f"limits.{name}", SIZE, default, _shown_size(default), sentence)


PATCH_BYTES = _limit("patch-bytes", _DEFAULT.limits.patch_bytes, "The largest patch file that is read.")
ARCHIVE_BYTES = _limit("archive-bytes", _DEFAULT.limits.archive_bytes, "The largest archive that is downloaded.")
UNPACKED_BYTES = _limit("unpacked-bytes", _DEFAULT.limits.unpacked_bytes, "The most that an archive may unpack to.")
MEMBERS = Key(
    "limits.archive-members",
    COUNT,
    _DEFAULT.limits.archive_members,
    str(_DEFAULT.limits.archive_members),
    "The most members that an archive may have.",
)
FILE_BYTES = _limit("file-bytes", _DEFAULT.limits.file_bytes, "The largest upstream file that is judged.")

VERIFY_SECONDS = Key(
    "limits.verify-seconds",
    COUNT,
    _DEFAULT.limits.verify_seconds,
    str(_DEFAULT.limits.verify_seconds),
    "How long one command of `verify` may take, in seconds; then it is killed with its children.",
)

LOCK_SECONDS = Key(
    "limits.lock-seconds",
    COUNT,
    _DEFAULT.limits.lock_seconds,
    str(_DEFAULT.limits.lock_seconds),
    "How long a package manager may take to make a lock file anew, in seconds; then it is left to a person.",
)

KEYS: tuple[Key[Any], ...] = (
    PATCHES,
    STATE,
    *LAYOUT_KEYS,
    *POLICY_KEYS,
    CAP,
    *MANNER_KEYS,
    JOBS,
    ADVISORIES,
    SCHEDULE,
    TIMEZONE,
    REWRITE,
    *WORK_KEYS,
    *FORGE_KEYS,
    PATCH_BYTES,
    ARCHIVE_BYTES,
    UNPACKED_BYTES,
    MEMBERS,
    FILE_BYTES,
    VERIFY_SECONDS,
    LOCK_SECONDS,
)

SETTINGS: tuple[SettingDoc, ...] = tuple(SettingDoc(k.name, k.kind.name, k.shown, k.sentence) for k in KEYS)
"""Every setting, as the documentation must have it."""

ENVIRONMENT: tuple[SettingDoc, ...] = (
    SettingDoc(STATE_VARIABLE, "path", "the setting `state`", "The state folder, which may be anywhere."),
    SettingDoc(
        DATABASE_VARIABLE,
        "URL",
        f"SQLite in the state folder's `{DATABASE_FILE}`",
        "The database that keeps the state: `sqlite:///PATH`, or `postgresql://USER@HOST/DATABASE` for many machines.",
    ),
    SettingDoc(BRANCH_VARIABLE, "branch", "all of them", "Which of several downstream branches, as `--branch`."),
    SettingDoc(TOKEN_VARIABLE, "token", "none", "GitHub: a personal token, classic or fine-grained."),
    SettingDoc(APP_VARIABLE, "number", "none", "GitHub: the id of the App to work as, instead of a token."),
    SettingDoc(KEY_VARIABLE, "path", "none", "GitHub: the file of the App's private key."),
    SettingDoc(PASSWORD_VARIABLE, "text", "none", "The `git` forge: the password or token for https addresses."),
    SettingDoc(HOOK_VARIABLE, "text", "none", "What news are signed with, by HMAC-SHA256, where they are posted."),
    SettingDoc(WEBHOOK_VARIABLE, "text", "none", "What GitHub signs its deliveries to `/hooks/github` with."),
    SettingDoc(
        LOG_VARIABLE,
        "`auto`, `text`, `json` or `off`",
        "`auto` for `run`, else `off`",
        "Logs of runs on standard error; `auto`: text on a terminal, JSON elsewhere.",
    ),
    SettingDoc(STOP_VARIABLE, "text", "empty", "The kill switch: if it is set, nothing is written to a forge."),
)
"""Every environment variable that is read, likewise."""


def open_workspace(start: Path, environ: Mapping[str, str]) -> Workspace:
    """The workspace that `start` lies in. Raises InputError where there is none or its settings are wrong."""
    root = find_root(start)
    if root is None:
        raise InputError(f"no workspace at {start} or above it", "run `syncbot init` in your repository")
    return read_workspace(root, environ)


def find_root(start: Path) -> Path | None:
    """The nearest folder with settings, else the nearest with `patches/`, from `start` up to the repository's root."""
    folder = start.absolute()
    bare: Path | None = None
    for candidate in (folder, *folder.parents):
        if (candidate / FILE).is_file() or _in_pyproject(candidate) is not None:
            return candidate
        inner = candidate.parent.name == _DEFAULT.patches  # a package's own folder of patches is no workspace
        if bare is None and not inner and (candidate / _DEFAULT.patches).is_dir():
            bare = candidate
        if (candidate / ".git").exists():
            break
    return bare


def read_workspace(root: Path, environ: Mapping[str, str]) -> Workspace:
    """The workspace at `root`, with its settings or the defaults. Raises InputError."""
    root = root.absolute()
    own, document = root / FILE, _in_pyproject(root)
    settings_file: Path | None = None
    settings = _DEFAULT
    if own.is_file():
        if document is not None:
            what = f"settings stand in {FILE} and in {PYPROJECT} [tool.syncbot]"
            raise InputError(what, "move them into one of the two", path=str(own))
        settings_file, settings = own, settings_of(check(parse(_bytes(own), str(own)), KEYS))
    elif document is not None:
        settings_file, settings = root / PYPROJECT, settings_of(check(document, KEYS, ("tool", "syncbot")))
    _refuse_escape(root, settings, settings_file)
    given = environ.get(STATE_VARIABLE, "")
    state = Path(given).absolute() if given else root / settings.state
    url = environ.get(DATABASE_VARIABLE, "")
    found = Workspace(root, settings, settings_file, state, url or f"sqlite:///{state / DATABASE_FILE}")
    branch = environ.get(BRANCH_VARIABLE, "")
    return _on_branch(found, branch, url) if branch else found


def _on_branch(found: Workspace, branch: str, url: str) -> Workspace:
    """The workspace as one of its several downstream branches has it: with a state, proposals and words of its own."""
    file, settings = found.settings_file, found.settings
    if file is None or branch not in settings.branches:
        known = f"there are {', '.join(settings.branches)}" if settings.branches else "write [branches.NAME]"
        raise InputError(f"the settings have no branch {branch!r}", known, path=None if file is None else str(file))
    under = ("tool", "syncbot") if file.name == PYPROJECT else ()
    values = check(parse(_bytes(file), str(file)), BRANCH_KEYS, (*under, BRANCHES.name, branch))
    policy = replace(read_policy(values, settings.policy), branch=branch)
    downstream = replace(settings.downstream, repository=settings.downstream.repository or ".", branch=branch)
    state = found.state / "branches" / slug(branch)
    if url and "{branch}" not in url:
        what = f"{DATABASE_VARIABLE} names one database, and each of several downstream branches needs its own"
        raise InputError(what, "write {branch} where the branch's name is to stand")
    made = url.replace("{branch}", slug(branch)) or f"sqlite:///{state / DATABASE_FILE}"
    settings = replace(settings, policy=policy, downstream=downstream)
    return replace(found, settings=settings, state=state, database_url=made, shared=found.state)


def settings_of(values: Values) -> Settings:
    """Settings from a checked table. Raises InputError where values do not go together."""
    patches, state = str(PurePosixPath(values.get(PATCHES))), str(PurePosixPath(values.get(STATE)))
    if PurePosixPath(state).is_relative_to(patches) or PurePosixPath(patches).is_relative_to(state):
        key = STATE if values.given(STATE) else PATCHES
        raise values.error(key, f'patches "{patches}" and state "{state}" overlap', "keep them in folders of their own")
    for prefix, replacement in values.get(REWRITE):
        if any(re.search(r"://[^/@\s]*:[^/@\s]*@", text) for text in (prefix, replacement)):
            what = "an address in [rewrite] holds a password"
            raise values.error(REWRITE, what, "take it out and use git's credential helper", prefix)
    for each in values.get(SCHEDULES):
        if each.timezone and (expected := _timezone(each.timezone)):
            what = f'schedules.{each.name}.timezone is "{each.timezone}", but must be {expected}'
            raise values.error(SCHEDULES, what, "", each.name, "timezone")
    layout, downstream = read_layout(values)
    branches: Mapping[str, Any] = values.get(BRANCHES)
    return Settings(
        patches=patches,
        state=state,
        layout=layout,
        branches=tuple(branches),
        downstream=downstream,
        policy=read_policy(values, replace(_DEFAULT.policy, commits=commits_of(layout))),
        max_new_proposals=values.get(CAP),
        manners=read_manners(values),
        jobs=values.get(JOBS),
        advisories=values.get(ADVISORIES),
        schedule=values.get(SCHEDULE),
        timezone=values.get(TIMEZONE),
        rewrite=values.get(REWRITE),
        identity=read_identity(values),
        forge=read_forge(values),
        running=read_running(values),
        failing=read_failing(values),
        polite=read_politeness(values),
        hooks=read_hooks(values),
        retention=read_retention(values),
        limits=Limits(
            patch_bytes=values.get(PATCH_BYTES),
            archive_bytes=values.get(ARCHIVE_BYTES),
            unpacked_bytes=values.get(UNPACKED_BYTES),
            archive_members=values.get(MEMBERS),
            file_bytes=values.get(FILE_BYTES),
            verify_seconds=values.get(VERIFY_SECONDS),
            lock_seconds=values.get(LOCK_SECONDS),
        ),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", "check its permissions", path=str(path)) from error


def _in_pyproject(folder: Path) -> Document | None:
    """The folder's pyproject.toml if it has settings of ours. A broken one that never names us is not our business."""
    path = folder / PYPROJECT
    if not path.is_file():
        return None
    content = _bytes(path)
    try:
        document = parse(content, str(path))
    except InputError:
        if b"syncbot" in content:
            raise
        return None
    tool = document.data.get("tool")
    return document if isinstance(tool, Mapping) and "syncbot" in tool else None


def _refuse_escape(root: Path, settings: Settings, settings_file: Path | None) -> None:
    """Symlinks must not lead out either."""
    real = root.resolve()
    for key, folder in ((PATCHES, settings.patches), (STATE, settings.state)):
        if not (root / folder).resolve().is_relative_to(real):
            what = f'{key.name} "{folder}" leads out of the workspace through a symlink'
            remedy = f"use a folder inside it, or {STATE_VARIABLE}" if key is STATE else "use a folder inside it"
            raise InputError(what, remedy, path=None if settings_file is None else str(settings_file))
