"""Which forge the settings name, with its credentials from the environment. The one table of forges."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot import __version__
from syncbot.errors import InputError
from syncbot.model.addresses import is_path
from syncbot.model.settings import ForgeKind
from syncbot.settings import APP_VARIABLE, KEY_VARIABLE, PASSWORD_VARIABLE, STOP_VARIABLE, TOKEN_VARIABLE
from syncbot.settings import Workspace as Found
from syncbot.wiring.place import ids_of, proposals_of, shown_path

if TYPE_CHECKING:
    from syncbot.forges.branches import SharedPuts
    from syncbot.forges.github_auth import Credentials
    from syncbot.forges.local import LocalForge
    from syncbot.ports import Forge, Pace

_GITHUB = "https://github.com"


@dataclass(frozen=True, slots=True)
class Opened:
    """A forge, and what a person gives `git fetch` for its branches. `account` names the budget of changes that it
    shares with other processes; empty where there is none. `ids`: whose the ids of proposals are. `reach` asks the
    forge's repository for the downstream branch, and raises ForgeError."""

    forge: Forge
    remote: str
    ids: str
    reach: Callable[[], object]
    account: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a forge is opened with. `root`: the work tree; `branch`: the one that is checked out; `pace` gives the
    budget of an account; `puts`, for a repository, what machines share of where they put its branches."""

    found: Found
    environ: Mapping[str, str]
    state: Path
    root: Path
    branch: str
    pace: Callable[[str], Pace]
    puts: Callable[[str], SharedPuts] | None = None


def open_forge(needs: Needs) -> Opened:
    """Raises InputError where the settings do not suffice."""
    return _FORGES[needs.found.settings.forge.kind](needs)


def stop_reason(found: Found, environ: Mapping[str, str]) -> str | None:
    """Why setting or environment forbid all writes, None where they do not."""
    if environ.get(STOP_VARIABLE, ""):
        return f"{STOP_VARIABLE} is set"
    return "the setting forge.stop is on" if found.settings.forge.stop else None


def _local(needs: Needs) -> Opened:
    from syncbot.forges.local import LocalForge

    forge: LocalForge = LocalForge(proposals_of(needs.found), needs.root, needs.found.settings.identity)
    forge.switch = lambda: stop_reason(needs.found, needs.environ)
    return Opened(forge, shown_path(forge.repository, needs.found.root), ids_of(needs.found), lambda: None)


def _git(needs: Needs) -> Opened:
    from syncbot.forges.branches import Branches
    from syncbot.forges.git import GitForge
    from syncbot.git.push import Remote

    settings = needs.found.settings
    address = _absolute(settings.forge.remote, needs.found.root)
    password = needs.environ.get(PASSWORD_VARIABLE, "")
    remote = Remote(address, password if address.startswith("https://") else "", "syncbot")
    branches = Branches(
        scratch=needs.state / "forge.git",
        root=needs.root,
        base=_base(needs),
        identity=settings.identity,
        allowed=settings.forge.other_bots,
        remote=lambda: remote,
    )
    forge = GitForge(needs.state / "proposals", branches, settings.forge)
    forge.switch = lambda: stop_reason(needs.found, needs.environ)
    shown = settings.forge.remote if is_path(settings.forge.remote) else remote.shown
    return Opened(forge, shown, ids_of(needs.found), branches.reach)


def _absolute(address: str, root: Path) -> str:
    """A path is meant from the workspace on, wherever the command is run."""
    return str(root / Path(address).expanduser()) if is_path(address) else address


def _github(needs: Needs) -> Opened:
    from syncbot.forges.branches import Branches, SharedPuts
    from syncbot.forges.etags import Etags
    from syncbot.forges.github import GitHubForge
    from syncbot.forges.github_api import Api
    from syncbot.forges.github_session import Session, Surroundings
    from syncbot.git.push import Remote

    settings = needs.found.settings
    repository, web = settings.forge.repository, settings.forge.address.rstrip("/")
    api, graph = api_addresses(web)
    account = f"{web}/{repository.partition('/')[0]}"
    around = Surroundings(_now, time.sleep, needs.pace(account))
    folder = needs.state / "github" / repository.replace("/", "+")
    credentials = _credentials(needs.environ, repository)
    session = Session(api, graph, credentials, Etags(folder / "answers", web), around, f"syncbot/{__version__}")
    clone = f"{web}/{repository}.git"
    branches = Branches(
        scratch=folder / "scratch.git",
        root=needs.root,
        base=_base(needs),
        identity=settings.identity,
        allowed=settings.forge.other_bots,
        remote=lambda: Remote(clone, session.token()),
        rehearse=session.rehearse,
        shared=SharedPuts() if needs.puts is None else needs.puts(f"{web}/{repository}"),
    )
    forge = GitHubForge(Api(session, repository, _now), branches, folder)
    forge.switch = lambda: stop_reason(needs.found, needs.environ)
    return Opened(forge, clone, ids_of(needs.found), branches.reach, account)


_FORGES: Mapping[ForgeKind, Callable[[Needs], Opened]] = {
    ForgeKind.LOCAL: _local,
    ForgeKind.GIT: _git,
    ForgeKind.GITHUB: _github,
}


def api_addresses(web: str) -> tuple[str, str]:
    """(REST, GraphQL) of the GitHub whose pages are at `web`: github.com has a host of its own for them, a GitHub
    Enterprise server two paths, a tenant on ghe.com a host again."""
    if web == _GITHUB:
        return "https://api.github.com", "https://api.github.com/graphql"
    if web.startswith("https://") and web.endswith(".ghe.com"):
        host = web.replace("https://", "https://api.", 1)
        return host, f"{host}/graphql"
    return f"{web}/api/v3", f"{web}/api/graphql"


def _credentials(environ: Mapping[str, str], repository: str) -> Credentials:
    from syncbot.forges.github_auth import Installation, Token

    app, key = environ.get(APP_VARIABLE, ""), environ.get(KEY_VARIABLE, "")
    if app and key:
        try:
            return Installation(app, Path(key).read_text(), repository)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"the App's private key {key} cannot be read ({type(error).__name__})", f"correct {KEY_VARIABLE}"
            ) from None
    token = environ.get(TOKEN_VARIABLE, "").strip()
    return Token(token) if token else _NoCredentials()


class _NoCredentials:
    """Says so when it is asked: commands that need no forge need no credential."""

    is_app = False

    def token(self, now: datetime) -> str:  # noqa: ARG002  # as its Protocol has it
        raise InputError(
            "there is no credential for GitHub", f"set {TOKEN_VARIABLE}, or {APP_VARIABLE} and {KEY_VARIABLE}"
        )

    def refused(self) -> bool:
        return False


def _base(needs: Needs) -> str:
    """The downstream branch. Raises InputError where none is checked out and none is set."""
    if needs.branch == "HEAD" and not needs.found.settings.forge.branch:
        raise InputError("no branch is checked out, so none can be proposed to", "set forge.branch, or git switch one")
    return needs.found.settings.forge.branch or needs.branch or "main"


def _now() -> datetime:
    return datetime.now(UTC)
