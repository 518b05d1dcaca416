"""Releases of a package on an npm registry: its tarballs, checked against the registry's integrity."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from syncbot.errors import InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.model.addresses import rewrite, shown
from syncbot.model.ids import Digest
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.versions import Version, normalise, version
from syncbot.ports.source import Progress
from syncbot.sources.archive import open_archive
from syncbot.sources.cache import Cache, Page, strongest
from syncbot.sources.http import Http
from syncbot.sources.npm_settings import npm_settings, public_registry
from syncbot.sources.place import Place

_NUMBER_FIRST = re.compile(r"(\d+\.\d+\.\d+)-(?=\d+(?:[.+]|$))")


@dataclass(frozen=True, slots=True)
class _Known:
    release: Release
    tarball: str


class NpmSource:
    """The package `location` on the registry that the user's npm is set to."""

    def __init__(self, location: str, place: Place) -> None:
        settings = npm_settings(place.environ, place.project)
        self._package = location
        self._rules = place.rules
        self._limits = place.limits
        self._registry = settings.registry(location)
        self._url = rewrite(self._registry, place.rules) + quote(location, safe="@")
        http = Http(settings.verify, settings.authorization, place.sleep, place.turn, place.contact)
        self._cache = Cache(place.cache, http, place.limits.archive_bytes)
        self._known: dict[str, _Known] | None = None

    def refresh(self, progress: Progress) -> None:
        progress(f"asking the registry for {self._package}", 0, 0)
        self._known = self._read(self._cache.page(self._url, "application/json"))

    def releases(self) -> Sequence[Release]:
        return tuple(known.release for known in self._all().values())

    def branch(self, name: str) -> Release | None:  # noqa: ARG002  # a registry has no branches
        return None

    def head(self) -> str:
        return ""

    def lineage(self, base: Release, target: Release, progress: Progress) -> None:
        """A registry shows archives alone."""

    def tree(self, release: Release, progress: Progress) -> Tree:
        known = self._all().get(release.version)
        if known is None:
            raise UpstreamChanged(
                f"npm:{self._package}: release {release.version} is gone from the registry",
                "ask upstream why before you trust it",
            )
        if known.release.identity != release.identity:
            raise UpstreamChanged(
                f"npm:{self._package}: release {release.version} was {release.identity}, "
                f"the registry has {known.release.identity} now",
                "ask upstream why before you trust it",
            )
        name = f"{self._package} {release.name}"
        path = self._cache.archive(self._address(known.tarball), Digest(known.release.identity), name, progress)
        return open_archive(path, self._limits, name, progress)

    def _address(self, tarball: str) -> str:
        """Where to get a tarball: a mirror that passes on the public registry's addresses means its own, as npm has
        it (replace-registry-host)."""
        url = urljoin(self._registry, tarball)
        public = public_registry()
        if urlsplit(url).hostname == urlsplit(public).hostname and not self._registry.startswith(public):
            url = urljoin(self._registry, urlsplit(url).path.lstrip("/"))
        return rewrite(url, self._rules)

    def _all(self) -> dict[str, _Known]:
        if self._known is None:
            page = self._cache.known_page(self._url)
            if page is None:
                raise UpstreamUnreachable(f"npm:{self._package} was never asked for", "refresh it first")
            self._known = self._read(page)
        return self._known

    def _read(self, page: Page) -> dict[str, _Known]:
        if page.body is None:
            what = f"npm:{self._package} is not known to the registry: {shown(self._url)} has no such package"
            raise InputError(what, "check its name and the registry in .npmrc")
        try:
            answer = json.loads(page.body)
            versions = dict(answer["versions"])
            times = dict(answer.get("time") or {})
        except (ValueError, TypeError, KeyError, AttributeError):
            versions, times = None, {}
        if versions is None:
            raise UpstreamUnreachable(
                f"{shown(self._url)} is no answer of an npm registry", "check the registry in .npmrc"
            )
        latest = _latest(answer)
        known = [made for name, about in versions.items() if (made := _known(name, about, times, latest)) is not None]
        known.sort(key=lambda one: version(one.release.version))
        return {one.release.version: one for one in known}


def _latest(answer: Mapping[str, Any]) -> Version | None:
    """What the tag `latest` names: who installs the package gets that. None where it names none, or an early one."""
    tags = answer.get("dist-tags")
    name = tags.get("latest") if isinstance(tags, dict) else None
    return normalise(name) if isinstance(name, str) and "-" not in name.partition("+")[0] else None


def _known(name: str, about: Any, times: Mapping[str, Any], latest: Version | None) -> _Known | None:  # JSON
    """One version of the registry's answer, None where it is no version or has no tarball that can be checked. What is
    higher than `latest` is not for everybody, like a pre-release: one for testers, or one that was a mistake."""
    # A pre-release that begins with a number is spelled out: elsewhere 1.0.0-1 is a later packaging of 1.0.0.
    found = normalise(_NUMBER_FIRST.sub(r"\1-dev.", name))
    dist = about.get("dist") if isinstance(about, dict) else None
    if found is None or not isinstance(dist, dict) or not isinstance(dist.get("tarball"), str):
        return None
    identity = _digest(dist)
    if identity is None:
        return None
    early = "-" in name.partition("+")[0] or (latest is not None and found > latest)
    return _Known(Release(found.text, name, identity, _date(times.get(name)), early), dist["tarball"])


def _digest(dist: Mapping[str, Any]) -> Digest | None:
    digests: dict[str, str] = {}
    if isinstance(dist.get("shasum"), str):
        digests["sha1"] = dist["shasum"]
    for one in str(dist.get("integrity") or "").split():
        algorithm, _, value = one.partition("?")[0].partition("-")
        try:
            digests[algorithm] = base64.b64decode(value, validate=True).hex()
        except (binascii.Error, ValueError):
            continue
    return strongest(digests)


def _date(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
