"""What a Python package index's page lists, read once: a page is asked for every day and seldom another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncbot.errors import UpstreamUnreachable
from syncbot.model.addresses import shown

if TYPE_CHECKING:
    from syncbot.sources.cache import Cache, Page

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.01"
_FORM = 1
"""Raised when a file is kept otherwise."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a project. `version` as its name says it, None where it says none."""

    name: str
    url: str
    version: str | None
    is_sdist: bool
    digests: dict[str, str]
    uploaded: datetime | None
    yanked: bool


def listed(page: Page, project: str, asked: str, cache: Cache) -> list[File]:
    """The files of a page that came from `asked`. Raises UpstreamUnreachable where it lists none."""
    assert page.body is not None
    # Relative links are followed with the credentials of the index, as long as it did not send us elsewhere.
    base = asked if page.url in ("", shown(asked)) else page.url
    if base == shown(base):
        rows = cache.derived(asked, _key(page, project, base), lambda: _read(page, project, base))
    else:
        rows = _read(page, project, base)  # they hold the credentials, which nobody keeps
    if not rows and b'"files"' not in page.body:
        raise UpstreamUnreachable(f"{shown(asked)} is no index page that lists files", "check pip's index settings")
    return [_file(row) for row in rows]


def _read(page: Page, project: str, base: str) -> list[Any]:
    """Its files as JSON can hold them; none where it cannot be read."""
    from pypi_simple import ProjectPage, UnsupportedRepoVersionError  # noqa: PLC0415  # takes a quarter of a second

    try:
        if "json" in page.content_type:
            made = ProjectPage.from_json_data(json.loads(page.body or b""), base)
        else:
            made = ProjectPage.from_html(project, page.body or b"", base)
    except (ValueError, TypeError, KeyError, UnsupportedRepoVersionError):
        return []
    return [
        [
            *(file.filename, file.url, file.version, file.package_type == "sdist", dict(file.digests)),
            *(None if file.upload_time is None else file.upload_time.isoformat(), bool(file.is_yanked)),
        ]
        for file in made.packages
    ]


def _file(row: Sequence[Any]) -> File:
    name, url, version, is_sdist, digests, uploaded, yanked = row
    time = None if uploaded is None else datetime.fromisoformat(uploaded)
    return File(name, url, version, is_sdist, digests, time, yanked)


def _key(page: Page, project: str, base: str) -> str:
    """What pins how a page is read."""
    said = [_FORM, _reader(), project, base, page.content_type, hashlib.sha256(page.body or b"").hexdigest()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@lru_cache(maxsize=1)
def _reader() -> str:
    """What pins the library that reads pages (its first file has its version), without loading it."""
    found = find_spec("pypi_simple")
    if found is None or found.origin is None:
        return ""
    return hashlib.sha256(Path(found.origin).read_bytes()).hexdigest()
