"""The services' workspace: ports bound to the embedded adapters (SQLite, the local forge, the native layout)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from syncbot.errors import StoreError
from syncbot.forges.local import LocalForge
from syncbot.git.downstream import GitDownstream
from syncbot.layouts.native import NativeLayout
from syncbot.model.packages import Package
from syncbot.model.settings import Settings
from syncbot.ports import Progress, Source
from syncbot.services.workspace import Workspace
from syncbot.settings import Workspace as Found
from syncbot.settings import open_workspace
from syncbot.sources import open_source
from syncbot.store.opening import open_store
from syncbot.wiring.files import shown_path, write_bundle, write_files

_CACHE = "cache"
_WORKERS = 4


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def opened(start: Path, environ: Mapping[str, str], progress: Progress) -> Iterator[Workspace]:
    """The services' workspace for the one that `start` lies in. Raises InputError, StoreError."""
    found = open_workspace(start, environ)
    downstream = GitDownstream(found.root)
    state = state_of(found)
    forge = LocalForge(state / "proposals", downstream.root, found.settings.identity)
    store = open_store(found.database_url)
    try:
        yield Workspace(
            settings=settings_below(found, downstream.root),
            downstream=downstream,
            layout=NativeLayout(found.settings.limits),
            store=store,
            forge=forge,
            clock=SystemClock(),
            source=sources(found, environ),
            write=lambda files: write_files(downstream.root, files),
            bundle=lambda name, files: write_bundle(state / "bundles" / name, files, found.root),
            progress=progress,
            remote=shown_path(forge.repository, found.root),
            workers=_WORKERS,
        )
    finally:
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
    return found.state


def sources(found: Found, environ: Mapping[str, str]) -> Callable[[Package], Source]:
    def source(package: Package) -> Source:
        return open_source(
            package.upstream,
            found.state / _CACHE,
            limits=found.settings.limits,
            rewrite=found.settings.rewrite,
            tag_pattern=package.tag_pattern,
            environ=environ,
            project=found.root,
        )

    return source
