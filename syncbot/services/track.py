"""Track: one more package, with its base release found out."""

from __future__ import annotations

from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.model import addresses
from syncbot.model.ids import PackageName
from syncbot.model.packages import Package
from syncbot.model.releases import Upstream
from syncbot.model.trees import Tree
from syncbot.report.results import Tracked
from syncbot.services import moving
from syncbot.services.choose import choose, line_releases
from syncbot.services.overlay import Overlay
from syncbot.services.workspace import Files, Workspace


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for. `name`: the folder, None: made of the address. `base`: a version, None: found out."""

    upstream: Upstream
    name: str | None = None
    base: str | None = None
    range: str = ""
    track: str = "stable"


def track(workspace: Workspace, wish: Wish) -> Tracked:
    """Write `patches/NAME/package.toml`; patches that lie in the folder already decide the base release. Raises
    InputError where the name is taken or no base is found, UpstreamUnreachable."""
    name = wish.name or default_name(wish.upstream)
    files = workspace.downstream.files()
    first = _create(workspace, files, name, wish, wish.base)
    package = _as_it_will_be(workspace, files, first, name)
    source = workspace.source(package)
    source.refresh(workspace.progress)
    choice = choose(package, source, workspace.store.releases(package.name), workspace.progress)
    changes = dict(_create(workspace, files, name, wish, choice.base.version))
    workspace.write(changes)
    line = line_releases(package, source)
    newest = line[-1] if line else choice.base
    written = tuple(sorted(changes))
    return Tracked(package.name, addresses.shown(wish.upstream), choice.base, newest, len(package.series), written)


def _create(workspace: Workspace, files: Tree, name: str, wish: Wish, base: str | None) -> Files:
    return workspace.layout.new_package(
        files, workspace.settings.patches, name, wish.upstream, base, wish.range, wish.track
    )


def _as_it_will_be(workspace: Workspace, files: Tree, changes: Files, name: str) -> Package:
    """The package that the new files make, read as the layout reads it."""
    return moving.at(workspace, Overlay(files, changes), PackageName(name))


def default_name(upstream: Upstream) -> str:
    """The folder for an address: the project's name, of a scope `@a/b` `a-b`, of a repository its last part."""
    place = upstream.location.rstrip("/")
    if upstream.scheme == "npm":
        return place.removeprefix("@").replace("/", "-")
    if upstream.scheme == "pypi":
        return place.lower().replace("_", "-")
    last = place.replace(":", "/").rpartition("/")[2].removesuffix(".git")
    if not last:
        raise InputError(f"{addresses.shown(upstream)} gives no name for the package", "choose one with --name")
    return last
