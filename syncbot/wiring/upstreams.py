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
from syncbot.wiring.hosts import turns


def sources(found: Found, environ: Mapping[str, str]) -> Callable[[Package], Source]:
    turn = turns(found)

    def source(package: Package) -> Source:
        releases = one(package, package.upstream)
        if package.history is None:
            return releases
        return Beside(releases, one(package, package.history), found=package.history_found)

    def one(package: Package, upstream: Upstream) -> Source:
        return open_source(
            absolute(upstream, found.root),
            found.cache,
            limits=found.settings.limits,
            rewrite=found.settings.rewrite,
            tag_pattern=package.tag_pattern,
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
