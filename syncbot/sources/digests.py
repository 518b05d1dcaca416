"""The digest of a file that a recipe pins: of what really came, not of what somebody says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from syncbot.errors import DigestMismatch, HostileInput, InputError, UpstreamUnreachable
from syncbot.model.addresses import rewrite, shown
from syncbot.ports.source import Progress
from syncbot.sources.cache import Cache, digest_of
from syncbot.sources.http import Http
from syncbot.sources.listing import digest_in

_KNOWN = frozenset({"sha512", "sha384", "sha256", "sha1", "md5", "blake2b"})


class Digests:
    """Downloads below `most` bytes, kept below `folder` by their address. `rules` rewrite addresses; only what comes by
    https is pinned, unless a rule leads elsewhere."""

    def __init__(self, folder: Path, most: int, rules: Sequence[tuple[str, str]], progress: Progress) -> None:
        self._cache = Cache(folder, Http(), most)
        self._rules = rules
        self._progress = progress

    def __call__(self, url: str, algorithm: str) -> str:
        """Lower-case hex. Raises UpstreamUnreachable, HostileInput, InputError."""
        if algorithm not in _KNOWN:
            raise InputError(
                f"{algorithm!r} is no checksum that is known here", f"use one of {', '.join(sorted(_KNOWN))}"
            )
        there = rewrite(url, self._rules)
        if not there.startswith("https://") and (there == url or not there.startswith("http://")):
            remedy = "use https in the recipe, or rewrite the address to a mirror of yours"
            raise HostileInput(f"{shown(url)} is not fetched by https, so no checksum of it is pinned", remedy)
        name = shown(url).rpartition("/")[2] or shown(url)
        path = self._cache.loose(there, name, self._progress)
        self._require_published(there, path, name)
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()

    def _require_published(self, url: str, path: Path, name: str) -> None:
        """What upstream publishes of the file beside it must be true of what came."""
        if "?" in url:
            return
        for ending in ("sha512", "sha256"):
            try:
                body = self._cache.page(f"{url}.{ending}", "text/plain, */*;q=0.5").body
            except UpstreamUnreachable:  # where files lie, 403 is often said of what is not there
                continue
            wanted = None if body is None else digest_in(body, name)
            if wanted is None:
                continue
            if digest_of(path, wanted) != wanted:
                what = f"{name} has {digest_of(path, wanted)}, but upstream publishes {wanted}"
                raise DigestMismatch(what, "do not use this release before you know why")
            return
