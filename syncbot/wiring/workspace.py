"""The services' workspace: ports bound to the embedded adapters (SQLite, a forge, a layout)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from syncbot.errors import InputError, StoreError
from syncbot.git.downstream import GitDownstream, takes_in
from syncbot.git.run import end_all
from syncbot.layouts import NATIVE
from syncbot.model.addresses import is_path, parse
from syncbot.model.releases import Upstream
from syncbot.ports import Progress
from syncbot.ports.crew import Bench
from syncbot.services.advising import Advisories
from syncbot.services.crew import Here
from syncbot.services.workspace import Workspace
from syncbot.settings import DATABASE_FILE, open_workspace
from syncbot.settings import Workspace as Found
from syncbot.wiring import osv
from syncbot.wiring.commits import commits
from syncbot.wiring.files import write_bundle, write_files
from syncbot.wiring.forges import Needs, open_forge
from syncbot.wiring.layouts import Standing, stand
from syncbot.wiring.pace import SharedPace
from syncbot.wiring.place import SystemClock, require_patches, stamp
from syncbot.wiring.presence import ThisProcess
from syncbot.wiring.upstreams import sources
from syncbot.wiring.verifying import Commands

if TYPE_CHECKING:
    from syncbot.forges.branches import SharedPuts
    from syncbot.model.packages import Package
    from syncbot.ports import Source, Store
    from syncbot.store.sql import SqlStore
    from syncbot.wiring.locking import Managers
    from syncbot.wiring.processes import Processes


@contextmanager
def opened(
    start: Path,
    environ: Mapping[str, str],
    progress: Progress,
    *,
    new: bool = False,
    unborn: bool = False,
    jobs: int | None = None,
    found: Found | None = None,
    reading: bool = False,
) -> Iterator[Workspace]:
    """The services' workspace for the one that `start` lies in. `unborn`: it may be without commit; `new`: and without
    a folder of packages, too. `jobs`: how many processes work on packages, None: as the settings say. `found`: the
    workspace with settings that were read before, None: they are read. `reading`: it is for reports, and nobody works
    in it; little more than the measures is asked of its store. Raises InputError, StoreError."""
    found = open_workspace(start, environ) if found is None else found
    if found.settings.branches and found.shared is None:
        what = f"this workspace has several downstream branches: {', '.join(found.settings.branches)}"
        raise InputError(what, f"name one: --branch {found.settings.branches[0]}")
    if found.settings.downstream.repository:
        state_of(found)  # a clone of it may have to go there
    standing = stand(found, progress, unborn=new or unborn)
    downstream = standing.downstream
    if not new and standing.name == NATIVE:
        require_patches(found)
    state = state_of(found)
    source = sources(found, environ)
    crew = None if reading else _crew(found, environ, progress, jobs, source)
    store = _store(found, reading=reading)
    try:
        paced = lambda account: SharedPace(store, account, SystemClock().now, time.sleep)  # noqa: E731
        at = open_forge(Needs(found, environ, state, downstream.root, _branch(downstream), paced, _puts(found, store)))
        store.of_forge(at.ids)
        yield Workspace(
            settings=replace(standing.settings, layout=standing.name),
            downstream=downstream,
            layout=standing.layout,
            store=store,
            forge=at.forge,
            clock=SystemClock(),
            source=source,
            write=lambda files: write_files(downstream.root, files),
            bundle=lambda name, files: write_bundle(state / "bundles" / name, files, found.root),
            progress=progress,
            remote=at.remote,
            hands=crew,
            stamp=stamp(found),
            verifier=_verifier(found, standing, state, environ),
            locker=None if reading else _locker(found, state, environ),
            commit=commits(found),
            presence=ThisProcess(),
            advisories=Advisories(partial(osv.kept, found.settings.advisories, found.root, found.cache / "advisories")),
        )
    finally:
        if crew is not None:
            crew.close()
        store.close()


def _crew(
    found: Found, environ: Mapping[str, str], progress: Progress, jobs: int | None, source: Callable[[Package], Source]
) -> Processes:
    from syncbot.wiring.processes import Processes

    return Processes(found, environ, progress, jobs or found.settings.jobs, Here(Bench(source, progress), end_all))


def _locker(found: Found, state: Path, environ: Mapping[str, str]) -> Managers:
    from syncbot.wiring.locking import Managers

    return Managers(state / "locks", found.settings.limits.lock_seconds, environ)


def _store(found: Found, *, reading: bool) -> SqlStore:
    if reading:
        from syncbot.store.light import open_to_read

        return cast("SqlStore", open_to_read(found.database_url))  # what is asked of it is what that one has
    from syncbot.store.opening import open_store  # takes half a second to load

    return open_store(found.database_url)


def _puts(found: Found, store: Store) -> Callable[[str], SharedPuts] | None:
    """None where no other machine shares the store: then the scratch repository knows."""
    if found.database_url.startswith("sqlite"):
        return None
    from syncbot.wiring.puts import shared_puts  # only where there are several

    return partial(shared_puts, store)


def _verifier(found: Found, standing: Standing, state: Path, environ: Mapping[str, str]) -> Commands | None:
    """None where the commands would be those of a repository elsewhere: nobody here wrote them."""
    if found.settings.downstream.repository and standing.name == NATIVE:
        return None
    return Commands(state / "verify", found.root, found.settings.limits.verify_seconds, environ)


def _branch(downstream: GitDownstream) -> str:
    return "" if downstream.is_unborn else downstream.branch()


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
