"""Upstreams of a workspace, opened: all that a process needs that works on packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from syncbot.model.addresses import is_path
from syncbot.model.packages import Package
from syncbot.model.releases import Upstream
from syncbot.ports import Source
from syncbot.settings import Workspace as Found
from syncbot.sources import open_source
from syncbot.sources.beside import Beside
from syncbot.sources.components import WithComponents, touched_folders
from syncbot.wiring.hosts import turns


def sources(found: Found, environ: Mapping[str, str]) -> Callable[[Package], Source]:
    turn = turns(found)

    def source(package: Package) -> Source:
        releases = composed(package, one(package, package.upstream, package.tag_pattern))
        if package.history is None:
            return releases
        return Beside(releases, one(package, package.history, package.tag_pattern), found=package.history_found)

    def composed(package: Package, main: Source) -> Source:
        if not package.components and package.upstream.scheme != "tarball":
            return main
        parts = {
            part.name: part.why if part.upstream is None else one(package, part.upstream, part.pattern)
            for part in package.components
        }
        return WithComponents(main, parts, touched_folders(package.series))

    def one(package: Package, upstream: Upstream, pattern: str) -> Source:
        return open_source(
            absolute(upstream, found.root),
            found.cache,
            limits=found.settings.limits,
            rewrite=found.settings.rewrite,
            tag_pattern=pattern,
            environ=environ,
            project=found.root,
            keyring=package.keyring,
            turn=turn,
            contact=found.settings.polite.contact,
        )

    return source


def absolute(upstream: Upstream, root: Path) -> Upstream:
    """With a relative path made absolute: it starts at the workspace's root, wherever the program is run."""
    path = upstream.location
    local = is_path(path) if upstream.scheme == "git" else "://" not in path
    if upstream.scheme not in ("git", "tarball") or not local or path.startswith("~"):
        return upstream
    slash = "/" if path.endswith("/") else ""
    return Upstream(upstream.scheme, path if Path(path).is_absolute() else str((root / path).resolve()) + slash)
