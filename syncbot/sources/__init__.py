"""Where releases come from. A new kind of upstream is a module and a row in SOURCES."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import InputError
from syncbot.model.addresses import check
from syncbot.model.releases import Upstream
from syncbot.model.settings import Limits
from syncbot.sources.folder import open_tree
from syncbot.sources.place import Place
from syncbot.sources.polite import Turn, no_limit

if TYPE_CHECKING:
    from syncbot.ports.source import Source

__all__ = ["SOURCES", "Place", "open_source", "open_tree"]


def _git(location: str, place: Place) -> Source:
    from syncbot.sources.git import GitSource  # noqa: PLC0415  # who judges folders need not load git's library

    return GitSource(location, place)


def _npm(location: str, place: Place) -> Source:
    from syncbot.sources.npm import NpmSource  # noqa: PLC0415  # nor, without an npm package, HTTP

    return NpmSource(location, place)


def _pypi(location: str, place: Place) -> Source:
    from syncbot.sources.pypi import PypiSource  # noqa: PLC0415  # likewise

    return PypiSource(location, place)


def _tarball(location: str, place: Place) -> Source:
    from syncbot.sources.tarball import TarballSource  # noqa: PLC0415  # likewise

    return TarballSource(location, place)


def _anitya(location: str, place: Place) -> Source:
    from syncbot.sources.anitya import AnityaSource  # noqa: PLC0415  # likewise

    return AnityaSource(location, place)


SOURCES: Mapping[str, Callable[[str, Place], Source]] = {
    "anitya": _anitya,
    "git": _git,
    "npm": _npm,
    "pypi": _pypi,
    "tarball": _tarball,
}
"""{scheme: factory(location, place)}."""


def open_source(  # noqa: PLR0913  # what a source may be set to, each with a name and a default
    upstream: Upstream,
    cache: Path,
    *,
    limits: Limits | None = None,
    rewrite: tuple[tuple[str, str], ...] = (),
    tag_pattern: str = "",
    environ: Mapping[str, str] | None = None,
    project: Path | None = None,
    keyring: bytes = b"",
    turn: Turn = no_limit,
    contact: str = "",
) -> Source:
    """The source of an upstream. Nothing is asked before `refresh`. `cache` holds mirrors and downloads; `environ`
    (os.environ, if None) and `project` are where the clients' settings are found; `keyring`: the OpenPGP keys by which
    upstream signs its archives; `turn` and `contact`: see `Place`. Raises InputError, HostileInput."""
    check(upstream)
    factory = SOURCES.get(upstream.scheme)
    if factory is None:
        raise InputError(f"no source for {upstream.scheme!r}", f"use one of {', '.join(sorted(SOURCES))}")
    return factory(
        upstream.location,
        Place(
            cache,
            limits or Limits(),
            rewrite,
            tag_pattern,
            environ=os.environ if environ is None else environ,
            project=project,
            keyring=keyring,
            turn=turn,
            contact=contact,
        ),
    )
