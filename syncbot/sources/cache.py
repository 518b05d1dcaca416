"""What was downloaded: archives by digest, and registry pages with what makes the next request conditional.

Everything is written aside and renamed. An archive is checked against its digest when it comes and each time it
is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from syncbot.errors import DigestMismatch, HostileInput, InputError, UpstreamUnreachable
from syncbot.git.run import throttled
from syncbot.model.addresses import shown
from syncbot.model.ids import Digest
from syncbot.ports.source import Progress
from syncbot.sources.http import Http, Response

ALGORITHMS = ("sha512", "sha384", "sha256", "sha1", "md5")
"""Strongest first."""


@dataclass(frozen=True, slots=True)
class Page:
    """A registry's answer. `body` is None where it has no such page (404); `url` is where it came from, for relative
    links, without credentials."""

    body: bytes | None
    content_type: str = ""
    url: str = ""
    etag: str = ""
    last_modified: str = ""


class Cache:
    """The cache below one folder. `http` asks; `most` and `page` are the greatest sizes (bytes) of an archive and of
    a page."""

    def __init__(self, folder: Path, http: Http, most: int, page: int = 256 * 1024 * 1024) -> None:
        self._folder = folder
        self._http = http
        self._most = most
        self._page = page

    def archive(self, url: str, digest: Digest, name: str, progress: Progress) -> Path:
        """The file with this digest, downloaded where it is not here yet. `name` is for messages. Raises
        DigestMismatch, UpstreamUnreachable, HostileInput (too big)."""
        algorithm, wanted = _parts(digest)
        path = self._folder / "archives" / algorithm / wanted[:2] / wanted
        if path.is_file():
            if _hash(path, algorithm) == wanted:
                return path
            path.unlink()  # it was damaged here: upstream has nothing to do with it
        tell = throttled(progress)

        def keep(answer: Response) -> Path:
            _found(answer, name)
            with _aside(path) as file:
                got = self._receive(answer, file, algorithm, name, tell)
                if got != wanted and _is_page(answer):
                    raise _web_page(url, name)
                if got != wanted:
                    raise DigestMismatch(
                        f"{name} from {shown(url)} has {algorithm} {got}, the registry published {wanted}",
                        "do not use this release before you know why",
                    )
            return path

        return self._http.get(url, {"Accept-Encoding": "identity"}, keep)

    def loose(self, url: str, name: str, progress: Progress) -> Path:
        """A file that has no published digest: downloaded once, kept by its address."""
        key = hashlib.sha256(shown(url).encode()).hexdigest()
        path = self._folder / "archives" / "loose" / key
        tell = throttled(progress)

        def keep(answer: Response) -> Path:
            _found(answer, name)
            if _is_page(answer):
                raise _web_page(url, name)
            with _aside(path) as file:
                self._receive(answer, file, "sha256", name, tell)
            return path

        return path if path.is_file() else self._http.get(url, {"Accept-Encoding": "identity"}, keep)

    def page(self, url: str, accept: str) -> Page:
        """The page as it is now, by a conditional request where it is known. Raises UpstreamUnreachable."""
        known = self.known_page(url)
        headers = {"Accept": accept}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        elif known is not None and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified

        def keep(answer: Response) -> Page:
            if answer.status == 304 and known is not None:
                with suppress(OSError):
                    self._page_path(url).touch()  # it is in use: where times of reading are not kept, gc goes by this
                return known
            if answer.status in (404, 410):
                return Page(None)
            made = Page(
                answer.body(self._page),
                answer.headers.get("content-type", ""),
                shown(answer.url),
                answer.headers.get("etag", ""),
                answer.headers.get("last-modified", ""),
            )
            self._save(url, made)
            return made

        return self._http.get(url, headers, keep)

    def known_page(self, url: str) -> Page | None:
        """The page as it was last time, None where it was never asked for (or its file is damaged)."""
        try:
            head, _, body = self._page_path(url).read_bytes().partition(b"\n")
            fields = json.loads(head)
            if fields.pop("sha256") != hashlib.sha256(body).hexdigest():
                return None
            return Page(body, **fields)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def derived(self, url: str, key: str, make: Callable[[], list[Any]]) -> list[Any]:
        """What a page of that address comes to, as JSON can hold it: made once for each key, and kept for the last one.
        Where it cannot be kept it is made again."""
        path = self._page_path(url).with_suffix(".derived")
        with suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads(path.read_bytes())
            if kept["key"] == key and isinstance(kept["derived"], list):
                return list(kept["derived"])
        made = make()
        with suppress(OSError), _aside(path) as file:
            file.write(json.dumps({"key": key, "derived": made}).encode())
        return made

    def _save(self, url: str, page: Page) -> None:
        assert page.body is not None
        head = {
            "content_type": page.content_type,
            "url": page.url,
            "etag": page.etag,
            "last_modified": page.last_modified,
            "sha256": hashlib.sha256(page.body).hexdigest(),
        }
        with _aside(self._page_path(url)) as file:
            file.write(json.dumps(head).encode() + b"\n" + page.body)

    def _page_path(self, url: str) -> Path:
        return self._folder / "pages" / hashlib.sha256(shown(url).encode()).hexdigest()

    def _receive(self, answer: Response, file: IO[bytes], algorithm: str, name: str, tell: Progress) -> str:
        total = int(size) if (size := answer.headers.get("content-length", "")).isdigit() else 0
        digest = _new(algorithm)
        done = 0
        for piece in answer.pieces:
            done += len(piece)
            if max(done, total) > self._most:
                raise HostileInput(f"{name} exceeds {self._most} bytes", "raise limits.archive_bytes if that is right")
            digest.update(piece)
            file.write(piece)
            tell(name, done, total)
        return digest.hexdigest()


def strongest(digests: dict[str, str]) -> Digest | None:
    """The strongest digest of {algorithm: hex} that can be checked here."""
    for algorithm in ALGORITHMS:
        if value := digests.get(algorithm, "").lower():
            return Digest(f"{algorithm}:{value}")
    return None


def digest_of(path: Path, like: Digest) -> Digest:
    """The digest of a file, by the algorithm of another one."""
    algorithm = _parts(like)[0]
    return Digest(f"{algorithm}:{_hash(path, algorithm)}")


def _parts(digest: Digest) -> tuple[str, str]:
    algorithm, _, value = digest.partition(":")
    if algorithm not in ALGORITHMS or not re.fullmatch(rf"[0-9a-f]{{{_new(algorithm).digest_size * 2}}}", value):
        raise InputError(f"{digest!r} is no digest that can be checked", "it must be algorithm:hex")
    return algorithm, value


def _new(algorithm: str) -> hashlib._Hash:
    return hashlib.new(algorithm, usedforsecurity=False)


def _hash(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: _new(algorithm)).hexdigest()


def _found(answer: Response, name: str) -> None:
    if answer.status != 200:
        raise UpstreamUnreachable(
            f"{name} is not at {shown(answer.url)} (status {answer.status})", "the registry lists it but has it no more"
        )


def _web_page(url: str, name: str) -> UpstreamUnreachable:
    return UpstreamUnreachable(f"{shown(url)} is a web page, not {name}", "check the registry and what is before it")


def _is_page(answer: Response) -> bool:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml")


@contextmanager
def _aside(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of path when all went well, and is gone when not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".half-", dir=path.parent)
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
