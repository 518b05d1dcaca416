"""Upstream and its releases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a package's releases come from: `scheme` names a source (git, pypi, npm), `location` is a project name
    or a URL or path. Written `pypi:requests`, `npm:left-pad`, `git:https://...`."""

    scheme: str
    location: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.location}"


@dataclass(frozen=True, slots=True)
class Release:
    """One release of an upstream.

    `version` is normalised (`8.5.0`); `name` is upstream's own word for it (the tag `curl-8_5_0`, the registry's
    version); `identity` is what pins its content (commit id, or `sha256:...` of the archive); `date` is aware, UTC,
    None where the upstream does not say.
    """

    version: str
    name: str
    identity: str
    date: datetime | None = None
    prerelease: bool = False
    yanked: bool = False
