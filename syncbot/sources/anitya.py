"""Releases that release-monitoring.org knows: `anitya:NUMBER/TEMPLATE`, the project's number there, and where the
archive of a version lies. Anitya is what that site runs; distributions name its projects to be told of releases. Of an
archive no more is known than its address: it is fetched, and remembered by its digest, when it is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from syncbot.errors import UpstreamUnreachable
from syncbot.model.addresses import watched
from syncbot.sources.listing import File
from syncbot.sources.place import Place
from syncbot.sources.tarball import LINE, VERSION, TarballSource, expression

_VERSIONS = "https://release-monitoring.org/api/v2/versions/?project_id="
_LEGAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+~-]{0,63}")
"""What a version may be that becomes part of an address."""
_MOST = 2000


class AnityaSource(TarballSource):
    """The archives of the project at `location`, NUMBER/TEMPLATE. A `tag_pattern` says which versions count, its group
    what of one is the version."""

    def __init__(self, location: str, place: Place) -> None:
        self._number, self._template = watched(location)
        super().__init__(self._template, place)

    def _listed(self, page: Callable[[str], bytes | None]) -> tuple[list[File], str, str]:
        body = page(_VERSIONS + self._number)
        if body is None:
            what = f"release-monitoring.org has no project {self._number}"
            raise UpstreamUnreachable(what, "correct its number")
        names = (self._counted(name) for name in _known(body, self._number))
        urls = [_address(self._template, name) for name in names if name]
        files = [File(url.rpartition("/")[2], url) for url in urls]
        return files, f"^{expression(self._template.rpartition('/')[2])}$", ""

    def _counted(self, name: str) -> str:
        """The version in what the site calls one, empty where it does not count."""
        if not self._place.tag_pattern:
            return name
        found = re.search(self._place.tag_pattern, name)
        return found[1] or "" if found else ""


def _known(body: bytes, number: str) -> list[str]:
    """The versions of an answer: those that are no pre-releases, where the site tells them apart."""
    try:
        data = json.loads(body)
        listed = data["stable_versions"] or data["versions"]
        found = [name for name in listed[:_MOST] if isinstance(name, str) and _LEGAL.fullmatch(name)]
    except (ValueError, KeyError, TypeError):
        what = f"release-monitoring.org's answer about project {number} is no list of versions"
        raise UpstreamUnreachable(what, "try again later, or name the upstream yourself") from None
    return found


def _address(template: str, version: str) -> str:
    line = ".".join(version.split(".")[:2])
    return template.replace(VERSION, version).replace(LINE, line)
