"""The services' workspace for commands that only read: what they mostly ask is answered without the adapters, whose
libraries take longer to load than a report takes to be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from syncbot.git.glance import Glance, glance
from syncbot.model.settings import ForgeKind
from syncbot.services.advising import Advisories
from syncbot.services.workspace import Workspace
from syncbot.settings import open_workspace
from syncbot.store.light import LightStore, light_store
from syncbot.wiring.place import SystemClock, branches_of, ids_of, is_plainly_native, patches_in, proposals_of, stamp

if TYPE_CHECKING:
    from syncbot.ports import Downstream, Forge, Layout, Progress, Store
    from syncbot.settings import Workspace as Found


@contextmanager
def opened_to_read(
    start: Path, environ: Mapping[str, str], progress: Progress, *, found: Found | None = None, remote: bool = False
) -> Iterator[Workspace]:
    """As `wiring.workspace.opened`, for reports: nobody works in it. Each adapter is made when it is first asked for
    something. `remote`: it is told where the forge's branches are. Raises InputError, StoreError."""
    found = open_workspace(start, environ) if found is None else found
    whole = _Whole(found, environ, progress)
    known = not remote or found.settings.forge.kind is ForgeKind.LOCAL
    store = light_store(found.database_url) if known and _is_simple(found) else None
    try:
        downstream = glance(found.root) if store is not None else None
        yield whole.workspace if store is None or downstream is None else _light(whole, store, downstream)
    finally:
        whole.close()
        if store is not None:
            store.close()


def _is_simple(found: Found) -> bool:
    """Whether its packages are folders of the repository that it lies in, on the branch that happens to be there."""
    wanted, several = found.settings.downstream, found.settings.branches and found.shared is None
    if several or wanted.repository or wanted.branch or found.settings.layout not in ("", "native"):
        return False
    return found.patches.is_dir() and is_plainly_native(found)


class _Whole:
    """The workspace with all its adapters, once somebody needs one of them."""

    def __init__(self, found: Found, environ: Mapping[str, str], progress: Progress) -> None:
        self.found, self.environ, self.progress = found, environ, progress
        self._opened = ExitStack()

    def close(self) -> None:
        self._opened.close()

    @cached_property
    def workspace(self) -> Workspace:
        from syncbot.wiring.workspace import opened

        entered = opened(self.found.root, self.environ, self.progress, found=self.found, reading=True)
        return self._opened.enter_context(entered)


class _Late:
    """An adapter that is made when it is first asked for something."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)

    def __call__(self, *asked: Any) -> Any:
        return self._make()(*asked)


def _layout(found: Found) -> Layout:
    from syncbot.layouts.native import NativeLayout

    return NativeLayout(found.settings.limits)


def _forge(found: Found, whole: _Whole) -> Forge:
    if found.settings.forge.kind is not ForgeKind.LOCAL:
        return whole.workspace.forge
    from syncbot.forges.glance import LocalGlance

    return cast("Forge", LocalGlance(proposals_of(found), cast("Forge", _Late(lambda: whole.workspace.forge))))


def _light(whole: _Whole, store: LightStore, downstream: Glance) -> Workspace:
    found = whole.found
    store.of_forge(ids_of(found))
    return Workspace(
        settings=replace(found.settings, patches=patches_in(found, downstream.root), layout="native"),
        downstream=cast("Downstream", downstream),
        layout=cast("Layout", _Late(partial(_layout, found))),
        store=cast("Store", store),
        forge=cast("Forge", _Late(partial(_forge, found, whole))),
        clock=SystemClock(),
        source=_Late(lambda: whole.workspace.source),
        write=_Late(lambda: whole.workspace.write),
        bundle=_Late(lambda: whole.workspace.bundle),
        progress=whole.progress,
        remote=branches_of(found) if found.settings.forge.kind is ForgeKind.LOCAL else "",
        stamp=stamp(found),
        advisories=Advisories(lambda: whole.workspace.advisories.every),
    )
