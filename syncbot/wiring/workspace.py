"""The services' workspace: ports bound to the embedded adapters (SQLite, the local forge, the native layout)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from syncbot.errors import InputError, StoreError
from syncbot.git.downstream import GitDownstream, takes_in
from syncbot.git.run import end_all
from syncbot.layouts.native import NativeLayout
from syncbot.model.addresses import is_path, parse
from syncbot.model.releases import Upstream
from syncbot.model.settings import Settings
from syncbot.ports import Progress
from syncbot.ports.crew import Bench
from syncbot.services.crew import Here
from syncbot.services.workspace import Workspace
from syncbot.settings import DATABASE_FILE, open_workspace
from syncbot.settings import Workspace as Found
from syncbot.store.opening import open_store
from syncbot.wiring.files import write_bundle, write_files
from syncbot.wiring.forges import Needs, open_forge
from syncbot.wiring.pace import SharedPace
from syncbot.wiring.processes import Processes
from syncbot.wiring.upstreams import sources


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def opened(
    start: Path, environ: Mapping[str, str], progress: Progress, *, new: bool = False, jobs: int | None = None
) -> Iterator[Workspace]:
    """The services' workspace for the one that `start` lies in. `new`: it may be without commit and without a folder
    of packages. `jobs`: how many processes work on packages, None: as the settings say. Raises InputError,
    StoreError."""
    found = open_workspace(start, environ)
    downstream = GitDownstream(found.root, unborn=new)
    if not new:
        require_patches(found)
    state = state_of(found)
    source = sources(found, environ)
    crew = Processes(found, environ, progress, jobs or found.settings.jobs, Here(Bench(source, progress), end_all))
    store = open_store(found.database_url)
    try:
        paced = lambda account: SharedPace(store, account, SystemClock().now, time.sleep)  # noqa: E731
        at = open_forge(Needs(found, environ, state, downstream.root, "" if new else downstream.branch(), paced))
        yield Workspace(
            settings=settings_below(found, downstream.root),
            downstream=downstream,
            layout=NativeLayout(found.settings.limits),
            store=store,
            forge=at.forge,
            clock=SystemClock(),
            source=source,
            write=lambda files: write_files(downstream.root, files),
            bundle=lambda name, files: write_bundle(state / "bundles" / name, files, found.root),
            progress=progress,
            remote=at.remote,
            hands=crew,
        )
    finally:
        crew.close()
        store.close()


def settings_below(found: Found, repository: Path) -> Settings:
    """The settings with `patches` relative to the repository: a workspace may be a folder of it."""
    inside = (found.root.resolve() / found.settings.patches).relative_to(repository.resolve())
    return replace(found.settings, patches=inside.as_posix())


def state_of(found: Found) -> Path:
    try:
        found.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the state folder {found.state} cannot be made ({error.strerror})", "check its permissions"
        ) from error
    _keep_out_of_git(found.state)
    return found.state


def _keep_out_of_git(state: Path) -> None:
    """A `.gitignore` for a state folder that `git add -A` would take in: not where the user's own rules keep it out, or
    somebody has arranged it otherwise (a `.gitignore` there, a README.md that is tracked)."""
    own = state / ".gitignore"
    if own.exists() or not takes_in(state, DATABASE_FILE):
        return
    try:
        own.write_text("*\n")
    except OSError as error:
        raise StoreError(f"{own} cannot be written ({error.strerror})", "check its permissions") from error


def require_patches(found: Found) -> None:
    """Raises InputError where the folder of the packages is not there: misspelt, most likely."""
    if not found.patches.is_dir():
        where = None if found.settings_file is None else str(found.settings_file)
        what = f"the folder of the packages, {found.settings.patches}/, is not there"
        raise InputError(what, "make it, or correct the setting `patches`", path=where)


def wished_upstream(text: str, start: Path, environ: Mapping[str, str], here: Path) -> Upstream:
    """The upstream that a person who stands in `here` types: an address, or the path of a repository. A relative path
    is given relative to the workspace's root, as package.toml has it. Raises InputError."""
    if (text in (".", "..") or "/" in text) and is_path(text) and (here / text).is_dir():
        text = f"git:{text}"
    upstream = parse(text)
    path = upstream.location
    if upstream.scheme != "git" or not is_path(path) or path.startswith(("/", "~")):
        return upstream
    root = open_workspace(start, environ).root
    relative = os.path.relpath((here / path).resolve(), root.resolve())
    return Upstream("git", relative if relative.startswith("..") else f"./{relative}")
