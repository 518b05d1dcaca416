"""Releases of a project on a Python package index: its source archives, checked against the index's digests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion
from packaging.version import Version as PepVersion

from syncbot.errors import DigestMismatch, HostileInput, InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.model.addresses import rewrite, shown
from syncbot.model.ids import Digest
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.versions import version
from syncbot.ports.source import Progress
from syncbot.sources.archive import open_archive
from syncbot.sources.cache import Cache, Page, digest_of, strongest
from syncbot.sources.http import Http
from syncbot.sources.listed import ACCEPT, File, listed
from syncbot.sources.pip_settings import pip_settings
from syncbot.sources.place import Place

_PREFERRED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True, slots=True)
class _Known:
    """A release and its source archive, None where it has none."""

    release: Release
    archive: File | None


class PypiSource:
    """The project `location` on the indexes that the user's pip is set to."""

    def __init__(self, location: str, place: Place) -> None:
        settings = pip_settings(place.environ)
        self._project = canonicalize_name(location)
        self._rules = place.rules
        self._limits = place.limits
        self._indexes = tuple(rewrite(index, place.rules) for index in settings.indexes)
        http = Http(settings.verify, sleep=place.sleep, turn=place.turn, contact=place.contact)
        self._cache = Cache(place.cache, http, place.limits.archive_bytes)
        self._known: dict[str, _Known] | None = None

    def refresh(self, progress: Progress) -> None:
        progress(f"asking the index for {self._project}", 0, 0)
        self._known = self._read([(index, self._page(index)) for index in self._indexes])

    def releases(self) -> Sequence[Release]:
        return tuple(known.release for known in self._all().values())

    def branch(self, name: str) -> Release | None:  # noqa: ARG002  # an index has no branches
        return None

    def head(self) -> str:
        return ""

    def lineage(self, base: Release, target: Release, progress: Progress) -> None:
        """A registry shows archives alone."""

    def tree(self, release: Release, progress: Progress) -> Tree:
        """Raises InputError where the release has no source archive."""
        known = self._all().get(release.version)
        if known is None:
            raise UpstreamChanged(
                f"pypi:{self._project}: release {release.version} is gone from the index",
                "ask upstream why before you trust it",
            )
        if known.release.identity != release.identity:
            raise UpstreamChanged(
                f"pypi:{self._project}: release {release.version} was {release.identity}, "
                f"the index has {known.release.identity} now",
                "ask upstream why before you trust it",
            )
        if known.archive is None:
            raise InputError(
                f"pypi:{self._project}: release {release.version} has no source archive, only wheels",
                "track its git repository (git:URL) instead",
            )
        return open_archive(self._fetch(known, progress), self._limits, known.archive.name, progress)

    def _fetch(self, known: _Known, progress: Progress) -> Path:
        assert known.archive is not None
        url = rewrite(known.archive.url, self._rules)
        digest = strongest(known.archive.digests)
        name = known.archive.name
        if urlsplit(url).scheme == "file":
            return self._local(url, digest, name)
        if digest is None:
            return self._cache.loose(url, name, progress)
        return self._cache.archive(url, digest, name, progress)

    def _local(self, url: str, digest: Digest | None, name: str) -> Path:
        """A file of an index that lies in a folder here."""
        if not any(urlsplit(index).scheme == "file" for index in self._indexes):
            raise HostileInput(f"the index sends us to the local file {url} for {name}", "report it to the registry")
        path = Path(unquote(urlsplit(url).path))
        if not path.is_file():
            raise UpstreamUnreachable(f"{path} is not there", "the index lists it but has it no more")
        if digest is not None and digest_of(path, digest) != digest:
            raise DigestMismatch(f"{path} does not have the digest {digest} that its index lists", "mend the index")
        return path

    def _all(self) -> dict[str, _Known]:
        if self._known is None:
            pages = [(index, self._remembered(index)) for index in self._indexes]
            if all(page is None for _, page in pages):
                raise UpstreamUnreachable(f"pypi:{self._project} was never asked for", "refresh it first")
            self._known = self._read([(index, page) for index, page in pages if page is not None])
        return self._known

    def _page(self, index: str) -> Page:
        if urlsplit(index).scheme == "file":
            return _folder_page(self._url(index))
        return self._cache.page(self._url(index), ACCEPT)

    def _remembered(self, index: str) -> Page | None:
        if urlsplit(index).scheme == "file":
            return _folder_page(self._url(index))
        return self._cache.known_page(self._url(index))

    def _url(self, index: str) -> str:
        return f"{index.rstrip('/')}/{self._project}/"

    def _read(self, pages: Iterable[tuple[str, Page]]) -> dict[str, _Known]:
        """Of a file that several indexes have, the first one's counts, as with pip."""
        files: dict[str, File] = {}
        has_page = False
        for index, page in pages:
            if page.body is None:
                continue
            has_page = True
            for file in listed(page, self._project, self._url(index), self._cache):
                files.setdefault(file.name, file)
        if not has_page:
            raise InputError(f"no index has the project {self._project}", "check its name and pip's index settings")
        return _releases(files.values())


def _releases(files: Iterable[File]) -> dict[str, _Known]:
    """{version: release}, oldest first. Files whose version is none are left out."""
    groups: dict[PepVersion, list[File]] = {}
    for file in files:
        try:
            groups.setdefault(PepVersion(file.version or ""), []).append(file)
        except InvalidVersion:
            continue
    return {str(found): _release(found, groups[found]) for found in sorted(groups, key=lambda v: version(str(v)))}


def _release(found: PepVersion, files: list[File]) -> _Known:
    archives = [file for file in files if file.is_sdist and file.name.endswith(_PREFERRED)]
    archives.sort(key=lambda file: next(i for i, end in enumerate(_PREFERRED) if file.name.endswith(end)))
    archive = archives[0] if archives else None
    file = archive or min(files, key=lambda f: f.name)
    times = [f.uploaded for f in files if f.uploaded is not None]
    release = Release(
        version=str(found),
        name=file.version or str(found),
        identity=strongest(file.digests) or f"file:{file.name}",
        date=min(times, default=None),
        prerelease=found.is_prerelease,
        yanked=all(f.yanked for f in files),
    )
    return _Known(release, archive)


def _folder_page(url: str) -> Page:
    try:
        body = (Path(unquote(urlsplit(url).path)) / "index.html").read_bytes()
    except FileNotFoundError:
        return Page(None)
    except OSError as error:
        raise UpstreamUnreachable(f"{shown(url)} cannot be read: {error.strerror}", "check pip's settings") from None
    return Page(body, "text/html")
